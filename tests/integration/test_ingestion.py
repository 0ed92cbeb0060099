"""A folder on the Hub becomes rows, a version and an announcement, exactly, and nothing is fetched twice."""

import asyncio
import dataclasses
import json
import math
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from common.arc.task_sets import Task
from common.database.pool import PoolOptions
from common.events import IngestionProgress, ModelDiscovered
from nats.aio.msg import Msg

from tests.support import pipeline as support
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline
from tests.support.submissions import V1, V2, WRONG, answer_file, attempt, solved, submission, tasks, unsolved

FIVE = tasks()[:5]


async def test_a_new_folder_is_ingested_with_its_score(pipeline: Pipeline, hub: TestHub) -> None:
    files = {task: solved(task) for task in FIVE[:2]} | {FIVE[2]: unsolved(FIVE[2])}
    hub.commit(V2, submission("gpt-9-thinking-high", files))
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert announced.attempts == ("gpt-9-thinking-high-attempt1", "gpt-9-thinking-high-attempt2")
    assert (announced.tasks_total, announced.tasks_submitted) == (120, 3)
    assert announced.score == 2 / 120
    assert announced.score_submitted == 2 / 3
    assert (announced.successful, announced.failed, announced.skipped) == (3, 0, 0)
    assert announced.tree_oid == hub.oid(V2, "gpt-9-thinking-high")
    rows = await pipeline.pool.fetchval("SELECT count(*) FROM explanations WHERE hf_dataset = $1", V2)
    assert rows == 6


async def test_an_unchanged_submission_is_neither_published_nor_fetched_again(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.settle()
    before = len(hub.requests)
    assert await pipeline.settle() == []
    assert len(hub.requests) - before == 2, "one request per dataset"


async def test_a_changed_submission_costs_its_changed_files(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {task: unsolved(task) for task in FIVE}))
    await pipeline.settle()
    before = pipeline.downloads()
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    (announced,) = await pipeline.settle()
    assert pipeline.downloads() - before == 1
    assert announced is not None
    assert announced.score_submitted == 1 / 5
    versions = await pipeline.pool.fetch("SELECT score, superseded_at FROM submission_versions ORDER BY id")
    assert [(row["score"], row["superseded_at"] is None) for row in versions] == [(0, False), (1 / 120, True)]


async def test_a_file_deleted_upstream_leaves_the_version_but_stays_in_history(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.settle()
    hub.commit(V2, {f"m/{FIVE[0].id}.json": None})
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert announced.tasks_submitted == 4
    assert pipeline.downloads() == 5
    gone = await pipeline.pool.fetch(
        "SELECT puzzle_id FROM explanations WHERE hf_dataset = $1 AND removed_upstream_at IS NOT NULL", V2
    )
    assert {row["puzzle_id"] for row in gone} == {FIVE[0].id}
    counts = await pipeline.pool.fetch("SELECT count(*) FROM task_results GROUP BY version_id ORDER BY version_id")
    assert [row["count"] for row in counts] == [5, 4]


async def test_a_revert_to_earlier_content_makes_the_old_version_current_again(
    pipeline: Pipeline, hub: TestHub
) -> None:
    for body in (solved, unsolved, solved):
        hub.commit(V2, submission("m", {FIVE[0]: body(FIVE[0])}))
        (announced,) = await pipeline.settle()
    assert announced is not None
    assert announced.score_submitted == 1
    assert await pipeline.pool.fetchval("SELECT count(*) FROM submission_versions") == 2
    assert (await pipeline.version("m"))["tree_oid"] == hub.oid(V2, "m")


async def test_an_old_event_does_not_bring_an_old_version_back(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {FIVE[0]: unsolved(FIVE[0])}))
    await pipeline.sync()
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    await pipeline.sync()
    first, second = pipeline.published
    await pipeline.ingester.ingest(second)
    await pipeline.ingester.ingest(first)
    assert (await pipeline.version("m"))["tree_oid"] == hub.oid(V2, "m")


async def test_a_rename_keeps_the_history_and_fetches_nothing(pipeline: Pipeline, hub: TestHub) -> None:
    for body in (unsolved, solved):
        hub.commit(V2, submission("old", {FIVE[0]: body(FIVE[0])}))
        await pipeline.settle()
    before = pipeline.downloads()
    hub.rename(V2, "old", "new")
    completed = await pipeline.sync()
    assert completed.datasets[1].renamed == (("old", "new"),)
    (announced,) = await pipeline.drain()
    assert pipeline.downloads() == before
    assert announced is not None
    assert announced.attempts[0] == "new-attempt1"
    versions = await pipeline.pool.fetch("SELECT model, attempts FROM submission_versions")
    assert {row["model"] for row in versions} == {"new"}
    assert len(versions) == 2
    names = await pipeline.pool.fetch("SELECT DISTINCT model_name FROM explanations ORDER BY 1")
    assert [row[0] for row in names] == ["new-attempt1", "new-attempt2"]
    assert await pipeline.settle() == []


async def test_content_that_a_folder_had_before_its_last_is_no_rename_of_it(pipeline: Pipeline, hub: TestHub) -> None:
    """Only the current content of a folder that is gone tells where it went."""
    for body in (unsolved, solved):
        hub.commit(V2, submission("old", {FIVE[0]: body(FIVE[0])}))
        await pipeline.settle()
    hub.commit(V2, {"old": None} | submission("new", {FIVE[0]: unsolved(FIVE[0])}))
    await pipeline.settle()
    versions = await pipeline.pool.fetch("SELECT model, score FROM submission_versions ORDER BY id")
    assert [tuple(row) for row in versions] == [("old", 0), ("old", 1 / 120), ("new", 0)]


async def test_an_attempt_that_left_its_file_is_marked_once_although_the_file_is_still_there(
    pipeline: Pipeline, hub: TestHub
) -> None:
    one = json.loads(solved(FIVE[0]))
    for pair in one:
        del pair["attempt_2"]
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0]), FIVE[1]: unsolved(FIVE[1])}))
    await pipeline.settle()
    hub.commit(V2, submission("m", {FIVE[0]: json.dumps(one).encode()}))
    await pipeline.settle()
    marked = await pipeline.pool.fetch(
        "SELECT model_name, puzzle_id, removed_upstream_at FROM explanations WHERE removed_upstream_at IS NOT NULL"
    )
    assert [(row["model_name"], row["puzzle_id"]) for row in marked] == [("m-attempt2", FIVE[0].id)]
    hub.commit(V2, submission("m", {FIVE[1]: solved(FIVE[1])}))
    await pipeline.settle()
    assert await _marked(pipeline) == {(row["puzzle_id"], row["removed_upstream_at"]) for row in marked}
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    await pipeline.settle()
    assert await _marked(pipeline) == set()


async def test_a_partial_upload_that_grows_ends_complete(pipeline: Pipeline, hub: TestHub) -> None:
    for task in FIVE[:3]:
        hub.commit(V2, submission("m", {task: solved(task)}))
        await pipeline.settle()
    assert pipeline.downloads() == 3
    version = await pipeline.version("m")
    assert (version["tasks_submitted"], version["tasks_solved"]) == (3, 3)
    assert await pipeline.pool.fetchval("SELECT count(*) FROM submission_versions WHERE superseded_at IS NULL") == 1


async def test_a_squashed_history_changes_nothing(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    await pipeline.sync()
    hub.squash(V2)
    (announced,) = await pipeline.drain()
    assert announced is not None
    assert announced.revision == hub.head(V2)
    hub.squash(V2)
    assert await pipeline.settle() == []


async def test_force_fetches_all_again_and_changes_no_figure(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.settle()
    before = await pipeline.version("m")
    await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"))
    after = await pipeline.version("m")
    assert pipeline.downloads() == 10
    differing = {key for key in dict(before) if before[key] != after[key]}
    assert differing == {"ingested_at", "run_id"}


async def test_force_changes_nothing_in_a_row_but_when_it_was_ingested(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE[:2]}))
    await pipeline.settle()
    before = await _rows(pipeline)
    await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"))
    after = await _rows(pipeline)
    differing = {key for one, another in zip(before, after, strict=True) for key in one if one[key] != another[key]}
    assert differing == {"ingested_at", "created_at", "run_id"}


async def _rows(pipeline: Pipeline) -> list[dict[str, Any]]:
    return [dict(row) for row in await pipeline.pool.fetch("SELECT * FROM explanations ORDER BY id")]


async def test_a_dry_run_tells_the_score_and_writes_no_submission(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    assert await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m", dry_run=True)) is None
    run = await pipeline.pool.fetchrow("SELECT * FROM ingestion_runs")
    assert run is not None
    assert (run["status"], run["dry_run"], run["successful"], run["score"]) == ("completed", True, 5, 5 / 120)
    for table in ("submission_versions", "explanations", "staged_rows", "task_results"):
        assert await pipeline.pool.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_the_same_folder_name_in_two_datasets_is_two_models(pipeline: Pipeline, hub: TestHub) -> None:
    shared = sorted({task.id for task in tasks("ARC1-Eval")} & {task.id for task in tasks("ARC2-Eval")})
    assert len(shared) == 6
    for dataset, source in ((V1, "ARC1-Eval"), (V2, "ARC2-Eval")):
        of_set = {task.id: task for task in tasks(source)}
        hub.commit(dataset, submission("m", {of_set[task_id]: solved(of_set[task_id]) for task_id in shared}))
    assert len(await pipeline.settle()) == 2
    rows = await pipeline.pool.fetch(
        "SELECT hf_dataset, count(*) FROM explanations WHERE model_name = 'm-attempt1' GROUP BY 1"
    )
    assert dict(map(tuple, rows)) == {V1: 6, V2: 6}


async def test_one_bad_file_costs_itself_alone(pipeline: Pipeline, hub: TestHub) -> None:
    good, cut, empty, odd = FIVE[:4]
    files = {good: solved(good), cut: solved(cut)[:-20], empty: b"", odd: b'{"attempt_1": null}'}
    hub.commit(V2, submission("m", files) | {"m/deadbeef.json": b"[]", "m/results.json": b"{}", "m/notes.txt": b"-"})
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert await pipeline.errors("m") == {
        cut.id: "not_json",
        empty.id: "not_json",
        odd.id: "not_a_submission",
        "deadbeef": "unknown_task",
    }
    assert (announced.successful, announced.failed, announced.skipped) == (1, 4, 2)
    assert (await pipeline.version("m"))["status"] == "partial"


async def test_a_file_known_to_be_bad_is_not_fetched_again_until_it_changes(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {FIVE[0]: b"[", FIVE[1]: unsolved(FIVE[1])}))
    await pipeline.settle()
    hub.commit(V2, submission("m", {FIVE[1]: solved(FIVE[1])}))
    await pipeline.settle()
    assert pipeline.downloads() == 3
    assert await pipeline.errors("m") == {FIVE[0].id: "not_json"}
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    await pipeline.settle()
    assert pipeline.downloads() == 4
    assert await pipeline.errors("m") == {}


async def test_a_file_above_the_limit_is_refused_by_the_listing(hub: TestHub, database_url: str, nats_url: str) -> None:
    from tests.support import pipeline as support  # noqa: PLC0415 - only this test builds its own

    async with support.build(hub, database_url, nats_url, ingest_max_file_bytes=10_000) as pipeline:
        files = {FIVE[0]: answer_file(FIVE[0], padding=10_000), FIVE[1]: answer_file(FIVE[1])}
        hub.commit(V2, submission("m", files))
        await pipeline.settle()
        assert await pipeline.errors("m") == {FIVE[0].id: "too_large"}
        assert pipeline.downloads() == 1


async def test_tokens_that_add_up_beyond_bigint_cost_the_sum_alone(pipeline: Pipeline, hub: TestHub) -> None:
    def vast(task: Task) -> bytes:
        return json.dumps([{"attempt_1": attempt(WRONG, 0, tokens=2**61)}]).encode()

    hub.commit(V2, submission("m", {task: vast(task) for task in FIVE}))
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert (announced.successful, announced.failed) == (5, 0)
    sums = await pipeline.pool.fetch("SELECT total_tokens, total_time_ms FROM submission_versions")
    assert [tuple(row) for row in sums] == [(None, 10_000)]


async def test_costs_add_up_to_the_last_digit_and_absent_answers_are_not_submitted(
    pipeline: Pipeline, hub: TestHub
) -> None:
    """PostgreSQL's sum of floats depends on the order of the rows."""
    costs = {1: [0.1, 0.2, 0.3, 1e16, -0.0], 2: [0.7, 0.1, 0.3, 0.2, 0.1]}
    single = [task for task in tasks() if len(task.test) == 1][:4]
    (double,) = [task for task in tasks() if len(task.test) == 2][:1]
    files = {
        task: json.dumps([{f"attempt_{n}": attempt(WRONG, 0, cost=costs[n][place]) for n in costs}]).encode()
        for place, task in enumerate([*single, double])
    }
    files[single[0]] = json.dumps(
        [{"attempt_1": attempt(WRONG, 0, cost=0.1), "attempt_2": attempt(None, 0, cost=0.7)}]
    ).encode()
    hub.commit(V2, submission("m", files))
    await pipeline.settle()
    version = await pipeline.version("m")
    assert version["total_cost"] == math.fsum(cost for each in costs.values() for cost in each)
    assert [each["pairs_submitted"] for each in json.loads(version["attempts"])] == [5, 4]


async def test_force_judges_anew_what_it_fetches_anew(pipeline: Pipeline, hub: TestHub) -> None:
    """A scoring that was wrong is put right by force, although no blob changed."""
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.settle()
    await pipeline.pool.execute("UPDATE task_results SET pairs_solved = 0")
    announced = await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"))
    assert announced is not None
    assert announced.score_submitted == 1


async def test_force_takes_back_a_file_that_is_not_usable_any_more(pipeline: Pipeline, hub: TestHub) -> None:
    body = solved(FIVE[0]).replace(b'"because"', json.dumps("x" * 400_000).encode(), 1)
    hub.commit(V2, submission("m", {FIVE[0]: body, FIVE[1]: solved(FIVE[1])}))
    await pipeline.settle()
    limits = dataclasses.replace(pipeline.ingester.limits, max_memory=300_000)
    ingester = dataclasses.replace(pipeline.ingester, limits=limits)
    announced = await ingester.ingest(ModelDiscovered(dataset=V2, model="m"))
    assert announced is not None
    assert (announced.successful, announced.failed, announced.score) == (1, 1, 1 / 120)
    version = await pipeline.version("m")
    assert [each["pairs_correct"] for each in json.loads(version["attempts"])] == [len(FIVE[1].test), 0]
    marked = await _marked(pipeline)
    assert {puzzle_id for puzzle_id, _ in marked} == {FIVE[0].id}
    await ingester.ingest(ModelDiscovered(dataset=V2, model="m"))
    assert await _marked(pipeline) == marked, "marked once, with the time of the first"
    hub.commit(V2, submission("m", {FIVE[1]: unsolved(FIVE[1])}))
    await ingester.ingest(ModelDiscovered(dataset=V2, model="m", force=False))
    assert await _marked(pipeline) == marked, "another file's change does not bring them back"
    version = await pipeline.version("m")
    assert [each["pairs_correct"] for each in json.loads(version["attempts"])] == [0, 0]
    assert await pipeline.errors("m") == {FIVE[0].id: "too_complex"}


async def _marked(pipeline: Pipeline) -> set[tuple[Any, ...]]:
    rows = await pipeline.pool.fetch(
        "SELECT puzzle_id, removed_upstream_at FROM explanations WHERE removed_upstream_at IS NOT NULL"
    )
    return {tuple(row) for row in rows}


async def test_a_forced_event_for_a_renamed_folder_keeps_its_history(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("old", {FIVE[0]: solved(FIVE[0])}))
    await pipeline.settle()
    hub.rename(V2, "old", "new")
    await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="new"))
    models = await pipeline.pool.fetch("SELECT DISTINCT model FROM submission_versions")
    assert [row["model"] for row in models] == ["new"]


async def test_a_folder_without_any_task_is_no_submission(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {"figures/plot.png": b"png", "figures/readme.md": b"-"})
    assert await pipeline.settle() == [None]
    assert await pipeline.pool.fetchval("SELECT count(*) FROM submission_versions") == 0
    runs = await pipeline.pool.fetch("SELECT status, skipped FROM ingestion_runs")
    assert [tuple(row) for row in runs] == [("skipped", 2)]


@pytest.mark.parametrize("trigger", ["manual", "schedule", "webhook"])
@pytest.mark.parametrize("forged", ["tree_oid", "revision", "both", "old", "published_at"])
async def test_an_event_cannot_name_a_content_that_is_not_there(
    pipeline: Pipeline, hub: TestHub, trigger: str, forged: str
) -> None:
    """Any client that may publish may write anything into it, for a model that was never ingested too."""
    at = datetime(2026, 1, 2, tzinfo=UTC)
    old = hub.commit(V2, submission("m", {FIVE[0]: unsolved(FIVE[0])}))
    old_oid = hub.oid(V2, "m")
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}), date=at)
    words: dict[str, Any] = {"revision": hub.head(V2), "tree_oid": hub.oid(V2, "m"), "published_at": at}
    lies: dict[str, dict[str, Any]] = {
        "tree_oid": {"tree_oid": "0" * 40},
        "revision": {"revision": "0" * 40},
        "both": {"revision": "0" * 40, "tree_oid": "1" * 40},
        "old": {"revision": old, "tree_oid": old_oid},
        "published_at": {"published_at": datetime(2099, 1, 1, tzinfo=UTC)},
    }
    lie = ModelDiscovered.model_validate({"dataset": V2, "model": "m", "trigger": trigger, **words, **lies[forged]})
    announced = await pipeline.ingester.ingest(lie)
    assert announced is not None
    assert (announced.tree_oid, announced.revision) == (hub.oid(V2, "m"), hub.head(V2))
    assert (announced.published_at, announced.score) == (at, 1 / 120)


async def test_a_redelivery_after_the_commit_is_done_although_the_folder_is_gone(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    await pipeline.sync()
    (event,) = pipeline.published
    await pipeline.ingester.ingest(event)
    hub.commit(V2, {"m": None})
    assert await pipeline.ingester.ingest(event, 2) is not None


async def test_the_end_of_a_run_is_the_last_that_progress_tells(pipeline: Pipeline, hub: TestHub) -> None:
    received = []

    async def heard(message: Msg) -> None:
        received.append(IngestionProgress.model_validate_json(message.data))

    await pipeline.client.subscribe(IngestionProgress.subject, cb=heard)
    await pipeline.client.flush()
    hub.commit(V2, submission("m", {FIVE[0]: b"[", FIVE[1]: solved(FIVE[1])}))
    await pipeline.settle()
    await eventually(lambda: received and received[-1].status == "partial")
    assert (received[0].done, received[-1].done, received[-1].total) == (0, 2, 2)


_WAITS_A_SECOND = """
SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND now() - query_start > interval '1 second'
)
"""


async def test_a_commit_may_take_longer_than_other_statements(
    hub: TestHub, database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support, "POOL", PoolOptions(command_seconds=0.5))
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    async with support.build(hub, database_url, nats_url) as pipeline, asyncio.TaskGroup() as group:
        other = await asyncpg.connect(database_url)
        blocking = other.transaction()
        await blocking.start()
        await other.execute("LOCK TABLE explanations IN EXCLUSIVE MODE")
        settling = group.create_task(pipeline.settle())
        await eventually(lambda: pipeline.pool.fetchval(_WAITS_A_SECOND), 30)
        await blocking.rollback()
        await other.close()
    assert [announced is not None for announced in settling.result()] == [True]
