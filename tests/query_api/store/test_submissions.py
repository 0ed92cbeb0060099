"""Submissions, versions and answers are read as each statement says: every condition, order and bound of it."""

from datetime import UTC, datetime, timedelta

import asyncpg
from query_api.store import submissions
from query_api.store.rows import Stored

from tests.support.writer import DATASET, START, Writer, oid

OTHER = "arcprize/arc_agi_v1_public_eval"

# A row that is updated stands behind the others: what is read last would win where both versions are read.
_OLD_ROWS_LAST = "UPDATE submission_versions SET errors = errors WHERE superseded_at IS NOT NULL"


async def test_the_view_holds_current_versions_and_the_last_sync_that_ended(pool: asyncpg.Pool, rows: Writer) -> None:
    await rows.ingest("m", content=1)
    await rows.ingest("m", content=2)
    await pool.execute(_OLD_ROWS_LAST)
    await rows.ingest("n")
    await rows.remove("n")
    ended = await rows.sync(new=5)
    going_on = await rows.sync()
    await pool.execute("UPDATE sync_runs SET status = 'running' WHERE id = $1", going_on.sync_id)
    late = await rows.sync(trigger="manual", status="failed")
    await pool.execute("UPDATE sync_runs SET started_at = $2 WHERE id = $1", late.sync_id, ended.started_at)
    found = await submissions.load(pool)
    assert {(each.model, each.tree_oid, each.status) for each in found.submissions} == {
        ("m", oid(DATASET, "m", 2), "completed"),
        ("n", oid(DATASET, "n", 1), "removed"),
    }
    assert found.last_sync is not None
    assert (found.last_sync.id, found.last_sync.status) == (late.sync_id, "failed")
    await pool.execute("UPDATE sync_runs SET started_at = $2 WHERE id = $1", late.sync_id, START)
    again = (await submissions.load(pool)).last_sync
    assert again is not None
    assert (again.id, again.new_models_found) == (ended.sync_id, 5)


async def test_all_answers_are_counted_and_the_last_run_is_the_one_that_began_last(
    pool: asyncpg.Pool, rows: Writer
) -> None:
    assert (await submissions.load(pool)).stored == Stored(0, None)
    await rows.ingest("m-1", ingested_at=START + timedelta(days=2))
    # A failed one counts; one from tomorrow was written by a clock that was wrong.
    for at in (START, datetime(9999, 1, 1, tzinfo=UTC)):
        await rows.ingest("m-2", ingested_at=at, failed=1)
    await rows.answers("m-1-attempt1", {"a": [True], "b": [True, False]})
    # A row of the existing app's own solvers is an explanation, too.
    await pool.execute(
        "INSERT INTO explanations (puzzle_id, pattern_description, solving_strategy) VALUES ('a', '', '')"
    )
    found = (await submissions.load(pool)).stored
    assert found == Stored(3, START + timedelta(days=2, seconds=-2))


async def test_answers_too_many_to_be_counted_at_each_look_are_estimated(pool: asyncpg.Pool, rows: Writer) -> None:
    await rows.answers("m-1-attempt1", {"a": [True]})
    await pool.execute(
        "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', 'explanations', 'reltuples', 7e6::real)"
    )
    assert (await submissions.load(pool)).stored.explanations == 7_000_000


async def test_a_folder_that_is_gone_upstream_is_removed_however_its_ingestion_ended(
    pool: asyncpg.Pool, rows: Writer
) -> None:
    await rows.ingest("m", failed=1)
    assert [each.status for each in (await submissions.load(pool)).submissions] == ["partial"]
    await rows.remove("m")
    assert [each.status for each in (await submissions.load(pool)).submissions] == ["removed"]
    (record,) = await submissions.versions(pool, DATASET, "m")
    assert record.submission is not None
    assert (record.version.status, record.submission.status) == ("partial", "removed")
    assert record.version.removed_upstream_at == rows.now


async def test_a_sync_from_tomorrow_is_not_the_last_one(pool: asyncpg.Pool, rows: Writer) -> None:
    ended, wrong = await rows.sync(), await rows.sync()
    ahead = "UPDATE sync_runs SET started_at = now() + $2::interval WHERE id = $1"
    await pool.execute(ahead, wrong.sync_id, timedelta(days=1, minutes=5))
    last = (await submissions.load(pool)).last_sync
    assert last is not None
    assert last.id == ended.sync_id
    await pool.execute(ahead, wrong.sync_id, timedelta(hours=23))
    last = (await submissions.load(pool)).last_sync
    assert last is not None
    assert last.id == wrong.sync_id


async def test_some_submissions_are_those_of_both_dataset_and_model(pool: asyncpg.Pool, rows: Writer) -> None:
    for model, dataset in (("m", DATASET), ("m", OTHER), ("n", DATASET), ("n", OTHER)):
        await rows.ingest(model, dataset)
    await rows.ingest("m", content=2)
    found = await submissions.submissions(pool, [(DATASET, "m"), (OTHER, "n"), (DATASET, "nobody")])
    assert {(each.key, each.tree_oid) for each in found} == {
        ((DATASET, "m"), oid(DATASET, "m", 2)),
        ((OTHER, "n"), oid(OTHER, "n", 1)),
    }


async def test_answers_are_those_of_the_attempts_in_their_datasets(pool: asyncpg.Pool, rows: Writer) -> None:
    await rows.answer("m-attempt1", "a", [True], cost=0.5, tokens=7, time_ms=9)
    await rows.answer("m-attempt1", "b", [False, True, False])
    await rows.answer("m-attempt1", "a", [False], OTHER)
    await rows.answer("m-attempt2", "a", [True])
    await rows.answer("n-attempt1", "a", [True], OTHER)
    await rows.answer("m-attempt1", "gone", [True])
    await pool.execute("UPDATE explanations SET removed_upstream_at = now() WHERE puzzle_id = 'gone'")
    found = await submissions.answers(pool, [(DATASET, "m-attempt1"), (OTHER, "n-attempt1")])
    assert {key: {task: each.pairs for task, each in answers.items()} for key, answers in found.items()} == {
        (DATASET, "m-attempt1"): {"a": (True,), "b": (False, True, False)},
        (OTHER, "n-attempt1"): {"a": (True,)},
    }
    first = found[DATASET, "m-attempt1"]["a"]
    assert (first.cost, first.tokens, first.time_ms) == (0.5, 7, 9)


async def test_attempts_of_one_name_in_two_datasets_stay_apart(pool: asyncpg.Pool, rows: Writer) -> None:
    for dataset, right in ((DATASET, True), (OTHER, False)):
        await rows.answer("m-attempt1", "a", [right], dataset, cost=1.0 + right)
    found = await submissions.answers(pool, {(DATASET, "m-attempt1"), (OTHER, "m-attempt1")})
    assert {key: (each["a"].pairs, each["a"].cost) for key, each in found.items()} == {
        (DATASET, "m-attempt1"): ((True,), 2.0),
        (OTHER, "m-attempt1"): ((False,), 1.0),
    }


async def test_an_answer_without_a_verdict_counts_as_wrong(pool: asyncpg.Pool, rows: Writer) -> None:
    await rows.answer("m-attempt1", "one", [True])
    await rows.answer("m-attempt1", "two", [True, True])
    await pool.execute("UPDATE explanations SET is_prediction_correct = NULL")
    await pool.execute(
        "UPDATE explanations SET multi_test_results = '[{}, {\"isPredictionCorrect\": true}]' WHERE puzzle_id = 'two'"
    )
    found = await submissions.answers(pool, [(DATASET, "m-attempt1")])
    assert {task: each.pairs for task, each in found[DATASET, "m-attempt1"].items()} == {
        "one": (False,),
        "two": (False, True),
    }


async def test_an_answers_verdicts_are_those_of_its_kind(pool: asyncpg.Pool, rows: Writer) -> None:
    for task in ("array", "object", "whole", "one"):
        await rows.answer("m-attempt1", task, [False, False])
    several = """UPDATE explanations SET multi_test_results = $2, multi_test_all_correct = puzzle_id = 'whole'
        WHERE puzzle_id = $1"""
    await pool.execute(
        several,
        "array",
        '[{"isPredictionCorrect": true}, {"isPredictionCorrect": "true"}, {"isPredictionCorrect": false}]',
    )
    await pool.execute(several, "object", '{"isPredictionCorrect": true}')
    await pool.execute(several, "whole", None)
    await pool.execute(several, "one", '[{"isPredictionCorrect": false}, {"isPredictionCorrect": false}]')
    await pool.execute(
        "UPDATE explanations SET has_multiple_predictions = false, is_prediction_correct = true WHERE puzzle_id = 'one'"
    )
    found = await submissions.answers(pool, [(DATASET, "m-attempt1")])
    assert {task: each.pairs for task, each in found[DATASET, "m-attempt1"].items()} == {
        "array": (True, False, False),
        "object": (False,),
        "whole": (True,),
        "one": (True,),
    }


async def test_versions_come_newest_first_with_their_own_results(pool: asyncpg.Pool, rows: Writer) -> None:
    for content in range(13):
        await rows.ingest("m", content=content)
    for model, dataset in (("n", DATASET), ("m", OTHER)):
        await rows.ingest(model, dataset)
    for row in await pool.fetch("SELECT id, run_id FROM submission_versions"):
        await pool.execute("INSERT INTO task_results VALUES ($1, $2, 'x', 1, 1)", row["id"], f"run-{row['run_id']}")
    # Two that were superseded at one instant: what was ingested later stands first.
    await pool.execute("UPDATE submission_versions SET superseded_at = $1 WHERE tree_oid = ANY($2)", rows.tick(),
                       [oid(DATASET, "m", content) for content in (10, 11)])  # fmt: skip
    found = await submissions.versions(pool, DATASET, "m")
    assert [each.version.tree_oid for each in found] == [oid(DATASET, "m", content) for content in range(12, 1, -1)]
    assert [list(each.results) for each in found] == [[f"run-{each.version.run_id}"] for each in found]
    assert [each.submission is not None for each in found] == [True] + [False] * submissions.VERSIONS_SHOWN


async def test_stored_answers_are_counted_for_one_task_of_some_attempts(pool: asyncpg.Pool, rows: Writer) -> None:
    for name in ("m-attempt1", "m-attempt2", "m-attempt3"):
        for task in ("a", "b"):
            await rows.answer(name, task, [True])
            await rows.answer(name, task, [True], OTHER)
    await rows.answer("m-attempt1", "c", [True])
    await pool.execute("DELETE FROM explanations WHERE hf_dataset = $1 AND model_name = 'm-attempt2'", OTHER)
    await rows.answer("m-attempt1", "d", [True], OTHER)
    await rows.answer("m-attempt4", "a", [True])
    await rows.answer("m-attempt4", "a", [True], OTHER)
    await rows.answer("m-attempt5", "a", [True], OTHER)
    assert await submissions.count_answers(pool, DATASET, ["m-attempt1", "m-attempt2"], "a") == 2


async def test_the_tasks_of_current_versions_are_read_but_for_results_that_cannot_be(
    pool: asyncpg.Pool, rows: Writer
) -> None:
    written = [
        await rows.ingest("m", content=1),
        await rows.ingest("m", content=2),
        await rows.ingest("m", OTHER),
        await rows.ingest("without tasks"),
    ]
    ids = {row["run_id"]: row["id"] for row in await pool.fetch("SELECT id, run_id FROM submission_versions")}
    old, new, elsewhere, _ = (ids[each.run_id] for each in written)
    results = [
        (old, "a", 1, 1), (new, "a", 2, 1), (new, "b", 3, 0), (new, "none of none", 0, 0), (new, "negative", 2, -1),
        (new, "too many", 2, 3), (elsewhere, "c", 1, 1),
    ]  # fmt: skip
    await pool.executemany(
        "INSERT INTO task_results (version_id, puzzle_id, hf_blob_oid, pairs_total, pairs_solved) "
        "VALUES ($1, $2, 'x', $3, $4)",
        results,
    )
    found = await submissions.tasks(pool, [(DATASET, "m"), (OTHER, "without tasks"), (DATASET, "without tasks")])
    ((key, read),) = found.items()
    assert (key, read.tree_oid, read.run_id) == ((DATASET, "m"), written[1].tree_oid, written[1].run_id)
    assert sorted(read.results) == [("a", 1, 2), ("b", 0, 3)]
