"""Each statement on versions touches those that it names: every condition, order and bound of it."""

import json
from dataclasses import asdict
from typing import Any

import asyncpg
import pytest
from common.arc.rules import RULES_VERSION
from ingester.store.session import Session, locked
from ingester.store.versions import VersionRow
from ingester.submission.aggregate import Aggregates, AttemptScore, TaskResult

from tests.ingester.database_rows import AT, DATASET, OTHER, VERSION, answer, put, run, staged, version
from tests.support.writer import oid


def new_version(run_id: int) -> VersionRow:
    """Make a version of which every figure is another."""
    totals = Aggregates(
        *(1, 2, 3, 4, 5),
        score=0.25,
        score_submitted=0.5,
        attempts=(AttemptScore("x", 8.5, 9, 10),),
        total_cost=1.5,
        total_tokens=11,
        total_time_ms=12,
    )
    content = (oid(2), oid("head"), oid(3), oid("later"), "ARC2-Eval", "M", None, AT, "m@then")
    return VersionRow(*content, run_id, "partial", 6, 7, totals, "0123456789ab")


async def test_only_a_current_version_of_the_same_content_under_another_name_is_one_to_take_over(
    pool: asyncpg.Pool, session: Session
) -> None:
    for model in ("z", "a"):
        await version(pool, 1, model=model)
    await version(pool, 1, model="old", superseded_at=AT)
    await version(pool, 2, model="else")
    await version(pool, 1, model="b", hf_dataset=OTHER)
    await version(pool, 9, model="m", hf_dataset=OTHER)
    assert await session.same_content(oid(1)) == ["a", "z"]
    await version(pool, 3, superseded_at=AT)
    assert await session.same_content(oid(1)) == [], "it has a history of its own"


async def test_the_current_version_tells_what_was_used_and_what_is_worth_another_fetch(
    pool: asyncpg.Pool, session: Session
) -> None:
    for other in ({"hf_dataset": OTHER}, {"model": "n"}, {"superseded_at": AT}):
        other_id = await version(pool, 9, run_id=9, **other)
        await put(
            pool, "task_results", version_id=other_id, puzzle_id="x", hf_blob_oid="x", pairs_total=1, pairs_solved=1
        )
    assert await session.current(["unavailable", "too_large"]) is None
    own = await version(pool, 1, run_id=5)
    await put(pool, "task_results", version_id=own, puzzle_id="p", hf_blob_oid="b", pairs_total=1, pairs_solved=1)
    for run_id, kind, fatal, blob in [
        (5, "not_json", True, "b1"),
        (5, "too_large", True, "b2"),
        (5, "not_json", False, "b3"),
        (5, "not_json", True, None),
        (9, "not_json", True, "b5"),
        (9, "unavailable", True, "b6"),
    ]:
        error = {"run_id": run_id, "kind": kind, "fatal": fatal, "hf_blob_oid": blob}
        await put(pool, "ingestion_errors", puzzle_id=f"of {blob}", message="", **error)
    unnamed = {"run_id": 5, "kind": "not_json", "fatal": True, "hf_blob_oid": "b8", "puzzle_id": None}
    await put(pool, "ingestion_errors", message="", **unnamed)
    found = await session.current(["unavailable", "too_large"])
    assert found is not None
    assert (found.id, found.tree_oid, found.run_id) == (own, oid(1), 5)
    assert (found.results, found.failures, found.complete) == ({"p": "b"}, {"of b1": "b1"}, True)
    assert found.whole == {}
    assert (found.rules_version, found.task_set_version) == (None, None)
    error = {"run_id": 5, "kind": "unavailable", "fatal": True, "hf_blob_oid": "b7"}
    await put(pool, "ingestion_errors", puzzle_id="q", message="", **error)
    await pool.execute("UPDATE submission_versions SET run_id = run_id")  # what a run says of its version, it says last
    again = await session.current(["unavailable", "too_large"])
    assert again is not None
    assert (again.complete, again.failures) == (False, {"of b1": "b1"})


@pytest.mark.parametrize(
    ("rules_version", "task_set_version", "usable"),
    [
        (RULES_VERSION, "now", True),
        (RULES_VERSION - 1, "now", False),
        (RULES_VERSION, "older", False),
        (None, None, False),
    ],
)
async def test_a_version_tells_whether_its_results_may_stand_in_a_new_one(
    pool: asyncpg.Pool, session: Session, rules_version: int | None, task_set_version: str | None, *, usable: bool
) -> None:
    await version(pool, 1, rules_version=rules_version, task_set_version=task_set_version)
    found = await session.current([])
    assert found is not None
    assert found.is_scored_by("now") is usable


async def test_a_file_for_all_tasks_is_known_by_its_path_with_the_number_of_its_tasks(
    pool: asyncpg.Pool, session: Session
) -> None:
    own = await version(pool, 1, run_id=5)
    for puzzle_id, blob, path in [
        ("p", "b", "v2/Submission.json"),
        ("q", "b", "v2/Submission.json"),
        ("r", "c", "v2/r.json"),
    ]:
        result = {"puzzle_id": puzzle_id, "hf_blob_oid": blob, "hf_path": path}
        await put(pool, "task_results", version_id=own, pairs_total=1, pairs_solved=1, **result)
    for puzzle_id, blob in [("s", "b"), ("t", "other"), ("v2/Submission.json", "b")]:
        error = {"run_id": 5, "kind": "not_json", "fatal": True, "puzzle_id": puzzle_id, "hf_blob_oid": blob}
        await put(pool, "ingestion_errors", message="", **error)
    found = await session.current([])
    assert found is not None
    assert found.results == {"v2/Submission.json": "b", "r": "c"}
    assert found.whole == {"v2/Submission.json": 3}


async def test_every_attempt_that_a_model_ever_had_is_named(pool: asyncpg.Pool, session: Session) -> None:
    """So are the two that the existing app may have of it."""
    await version(pool, 1, superseded_at=AT, attempts='[{"model_name": "m-attempt5"}]')
    await version(pool, 2, attempts='[{"model_name": "m-attempt4"}]')
    await version(pool, 1, model="n", attempts='[{"model_name": "n-attempt1"}]')
    await version(pool, 1, hf_dataset=OTHER, attempts='[{"model_name": "o-attempt1"}]')
    await staged(pool, 1)
    await staged(pool, 1, model_name="m-attempt3")
    await staged(pool, 1, model_name="n-attempt9", model="n")
    await staged(pool, 1, model_name="o-attempt9", hf_dataset=OTHER)
    assert sorted(await session.attempt_names("m")) == [f"m-attempt{number}" for number in (1, 2, 3, 4, 5)]


async def test_results_are_what_was_staged_now_else_what_is_known_of_wanted_files(
    pool: asyncpg.Pool, session: Session
) -> None:
    version_id, other_version = await version(pool, 1), await version(pool, 1, model="n")
    for number, puzzle_id, blob in [
        (version_id, "known", "b"),
        (version_id, "again", "b"),
        (version_id, "changed", "old"),
        (version_id, "not asked for", "b"),
        (other_version, "else", "b"),
    ]:
        result = {"version_id": number, "puzzle_id": puzzle_id, "hf_blob_oid": blob}
        await put(pool, "task_results", pairs_total=3, pairs_solved=0, **result)
    used = {"pairs_total": 2, "pairs_solved": 1}
    await staged(pool, 5, puzzle_id="again", **used)
    await staged(pool, 5, puzzle_id="fetched", **used)
    await staged(pool, 5, puzzle_id="bad")
    await staged(pool, 5, puzzle_id="file for all", pairs_total=0, pairs_solved=0)
    await staged(pool, 5, puzzle_id="bad", model_name="m-attempt1", **used)
    others: list[dict[str, Any]] = [{"hf_dataset": OTHER}, {"model": "n"}, {"run_id": 4}, {"hf_blob_oid": "old"}]
    for other in others:
        await staged(pool, **{"run_id": 5, "puzzle_id": "else", **used, **other})
    wanted = ("known", "again", "changed", "not asked for", "else", "fetched", "bad", "file for all")
    async with session.connection.transaction():
        await session.create_wanted(5, dict.fromkeys(wanted, "b"))
        found = await session.task_results(version_id, ["known", "again", "changed", "else"])
    assert {each.puzzle_id: (each.pairs_total, each.pairs_solved) for each in found} == {
        "again": (2, 1),
        "fetched": (2, 1),
        "known": (3, 0),
    }


async def test_a_version_becomes_the_current_one_of_its_model_alone(pool: asyncpg.Pool, session: Session) -> None:
    other_run = await run(pool, status="completed", trigger="startup")
    kept = [
        await version(pool, 9, hf_dataset=OTHER, run_id=other_run),
        await version(pool, 9, model="n", run_id=other_run),
    ]
    kept += [
        await version(pool, 2, superseded_at=AT, run_id=other_run, removed_upstream_at=AT, published_at=AT),
        await version(pool, 3, superseded_at=AT),
    ]
    with pytest.raises(LookupError):
        await session.announcement()
    before = await version(pool, 4)
    run_id = await run(pool, status="completed", trigger="webhook")
    await put(
        pool, "task_results", version_id=kept[2], puzzle_id="gone", hf_blob_oid="b", pairs_total=1, pairs_solved=1
    )
    await put(pool, "task_results", version_id=before, puzzle_id="p", hf_blob_oid="b", pairs_total=1, pairs_solved=1)
    await session.write_version(new_version(run_id), [TaskResult("p", "b", 2, 1)])
    rows = await pool.fetch(
        "SELECT id, superseded_at AS at, published_at, removed_upstream_at FROM submission_versions"
    )
    found = {row["id"]: row for row in rows}
    assert [found[each]["at"] for each in kept] == [None, None, None, AT]
    assert found[before]["at"] > AT
    again = found[kept[2]]
    assert (again["published_at"], again["removed_upstream_at"]) == (AT, None)
    results = await pool.fetch("SELECT version_id, puzzle_id FROM task_results ORDER BY 1")
    assert [tuple(row) for row in results] == [(kept[2], "p"), (before, "p")]
    announced = await session.announcement()
    assert (announced.tree_oid, announced.attempts, announced.trigger) == (oid(2), ("x",), "webhook")


async def test_each_figure_of_a_version_is_in_its_own_column(pool: asyncpg.Pool, session: Session) -> None:
    await session.write_version(new_version(7), [])
    row = dict((await pool.fetch("SELECT * FROM submission_versions"))[0])
    expected = asdict(new_version(7))
    totals = expected.pop("totals")
    score = {"model_name": "x", "accuracy_percent": 8.5, "pairs_correct": 9, "pairs_submitted": 10}
    assert json.loads(row["attempts"]) == [score]
    expected |= {name: value for name, value in totals.items() if name != "attempts"}
    assert {name: row[name] for name in expected} == expected


async def test_a_renamed_model_takes_its_own_history_along(pool: asyncpg.Pool, session: Session) -> None:
    attempts = '[{"model_name": "old-attempt1", "accuracy_percent": 1}]'
    for content in (1, 2):
        gone = {"superseded_at": AT} if content == 1 else {"removed_upstream_at": AT}
        await version(pool, content, model="old", attempts=attempts, **gone)
    await version(pool, 1, model="n", attempts=attempts)
    await version(pool, 1, model="old", hf_dataset=OTHER, attempts="[]")
    for changes in ({}, {"hf_dataset": OTHER}, {"model_name": "old-attempt7"}):
        await answer(pool, "p", **{"model_name": "old-attempt1", **changes})
    for changes in ({}, {"hf_dataset": OTHER}, {"dataset_name": "n"}):
        await run(pool, **{"dataset_name": "old", **changes})
    assert await session.rename_from("old", "M", "now")
    rows = await pool.fetch("SELECT * FROM submission_versions ORDER BY id")
    name = json.loads(attempts)[0] | {"model_name": "m-attempt1"}
    assert [row["model"] for row in rows] == ["m", "m", "n", "old"]
    head = VERSION["revision"]
    assert [row["revision"] for row in rows] == [head, "now", head, head], "where its folder has the new name"
    assert [json.loads(row["attempts"]) for row in rows[:2]] == [[name], [name]]
    assert {(row["display_name"], row["removed_upstream_at"]) for row in rows[:2]} == {("M", None)}
    rows = await pool.fetch("SELECT model_name FROM explanations ORDER BY id")
    assert [row["model_name"] for row in rows] == ["m-attempt1", "old-attempt1", "old-attempt7"]
    rows = await pool.fetch("SELECT dataset_name FROM ingestion_runs ORDER BY id")
    assert [row["dataset_name"] for row in rows] == ["m", "old", "n"]
    async with locked(pool, DATASET, "busy"):
        assert await session.rename_from("busy", "M", "now") is False


async def test_a_version_that_is_kept_is_the_only_one_that_takes_note(pool: asyncpg.Pool, session: Session) -> None:
    own = await version(pool, 1, removed_upstream_at=AT, warnings=3)
    others = [await version(pool, 2, superseded_at=AT), await version(pool, 1, model="n", removed_upstream_at=AT)]
    for content, listed in ((5, oid(5)), (1, None)):
        found = await session.current([])
        assert found is not None
        assert (found.id, found.removed) == (own, content == 5)
        await session.keep(found, oid(content), "now", 4)
        rows = {row["id"]: row for row in await pool.fetch("SELECT * FROM submission_versions")}
        noted = [rows[own][name] for name in ("listed_tree_oid", "listed_revision", "removed_upstream_at", "warnings")]
        assert noted == [listed, listed and "now", None, 4]
        assert {rows[each]["listed_tree_oid"] for each in others} == {None}
        assert rows[others[1]]["removed_upstream_at"] == AT
        again = await session.current([])
        assert again is not None
        assert (again.tree_oid, again.listed_tree_oid) == (oid(1), listed or oid(1))
