"""Only who knows the token may change something; what is asked for is on the bus, and nothing else is."""

from typing import Any

import pytest
from common.bus import topology
from common.events import ModelDiscovered, SyncRequested
from nats.aio.client import Client
from query_api.probes.hub_urls import dataset_of
from query_api.schemas.problems import ProblemError
from structlog.testing import capture_logs

from tests.query_api.conftest import TOKEN, Start
from tests.support.api import Api
from tests.support.writer import DATASET

BEARER = {"Authorization": f"Bearer {TOKEN}"}
HUB = "https://huggingface.co"
INGESTION = {"datasetName": "m-1", "baseUrl": f"{HUB}/datasets/{DATASET}/resolve/main"}
WRITES = ("/api/admin/start-ingestion", "/api/admin/sync", "/api/admin/validate-ingestion")


async def _last(bus: Client, subject: str) -> bytes:
    message = await bus.jetstream().get_last_msg(topology.STREAM, subject)
    assert message.data is not None
    return message.data


async def _stored(bus: Client) -> int:
    return int((await bus.jetstream().stream_info(topology.STREAM)).state.messages)


async def test_an_ingestion_that_is_asked_for_is_on_the_bus(api: Api, bus: Client) -> None:
    status, body = await api.post("/api/admin/start-ingestion", {**INGESTION, "forceOverwrite": True}, **BEARER)
    assert (status, body["success"]) == (202, True)
    assert body["config"] == {
        "datasetName": "m-1", "baseUrl": INGESTION["baseUrl"], "source": "ARC2-Eval", "dryRun": False,
        "forceOverwrite": True, "dataset": DATASET,
    }  # fmt: skip
    event = ModelDiscovered.model_validate_json(await _last(bus, "model.discovered"))
    assert (event.dataset, event.model, event.trigger, event.force) == (DATASET, "m-1", "manual", True)


async def test_the_page_s_whole_form_is_taken(api: Api, bus: Client) -> None:
    form = {**INGESTION, "source": "auto", "limit": None, "delay": 100, "dryRun": True, "verbose": True}
    status, _ = await api.post("/api/admin/start-ingestion", {**form, "forceOverwrite": False}, **BEARER)
    assert status == 202
    event = ModelDiscovered.model_validate_json(await _last(bus, "model.discovered"))
    assert (event.force, event.dry_run) == (False, True)


async def test_a_sync_that_is_asked_for_is_on_the_bus(api: Api, bus: Client) -> None:
    status, body = await api.post("/api/admin/sync", {"dataset": DATASET, "autoIngest": False}, **BEARER)
    assert status == 202
    event = SyncRequested.model_validate_json(await _last(bus, "sync.requested"))
    assert (event.dataset, event.auto_ingest, event.request_id) == (DATASET, False, body["requestId"])


async def test_each_write_is_logged_with_who_and_what(api: Api) -> None:
    with capture_logs() as lines:
        await api.post("/api/admin/start-ingestion", INGESTION, **BEARER)
    line = next(each for each in lines if each["event"] == "admin.start_ingestion")
    assert line["by"] == "admin at 127.0.0.1"
    assert line["published"]["model"] == "m-1"
    assert TOKEN not in str(lines)


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Basic dTpw"}, 401),
        ({"Authorization": "Bearer wrong"}, 403),
        ({"Authorization": f"Bearer {TOKEN}x"}, 403),
        ({"Authorization": "Bearer \xff\xfe"}, 403),
    ],
)
async def test_without_the_token_nothing_is_done(
    api: Api, bus: Client, path: str, headers: dict[str, str], status: int
) -> None:
    async with api.http.post(path, json=INGESTION, headers=headers) as answer:
        body = await answer.json(content_type="application/problem+json")
        assert (answer.status, body["status"]) == (status, status)
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    assert await _stored(bus) == 0


async def test_a_server_without_a_token_says_how_to_set_one(start: Start) -> None:
    async with start(admin_token=None) as api:
        status, body = await api.post("/api/admin/sync", {}, **BEARER)
        assert status == 403
        assert "ADMIN_TOKEN" in body["detail"]


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"datasetName": "../secrets"}, 400, "datasetName"),
        ({"datasetName": ""}, 400, "datasetName"),
        ({"baseUrl": "http://169.254.169.254/latest"}, 422, HUB),
        ({"baseUrl": f"{HUB}.evil.example/datasets/{DATASET}"}, 422, HUB),
        ({"baseUrl": f"{HUB}@evil.example/datasets/{DATASET}"}, 422, HUB),
        ({"baseUrl": "someone/else"}, 422, "HF_DATASETS"),
        ({"source": "ARC1"}, 422, "ARC2-Eval"),
        ({"limit": 5}, 400, "limit"),
        ({"unheardOf": 1}, 400, "unheardOf"),
    ],
)
async def test_what_cannot_be_done_is_refused(
    api: Api, bus: Client, changes: dict[str, Any], status: int, said: str
) -> None:
    found, body = await api.post("/api/admin/start-ingestion", {**INGESTION, **changes}, **BEARER)
    assert found == status, body
    assert said in str(body)
    assert await _stored(bus) == 0


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"{", "application/json", 400),
        (b"[" * 5_000, "application/json", 400),
        (b'"' + b"x" * 70_000 + b'"', "application/json", 413),
        (b"\xff\xfe", "application/json", 400),
    ],
)
async def test_bodies_are_checked_before_they_are_read(api: Api, data: bytes, content_type: str, status: int) -> None:
    headers = {**BEARER, "Content-Type": content_type}
    async with api.http.post("/api/admin/sync", data=data, headers=headers) as answer:
        body = await answer.json(content_type="application/problem+json")
        assert (answer.status, body["status"]) == (status, status)


async def test_who_asks_too_often_has_to_wait(api: Api) -> None:
    answers = [await api.post("/api/admin/sync", {}) for _ in range(70)]
    statuses = [status for status, _ in answers]
    assert statuses.count(401) >= 60
    assert statuses[-1] == 429
    assert (await api.get("/api/metrics/latest-model"))[0] == 200


@pytest.mark.parametrize(
    "url",
    [DATASET, f"{HUB}/datasets/{DATASET}", f"{HUB}/datasets/{DATASET}/", f"{HUB}/datasets/{DATASET}/tree/main"],
)
def test_a_dataset_may_be_named_in_several_ways(url: str) -> None:
    assert dataset_of(url, HUB, [DATASET]) == DATASET


@pytest.mark.parametrize("url", ["", "/", "..", "a/b/c", f"{HUB}/{DATASET}", f"{HUB}/datasets/../{DATASET}", "x://y/z"])
def test_other_places_are_refused(url: str) -> None:
    with pytest.raises(ProblemError):
        dataset_of(url, HUB, [DATASET])


async def test_without_nats_a_write_says_so(start: Start, nats_server: Any) -> None:
    async with start() as api:
        await nats_server.stop()
        await api.until("/api/metrics/latest-model", lambda found: not api.services.client.is_connected)
        status, body = await api.post("/api/admin/sync", {}, **BEARER)
        assert (status, body["title"]) == (503, "Not available now")


async def test_answers_carry_security_headers(api: Api) -> None:
    for path in ("/", "/api/models", "/nowhere", "/feed.atom"):
        async with api.http.get(path) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path


@pytest.mark.parametrize(
    ("method", "path", "allow"), [("DELETE", "/api/models", "GET, HEAD"), ("GET", "/api/admin/sync", "POST")]
)
async def test_other_methods_are_refused_with_those_allowed(api: Api, method: str, path: str, allow: str) -> None:
    async with api.http.request(method, path) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, allow)
        assert answer.content_type == "application/problem+json"


async def test_a_route_that_is_not_there_is_a_problem(api: Api) -> None:
    async with api.http.get("/api/nothing") as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")
