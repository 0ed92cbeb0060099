"""A request is followed by its id to its end, whichever replica is asked; what does not exist is refused by name."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from common.bus import bus as publishing
from common.bus import topology
from common.bus.topology import INGESTER
from common.events import IngestionProgress, ModelDiscovered, body_of
from nats.aio.client import Client
from pydantic import AnyHttpUrl

from tests.query_api.conftest import TOKEN, Start
from tests.support.api import Api
from tests.support.hub import TestHub
from tests.support.hub.faults import Status
from tests.support.submissions import V2, solved, submission, tasks
from tests.support.writer import Writer

BEARER = {"Authorization": f"Bearer {TOKEN}"}
START = "/api/admin/start-ingestion"
ONE = tasks()[0]
ID = "request-1"


@pytest.fixture
async def hubbed(start: Start, hub: TestHub) -> AsyncIterator[Api]:
    """Lend a server on a Hub with two models."""
    hub.commit(V2, {**submission("gpt-5-2-high", {ONE: solved(ONE)}), **submission("m", {ONE: solved(ONE)})})
    async with start(hf_endpoint=AnyHttpUrl(hub.url), hf_datasets=(V2,)) as api:
        yield api


async def ask(api: Api, model: str = "m", **body: Any) -> tuple[int, Any]:
    return await api.post(START, {"datasetName": model, "baseUrl": V2, **body}, **BEARER)


async def where(api: Api, request_id: str = ID) -> Any:
    status, body = await api.get(f"/api/admin/ingestion-requests/{request_id}")
    assert status == 200, body
    return body


async def publish(bus: Client, model: str = "m", **about: Any) -> int:
    event = ModelDiscovered(dataset=V2, model=model, **about)
    return (await publishing.publish(bus, event, "test")).seq


async def settle(bus: Client, number: int = 1) -> None:
    """Have events settled, as an ingester does."""
    puller = await bus.jetstream().pull_subscribe_bind(INGESTER.name, topology.STREAM)
    for message in await puller.fetch(number, timeout=10):
        await message.ack_sync()


async def run(writer: Writer, pool: asyncpg.Pool, status: str, sequence: int = 1, **more: Any) -> int:
    """Write a run that is for the request."""
    run_id = (await writer.ingest("m")).run_id
    values = {"status": status, "event_sequence": sequence, "request_ids": [ID], "dry_run": False, **more}
    changes = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, 2))
    await pool.execute(f"UPDATE ingestion_runs SET {changes} WHERE id = $1", run_id, *values.values())
    return run_id


async def waits(pool: asyncpg.Pool, *, handed_back: bool) -> None:
    await pool.execute(
        """INSERT INTO waiting_requests (hf_dataset, model, dry_run, id, behind, force, trigger, request_ids,
        handed_back_at) VALUES ($1, 'm', false, 'w', 'm', true, 'manual', $2, CASE WHEN $3 THEN now() END)""",
        V2, ["another", ID], handed_back,
    )  # fmt: skip


async def test_a_request_has_an_id_before_there_is_a_run(hubbed: Api, bus: Client) -> None:
    await publish(bus, "other")
    status, body = await ask(hubbed, dryRun=True)
    assert (status, body["verified"]) == (202, True)
    assert body["requestId"] in body["message"]
    found = await where(hubbed, body["requestId"])
    about = {"requestId": body["requestId"], "dataset": V2, "model": "m", "dryRun": True, "deadLetter": False}
    assert found == {
        "success": True, "state": "queued", "ahead": 1, "progress": None, "reason": None, "run": None, **about
    }  # fmt: skip
    _, other = await ask(hubbed, dryRun=True)
    assert other["requestId"] != body["requestId"]


@pytest.mark.parametrize(
    ("model", "said"),
    [("gpt-5-2", "there is no folder gpt-5-2 in " + V2), ("gpt-5-2", "gpt-5-2-high"), ("README.md", "gpt-5-2-high, m")],
)
async def test_a_folder_that_the_hub_has_not_is_refused(hubbed: Api, bus: Client, model: str, said: str) -> None:
    status, body = await ask(hubbed, model)
    assert status == 422
    assert said in body["detail"]
    assert (await bus.jetstream().stream_info(topology.STREAM)).state.messages == 0


async def test_a_folder_that_has_just_come_is_not_refused(hubbed: Api, hub: TestHub) -> None:
    assert (await ask(hubbed))[0] == 202
    hub.commit(V2, submission("new", {ONE: solved(ONE)}))
    assert (await ask(hubbed, "new"))[1]["verified"] is True


async def test_while_the_hub_cannot_be_asked_a_request_is_taken_and_says_so(hubbed: Api, hub: TestHub) -> None:
    hub.faults.add(Status(403))
    status, body = await ask(hubbed, "whatever")
    assert (status, body["verified"]) == (202, False)
    assert (await where(hubbed, body["requestId"]))["state"] == "queued"


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("completed", "done", None),
        ("partial", "done", None),
        ("skipped", "skipped", "why"),
        ("failed", "failed", "why"),
    ],
)
async def test_a_request_ends_as_its_run(
    api: Api, writer: Writer, pool: asyncpg.Pool, bus: Client, status: str, state: str, reason: str | None
) -> None:
    sequence = await publish(bus, request_ids=(ID,))
    run_id = await run(writer, pool, status, sequence, error_log="why")
    # It is not settled yet, but it is this run's.
    found = await where(api)
    assert (found["state"], found["reason"], found["run"]["id"]) == (state, reason, run_id)
    assert found["deadLetter"] is (state == "failed")
    await settle(bus)
    assert await where(api) == found


async def test_a_dry_run_that_failed_left_no_dead_letter(api: Api, writer: Writer, pool: asyncpg.Pool) -> None:
    await run(writer, pool, "failed", dry_run=True)
    found = await where(api)
    assert (found["state"], found["deadLetter"]) == ("failed", False)


async def test_a_run_that_goes_on_has_its_progress_and_wins_over_all_else(
    api: Api, writer: Writer, pool: asyncpg.Pool, bus: Client
) -> None:
    run_id = await run(writer, pool, "running")
    await run(writer, pool, "failed", 2)
    await waits(pool, handed_back=False)
    assert ((await where(api))["state"], (await where(api))["progress"]) == ("running", None)
    told = IngestionProgress(run_id=run_id, dataset=V2, model="m", done=3, total=7)
    await bus.publish(told.subject, body_of(told))
    found = await api.until(f"/api/admin/ingestion-requests/{ID}", lambda body: body["progress"])
    assert (found["state"], found["progress"]) == ("running", {"done": 3, "total": 7})


async def test_a_request_that_joined_one_that_waits_waits_until_it_is_handed_back(
    api: Api, pool: asyncpg.Pool, bus: Client
) -> None:
    await publish(bus, request_ids=(ID,))  # settled, but for an earlier event the server would say so
    await waits(pool, handed_back=False)
    found = await where(api)
    assert (found["state"], found["dataset"], found["model"], found["ahead"]) == ("waiting", V2, "m", None)
    await pool.execute("UPDATE waiting_requests SET handed_back_at = now()")
    await settle(bus)
    assert (await where(api))["state"] == "queued"


async def test_a_dead_letter_that_is_replayed_is_queued_again_under_its_id(
    api: Api, writer: Writer, pool: asyncpg.Pool, bus: Client
) -> None:
    first = await publish(bus, request_ids=(ID,))
    await settle(bus)
    await run(writer, pool, "failed", first)
    assert (await where(api))["state"] == "failed"
    again = await publish(bus, request_ids=(ID,))
    assert (await where(api))["state"] == "queued"
    await run(writer, pool, "completed", again)
    assert (await where(api))["state"] == "done"


async def test_what_the_server_dropped_is_said_to_have_failed(api: Api, bus: Client) -> None:
    await publish(bus, request_ids=(ID,))
    await settle(bus)
    found = await where(api)
    assert (found["state"], found["deadLetter"]) == ("failed", True)
    assert "arcwatch dead ls" in found["reason"]


async def test_every_replica_knows_a_request_and_one_that_was_restarted(start: Start, bus: Client) -> None:
    await publish(bus, request_ids=(ID,))
    async with start() as one, start() as other:
        assert await where(one) == await where(other)
    async with start() as again:
        assert (await where(again))["state"] == "queued"


async def test_a_request_that_never_was_is_not_found(api: Api, bus: Client) -> None:
    await publish(bus, requested_by=ID, request_ids=("another",))
    status, body = await api.get(f"/api/admin/ingestion-requests/{ID}")
    assert status == 404
    assert f"there is no request {ID}" in body["detail"]
    assert (await api.get("/api/admin/ingestion-requests/a%20b"))[0] == 400


async def test_without_nats_a_run_is_found_and_the_rest_is_not_known(
    start: Start, writer: Writer, pool: asyncpg.Pool, nats_server: Any
) -> None:
    async with start() as api:
        await run(writer, pool, "completed")
        await nats_server.stop()
        await api.until("/api/metrics/latest-model", lambda found: not api.services.client.is_connected)
        assert (await where(api))["state"] == "done"
        assert (await api.get("/api/admin/ingestion-requests/another"))[0] == 503


@pytest.mark.parametrize("path", ["/api/admin/ingestion-history", "/api/models"])
async def test_lists_refuse_a_dataset_that_does_not_exist(api: Api, path: str) -> None:
    status, body = await api.get(f"{path}?dataset=arcprize/arc_agi_v3")
    assert status == 404
    assert "there is no dataset arcprize/arc_agi_v3; there are arcprize/arc_agi_v1_public_eval, " in body["detail"]
    assert (await api.get(f"{path}?dataset={V2}"))[0] == 200, "watched, although nothing of it is ingested"


async def test_the_history_refuses_a_model_that_it_never_saw(api: Api, writer: Writer) -> None:
    await writer.ingest("gpt-5-2-high")
    status, body = await api.get(f"/api/admin/ingestion-history?model=gpt-5&dataset={V2}")
    assert (status, body["detail"]) == (404, f"there is no model gpt-5 in {V2}; there is gpt-5-2-high")
    _, body = await api.get("/api/admin/ingestion-history?model=gpt-5-2-high&status=failed")
    assert body["total"] == 0, "a model without such runs is a model"


async def test_a_validation_names_the_folders_that_there_are(hubbed: Api) -> None:
    body = {"datasetName": "gpt-5-2", "baseUrl": V2}
    _, answer = await hubbed.post("/api/admin/validate-ingestion", body, **BEARER)
    assert f"there is no folder gpt-5-2 in {V2}; there are gpt-5-2-high, m" in answer["errors"]
