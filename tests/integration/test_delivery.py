"""Over the real bus, every event ends in rows or in exactly one dead letter, whoever published it, whatever fails."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from common import outcomes
from common.bus import bus, topology
from common.events import DeadLetter
from ingester import app as ingester_app
from ingester.settings import Settings as IngesterSettings
from ingester.store.session import count_models
from nats.js import JetStreamContext
from watcher import app as watcher_app
from watcher.settings import Settings as WatcherSettings

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.hub.faults import Status
from tests.support.pipeline import Pipeline
from tests.support.services import running
from tests.support.submissions import V1, V2, solved, submission, tasks

FIVE = tasks()[:5]


@pytest.fixture
def shared(pipeline: Pipeline, hub: TestHub, database_url: str, nats_url: str) -> dict[str, Any]:
    """Return what both services' settings have in common. The pipeline has applied the topology."""
    return {"hf_endpoint": hub.url, "hf_datasets": (V1, V2), "database_url": database_url, "nats_url": nats_url}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "RETRY_DELAYS_SECONDS", (0.05,) * 5)


@pytest.fixture
async def ingester(shared: dict[str, Any]) -> AsyncIterator[str]:
    async with running(ingester_app.run, IngesterSettings(**shared, hf_transport="files")) as url:
        yield url


@pytest.fixture
def js(pipeline: Pipeline) -> JetStreamContext:
    return pipeline.client.jetstream()


async def dead_letters(js: JetStreamContext) -> list[DeadLetter]:
    info = await js.stream_info(topology.DEAD_STREAM)
    found = []
    for sequence in range(max(info.state.first_seq, 1), info.state.last_seq + 1):
        message = await js.get_msg(topology.DEAD_STREAM, sequence)
        if message.subject == "dead.ingester":
            found.append(DeadLetter.model_validate_json(message.data or b""))
    return found


async def current_models(pipeline: Pipeline) -> set[str]:
    rows = await pipeline.pool.fetch("SELECT model FROM submission_versions WHERE superseded_at IS NULL")
    return {row["model"] for row in rows}


async def settled(js: JetStreamContext) -> bool:
    info = await js.consumer_info(topology.STREAM, "ingester")
    return not (info.num_pending or info.num_ack_pending)


@pytest.mark.usefixtures("ingester")
async def test_a_bare_json_body_from_any_client_forces_an_ingestion(
    pipeline: Pipeline, hub: TestHub, js: JetStreamContext
) -> None:
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    await pipeline.client.publish("model.discovered", json.dumps({"dataset": V2, "model": "m"}).encode())
    await eventually(lambda: current_models(pipeline))
    message = await eventually(lambda: last(js, "model.ingested"))
    assert message["trigger"] == "manual"
    assert message["auto_triggered"] is False
    run = await pipeline.pool.fetchrow("SELECT status, auto_triggered, delivery_count FROM ingestion_runs")
    assert run is not None
    assert tuple(run) == ("completed", False, 1)
    await eventually(lambda: settled(js))


@pytest.mark.usefixtures("ingester")
@pytest.mark.neighbour(
    "Hub", "a dataset is named in another letter case, as the Hub takes it", "it is the one in HF_DATASETS"
)
async def test_an_event_may_name_a_dataset_in_another_letter_case(
    pipeline: Pipeline, hub: TestHub, js: JetStreamContext
) -> None:
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    for model in ("m", "nobody"):
        await js.publish("model.discovered", json.dumps({"dataset": V2.upper(), "model": model}).encode())
    await eventually(lambda: current_models(pipeline))
    await eventually(lambda: settled(js))
    runs = await pipeline.pool.fetch("SELECT hf_dataset, dataset_name, status FROM ingestion_runs ORDER BY id")
    assert [tuple(row) for row in runs] == [(V2, "m", "completed"), (V2, "nobody", "failed")]


async def last(js: JetStreamContext, subject: str) -> dict[str, Any]:
    with contextlib.suppress(Exception):
        message = await js.get_last_msg(topology.STREAM, subject)
        body: dict[str, Any] = json.loads(message.data or b"{}")
        return body
    return {}


@pytest.mark.usefixtures("ingester")
@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"{", "invalid_event", "is not JSON"),
        (b"\xff\xfe", "invalid_event", "is not JSON"),
        (b"[" * 50_000, "invalid_event", "is not JSON"),
        (b'{"dataset": "arcprize/arc_agi_v2_public_eval"}', "invalid_event", "model: is missing"),
        (b'{"dataset": "a/b", "model": "m"}', "unknown_dataset", "not in HF_DATASETS"),
        (json.dumps({"dataset": V2, "model": "../m"}).encode(), "invalid_event", "plain folder name"),
        (json.dumps({"dataset": V2, "model": "a\0b"}).encode(), "invalid_event", "model: "),
        (json.dumps({"dataset": V2, "model": "nobody"}).encode(), "folder_gone", "has no folder nobody"),
    ],
    ids=["cut", "no-text", "deep", "field-missing", "unknown-dataset", "path", "nul", "folder-gone"],
)
async def test_a_wrong_event_is_one_dead_letter_and_good_ones_flow_on(
    pipeline: Pipeline, hub: TestHub, js: JetStreamContext, body: bytes, kind: str, reason: str
) -> None:
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    await pipeline.client.publish("model.discovered", body)
    await pipeline.client.publish("model.discovered", json.dumps({"dataset": V2, "model": "m"}).encode())
    await eventually(lambda: current_models(pipeline))
    await eventually(lambda: settled(js))
    (dead_letter,) = await dead_letters(js)
    assert dead_letter.kind == kind
    assert reason in dead_letter.reason
    assert dead_letter.body == body.decode(errors="replace")
    failed = await last(js, "model.ingestion_failed")
    assert failed["kind"] == kind


@pytest.mark.usefixtures("ingester")
@pytest.mark.parametrize(
    ("more", "status", "published"),
    [({"trigger": "schedule"}, "skipped", False), ({"dry_run": True}, "failed", True)],
    ids=["gone", "dry"],
)
async def test_a_folder_that_is_gone_and_a_dry_run_that_fails_page_no_operator(
    pipeline: Pipeline, js: JetStreamContext, more: dict[str, Any], status: str, *, published: bool
) -> None:
    await js.publish("model.discovered", json.dumps({"dataset": V2, "model": "nobody", **more}).encode())
    await eventually(lambda: pipeline.pool.fetchval("SELECT count(*) FROM ingestion_runs"))
    await eventually(lambda: settled(js))
    runs = await pipeline.pool.fetch("SELECT status, dry_run, event_sequence FROM ingestion_runs")
    assert [tuple(row) for row in runs] == [(status, published, 1)]
    assert await dead_letters(js) == []
    assert (await count_models(pipeline.pool, [V2], timedelta(hours=1)))["failing"] == 0
    failed = await last(js, "model.ingestion_failed")
    assert (failed.get("kind"), failed.get("dry_run")) == (("folder_gone", True) if published else (None, None))


@pytest.mark.usefixtures("ingester")
async def test_what_never_succeeds_is_dead_lettered_at_the_last_delivery_with_its_run_failed(
    pipeline: Pipeline, hub: TestHub, js: JetStreamContext
) -> None:
    hub.access.private.add(V2)
    hub.access.token = "secret"
    await pipeline.client.publish("model.discovered", json.dumps({"dataset": V2, "model": "m"}).encode())
    (dead_letter,) = await eventually(lambda: dead_letters(js), 30)
    assert dead_letter.delivery_count == topology.MAX_DELIVER
    assert dead_letter.kind == "hub_refused"
    assert "HF_TOKEN" in dead_letter.reason
    await eventually(lambda: settled(js))
    runs = await pipeline.pool.fetch("SELECT status, error_log FROM ingestion_runs")
    assert [row["status"] for row in runs] == ["failed"]
    assert "HF_TOKEN" in runs[0]["error_log"]


@pytest.mark.usefixtures("ingester")
async def test_files_that_stay_broken_are_tried_later_and_the_others_not_fetched_again(
    pipeline: Pipeline, hub: TestHub, js: JetStreamContext
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    # One delivery tries a file four times, so this one comes through in the second delivery.
    hub.faults.add(Status(503), f"resolve/.*/{FIVE[2].id}", times=5)
    await pipeline.sync()
    await eventually(lambda: current_models(pipeline), 30)
    assert hub.requests.count("resolve") == 4 + 6
    version = await pipeline.version("m")
    assert (version["tasks_submitted"], version["status"]) == (5, "completed")
    runs = await pipeline.pool.fetch("SELECT status, delivery_count FROM ingestion_runs")
    assert [tuple(row) for row in runs] == [("completed", 2)]


async def test_two_ingesters_share_the_work_and_do_none_of_it_twice(
    pipeline: Pipeline, hub: TestHub, js: JetStreamContext, shared: dict[str, Any]
) -> None:
    for number in range(8):
        hub.commit(V2, submission(f"m{number}", {task: solved(task) for task in FIVE}))
    hub.latency = 0.02
    async with (
        running(ingester_app.run, IngesterSettings(**shared, hf_transport="files", arcwatch_instance="one")),
        running(ingester_app.run, IngesterSettings(**shared, hf_transport="files", arcwatch_instance="two")),
    ):
        await pipeline.sync()

        async def all_there() -> bool:
            return len(await current_models(pipeline)) == 8

        await eventually(all_there, 30)
    assert hub.requests.count("resolve") == 40
    shares = await pipeline.pool.fetch("SELECT ingester, count(*) FROM ingestion_runs GROUP BY 1")
    assert {row["ingester"] for row in shares} == {"one", "two"}


async def test_the_services_find_a_new_model_by_themselves_at_start(
    pipeline: Pipeline, hub: TestHub, shared: dict[str, Any]
) -> None:
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    async with (
        running(ingester_app.run, IngesterSettings(**shared)),
        running(watcher_app.run, WatcherSettings(**shared)) as watcher,
    ):
        await eventually(lambda: current_models(pipeline))
        hub.commit(V2, submission("n", {FIVE[0]: solved(FIVE[0])}))
        await pipeline.client.jetstream().publish("sync.requested", b"{}")
        await eventually(lambda: has(pipeline, "n"))
        async with aiohttp.ClientSession() as http, http.get(f"{watcher}/metrics") as response:
            metrics = await response.text()
    syncs = (line for line in metrics.splitlines() if line.startswith("arcwatch_watcher_syncs_total{"))
    assert [line[-3:] for line in syncs if 'status="completed",trigger="startup"' in line] == ["1.0"]
    triggers = await pipeline.pool.fetch("SELECT trigger, status FROM sync_runs ORDER BY id")
    assert [tuple(row) for row in triggers] == [("startup", "completed"), ("manual", "completed")]


async def has(pipeline: Pipeline, model: str) -> bool:
    return model in await current_models(pipeline)


async def test_stopping_in_the_middle_hands_the_work_to_the_next_ingester(
    pipeline: Pipeline,
    hub: TestHub,
    js: JetStreamContext,
    shared: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("common.bus.bus.GRACEFUL_TIMEOUT_SECONDS", 0.2)
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.sync()
    hub.latency = 2.0
    async with running(ingester_app.run, IngesterSettings(**shared)):
        await eventually(lambda: pipeline.pool.fetchval("SELECT count(*) FROM ingestion_runs"), 20)
    hub.latency = 0.0
    async with running(ingester_app.run, IngesterSettings(**shared)):
        # Before ack_wait: the first ingester gave the message back. A busy machine needs 10 s for the start.
        await eventually(lambda: current_models(pipeline), topology.ACK_WAIT_SECONDS - 5)
    runs = await pipeline.pool.fetch("SELECT status FROM ingestion_runs")
    assert [row["status"] for row in runs] == ["completed"]


async def test_an_ingester_whose_durable_is_deleted_ends_with_a_line_that_says_what_to_do(
    pipeline: Pipeline, js: JetStreamContext, shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus.watch_durables, "__defaults__", (0.05,))
    service = asyncio.create_task(ingester_app.run(IngesterSettings(**shared), asyncio.Event()))

    async def pulling() -> bool:
        return bool((await js.consumer_info(topology.STREAM, "ingester")).num_waiting)

    await eventually(pulling)
    await js.delete_consumer(topology.STREAM, "ingester")
    with pytest.raises(outcomes.StartupError, match="run `arcwatch topology apply`"):
        await asyncio.wait_for(service, 30)
