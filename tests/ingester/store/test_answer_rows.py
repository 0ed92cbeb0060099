"""Each statement on rows of answers touches those that it names: every condition and sum of it."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from ingester.store.session import Session
from ingester.store.statements.explanations import COUNTED_COLUMNS
from ingester.submission.staged_row import Row

from tests.ingester.database_rows import AT, DATASET, HOUR, OTHER, answer, run, staged


async def test_what_is_staged_is_told_by_model_and_run_and_dropped_so(pool: asyncpg.Pool, session: Session) -> None:
    await staged(pool, 1)
    await staged(pool, 1, model_name="m-attempt1", puzzle_id="attempt")
    others: list[dict[str, Any]] = [{"hf_dataset": OTHER}, {"model": "n"}, {"run_id": 2}]
    for place, other in enumerate(others):
        await staged(pool, **{"run_id": 1, "puzzle_id": f"other{place}", **other})
    assert await session.staged(1) == {("p", "b")}
    await session.drop_staged(1)
    left = await pool.fetch("SELECT puzzle_id FROM staged_rows ORDER BY 1")
    assert [row["puzzle_id"] for row in left] == ["other0", "other1", "other2"]


async def test_rows_of_what_a_version_does_not_use_are_marked_once_and_no_others(
    pool: asyncpg.Pool, session: Session
) -> None:
    kept = [
        await answer(pool, "used"),
        await answer(pool, "gone", hf_dataset=OTHER),
        await answer(pool, "gone", model_name="n-attempt1"),
    ]
    marked = [
        await answer(pool, "gone"),
        await answer(pool, "used", model_name="m-attempt2", hf_blob_oid="older"),
        await answer(pool, "of the app", hf_blob_oid=None),
        await answer(pool, "used", model_name="m-attempt3", hf_blob_oid=None),
    ]
    before = await answer(pool, "gone before", removed_upstream_at=AT)
    await session.mark_removed({"used": "b"}, ["m-attempt1", "m-attempt2", "m-attempt3"])
    rows = await pool.fetch("SELECT id, removed_upstream_at AS at FROM explanations ORDER BY id")
    assert {row["id"] for row in rows if row["at"] is None} == set(kept)
    assert {row["id"] for row in rows if row["at"] and row["at"] > AT} == set(marked)
    assert {row["id"] for row in rows if row["at"] == AT} == {before}


async def test_nothing_of_a_marked_row_counts_and_what_came_stays(pool: asyncpg.Pool, session: Session) -> None:
    texts = {"pattern_description": "seen", "reasoning_log": "thought", "provider_raw_response": '[{"answer": [[1]]}]'}
    counted: dict[str, Any] = dict.fromkeys(COUNTED_COLUMNS, 1)
    counted |= {column: "[]" for column in counted if column.endswith(("_grid", "_grids", "_outputs", "_results"))}
    counted |= {"is_prediction_correct": True, "multi_test_all_correct": True}
    for puzzle in ("used", "gone"):
        await answer(pool, puzzle, num_test_pairs=2, created_at=AT, **counted, **texts)
    await session.mark_removed({"used": "b"}, ["m-attempt1"])
    used, gone = [dict(row) for row in await pool.fetch("SELECT * FROM explanations ORDER BY id")]
    assert {column: used[column] for column in counted} == counted
    assert {gone[column] for column in counted} == {None}
    others = {"puzzle_id", "id", "removed_upstream_at", *counted}
    assert {key: gone[key] for key in gone.keys() - others} == {key: used[key] for key in used.keys() - others}


async def test_an_attempts_sums_are_of_its_current_rows(pool: asyncpg.Pool, session: Session) -> None:
    grid = "[[1]]"
    results = json.dumps(
        [
            {"isPredictionCorrect": True, "predictedGrid": [[1]]},
            {"isPredictionCorrect": False, "predictedGrid": None},
            {"isPredictionCorrect": False, "predictedGrid": None},
        ]
    )
    figures = {"estimated_cost": 0.5, "total_tokens": 3, "api_processing_time_ms": 4}
    right = {"is_prediction_correct": True, "predicted_output_grid": grid}
    await answer(pool, "one", **right, **figures)
    await answer(pool, "none", is_prediction_correct=False)
    await answer(pool, "no grid", is_prediction_correct=False, multiple_predicted_outputs='["text"]')
    await answer(
        pool, "several", has_multiple_predictions=True, multi_test_results=results, **figures,
        multiple_predicted_outputs='[[[1]], "text", null]',
    )  # fmt: skip
    await answer(pool, "one", model_name="m-attempt2", is_prediction_correct=False, predicted_output_grid=grid)
    for other in ({"hf_dataset": OTHER}, {"model_name": "n-attempt1"}, {"removed_upstream_at": AT}):
        await answer(pool, f"other {other}"[:20], **right, **figures, **other)
    first, second = sorted(await session.attempt_sums(["m-attempt1", "m-attempt2"]), key=lambda each: each.model_name)
    assert (first.pairs_correct, first.pairs_submitted, list(first.costs)) == (2, 4, [0.5, 0.5])
    assert (first.tokens, first.time_ms) == (Decimal(6), Decimal(8))
    assert (second.pairs_correct, second.pairs_submitted, list(second.costs), second.tokens) == (0, 1, [], None)


async def test_a_wanted_file_for_all_tasks_says_how_many_it_has_rows_of(pool: asyncpg.Pool, session: Session) -> None:
    path = "a/submission.json"
    used: dict[str, Any] = {"puzzle_id": path, "pairs_total": 0, "num_test_pairs": 7}
    for other in ({"hf_dataset": OTHER}, {"model": "n"}, {"run_id": 2}, {"hf_blob_oid": "old"}, {"puzzle_id": "p"}):
        await staged(pool, **{"run_id": 1, **used, **other})
    await staged(pool, 1, puzzle_id=path, model_name="m-attempt1", num_test_pairs=2)
    async with session.connection.transaction():
        await session.create_wanted(1, {path: "b", "unusable": "b"})
        assert await session.staged_tasks(path) is None
        await staged(pool, 1, **used)
        await staged(pool, 1, puzzle_id="unusable")
        assert await session.staged_tasks(path) == 7
        assert await session.staged_tasks("unusable") is None


async def test_whose_the_files_say_they_are_is_read_from_current_rows(pool: asyncpg.Pool, session: Session) -> None:
    def raw(*names: Any) -> str:
        return json.dumps([{"answer": [], "metadata": {"test_id": name}} for name in names])

    await answer(pool, "p", provider_raw_response=raw("b", "b"))
    await answer(pool, "q", provider_raw_response=raw("a" * 200, 7, None))
    odd = (None, "{}", '[[1], "x", {"metadata": []}, {"metadata": "y"}]')
    for place, value in enumerate(odd):
        await answer(pool, f"odd{place}", provider_raw_response=value)
    for other in ({"hf_dataset": OTHER}, {"model_name": "n-attempt1"}, {"removed_upstream_at": AT}):
        await answer(pool, f"other {other}"[:20], provider_raw_response=raw("other"), **other)
    assert await session.test_ids(["m-attempt1"], 5) == ["a" * 100, "b"]
    assert await session.test_ids(["m-attempt1"], 1) == ["a" * 100]


OF_THE_APP = {"hf_dataset": None, "hf_blob_oid": None, "prompt_template_id": "external-huggingface"}
ELSEWHERE = f"https://huggingface.co/datasets/{OTHER}/resolve/main"


async def written(session: Session, run_id: int = 1, revision: str = "rev", **wanted: str) -> datetime:
    """Bring the rows of a run into `explanations`, and return when its transaction began, by the database's clock."""
    async with session.connection.transaction():
        await session.create_wanted(run_id, wanted)
        await session.write_rows(run_id, revision, await session.attempt_names(session.model))
        at: datetime = await session.connection.fetchval("SELECT now()")
        return at


async def test_the_newest_row_of_the_existing_app_is_taken_over_for_what_is_read_anew(
    pool: asyncpg.Pool, session: Session
) -> None:
    taken, left, wanted = set(), set(), {}
    for puzzle in ("twice", "other_template", "ours", "ours_elsewhere", "ours_of_another_attempt", "no_such_attempt"):
        wanted[puzzle] = "b"
        await staged(pool, 1, puzzle_id=puzzle, pairs_total=1)
        if puzzle != "no_such_attempt":
            await staged(pool, 1, model_name="m-attempt1", puzzle_id=puzzle)
    left.add(await answer(pool, "twice", **OF_THE_APP, created_at=AT + HOUR))
    taken.add(await answer(pool, "twice", **OF_THE_APP, created_at=AT))
    left.add(await answer(pool, "other_template", **OF_THE_APP | {"prompt_template_id": "solver"}))
    left.add(await answer(pool, "ours", **OF_THE_APP))
    await answer(pool, "ours")
    taken.add(await answer(pool, "ours_elsewhere", **OF_THE_APP))
    await answer(pool, "ours_elsewhere", **OF_THE_APP | {"hf_dataset": OTHER})
    taken.add(await answer(pool, "ours_of_another_attempt", **OF_THE_APP))
    await answer(pool, "ours_of_another_attempt", model_name="m-attempt2")
    taken.add(await answer(pool, "no_such_attempt", **OF_THE_APP))
    others: list[dict[str, Any]] = [{"hf_dataset": OTHER}, {"model": "n"}, {"pairs_total": None}, {"hf_blob_oid": "a"}]
    for place, other in enumerate(others):
        puzzle = f"other{place}"
        wanted[puzzle] = "b"
        await staged(pool, 1, **{"puzzle_id": puzzle, "pairs_total": 1, **other})
        left.add(await answer(pool, puzzle, **OF_THE_APP))
    left.add(await answer(pool, "twice", **OF_THE_APP | {"model_name": "n-attempt1"}))
    left.add(await answer(pool, "not staged", **OF_THE_APP))
    before = {row["id"]: row["hf_dataset"] for row in await pool.fetch("SELECT id, hf_dataset FROM explanations")}
    await written(session, 1, "rev", **wanted)
    after = {row["id"]: row["hf_dataset"] for row in await pool.fetch("SELECT id, hf_dataset FROM explanations")}
    assert {each: after[each] for each in before} == before | dict.fromkeys(taken, DATASET)
    assert {after[each] for each in left} == {None}


async def test_an_attempt_that_no_file_ever_had_is_taken_over_and_marked(pool: asyncpg.Pool, session: Session) -> None:
    """The app counts the second attempt as the first where the first is null."""
    await staged(pool, 1, pairs_total=1)
    await staged(pool, 1, model_name="m-attempt2")
    shifted = {"is_prediction_correct": True, "predicted_output_grid": "[[1]]"}
    found = await answer(pool, "p", **OF_THE_APP, model_name="m-attempt1", **shifted)
    await written(session, p="b")
    await session.mark_removed({"p": "b"}, await session.attempt_names("m"))
    row = await pool.fetchrow("SELECT * FROM explanations WHERE id = $1", found)
    assert row is not None
    assert (row["hf_dataset"], row["is_prediction_correct"], row["predicted_output_grid"]) == (DATASET, None, None)
    assert row["removed_upstream_at"] is not None


async def test_a_row_that_the_app_wrote_while_it_read_another_dataset_is_not_taken_over(
    pool: asyncpg.Pool, session: Session
) -> None:
    moment = timedelta(microseconds=1)
    runs = {"hf_dataset": None, "completed_at": AT + HOUR}
    cases: list[tuple[dict[str, Any], timedelta, bool]] = [
        ({"base_url": ELSEWHERE}, -moment, True),
        ({"base_url": ELSEWHERE}, 0 * moment, False),
        ({"base_url": ELSEWHERE}, HOUR, False),
        ({"base_url": ELSEWHERE}, HOUR + moment, True),
        ({"base_url": f"https://huggingface.co/datasets/{DATASET}"}, moment, True),
        ({"base_url": f"https://huggingface.co/datasets/{DATASET}//"}, moment, True),
        ({"base_url": f"https://huggingface.co/datasets/{DATASET}/resolve/main"}, moment, True),
        ({"base_url": f"https://huggingface.co/datasets/{DATASET}_2"}, moment, False),
        ({"base_url": ELSEWHERE, "dataset_name": "n"}, moment, True),
        ({"base_url": ELSEWHERE, "hf_dataset": OTHER}, moment, True),
    ]
    expected = {}
    await staged(pool, 1, pairs_total=1)
    await staged(pool, 1, model_name="m-attempt1")
    for number, (changes, offset, taken) in enumerate(cases):
        start = AT + number * 10 * HOUR
        await run(pool, **runs | {"started_at": start, "completed_at": start + HOUR} | changes)
        found = await answer(pool, "p", **OF_THE_APP, created_at=start + offset)
        await written(session, p="b")
        expected[number] = DATASET if taken else None
        actual = await pool.fetchval("SELECT hf_dataset FROM explanations WHERE id = $1", found)
        assert (number, actual) == (number, expected[number])
        await pool.execute("DELETE FROM explanations")


async def test_a_run_of_the_app_that_died_over_another_dataset_lasts_until_the_folders_next_one(
    pool: asyncpg.Pool, session: Session
) -> None:
    await pool.execute("ALTER TABLE ingestion_runs ALTER COLUMN completed_at DROP NOT NULL")  # as the app does
    await staged(pool, 1, pairs_total=1)
    await staged(pool, 1, model_name="m-attempt1")
    others: list[dict[str, Any]] = [{"hf_dataset": OTHER}, {"dataset_name": "n"}, {}]
    for later, other in enumerate(others, 1):
        await run(pool, **{"hf_dataset": None, "base_url": "", "started_at": AT + later * HOUR, **other})
    await run(pool, hf_dataset=None, base_url=ELSEWHERE, started_at=AT, completed_at=None)
    await pool.execute("UPDATE ingestion_runs SET base_url = $1 WHERE started_at > $2", f"/{DATASET}/", AT)
    for hours, taken in ((2.5, False), (3.5, True)):
        found = await answer(pool, "p", **OF_THE_APP, created_at=AT + hours * HOUR)
        await written(session, p="b")
        actual = await pool.fetchval("SELECT hf_dataset FROM explanations WHERE id = $1", found)
        assert (hours, actual) == (hours, DATASET if taken else None)
        await pool.execute("DELETE FROM explanations")
    await pool.execute("DELETE FROM ingestion_runs WHERE started_at > $1", AT)
    found = await answer(pool, "p", **OF_THE_APP, created_at=AT + 1000 * HOUR)
    await written(session, p="b")
    assert await pool.fetchval("SELECT hf_dataset FROM explanations WHERE id = $1", found) is None


async def test_what_is_staged_of_the_wanted_files_becomes_the_models_rows(pool: asyncpg.Pool, session: Session) -> None:
    columns = {"pattern_description": "seen", "reasoning_log": "thought", "input_tokens": 5}
    await staged(pool, 1)
    for _ in range(2):  # two deliveries may both have fetched it
        await staged(pool, 1, model_name="m-attempt1", **columns)
    await staged(pool, 1, model_name="m-attempt2")
    await staged(pool, 1, model_name="m-attempt1", puzzle_id="q", hf_blob_oid="older")
    await staged(pool, 1, model_name="m-attempt1", puzzle_id="not wanted")
    others: list[dict[str, Any]] = [{"hf_dataset": OTHER}, {"model": "n"}, {"run_id": 2}]
    for place, other in enumerate(others):
        await staged(pool, **{"run_id": 1, "puzzle_id": f"other{place}", "model_name": "m-attempt1", **other})
    at = await written(session, p="b", q="b", other0="b", other1="b", other2="b")
    rows = [dict(row) for row in await pool.fetch("SELECT * FROM explanations ORDER BY model_name")]
    same = {
        "hf_dataset": DATASET,
        "puzzle_id": "p",
        "hf_blob_oid": "b",
        "hf_revision": "rev",
        "run_id": 1,
        "prompt_template_id": "external-huggingface",
        "solving_strategy": "",
        "confidence": None,
        "ingested_at": at,
        "removed_upstream_at": None,
    }
    of_second = {"pattern_description": "", "reasoning_log": None, "input_tokens": None}
    expected = [
        {**same, **columns, "model_name": "m-attempt1", "has_reasoning_log": True},
        {**same, **of_second, "model_name": "m-attempt2", "has_reasoning_log": False},
    ]
    assert [{key: row[key] for key in expected[0]} for row in rows] == expected
    assert all(row["created_at"] > at for row in rows)  # when they were written, not when it began


async def test_rows_that_are_there_are_written_over_and_come_back(pool: asyncpg.Pool, session: Session) -> None:
    earlier = {"removed_upstream_at": AT, "ingested_at": AT, "created_at": AT, "input_tokens": 1, "reasoning_log": "r"}
    earlier["confidence"] = 50
    for model_name in ("m-attempt1", "m-attempt2"):
        await answer(pool, "p", model_name=model_name, has_reasoning_log=True, hf_blob_oid="a", run_id=1, **earlier)
    apart = await answer(pool, "p", **OF_THE_APP, model_name="m-attempt1", created_at=AT)
    await staged(pool, 2, model_name="m-attempt1", input_tokens=2)
    await staged(pool, 2, model_name="m-attempt2")
    at = await written(session, 2, "rev2", p="b")
    columns = "model_name, run_id, hf_blob_oid, hf_revision, has_reasoning_log, reasoning_log, input_tokens, confidence"
    columns += ", ingested_at, removed_upstream_at, created_at > $2"
    rows = await pool.fetch(f"SELECT {columns} FROM explanations WHERE id <> $1 ORDER BY 1", apart, at)
    assert [tuple(row) for row in rows] == [
        ("m-attempt1", 2, "b", "rev2", False, None, 2, None, at, None, True),
        ("m-attempt2", 2, "b", "rev2", False, None, None, None, at, None, True),
    ]


async def test_a_copy_writes_what_is_written_of_staged_rows(pool: asyncpg.Pool, session: Session) -> None:
    columns: dict[str, Any] = {
        "pattern_description": "said",
        "multi_test_prediction_grids": "[]",
        "predicted_output_grid": "[[1]]",
    }
    columns |= {
        "is_prediction_correct": True,
        "estimated_cost": 0.1,
        "total_tokens": 7,
        "has_multiple_predictions": False,
    }
    rows = [
        (1, DATASET, "m", "b", *Row(puzzle_id, "m-attempt1", reasoning_log=thought)._replace(**columns))
        for puzzle_id, thought in (("p", "thought"), ("q", None))
    ]
    await session.stage([*rows, *((1, DATASET, "m", "b", *Row(each, pairs_total=1)) for each in "pq")])
    await written(session, p="b", q="b")
    of_staged = await pool.fetch("DELETE FROM explanations RETURNING *")
    async with session.connection.transaction():
        instants = await session.instants()
        await session.copy_answers(rows, "rev", instants)
        assert instants[0] == await session.connection.fetchval("SELECT now()")
    copied = await pool.fetch("SELECT * FROM explanations")
    assert instants[0] < instants[1]
    assert {(row["ingested_at"], row["created_at"]) for row in copied} == {tuple(instants)}
    assert sorted(map(_of_any_run, copied)) == sorted(map(_of_any_run, of_staged))


def _of_any_run(row: asyncpg.Record) -> list[tuple[str, str]]:
    return [(name, repr(value)) for name, value in row.items() if name not in {"id", "ingested_at", "created_at"}]


@pytest.mark.parametrize(
    ("row", "has_rows"),
    [
        ({"model_name": "m-attempt1"}, True),
        ({"model_name": "m-attempt2"}, True),
        ({"model_name": "n-attempt1"}, False),
        ({"model_name": "m-attempt1", "hf_dataset": OTHER}, False),
        (OF_THE_APP | {"model_name": "m-attempt7"}, True),
        (OF_THE_APP | {"model_name": "M-attempt1"}, False),
        (OF_THE_APP | {"model_name": "m-attempt1", "prompt_template_id": "solver"}, False),
    ],
)
async def test_rows_that_a_new_submission_has_already_are_found(
    pool: asyncpg.Pool, session: Session, row: dict[str, Any], *, has_rows: bool
) -> None:
    assert not await session.has_rows()
    await answer(pool, "p", **row)
    assert await session.has_rows() is has_rows
