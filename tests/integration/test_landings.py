"""What a commit changes says what it is: answers land, other figures make a version, what lies beside makes none."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from common.events import ModelDiscovered, ModelIngested
from ingester.store.session import Session
from pydantic import SecretStr
from query_api.app import serving
from query_api.settings import Settings

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline
from tests.support.submissions import V2, answer_file, attempt, rows_of, solved, submission, tasks, unsolved

A, B, C = tasks()[:3]
DOUBLE = next(task for task in tasks() if len(task.test) > 1)
LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DAY = timedelta(days=1)
BESIDE: dict[str, dict[str, bytes]] = {
    "a README": {"m/README.md": b"Words."},
    "a report": {"m/results.json": b'{"score": 1}'},
    "a picture": {"m/figures/all.png": b"\x89PNG"},
    "JSON of no task": {"m/notes.json": b"{}"},
    "a copy that does not count": {f"m/second/{A.id}.json": b"[]"},
}


def costing(cost: float) -> bytes:
    """Return a right answer to A that has cost something else."""
    return json.dumps([{"attempt_1": attempt(rows_of(A.test[0].output), 0, cost=cost)}]).encode()


def attempts_at(task: Any, *answers: Any) -> bytes:
    """Return a file with one attempt for each answer, to the first pair."""
    return json.dumps([{f"attempt_{n}": attempt(each, 0) for n, each in enumerate(answers, 1)}]).encode()


async def state(pipeline: Pipeline, model: str = "m") -> dict[str, Any]:
    return dict(await pipeline.version(model))


async def versions(pipeline: Pipeline) -> int:
    return int(await pipeline.pool.fetchval("SELECT count(*) FROM submission_versions"))


async def last_run(pipeline: Pipeline) -> dict[str, Any]:
    return dict((await pipeline.pool.fetch("SELECT * FROM ingestion_runs ORDER BY id DESC LIMIT 1"))[0])


def asked(hub: TestHub) -> list[str]:
    """Return the API requests since the last call."""
    found = [request.path for request in hub.requests if "/api/" in request.path]
    hub.requests.clear()
    return found


async def ingested(pipeline: Pipeline, hub: TestHub, files: dict[str, bytes | None], **options: Any) -> ModelIngested:
    """Commit, sync and ingest; return the one event."""
    hub.commit(V2, files, **options)
    (announced,) = await pipeline.settle()
    assert announced is not None
    return announced


@pytest.fixture
async def http(database_url: str, nats_url: str, pipeline: Pipeline) -> AsyncIterator[aiohttp.ClientSession]:
    """Lend a client of a running query API, which compares its view with the database all the time."""
    settings = Settings(
        database_url=SecretStr(database_url),
        nats_url=SecretStr(nats_url),
        hf_endpoint=pipeline.hub.url,
        hf_datasets=(V2,),
        port=0,
        ops_port=0,
        log_level="error",
        reconcile_interval_seconds=0.2,
    )
    async with serving(settings) as (url, *_), aiohttp.ClientSession(url) as client:
        yield client


async def data(http: aiohttp.ClientSession, path: str, **query: str) -> Any:
    async with http.get(path, params=query) as answer:
        assert answer.status == 200, await answer.text()
        return (await answer.json())["data"]


@pytest.mark.parametrize("beside", BESIDE)
async def test_a_commit_beside_the_answers_makes_no_version_and_is_remembered(
    pipeline: Pipeline, hub: TestHub, beside: str
) -> None:
    await ingested(pipeline, hub, submission("m", {A: solved(A), B: b"not json"}) | {"m/0123abcd.json": b"[]"})
    before = await state(pipeline)
    hub.commit(V2, BESIDE[beside])
    downloads = pipeline.downloads()
    assert await pipeline.settle() == [None], "no event says that it landed"
    after = await state(pipeline)
    moved = {"listed_tree_oid": hub.oid(V2, "m"), "listed_revision": hub.head(V2), "warnings": after["warnings"]}
    assert after == before | moved
    assert (await versions(pipeline), pipeline.downloads()) == (1, downloads)
    run = await last_run(pipeline)
    assert (run["status"], run["successful"], run["total_puzzles"]) == ("skipped", 0, 3)
    assert run["error_log"].startswith("no file of a task has changed since commit")
    asked(hub)
    completed = await pipeline.sync()
    assert [(each.new, each.changed, each.published) for each in completed.datasets] == [((), (), 0)] * 2
    assert len(asked(hub)) == 2, "one listing of each dataset"

    hub.commit(V2, dict.fromkeys(BESIDE[beside]))
    await pipeline.settle()
    back = await state(pipeline)
    assert back == before, "the content is what it was, and so is what is said of it"
    assert pipeline.published == []
    completed = await pipeline.sync()
    assert (completed.changed, completed.new_models_found) == (0, 0)


async def test_what_is_said_of_other_files_is_of_those_that_are_there(pipeline: Pipeline, hub: TestHub) -> None:
    async def findings() -> set[tuple[str, str]]:
        rows = await pipeline.pool.fetch(
            "SELECT kind, message FROM ingestion_errors WHERE run_id = $1", (await pipeline.version("m"))["run_id"]
        )
        return {(row["kind"], row["message"]) for row in rows}

    await ingested(pipeline, hub, submission("m", {A: b"not json"}))
    unreadable = await findings()
    hub.commit(V2, {"m/one.json": b"{}", "m/two.json": b"{}"})
    await pipeline.settle()
    found = await findings()
    assert ("no_task_name", "no names of tasks: one.json, two.json") in found
    assert {kind for kind, _ in found} == {"not_json", "nothing_usable", "no_task_name"}
    assert (await state(pipeline))["warnings"] > 0
    hub.commit(V2, {"m/one.json": None, "m/two.json": None})
    await pipeline.settle()
    assert await findings() == unreadable


async def test_a_file_that_claims_to_answer_a_task_makes_a_version_but_no_landing(
    pipeline: Pipeline, hub: TestHub
) -> None:
    first = await ingested(pipeline, hub, submission("m", {A: solved(A)}))
    claims = await ingested(pipeline, hub, {"m/0123abcd.json": b"[]"})
    assert (claims.failed, claims.landed, claims.landed_at) == (1, False, first.ingested_at)
    moved = await ingested(pipeline, hub, {f"m/{A.id}.json": None, f"m/v2/{A.id}.json": solved(A)})
    assert (moved.tree_oid, moved.landed) == (hub.oid(V2, "m"), False), "another path is where its figures come from"
    assert await versions(pipeline) == 3


async def test_other_costs_make_a_version_that_is_no_landing(
    pipeline: Pipeline, hub: TestHub, http: aiohttp.ClientSession
) -> None:
    first = await ingested(pipeline, hub, {f"m/{A.id}.json": costing(1.0)}, date=LONG_AGO)
    await ingested(pipeline, hub, submission("newer", {A: unsolved(A)}), date=LONG_AGO + DAY)
    changed = await ingested(pipeline, hub, {f"m/{A.id}.json": costing(2.0)}, date=LONG_AGO + 2 * DAY)
    assert (first.landed, changed.landed, changed.landed_at) == (True, False, first.ingested_at)
    assert (first.cost, changed.cost, changed.published_at) == (1.0, 2.0, LONG_AGO)
    version = await state(pipeline)
    assert version["landed_as"] == f"m@{first.tree_oid}"
    assert version["ingested_at"] > version["landed_at"] == first.ingested_at

    async def shown() -> bool:
        (row,) = [each for each in await data(http, "/api/models") if each["model"] == "m"]
        return bool(row["totalCost"] == 2.0)

    await eventually(shown, 30)
    for by in ("ingested", "published"):
        assert (await data(http, "/api/metrics/latest-model", by=by))["model"] == "newer"
    new, old = (await data(http, f"/api/models/{V2}/m"))["versions"]
    assert new["landedAt"] == old["landedAt"] == old["ingestedAt"] < new["ingestedAt"]
    async with http.get("/feed.atom") as answer:
        titles = [line.partition("<")[0] for line in (await answer.text()).split("<title>")[2:]]
    assert [title.partition(":")[0] for title in titles] == ["Newer", "M"]


async def feed_ids(http: aiohttp.ClientSession) -> set[str]:
    async with http.get("/feed.atom") as answer:
        found = (await answer.text()).split("<id>")[2:]
    return {each.partition("<")[0] for each in found}


async def test_neither_costs_nor_a_new_name_make_an_entry_in_the_feed(
    pipeline: Pipeline, hub: TestHub, http: aiohttp.ClientSession
) -> None:
    async def shows(**figures: Any) -> bool:
        return any(figures.items() <= row.items() for row in await data(http, "/api/models"))

    first = await ingested(pipeline, hub, {f"m/{A.id}.json": costing(1.0)})
    await eventually(lambda: shows(model="m"), 30)
    ids = await feed_ids(http)
    assert len(ids) == 1
    await ingested(pipeline, hub, {f"m/{A.id}.json": costing(2.0)})
    await eventually(lambda: shows(totalCost=2.0), 30)
    assert await feed_ids(http) == ids
    hub.rename(V2, "m", "renamed")
    await pipeline.sync()
    (event,) = pipeline.published
    pipeline.published.clear()
    announced = await pipeline.ingester.ingest(event, 1, 99)
    assert announced is not None
    assert (announced.model, announced.landed, announced.landed_at) == ("renamed", False, first.ingested_at)
    await eventually(lambda: shows(model="renamed"), 30)
    assert await feed_ids(http) == ids
    await ingested(pipeline, hub, {f"renamed/{A.id}.json": unsolved(A)})
    await eventually(lambda: shows(model="renamed", score=0.0), 30)
    assert len(await feed_ids(http) - ids) == 1


Files = dict[str, bytes | None]
LANDINGS: dict[str, tuple[Files, Files]] = {
    "another answer": ({f"m/{A.id}.json": solved(A)}, {f"m/{A.id}.json": unsolved(A)}),
    "another wrong answer": ({f"m/{A.id}.json": unsolved(A)}, {f"m/{A.id}.json": attempts_at(A, [[8]], [[9]])}),
    "another answer to the second pair": (
        {f"m/{DOUBLE.id}.json": answer_file(DOUBLE, right=[0])},
        {f"m/{DOUBLE.id}.json": answer_file(DOUBLE, right=[0, 1])},
    ),
    "a null attempt was filled": (
        {f"m/{A.id}.json": attempts_at(A, [[1]], None)},
        {f"m/{A.id}.json": attempts_at(A, [[1]], [[2]])},
    ),
    "an attempt more": ({f"m/{A.id}.json": attempts_at(A, [[1]])}, {f"m/{A.id}.json": attempts_at(A, [[1]], [[2]])}),
    "an attempt less": ({f"m/{A.id}.json": attempts_at(A, [[1]], [[2]])}, {f"m/{A.id}.json": attempts_at(A, [[1]])}),
    "a task more": ({f"m/{A.id}.json": solved(A)}, {f"m/{B.id}.json": unsolved(B)}),
    "a task less": (submission("m", {A: solved(A), B: unsolved(B)}), {f"m/{B.id}.json": None}),
    "a file that is not usable any more": (submission("m", {A: solved(A)}), {f"m/{A.id}.json": b"not json"}),
}
SAME: dict[str, tuple[Files, Files]] = {
    "other costs": ({f"m/{A.id}.json": costing(1.0)}, {f"m/{A.id}.json": costing(2.0)}),
    "spaces": ({f"m/{DOUBLE.id}.json": solved(DOUBLE)}, {f"m/{DOUBLE.id}.json": solved(DOUBLE) + b" "}),
    "a grid that was text": (
        {f"m/{A.id}.json": attempts_at(A, "the answer is [[1, 2]]")},
        {f"m/{A.id}.json": attempts_at(A, [[1, 2]])},
    ),
    "a null attempt": (
        {f"m/{A.id}.json": attempts_at(A, [[1]])},
        {f"m/{A.id}.json": attempts_at(A, [[1]], None)},
    ),
    "a null attempt less": (
        {f"m/{DOUBLE.id}.json": attempts_at(DOUBLE, [[1]], None)},
        {f"m/{DOUBLE.id}.json": attempts_at(DOUBLE, [[1]])},
    ),
    "one file for all tasks, and other costs": (
        {"m/submission.json": b'{"%s": %s, "%s": []}' % (A.id.encode(), costing(1.0), B.id.encode())},
        {"m/submission.json": b'{"%s": %s, "%s": []}' % (A.id.encode(), costing(2.0), B.id.encode())},
    ),
}


@pytest.mark.parametrize("case", LANDINGS)
async def test_any_answer_that_changes_is_a_landing(pipeline: Pipeline, hub: TestHub, case: str) -> None:
    before, after = LANDINGS[case]
    first = await ingested(pipeline, hub, before, date=LONG_AGO)
    second = await ingested(pipeline, hub, after, date=LONG_AGO + DAY)
    assert (first.landed, second.landed) == (True, True)
    version = await state(pipeline)
    assert second.landed_at == version["landed_at"] == version["ingested_at"] > first.ingested_at
    assert (version["landed_as"], version["published_at"]) == (f"m@{hub.oid(V2, 'm')}", LONG_AGO + DAY)


@pytest.mark.parametrize("case", SAME)
async def test_what_leaves_every_answer_as_it_was_is_none(pipeline: Pipeline, hub: TestHub, case: str) -> None:
    before, after = SAME[case]
    first = await ingested(pipeline, hub, before, date=LONG_AGO)
    second = await ingested(pipeline, hub, after, date=LONG_AGO + DAY)
    assert (second.tree_oid, second.landed, second.landed_at) == (hub.oid(V2, "m"), False, first.ingested_at)
    assert (second.published_at, await versions(pipeline)) == (LONG_AGO, 2)


async def test_what_other_rules_read_in_the_same_file_is_no_other_answer(pipeline: Pipeline, hub: TestHub) -> None:
    first = await ingested(pipeline, hub, {f"m/{A.id}.json": solved(A), f"m/{B.id}.json": costing(1.0)})
    await pipeline.pool.execute("UPDATE submission_versions SET rules_version = 1")
    await pipeline.pool.execute("UPDATE explanations SET predicted_output_grid = '[[7]]' WHERE puzzle_id = $1", A.id)
    second = await ingested(pipeline, hub, {f"m/{B.id}.json": costing(2.0)})
    assert (second.score, second.landed, second.landed_at) == (first.score, False, first.ingested_at)


async def test_answers_that_come_back_land_again(pipeline: Pipeline, hub: TestHub) -> None:
    announced = [await ingested(pipeline, hub, {f"m/{A.id}.json": body(A)}) for body in (solved, unsolved, solved)]
    assert [each.landed for each in announced] == [True] * 3
    assert announced[0].tree_oid == announced[2].tree_oid
    assert (await state(pipeline))["landed_at"] == announced[2].ingested_at


async def test_a_file_that_comes_back_as_it_was_lands_too(pipeline: Pipeline, hub: TestHub) -> None:
    file = f"m/{B.id}.json"
    changes: list[Files] = [submission("m", {A: solved(A), B: solved(B)}), {file: None}, {file: solved(B)}]
    assert [(await ingested(pipeline, hub, each)).landed for each in changes] == [True] * 3


async def test_a_file_for_all_tasks_is_not_read_again_for_what_lies_beside_it(pipeline: Pipeline, hub: TestHub) -> None:
    body = b'{"%s": %s, "%s": "no list"}' % (A.id.encode(), costing(1.0), B.id.encode())
    first = await ingested(pipeline, hub, {"m/submission.json": body})
    assert (first.tasks_submitted, first.failed) == (1, 1)
    downloads = pipeline.downloads()
    hub.commit(V2, {"m/README.md": b"Words."})
    assert await pipeline.settle() == [None]
    assert (await versions(pipeline), pipeline.downloads()) == (1, downloads)


async def test_a_model_that_comes_back_has_not_landed(pipeline: Pipeline, hub: TestHub) -> None:
    """With the same content the watcher marks it; with a README more an ingester does, and says that it is back."""
    await ingested(pipeline, hub, submission("stays", {A: solved(A)}))
    first = await ingested(pipeline, hub, submission("m", {A: solved(A)}))
    for beside, announced in ({}, []), ({"m/README.md": b"Words."}, [False]):
        hub.commit(V2, {"m": None})
        await pipeline.settle()
        assert (await state(pipeline))["removed_upstream_at"] is not None
        hub.commit(V2, submission("m", {A: solved(A)}) | beside)
        await pipeline.sync()
        events = [await pipeline.ingester.ingest(event, 1, 77) for event in pipeline.published]
        pipeline.published.clear()
        assert [event and event.landed for event in events] == announced
        now = await state(pipeline)
        assert (now["removed_upstream_at"], now["landed_at"]) == (None, first.ingested_at)
    assert await versions(pipeline) == 2


async def test_force_judges_the_same_version_anew_and_lands_nothing(pipeline: Pipeline, hub: TestHub) -> None:
    first = await ingested(pipeline, hub, submission("m", {A: solved(A)}), date=LONG_AGO)
    before = await state(pipeline)
    for beside in ({}, {"m/README.md": b"Words."}):
        hub.commit(V2, beside | {"README.md": b"Changed."}, date=LONG_AGO + DAY)
        announced = await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"))
        assert announced is not None
        assert (announced.landed, announced.landed_at, announced.published_at) == (False, first.ingested_at, LONG_AGO)
        after = await state(pipeline)
        assert after["ingested_at"] > before["ingested_at"]
        same = ("id", "tree_oid", "landed_as", "score")
        assert [after[name] for name in same] == [before[name] for name in same]
        assert after["listed_tree_oid"] in {None, hub.oid(V2, "m")}
    completed = await pipeline.sync()
    assert (completed.changed, await versions(pipeline)) == (0, 1)


async def test_who_only_asks_again_is_told_that_nothing_landed(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {A: solved(A)}))
    event = ModelDiscovered(dataset=V2, model="m", trigger="schedule")
    landed = [await pipeline.ingester.ingest(event, 1, sequence) for sequence in (5, 5, 6)]
    assert [each and each.landed for each in landed] == [True, True, False], "a redelivery says what was said"


async def test_a_dry_run_remembers_nothing(pipeline: Pipeline, hub: TestHub) -> None:
    await ingested(pipeline, hub, submission("m", {A: solved(A)}))
    before = await state(pipeline)
    hub.commit(V2, {"m/notes.json": b"{}"})
    event = ModelDiscovered(dataset=V2, model="m", dry_run=True, trigger="webhook")
    assert await pipeline.ingester.ingest(event) is None
    run = await last_run(pipeline)
    assert (run["dry_run"], run["status"]) == (True, "skipped")
    assert await state(pipeline) == before
    assert await pipeline.pool.fetchval("SELECT count(*) FROM ingestion_errors") == 0
    assert (await pipeline.sync()).changed == 1


async def test_a_database_that_forgot_what_was_seen_is_told_again(pipeline: Pipeline, hub: TestHub) -> None:
    await ingested(pipeline, hub, submission("m", {A: solved(A)}))
    hub.commit(V2, {"m/README.md": b"Words."})
    await pipeline.settle()
    await pipeline.pool.execute("UPDATE submission_versions SET listed_tree_oid = NULL, listed_revision = NULL")
    assert await pipeline.settle() == [None]
    assert (await state(pipeline))["listed_tree_oid"] == hub.oid(V2, "m")
    assert await versions(pipeline) == 1


async def test_what_is_staged_of_answers_that_were_reverted_goes_with_the_run(
    pipeline: Pipeline, hub: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ingester died after it had fetched; then the answers are what they were, with a README more."""
    first = await ingested(pipeline, hub, submission("m", {A: solved(A)}))
    hub.commit(V2, submission("m", {A: unsolved(A)}))
    await pipeline.sync()
    monkeypatch.setattr(Session, "create_wanted", _dies)
    with pytest.raises(asyncio.CancelledError):
        await pipeline.ingester.ingest(pipeline.published[0])
    monkeypatch.undo()
    hub.commit(V2, submission("m", {A: solved(A)}) | {"m/README.md": b"Words."})
    assert await pipeline.drain() == [None]
    assert await pipeline.pool.fetchval("SELECT count(*) FROM staged_rows") == 0
    statuses = await pipeline.pool.fetch("SELECT status FROM ingestion_runs ORDER BY id")
    assert [row["status"] for row in statuses] == ["completed", "skipped"]
    assert (await state(pipeline))["landed_at"] == first.ingested_at


async def _dies(*_: object) -> None:
    raise asyncio.CancelledError


async def test_an_ingester_that_dies_while_it_takes_note_leaves_nothing_half_done(
    pipeline: Pipeline, hub: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ingested(pipeline, hub, submission("m", {A: solved(A)}))
    before = await state(pipeline)
    hub.commit(V2, {"m/notes.json": b"{}"})
    await pipeline.sync()
    (event,) = pipeline.published
    monkeypatch.setattr(Session, "close_run", _dies)
    with pytest.raises(asyncio.CancelledError):
        await pipeline.ingester.ingest(event)
    monkeypatch.undo()
    assert await state(pipeline) == before
    assert (await last_run(pipeline))["status"] == "running"
    assert await pipeline.drain() == [None]
    assert (await state(pipeline))["listed_tree_oid"] == hub.oid(V2, "m")
    assert [row["status"] for row in await pipeline.pool.fetch("SELECT status FROM ingestion_runs ORDER BY id")] == [
        "completed",
        "skipped",
    ]


async def test_several_ingesters_take_note_once(pipeline: Pipeline, hub: TestHub) -> None:
    await ingested(pipeline, hub, submission("m", {A: solved(A)}))
    hub.commit(V2, {"m/README.md": b"Words."})
    await pipeline.sync()
    (event,) = pipeline.published
    found = await asyncio.gather(*(pipeline.ingester.ingest(event) for _ in range(4)), return_exceptions=True)
    assert await pipeline.ingester.ingest(event, 1, 9) is not None, "it has it now"
    statuses = [row["status"] for row in await pipeline.pool.fetch("SELECT status FROM ingestion_runs")]
    assert statuses.count("skipped") == 1, found
    assert await versions(pipeline) == 1


@pytest.mark.parametrize(
    ("last", "published"),
    [
        ({"m/README.md": b"Words."}, 0),
        ({"m/results.json": b"{}"}, 0),
        ({f"m/{B.id}.json": unsolved(B)}, 1),
        ({f"m/{B.id}.json": unsolved(B), "m/README.md": b"Words."}, 1),
    ],
    ids=["a README", "a report", "an answer", "both"],
)
async def test_a_model_is_published_when_its_answers_were(
    pipeline: Pipeline, hub: TestHub, last: Files, published: int
) -> None:
    """Also at the first look: an old model whose README is new is not the latest that was published."""
    hub.commit(V2, submission("m", {A: solved(A)}) | {"m/LICENSE": b"MIT"}, date=LONG_AGO)
    hub.commit(V2, last, date=LONG_AGO + DAY)
    announced = await ingested(pipeline, hub, {"README.md": b"Of the dataset."}, date=LONG_AGO + 2 * DAY)
    assert announced.published_at == LONG_AGO + published * DAY


WITHOUT_TASKS: dict[str, Files] = {
    "pictures": {"m/a.png": b"\x89PNG", "m/b/c.png": b"\x89PNG"},
    "a README": {"m/README.md": b"Words."},
    "a report": {"m/results.json": b"{}"},
    "a folder kept by a hidden file": {"m/empty/.gitkeep": b""},
}


@pytest.mark.parametrize("kind", WITHOUT_TASKS)
async def test_a_folder_without_tasks_is_new_once(
    pipeline: Pipeline, hub: TestHub, http: aiohttp.ClientSession, kind: str
) -> None:
    hub.commit(V2, WITHOUT_TASKS[kind])
    first = await pipeline.sync()
    assert (first.new_models_found, await pipeline.drain()) == (1, [None])
    for auto_ingest in (True, False):
        again = await pipeline.sync(auto_ingest=auto_ingest)
        assert (again.models_seen, again.new_models_found, again.changed) == (0, 0, 0)
        (found,) = (each for each in again.datasets if each.dataset == V2)
        assert (found.without_tasks, found.published) == (("m",), 0)
    assert await data(http, "/api/models") == []
    async with http.get("/api/admin/hf-folders") as answer:
        folders = (await answer.json())["folders"]
    assert folders == [{"name": "m", "ingested": False, "attemptsFound": 0, "withoutTasks": True}]


async def test_a_folder_whose_files_are_all_refused_is_a_version_once(pipeline: Pipeline, hub: TestHub) -> None:
    announced = await ingested(pipeline, hub, {"m/0123abcd.json": b"[]", "m/4567abcd.json": b"[]"})
    assert (announced.failed, announced.tasks_submitted) == (2, 0)
    completed = await pipeline.sync()
    assert (completed.new_models_found, completed.changed) == (0, 0)
    hub.commit(V2, {"m/README.md": b"Words."})
    assert await pipeline.settle() == [None]
    assert (await pipeline.sync()).changed == 0


async def test_the_hubs_folder_is_ingested_whatever_lies_beside_its_answers(
    pipeline: Pipeline, hub: TestHub, http: aiohttp.ClientSession
) -> None:
    async def is_ingested() -> bool:
        async with http.get("/api/admin/hf-folders") as answer:
            folders = (await answer.json())["folders"]
        return [(each["name"], each["ingested"]) for each in folders] == [("m", True)]

    await ingested(pipeline, hub, submission("m", {A: solved(A)}))
    hub.commit(V2, {"m/README.md": b"Words."})
    await pipeline.settle()
    await eventually(is_ingested, 60)
