"""Rows that earlier releases wrote get the form in which the existing app reads them, and its own rows stay."""

import asyncio
import json
import random
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from common.arc.task_sets import Task
from common.database.schema import MIGRATIONS, migrate
from ingester.store.statements.explanations import COUNTED_COLUMNS, STAGED_COLUMNS
from ingester.submission.limits import Limits
from ingester.submission.reasoning import message_text, reasoning_text
from ingester.submission.staged_row import Row
from ingester.submission.transform import transform

from tests.support import existing_app
from tests.support.eventually import eventually
from tests.support.existing_app_figures import GRIDS, App, Harness
from tests.support.submissions import V2, attempt, rows_of, tasks

ANSWERED = datetime(2026, 1, 2, tzinfo=UTC)
INGESTED = datetime(2026, 3, 1, tzinfo=UTC)
BETWEEN = datetime(2026, 2, 1, tzinfo=UTC)
ONE = [task for task in tasks() if len(task.test) == 1]
TWO = [task for task in tasks() if len(task.test) == 2]
JSON = ("predicted_output_grid", "multiple_predicted_outputs", "multi_test_prediction_grids", "multi_test_results")
# Answers of which no grid can be read, or one that no task asks for.
ODD: list[Any] = [
    [],
    [[]],
    [[1, 2], [3]],
    [[10, -1]],
    [["x"]],
    [[0.5]],
    [[[1]]],
    [1],
    ["[]"],
    "no grid",
    7,
    {"a": [1]},
    None,
]


def right(task: Task, pair: int) -> Any:
    return rows_of(task.test[pair].output)


def text_of_before(metadata: Mapping[str, Any]) -> str:
    """Return a log's part as releases before migration 0014 wrote it."""
    return "\n\n".join(filter(None, (reasoning_text(metadata), message_text(metadata))))


def text_at_first(metadata: Mapping[str, Any]) -> str:
    """Return it as the first releases did: no text of a list, and the setting of a summary, too."""
    messages = [choice["message"] for choice in metadata.get("choices", ())]
    texts = [metadata.get("reasoning_summary"), metadata.get("reasoning_content")]
    texts += [message["content"] for message in messages if message["role"] not in ("user", "system")]
    return "\n\n".join(text for text in texts if isinstance(text, str) and text.strip())


def before_messages(
    body: bytes, task: Task, monkeypatch: pytest.MonkeyPatch, text: Callable[[Mapping[str, Any]], str] = text_of_before
) -> list[Row]:
    """Return the rows that a file had before migration 0014: messages stood in the log, behind the reasoning."""
    with monkeypatch.context() as earlier:
        earlier.setattr("ingester.submission.transform.reasoning_text", text)
        earlier.setattr("ingester.submission.transform.message_text", lambda _: "")
        return transform(body, task, "m", Limits())[1:]


def file(*answers: tuple[Any, Any]) -> bytes:
    """Return a file with two attempts at each pair; Ellipsis: the attempt is null."""
    pairs = [
        {
            f"attempt_{number}": None if answer is ... else attempt(answer, index)
            for number, answer in enumerate(pair, 1)
        }
        for index, pair in enumerate(answers)
    ]
    return json.dumps(pairs).encode()


FILES = {
    ONE[0]: file((right(ONE[0], 0), "no grid")),
    ONE[1]: file(([[0]], json.dumps(right(ONE[1], 0)))),
    ONE[2]: file((..., [[0]])),
    TWO[0]: file((right(TWO[0], 0), ...), (..., right(TWO[0], 1))),
    TWO[1]: file((right(TWO[1], 0), "no grid"), ([], [[0]])),
    **{task: file((odd, odd)) for task, odd in zip(ONE[3:], ODD, strict=False)},
    **{task: file((odd, right(task, 0)), (right(task, 1), odd)) for task, odd in zip(TWO[2:], ODD, strict=False)},
}
# Of the two attempts together: all pairs of the first two tasks and of those of ODD with two tests, one of TWO[1].
SOLVED = 2 + 1 + len(ODD)

DEFAULT_CONFIDENCE = 50
# Each row's update waits until the test gives this lock back.
HELD = 7_016
HELD_UPDATES = f"""
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock({HELD}); RETURN NEW; END $$;
CREATE TRIGGER held BEFORE UPDATE ON explanations FOR EACH ROW EXECUTE FUNCTION hold()
"""
IS_HELD = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted)"


def in_the_form_of_before(row: Row) -> dict[str, Any]:
    """Return a row as the releases before migration 0010 wrote it."""
    columns = row._asdict()
    del columns["pairs_total"], columns["pairs_solved"], columns["notes"], columns["multi_test_prediction_grids"]
    outputs = json.loads(row.multiple_predicted_outputs or "null")
    if row.has_multiple_predictions:
        results = [
            {
                "index": each["index"],
                "correct": each["isPredictionCorrect"],
                "predicted": output,
                "expectedDimensions": each["expectedDimensions"],
            }
            for each, output in zip(json.loads(row.multi_test_results or ""), outputs, strict=True)
        ]
        return columns | {"multi_test_results": json.dumps(results)}
    raw = json.dumps(outputs[0]) if outputs else row.predicted_output_grid
    return columns | {"predicted_output_grid": raw, "multiple_predicted_outputs": None, "multi_test_results": None}


def texts_of(stored: asyncpg.Record) -> tuple[Any, ...]:
    return stored["pattern_description"], stored["reasoning_log"], stored["has_reasoning_log"]


def texts_as_written(row: Row) -> tuple[Any, ...]:
    return row.pattern_description, row.reasoning_log, row.reasoning_log is not None


async def put(connection: asyncpg.Connection, **columns: Any) -> int:
    values = columns | {"solving_strategy": "", "prompt_template_id": existing_app.TEMPLATE, "hf_dataset": V2}
    values |= {"created_at": ANSWERED, "ingested_at": INGESTED, "hf_blob_oid": "b"}
    values = {"has_reasoning_log": values["reasoning_log"] is not None} | values
    places = ", ".join(f"${number}" for number, _ in enumerate(values, 1))
    statement = f"INSERT INTO explanations ({', '.join(values)}) VALUES ({places}) RETURNING id"
    return int(await connection.fetchval(statement, *values.values()))


WORDS = ["because", " so it is\n", "\n\nfirst", "[pair 1]\nis the second", "\u00a0", "", "\0", "\ud800 \U0001f600"]


def some_texts(choose: random.Random) -> Any:
    """Return a text, or what stands where one is expected."""
    lists = [[], ["one", {"type": "text", "text": "two"}, 7, {"text": None}, [["no text"]], " \u2003"]]
    return choose.choice([*WORDS, *WORDS, *lists, None, {"text": "no list"}])


def some_attempt(choose: random.Random, pair: int) -> Any:
    """Return an attempt with texts of every kind, in every place."""
    roles = ["user", "assistant", "assistant", "model", "system"]
    choices = [{"message": {"role": role, "content": some_texts(choose)}} for role in choose.sample(roles, 3)]
    found = attempt([[0]], pair)
    found["metadata"] = {"pair_index": pair, "choices": choices, "reasoning_summary": some_texts(choose)}
    if choose.random() < 0.3:
        found["metadata"] |= {"reasoning_content": some_texts(choose), "reasoning_summary": "detailed"}
    if choose.random() < 0.2:
        del found["metadata"]["pair_index"]
    return found if choose.random() < 0.9 else None


def some_file(choose: random.Random, task: Task, more: int) -> bytes:
    """Return answers to the pairs of a task and, with `more`, some that are double or to no pair."""
    pairs = [*range(len(task.test)), *(choose.randrange(4) for _ in range(more))]
    entries = [{f"attempt_{number}": some_attempt(choose, pair) for number in (1, 2)} for pair in pairs]
    return json.dumps(entries).encode()


@pytest.fixture(params=["the app's", "ours"])
async def before(
    request: pytest.FixtureRequest, empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[asyncpg.Connection]:
    """Connect to a database, made by the app or by us, of the release before migration 0010."""
    for path in MIGRATIONS.glob("000*.sql"):
        shutil.copy(path, tmp_path)
    connection = await asyncpg.connect(empty_database_url)
    if request.param == "the app's":
        await existing_app.make(connection)
        await existing_app.start(connection)
    with monkeypatch.context() as earlier:
        earlier.setattr("common.database.schema.MIGRATIONS", tmp_path)
        await migrate(empty_database_url)
    yield connection
    await connection.close()


async def test_rows_of_earlier_releases_read_as_those_of_today(
    before: asyncpg.Connection, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = [row for task, body in FILES.items() for row in transform(body, task, "m", Limits())[1:]]
    for task, body in FILES.items():
        for row in before_messages(body, task, monkeypatch):
            await put(before, **in_the_form_of_before(row))
    await migrate(empty_database_url)
    await existing_app.start(before)
    stored = {(row["puzzle_id"], row["model_name"]): row for row in await before.fetch("SELECT * FROM explanations")}
    assert len(stored) == len(today)
    for row in today:
        found = stored[row.puzzle_id, row.model_name]
        expected = row._asdict()
        if not row.has_multiple_predictions:  # what was asked for is known where the answer is judged anew
            (result,) = json.loads(expected["multi_test_results"])
            del result["expectedDimensions"]
            expected["multi_test_results"] = json.dumps([result])
        for column in COUNTED_COLUMNS:
            as_python = json.loads if column in JSON else lambda value: value
            assert (column, found[column] and as_python(found[column])) == (
                column,
                expected[column] and as_python(expected[column]),
            )
        assert (found["confidence"], found["created_at"], found["ingested_at"]) == (None, INGESTED, INGESTED)
        assert (found["num_test_pairs"], *texts_of(found)) == (row.num_test_pairs, *texts_as_written(row))
        grids = [json.loads(each["value"]) for each in await before.fetch(GRIDS, row.model_name, row.puzzle_id)]
        assert len(grids) == (row.num_test_pairs if row.has_multiple_predictions else 0)

    app = App(before, [task.id for task in tasks()])
    harness = await app.harness("m")
    assert harness.score == pytest.approx((SOLVED + 0.5) / 120)
    assert (harness.tasks_solved, harness.pairs_solved) == (SOLVED, 2 + 2 + 1 + 2 * len(ODD))
    for number in (1, 2):
        name = f"m-attempt{number}"
        attempted = {row.puzzle_id for row in today if row.model_name == name}
        assert set(await app.performance(name)) == attempted
        assert await app.quality(name) == {"confident": 0, "trusted": 0, "failed_requests": 0}


@pytest.mark.parametrize("before", ["ours"], indirect=True)
@pytest.mark.parametrize(("text", "most"), [(text_of_before, 2), (text_at_first, 0)])
async def test_texts_of_earlier_releases_become_those_of_today(
    before: asyncpg.Connection,
    empty_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    text: Callable[[Mapping[str, Any]], str],
    most: int,
) -> None:
    choose = random.Random(16)
    expected = {}
    for turn in range(300):
        task = choose.choice(ONE + TWO)
        body = some_file(choose, task, choose.randint(0, most))
        for then, now in zip(
            before_messages(body, task, monkeypatch, text), transform(body, task, "m", Limits())[1:], strict=True
        ):
            gone = {"removed_upstream_at": INGESTED} if turn % 3 == 0 else {}
            columns = in_the_form_of_before(then) | gone | {"model_name": f"{turn}-{then.model_name}"}
            expected[await put(before, **columns)] = texts_as_written(now)
    await migrate(empty_database_url)
    stored = {row["id"]: row for row in await before.fetch("SELECT * FROM explanations")}
    for row_id, texts in expected.items():
        found = stored[row_id]
        said = [each["metadata"] for each in json.loads(found["provider_raw_response"])]
        assert texts_of(found) == texts, said


@pytest.mark.parametrize("before", ["ours"], indirect=True)
@pytest.mark.parametrize("raw", [None, "[5]", '[{"metadata": {"choices": [{"message": {"content": "other"}}]}}]'])
async def test_a_log_that_the_answer_does_not_make_stays(
    before: asyncpg.Connection, empty_database_url: str, raw: str | None
) -> None:
    (row,) = transform(file((right(ONE[0], 0), ...)), ONE[0], "m", Limits())[1:]
    texts = {"pattern_description": "seen", "reasoning_log": "thought", "has_reasoning_log": True}
    await put(before, **in_the_form_of_before(row) | texts | {"provider_raw_response": raw})
    await migrate(empty_database_url)
    found = await before.fetchrow("SELECT * FROM explanations")
    assert found is not None
    assert texts_of(found) == tuple(texts.values())


async def test_an_empty_description_is_no_failed_request(before: asyncpg.Connection, empty_database_url: str) -> None:
    (row,) = transform(json.dumps([{"attempt_1": right(ONE[0], 0)}]).encode(), ONE[0], "m", Limits())[1:]
    await put(before, **in_the_form_of_before(row) | {"pattern_description": ""})
    await migrate(empty_database_url)
    assert await before.fetchval("SELECT pattern_description FROM explanations") == "The answer was given by m."


async def test_of_a_row_that_left_upstream_nothing_counts(before: asyncpg.Connection, empty_database_url: str) -> None:
    (row,) = transform(file((right(ONE[0], 0), ...)), ONE[0], "m", Limits())[1:]
    await put(before, **in_the_form_of_before(row), removed_upstream_at=INGESTED)
    await migrate(empty_database_url)
    found = await before.fetchrow("SELECT * FROM explanations")
    assert found is not None
    assert {found[column] for column in COUNTED_COLUMNS} == {None}
    assert json.loads(found["provider_raw_response"]) == json.loads(row.provider_raw_response or "")
    await existing_app.start(before)
    app = App(before, [ONE[0].id])
    assert (await app.harness("m"), await app.performance("m-attempt1")) == (Harness(0, 0, 0), {})


@pytest.mark.parametrize("before", ["the app's"], indirect=True)
async def test_rows_of_the_app_stay_and_a_copy_of_ours_that_it_imported_does_not_count(
    before: asyncpg.Connection, empty_database_url: str
) -> None:
    await existing_app.add_own_rows(before, [ONE[0].id, TWO[0].id], BETWEEN)
    await existing_app.start(before)
    copy = await existing_app.add_answer(before, "m-attempt1", ONE[0].id, BETWEEN)
    (row,) = transform(file((right(ONE[0], 0), ...)), ONE[0], "m", Limits())[1:]
    await put(before, **in_the_form_of_before(row))
    app = App(before, [ONE[0].id])
    assert (await app.harness("m")).score == 0, "answered before the app imported it"
    own = await existing_app.own_rows(before)
    imported = await before.fetchrow("SELECT * FROM explanations WHERE id = $1", copy)
    await migrate(empty_database_url)
    await existing_app.start(before)
    assert await existing_app.own_rows(before) == own
    assert await before.fetchrow("SELECT * FROM explanations WHERE id = $1", copy) == imported
    assert (await app.harness("m")).score == 1


async def test_what_is_staged_in_the_form_of_before_is_read_again(
    before: asyncpg.Connection, empty_database_url: str
) -> None:
    old = {"run_id": 1, "hf_dataset": V2, "model": "m", "hf_blob_oid": "b", "puzzle_id": ONE[0].id}
    places = ", ".join(f"${number}" for number in range(1, 7))
    stage = f"INSERT INTO staged_rows ({', '.join(old)}, model_name) VALUES ({places})"
    await before.execute(stage, *old.values(), "m-attempt1")
    await migrate(empty_database_url)
    assert await before.fetchval("SELECT count(*) FROM staged_rows") == 0
    await before.execute(stage, *old.values(), None)
    with pytest.raises(asyncpg.CheckViolationError):
        await before.execute(stage, *old.values(), "m-attempt1")
    new = dict.fromkeys(STAGED_COLUMNS) | old | {"model_name": "m-attempt1", "multi_test_prediction_grids": "[]"}
    await before.copy_records_to_table("staged_rows", records=[tuple(new.values())], columns=list(new))


async def test_readers_go_on_while_rows_are_rewritten(before: asyncpg.Connection, empty_database_url: str) -> None:
    (row,) = transform(file((right(ONE[0], 0), ...)), ONE[0], "m", Limits())[1:]
    await put(before, **in_the_form_of_before(row))
    await before.execute(HELD_UPDATES)
    await before.fetchval("SELECT pg_advisory_lock($1)", HELD)
    migrating = asyncio.create_task(migrate(empty_database_url))
    await eventually(lambda: before.fetchval(IS_HELD, HELD), what="the first row to be rewritten")
    await before.execute("SET statement_timeout = '2s'")
    assert await before.fetchval("SELECT confidence FROM explanations") == DEFAULT_CONFIDENCE
    await before.execute("SELECT pg_advisory_unlock($1)", HELD)
    await migrating
    assert await before.fetchval("SELECT confidence FROM explanations") is None


async def test_a_migration_keeps_instants_of_one_clock(before: asyncpg.Connection, empty_database_url: str) -> None:
    (row,) = transform(file((right(ONE[0], 0), ...)), ONE[0], "m", Limits())[1:]
    await put(before, **in_the_form_of_before(row))
    await before.execute("UPDATE explanations SET ingested_at = NULL, created_at = $1", BETWEEN + timedelta(days=1))
    await migrate(empty_database_url)
    assert await before.fetchval("SELECT created_at FROM explanations") == BETWEEN + timedelta(days=1)
