"""A sync believes only whole listings, tells every difference once, and costs one request when there is none."""

import asyncio
import json
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import asyncpg
import nats.errors
import pytest
import stamina
from aiohttp import web
from common.bus import topology
from common.events import ModelDiscovered, SyncCompleted
from localhub.web.download import body_of
from watcher.sync import Syncer

from tests.support.hub import TestHub
from tests.support.hub.faults import Exchange, Fault, HtmlPage, Replace, Shortened, Status
from tests.support.pipeline import Pipeline
from tests.support.submissions import V1, V2, solved, submission, tasks, unsolved

TASK, OTHER = tasks()[:2]
V1_TASK = tasks("ARC1-Eval")[0]


@pytest.fixture(autouse=True)
def _impatient() -> Iterator[None]:
    with stamina.set_testing(True, attempts=5, cap=True):
        yield


def asked(hub: TestHub) -> list[str]:
    """Return the API requests since the last call."""
    found = [request.path for request in hub.requests]
    hub.requests.clear()
    return found


def small(model: str) -> dict[str, bytes | None]:
    return submission(model, {TASK: solved(TASK)})


async def removed(pipeline: Pipeline) -> set[str]:
    rows = await pipeline.pool.fetch(
        "SELECT model FROM submission_versions WHERE superseded_at IS NULL AND removed_upstream_at IS NOT NULL"
    )
    return {row["model"] for row in rows}


def of(completed: SyncCompleted, dataset: str = V2) -> dict[str, object]:
    """Return what a sync found in a dataset, without what is empty."""
    (found,) = (each for each in completed.datasets if each.dataset == dataset)
    names = ("new", "changed", "renamed", "vanished", "unchanged", "without_tasks", "published", "error")
    return {name: value for name in names if (value := getattr(found, name))}


async def test_each_kind_of_difference_is_told_and_published_once(pipeline: Pipeline, hub: TestHub) -> None:
    for model in ("same", "changes", "moves", "goes"):
        hub.commit(V2, {f"{model}/{TASK.id}.json": solved(TASK), f"{model}/{OTHER.id}.json": model.encode()})
    first = await pipeline.sync()
    assert of(first) == {"new": ("changes", "goes", "moves", "same"), "published": 4}
    await pipeline.drain()
    hub.commit(V2, {f"changes/{TASK.id}.json": unsolved(TASK), "goes": None, **small("comes")})
    hub.rename(V2, "moves", "moved")
    second = await pipeline.sync()
    assert of(second) == {
        "new": ("comes",),
        "changed": ("changes",),
        "renamed": (("moves", "moved"),),
        "vanished": ("goes",),
        "unchanged": ("same",),
        "published": 3,
    }
    third = await pipeline.sync()
    assert (of(third)["new"], of(third)["renamed"]) == (("comes",), (("moves", "moved"),))
    assert "vanished" not in of(third)
    assert len(pipeline.published) == 3
    await pipeline.drain()
    assert of(await pipeline.sync()) == {"unchanged": ("changes", "comes", "moved", "same")}
    assert await removed(pipeline) == {"goes"}


async def test_an_idle_sync_is_one_request_per_dataset(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {**small("a"), **small("b")})
    hub.commit(V1, submission("c", {V1_TASK: solved(V1_TASK)}))
    await pipeline.settle()
    asked(hub)
    completed = await pipeline.sync()
    assert asked(hub) == [f"/api/datasets/{dataset}/tree/main" for dataset in (V1, V2)]
    assert completed.status == "completed"
    assert completed.models_seen == 3


async def test_a_folder_without_tasks_is_looked_into_once_for_each_content(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {"figures/plot.png": b"png", **small("m")})
    first = await pipeline.sync()
    assert of(first) == {"new": ("figures", "m"), "published": 2}
    await pipeline.drain()
    asked(hub)
    quiet = await pipeline.sync()
    assert of(quiet) == {"unchanged": ("m",), "without_tasks": ("figures",)}
    assert quiet.models_seen == 1
    assert asked(hub) == [f"/api/datasets/{dataset}/tree/main" for dataset in (V1, V2)]
    hub.commit(V2, {"figures/plot.png": b"another"})
    assert of(await pipeline.sync())["new"] == ("figures",)
    await pipeline.drain()
    hub.commit(V2, {"figures/plot.png": b"png"})
    assert of(await pipeline.sync()) == {"unchanged": ("m",), "without_tasks": ("figures",)}
    hub.rename(V2, "figures", "pictures")
    assert of(await pipeline.sync())["new"] == ("pictures",), "whatever has been seen under another name"
    hub.commit(V2, {"pictures": None, f"figures/{TASK.id}.json": solved(TASK)})
    assert of(await pipeline.sync())["new"] == ("figures",)


async def test_a_dry_run_or_one_that_ended_early_says_nothing_of_a_folders_tasks(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, {"figures/plot.png": b"png", **small("m")})
    await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="figures", dry_run=True))
    await pipeline.pool.execute(
        """INSERT INTO ingestion_runs (hf_dataset, dataset_name, tree_oid, base_url, total_puzzles, duration_ms, status,
        started_at, completed_at)
        SELECT $1, 'm', $2, '', n, 0, 'skipped', now(), now() FROM (VALUES (0), (3)) AS t (n)""",
        V2,
        hub.oid(V2, "m"),
    )
    assert of(await pipeline.sync())["new"] == ("figures", "m")


@pytest.mark.parametrize("trigger", ["manual", "schedule", "webhook"])
async def test_a_sync_that_only_reports_changes_nothing_but_its_own_row(
    pipeline: Pipeline, hub: TestHub, trigger: str
) -> None:
    hub.commit(V2, {**small("goes"), **submission("returns", {TASK: unsolved(TASK)})})
    await pipeline.settle()
    hub.commit(V2, {"returns": None})
    await pipeline.sync()
    hub.commit(V2, {"goes": None, **submission("returns", {TASK: unsolved(TASK)})})
    for _ in range(2):
        found = of(await pipeline.sync(auto_ingest=False, trigger=trigger))
        assert found == {"vanished": ("goes",), "unchanged": ("returns",)}
        assert await removed(pipeline) == {"returns"}
    await pipeline.sync()
    assert await removed(pipeline) == {"goes"}


async def test_hidden_folders_and_files_are_no_models(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {".github/x.json": b"{}", "results.json": b"{}", "a\tb/x.json": b"{}", **small("m")})
    assert of(await pipeline.sync()) == {"new": ("m",), "published": 1}


async def test_a_page_that_fails_fails_the_whole_listing(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, small("m"))
    await pipeline.settle()
    hub.commit(V2, {f"n{number:04}/x.json": b"[]" for number in range(1001)})
    hub.faults.add(Status(500), "cursor=", times=None)
    completed = await pipeline.sync()
    assert completed.status == "partial"
    assert "500" in str(of(completed)["error"])
    assert list(of(completed)) == ["error"]
    assert await removed(pipeline) == set()
    assert not pipeline.published


async def test_a_folder_that_moves_between_two_pages_is_not_gone(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {f"n{number:04}/{TASK.id}.json": solved(TASK) for number in range(1001)})
    listed = await pipeline.syncer.hub.folders(V2)
    versions = [(V2, name, oid) for name, oid in listed.items()]
    await pipeline.pool.executemany(
        """INSERT INTO submission_versions (hf_dataset, model, tree_oid, revision, source, display_name, ingested_at,
        run_id, status, tasks_total, tasks_submitted, tasks_solved, pairs_total, pairs_solved, score, attempts, errors)
        VALUES ($1, $2, $3, '', 'ARC2-Eval', '', now(), 0, 'completed', 1, 1, 1, 1, 1, 1, '[]', 0)""",
        versions,
    )
    # While page 2 is on its way, the model on it gets a name that belongs on page 1: neither page shows it.
    moving = MoveOnce(hub)
    hub.faults.add(moving, "cursor=", times=1)
    completed = await pipeline.sync(auto_ingest=False)
    assert moving.moved
    assert of(completed)["renamed"] == (("n1000", "a"),)
    assert "vanished" not in of(completed)


class MoveOnce:
    """Renames a folder just before a page of the listing is answered."""

    def __init__(self, hub: TestHub) -> None:
        self.hub, self.moved = hub, False

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        await asyncio.to_thread(self.hub.rename, V2, "n1000", "a")
        self.moved = True
        return await exchange.answer()


@pytest.mark.parametrize("how", ["unauthorized", "forbidden", "missing", "empty", "html", "object", "entries"])
async def test_what_is_no_listing_never_means_that_models_vanished(pipeline: Pipeline, hub: TestHub, how: str) -> None:
    hub.commit(V2, small("m"))
    await pipeline.settle()
    faults: dict[str, Fault] = {
        "unauthorized": Status(401),
        "forbidden": Status(403),
        "missing": Status(404),
        "empty": Replace(b"[]"),
        "html": HtmlPage(),
        "object": Replace(b'{"error": "none"}'),
        "entries": Replace(b'[{"type": "directory"}, 7]'),
    }
    hub.faults.add(faults[how], f"datasets/{V2}/tree", times=None)
    completed = await asyncio.wait_for(pipeline.sync(), 30)
    assert list(of(completed)) == ["error"]
    assert not str(of(completed)["error"]).startswith("unexpected")
    assert (completed.status, of(completed, V1)) == ("partial", {})
    assert await removed(pipeline) == set()
    row = await pipeline.pool.fetchrow("SELECT status, error FROM sync_runs ORDER BY id DESC LIMIT 1")
    assert row is not None
    assert row["status"] == "partial"
    assert row["error"].startswith(V2)


async def test_models_that_only_one_listing_leaves_out_have_not_vanished(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {**small("a"), **small("b"), **small("c")})
    await pipeline.settle()
    hub.commit(V2, {"b": None, **submission("d", {TASK: unsolved(TASK)})})
    cut = hub.faults.add(Shortened(2), rf"datasets/{V2}/tree/[0-9a-f]{{40}}", times=1)
    completed = await pipeline.sync()
    assert cut.struck == 1
    assert "differ" in str(of(completed)["error"])
    assert await removed(pipeline) == set()
    assert of(await pipeline.sync())["vanished"] == ("b",)
    assert await removed(pipeline) == {"b"}


async def test_a_folder_that_comes_back_is_not_marked_any_more(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {**small("stays"), **submission("m", {TASK: unsolved(TASK)})})
    await pipeline.settle()
    hub.commit(V2, {"m": None})
    await pipeline.settle()
    assert await removed(pipeline) == {"m"}
    hub.commit(V2, submission("m", {TASK: unsolved(TASK)}))
    assert of(await pipeline.sync()) == {"unchanged": ("m", "stays")}
    assert await removed(pipeline) == set()
    assert not pipeline.published


async def test_report_only_publishes_nothing_and_says_the_same(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, small("m"))
    assert of(await pipeline.sync(auto_ingest=False)) == {"new": ("m",)}
    assert not pipeline.published
    assert of(await pipeline.sync()) == {"new": ("m",), "published": 1}


async def test_a_failed_dataset_is_tried_again_after_the_others(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V1, submission("a", {V1_TASK: solved(V1_TASK)}))
    hub.commit(V2, small("m"))
    order: list[str] = []

    async def nap(seconds: float) -> None:
        order.append(f"{seconds:g} s")

    patient = replace(pipeline.syncer, retry_seconds=(10.0, 30.0), sleep=nap)
    pipeline.syncer = patient
    hub.faults.add(Status(401), f"datasets/{V1}/tree", times=2)
    completed = await pipeline.sync()
    assert order == ["10 s", "30 s"]
    assert [event.model for event in pipeline.published] == ["m", "a"]
    assert (completed.status, of(completed, V1)) == ("completed", {"new": ("a",), "published": 1})


async def test_a_bug_in_a_sync_fails_its_dataset_not_the_sync(
    pipeline: Pipeline, hub: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_syncer: Syncer, _dataset: str) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Syncer, "_compare", broken)
    completed = await pipeline.sync()
    assert completed.status == "failed"
    assert of(completed)["error"] == "unexpected: ZeroDivisionError: a bug"
    assert await pipeline.pool.fetchval("SELECT count(*) FROM sync_runs WHERE status = 'running'") == 0


async def test_a_sync_without_bus_or_database_ends_and_is_written_down(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, small("m"))

    async def lost(event: object) -> bool:
        is_model = isinstance(event, ModelDiscovered)
        raise asyncpg.InterfaceError("connection is closed") if is_model else nats.errors.TimeoutError

    pipeline.syncer = replace(pipeline.syncer, publish=lost)
    completed = await pipeline.sync()
    assert (completed.status, completed.error) == ("partial", f"{V2}: connection is closed")
    row = await pipeline.pool.fetchrow("SELECT status, error FROM sync_runs")
    assert row is not None
    assert tuple(row) == ("partial", f"{V2}: connection is closed")


async def test_content_that_an_event_was_dealt_with_for_is_published_again_within_the_dedupe_window(
    pipeline: Pipeline, hub: TestHub
) -> None:
    one, two = {f"m/{TASK.id}.json": solved(TASK)}, {f"m/{TASK.id}.json": unsolved(TASK)}
    hub.commit(V2, {**small("other"), f"other/{OTHER.id}.json": solved(OTHER)})
    for content in (one, two, one, two):
        hub.commit(V2, content)
        await pipeline.settle()
        assert (await pipeline.version("m"))["tree_oid"] == hub.oid(V2, "m")
    for old, new in (("m", "n"), ("n", "m"), ("m", "n")):
        hub.rename(V2, old, new)
        await pipeline.settle()
        assert (await pipeline.version(new))["tree_oid"] == hub.oid(V2, new)
    hub.commit(V2, two)  # a copy of what is called n now
    await pipeline.settle()
    assert (await pipeline.version("m"))["tree_oid"] == (await pipeline.version("n"))["tree_oid"]


async def test_the_oldest_commit_is_published_first_whatever_the_names(pipeline: Pipeline, hub: TestHub) -> None:
    for name, day in (("c", 1), ("a", 2), ("d", 3), ("b", 3)):
        hub.commit(V2, submission(name, {TASK: solved(TASK)}), date=datetime(2026, 11, day, tzinfo=UTC))
    hub.commit(V2, {f"a/{OTHER.id}.json": solved(OTHER)}, date=datetime(2026, 11, 4, tzinfo=UTC))
    await pipeline.sync()
    assert [event.model for event in pipeline.published] == ["c", "b", "d", "a"]


async def test_a_folder_whose_commit_is_not_told_is_published_last(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {**small("a"), **small("b")})
    hub.faults.add(NotDescribed("a"), "paths-info", times=None)
    await pipeline.sync()
    assert [(event.model, event.published_at is None) for event in pipeline.published] == [("b", False), ("a", True)]


@dataclass
class NotDescribed:
    """Leaves a folder out of what the listing says of each."""

    name: str

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        entries = [each for each in json.loads(body_of(whole)) if each["path"] != self.name]
        whole.body = json.dumps(entries).encode()
        return whole


async def test_every_sync_is_announced_without_the_models_that_stayed(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, small("m"))
    await pipeline.settle()
    completed = await pipeline.sync(trigger="manual", requested_by="somebody", request_id="r-1")
    message = await pipeline.client.jetstream().get_last_msg(topology.STREAM, "sync.completed")
    body = json.loads(message.data or b"")
    assert body["sync_id"] == completed.sync_id
    assert (body["requested_by"], body["request_id"], body["models_seen"]) == ("somebody", "r-1", 1)
    assert "unchanged" not in body["datasets"][1]
    stored = await pipeline.pool.fetchval("SELECT datasets FROM sync_runs WHERE id = $1", completed.sync_id)
    assert [each["dataset"] for each in json.loads(stored)] == [V1, V2]
    assert "unchanged" not in stored


async def test_the_metrics_say_what_the_last_listing_showed(pipeline: Pipeline, hub: TestHub) -> None:
    metrics = pipeline.syncer.metrics
    pipeline.syncer.hub.on_outcome = metrics.hub.requested
    hub.commit(V2, {**small("a"), **small("b")})
    await pipeline.settle()
    hub.commit(V2, {"b": None, f"a/{TASK.id}.json": unsolved(TASK), **small("c")})
    hub.faults.add(Status(503), f"datasets/{V1}/tree", times=1)
    before = time.time()
    await pipeline.sync()
    sample = metrics.registry.get_sample_value
    models = {
        state: sample("arcwatch_watcher_models", {"dataset": V2, "state": state})
        for state in ("seen", "new", "changed", "vanished")
    }
    assert models == {"seen": 2, "new": 1, "changed": 1, "vanished": 1}
    listed = sample("arcwatch_watcher_last_complete_listing_timestamp_seconds", {"dataset": V2})
    assert listed is not None
    assert before - 1 <= listed <= time.time()
    assert sample("arcwatch_watcher_syncs_total", {"trigger": "schedule", "status": "completed"}) == 2
    assert sample("arcwatch_watcher_hub_requests_total", {"outcome": "server_error"}) == 1
    assert (sample("arcwatch_watcher_hub_requests_total", {"outcome": "ok"}) or 0) >= 4
    assert sample("arcwatch_watcher_published_events_total") == 4
    assert sample("arcwatch_watcher_sync_duration_seconds_count") == 2


async def test_two_thousand_models_take_little_memory_and_few_requests(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {f"model-{number:04}/x.json": b"[%d]" % number for number in range(2000)})
    await pipeline.sync(auto_ingest=False)
    asked(hub)
    tracemalloc.start()
    try:
        completed = await pipeline.sync(auto_ingest=False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert completed.models_seen == 2000
    # 2,001 entries are three pages of the moving branch, and of the commit after its sha; one of the other dataset.
    assert len(asked(hub)) == 3 + 1 + 3 + 1
    assert peak < 50 * 1024 * 1024, f"{peak / 1024 / 1024:.1f} MiB"


async def test_of_a_paused_dataset_nothing_is_published_but_what_a_person_asks_for(
    pipeline: Pipeline, hub: TestHub
) -> None:
    pause = "INSERT INTO dataset_pauses (dataset, paused_by, until) VALUES ($1, 'ada', clock_timestamp() + $2)"
    await pipeline.pool.execute(pause, V2, timedelta(hours=1))
    await pipeline.pool.execute(pause, V1, timedelta(hours=-1))
    hub.commit(V2, {**small("new"), **small("stays")})
    hub.commit(V1, submission("over", {V1_TASK: solved(V1_TASK)}))
    for trigger in ("schedule", "startup", "catch_up", "webhook"):
        assert of(await pipeline.sync(trigger=trigger)) == {"new": ("new", "stays")}, trigger
    assert [(each.dataset, each.model) for each in pipeline.published] == [(V1, "over")]
    assert of(await pipeline.sync(trigger="manual")) == {"new": ("new", "stays"), "published": 2}
    await pipeline.drain()
    hub.commit(V2, {"new": None})
    assert of(await pipeline.sync()) == {"vanished": ("new",), "unchanged": ("stays",)}
    assert await removed(pipeline) == {"new"}
    hub.commit(V2, small("later"))
    await pipeline.pool.execute("DELETE FROM dataset_pauses")
    assert of(await pipeline.sync())["published"] == 1
