"""The admin page's checks are really made, against the Hub, the database and the task sets."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import stamina
from common.hub import downloads
from pydantic import AnyHttpUrl, SecretStr
from query_api.probes import hub_checks

from tests.query_api.conftest import TOKEN, Start
from tests.support import relays
from tests.support.api import Api
from tests.support.hub import TestHub, faults
from tests.support.submissions import solved, tasks
from tests.support.writer import DATASET, Writer

FOLDERS = f"/api/admin/hf-folders?baseUrl={DATASET}"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def hub_api(start: Start, hub: TestHub) -> AsyncIterator[Api]:
    async with start(hf_endpoint=AnyHttpUrl(hub.url), hf_token=SecretStr("hf_x")) as api:
        yield api


def commit(hub: TestHub, folder: str) -> str:
    task = tasks()[0]
    hub.commit(DATASET, {f"{folder}/{task.id}.json": solved(task), f"{folder}/results.json": b"{}"})
    return hub.oid(DATASET, folder)


async def check(api: Api, folder: str, base_url: str, **more: Any) -> Any:
    body = {"datasetName": folder, "baseUrl": base_url, **more}
    status, found = await api.post("/api/admin/validate-ingestion", body, **BEARER)
    assert status == 200, found
    return found


async def test_folders_tell_what_is_ingested_as_it_is_now(hub: TestHub, hub_api: Api, writer: Writer) -> None:
    oids = {name: commit(hub, name) for name in ("changed-1", "new-1", "same-1")}
    await writer.publish(await writer.ingest("changed-1", content="older"))
    await writer.publish(await writer.ingest("same-1", tree_oid=oids["same-1"]))
    await hub_api.until_latest("same-1")
    status, body = await hub_api.get(f"/api/admin/hf-folders?baseUrl={hub.url}/datasets/{DATASET}/resolve/main")
    assert status == 200
    assert body["folders"] == [
        {"name": "changed-1", "ingested": False, "attemptsFound": 2, "withoutTasks": False},
        {"name": "new-1", "ingested": False, "attemptsFound": 0, "withoutTasks": False},
        {"name": "same-1", "ingested": True, "attemptsFound": 2, "withoutTasks": False},
    ]


async def test_before_a_folder_is_chosen_the_other_checks_are_made(hub: TestHub, hub_api: Api) -> None:
    commit(hub, "m-1")
    found = await check(hub_api, "", f"{hub.url}/datasets/{DATASET}/resolve/main")
    assert (found["valid"], found["errors"]) == (False, ["datasetName is empty; choose a model's folder"])
    checks = found["checks"]
    assert (checks["databaseConnected"], checks["sourceDetected"], checks["puzzleCount"]) == (True, "ARC2-Eval", 120)
    assert (checks["urlAccessible"], checks["samplePuzzle"]) == (False, None)


async def test_everybody_shares_one_listing(hub: TestHub, hub_api: Api) -> None:
    commit(hub, "m-1")
    hub.requests.clear()
    for _ in range(2):
        found = await asyncio.gather(*(hub_api.get(FOLDERS) for _ in range(5)))
        assert [status for status, _ in found] == [200] * 5
    assert hub.requests.count("/tree/") == 1


async def test_a_listing_that_is_too_old_or_was_an_error_is_asked_for_again(
    hub: TestHub, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_checks, "LISTING_KEPT_SECONDS", 0.2)
    commit(hub, "m-1")
    rule = hub.faults.add(faults.Status(500), "/tree/")
    async with start(hf_endpoint=AnyHttpUrl(hub.url)) as api:
        with stamina.set_testing(True, attempts=1):
            assert (await api.get(FOLDERS))[0] == 502
        hub.faults.remove(rule)
        assert (await api.get(FOLDERS))[0] == 200
        commit(hub, "m-2")
        await api.until(FOLDERS, lambda found: len(found["folders"]) == 2)


async def test_a_folder_that_can_be_ingested_is_valid(hub: TestHub, hub_api: Api) -> None:
    commit(hub, "m-1")
    found = await check(hub_api, "m-1", DATASET, source="auto")
    task = tasks()[0]
    assert found == {
        "valid": True,
        "errors": [],
        "checks": {
            "urlAccessible": True, "tokenPresent": True, "databaseConnected": True, "sourceDetected": "ARC2-Eval",
            "puzzleCount": 120,
            "samplePuzzle": {"id": task.id, "hasData": True, "testCases": len(task.test), "existingEntries": 0},
        },
    }  # fmt: skip


async def test_answers_that_are_stored_already_are_counted(hub: TestHub, hub_api: Api, writer: Writer) -> None:
    commit(hub, "m-1")
    await writer.answer("m-1-attempt1", tasks()[0].id, [True])
    await writer.publish(await writer.ingest("m-1"))
    await hub_api.until_latest("m-1")
    assert (await check(hub_api, "m-1", DATASET))["checks"]["samplePuzzle"]["existingEntries"] == 1


async def test_each_reason_is_named(hub: TestHub, hub_api: Api) -> None:
    commit(hub, "m-1")
    found = await check(hub_api, "nobody", DATASET, source="ARC1")
    assert not found["valid"]
    assert not found["checks"]["urlAccessible"]
    assert "ARC1" in " ".join(found["errors"])
    found = await check(hub_api, "m-1", "https://elsewhere.example/datasets/a/b")
    assert hub.url in found["errors"][0]


async def test_a_hub_that_is_away_is_a_502(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_checks, "TIMEOUT_SECONDS", 0.5)
    async with start(hf_endpoint=AnyHttpUrl("http://127.0.0.1:9")) as api:
        status, body = await api.get("/api/admin/hf-folders")
        assert (status, body["title"]) == (502, "The Hub does not answer")
        found = await check(api, "m-1", DATASET)
        assert (found["valid"], found["checks"]["databaseConnected"]) == (False, True)


async def test_a_file_that_is_not_what_the_listing_says_is_no_sample(
    hub: TestHub, hub_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "ATTEMPTS", 1)
    commit(hub, "m-1")
    for spoilt, word in ((faults.Truncate(), tasks()[0].id), (faults.Corrupt(), "its hash is")):
        rule = hub.faults.add(spoilt, f"/resolve/[^/]+/m-1/{tasks()[0].id}")
        found = await check(hub_api, "m-1", DATASET)
        hub.faults.remove(rule)
        assert (found["valid"], found["checks"]["samplePuzzle"]) == (False, None)
        assert word in found["errors"][0]


async def test_the_size_limit_is_the_largest_size(hub: TestHub, hub_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(hub, "m-1")
    size = len(solved(tasks()[0]))
    monkeypatch.setattr(hub_checks, "MAX_SAMPLE_BYTES", size)
    assert (await check(hub_api, "m-1", DATASET))["valid"]
    monkeypatch.setattr(hub_checks, "MAX_SAMPLE_BYTES", size - 1)
    found = await check(hub_api, "m-1", DATASET)
    assert "larger than any task file" in found["errors"][0]


async def test_the_smallest_task_file_is_the_sample_and_no_other_file(hub: TestHub, hub_api: Api) -> None:
    one, other = tasks()[:2]
    uploaded = {f"m-1/{one.id}.json": solved(one) + b" " * 5_000, f"m-1/{other.id}.json": solved(other)}
    hub.commit(DATASET, uploaded | {"m-1/README.md": b"", "m-1/0.json": b"{}", "m-1/results.json": b"[]"})
    hub.requests.clear()
    assert (await check(hub_api, "m-1", DATASET))["checks"]["samplePuzzle"]["id"] == other.id
    assert hub.requests.count("/resolve/") == 1
    hub.commit(DATASET, {"m-2/README.md": b"", "m-2/results.json": b"{}"})
    assert "holds no <task id>.json" in (await check(hub_api, "m-2", DATASET))["errors"][0]


async def test_every_layout_that_is_ingested_is_valid(hub: TestHub, hub_api: Api) -> None:
    one, other = tasks()[:2]
    pairs = json.loads(solved(one))
    whole = json.dumps({"deadbeef": [], one.id.upper(): pairs}).encode()
    hub.commit(DATASET, {"m-1/submission.json": whole, "m-1/results.json": b"{}"})
    hub.commit(DATASET, {"m-2/submission.json": b"{}", f"m-2/v2/{other.id.upper()}.JSON": solved(other)})
    hub.commit(DATASET, {"m-3/attempts.json": b"[]"})
    found = [(await check(hub_api, model, DATASET)) for model in ("m-1", "m-2", "m-3")]
    samples = [each["checks"]["samplePuzzle"] for each in found]
    assert [each["valid"] for each in found] == [True] * 3
    assert [(each["id"], each["testCases"]) for each in samples] == [
        (one.id, len(one.test)),
        (other.id, len(other.test)),
        ("", 0),
    ]
    assert not samples[2]["hasData"]


@pytest.mark.parametrize(("no_proxy", "ways"), [("", 2), ("127.0.0.1", 0)], ids=["proxy", "NO_PROXY"])
async def test_checks_go_by_the_proxy_to_a_hub_of_an_authority_of_ones_own(
    hub: TestHub, start: Start, monkeypatch: pytest.MonkeyPatch, no_proxy: str, ways: int
) -> None:
    commit(hub, "m-1")
    seen: list[str] = []
    async with relays.tls(hub.url) as url, relays.proxy(url, seen) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", no_proxy)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(relays.CA))
        async with start(hf_endpoint=AnyHttpUrl(url)) as api:
            assert (await api.get(FOLDERS))[1]["folders"][0]["name"] == "m-1"
            assert (await check(api, "m-1", DATASET))["valid"]
    # One connection lists, another downloads.
    assert seen.count(f"CONNECT {url.removeprefix('https://')}") == ways


async def test_a_hub_whose_authority_is_unknown_is_a_502_that_names_the_setting(hub: TestHub, start: Start) -> None:
    async with relays.tls(hub.url) as url, start(hf_endpoint=AnyHttpUrl(url)) as api:
        with stamina.set_testing(True, attempts=1):
            status, body = await api.get("/api/admin/hf-folders")
    assert status == 502
    assert "SSL_CERT_FILE" in body["detail"]
