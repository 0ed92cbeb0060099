"""Over a database of the existing app, what its own statements count of our rows is what we say, and its rows stay."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import EllipsisType
from typing import Any

import asyncpg
import pytest
from common.arc.task_sets import Task
from common.database.schema import migrate
from common.events import ModelDiscovered

from tests.support import existing_app
from tests.support import pipeline as support
from tests.support.existing_app_figures import App, Metrics
from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline
from tests.support.submissions import V1, V2, attempt, rows_of, submission, tasks

LONG_AGO = datetime(2026, 1, 2, tzinfo=UTC)
ONE = [task for task in tasks() if len(task.test) == 1]
TWO = [task for task in tasks() if len(task.test) == 2]
SET = [task.id for task in tasks()]
COST, TOKENS, TIME_MS = 0.01, 200, 2000  # of each attempt at each pair
Answer = Any | EllipsisType
R, W = "right", [[9, 9, 9]]


@dataclass(frozen=True)
class File:
    """What a file says of a task: attempts 1 and 2 at each pair. R: the right grid; Ellipsis: no attempt."""

    task: Task
    answers: Sequence[tuple[Answer, Answer]]

    @property
    def body(self) -> bytes:
        return json.dumps(
            [
                {
                    f"attempt_{number}": None if answer is ... else attempt(self.grid(answer, pair), pair)
                    for number, answer in enumerate(answers, 1)
                }
                for pair, answers in enumerate(self.answers)
            ]
        ).encode()

    def grid(self, answer: Answer, pair: int) -> Any:
        """Return the answer as JSON has it; "text": the right grid in words."""
        output = rows_of(self.task.test[pair].output)
        return {"right": output, "text": f"It is {output}."}.get(answer, answer) if isinstance(answer, str) else answer

    def verdicts(self, number: int) -> list[bool] | None:
        """Return whether an attempt is right, for each pair of the task; None where it answers none of them."""
        said = [answers[number - 1] for answers in self.answers]
        if all(answer is ... for answer in said):
            return None
        right = [isinstance(answer, str) and answer in {"right", "text"} for answer in said]
        return right + [False] * (len(self.task.test) - len(right))

    def attempted(self, number: int) -> int:
        return sum(answers[number - 1] is not ... for answers in self.answers)


Model = Mapping[Task, File]


def model(*files: File) -> Model:
    return {each.task: each for each in files}


SINGLE = model(
    File(ONE[0], [(R, W)]),
    File(ONE[1], [(W, W)]),
    File(ONE[2], [("no grid", "text")]),
    File(ONE[3], [(..., R)]),
    File(ONE[4], [([[1, 2], [3]], [])]),
    File(ONE[5], [(None, [["x"]])]),
)
SEVERAL = model(
    File(TWO[0], [(R, W), (R, W)]),
    File(TWO[1], [(R, W), (W, R)]),
    File(TWO[2], [(W, "no grid"), ("text", W)]),
    File(TWO[3], [(..., R), (R, ...)]),
    File(TWO[4], [(..., "no grid"), (..., [])]),
    File(TWO[5], [(R, R)]),  # the second pair is not there
)
# Later versions: answers get better and worse, files leave, attempts vanish.
SINGLE_LATER = model(
    File(ONE[0], [(W, W)]),
    File(ONE[1], [(R, ...)]),
    File(ONE[2], [("no grid", "text")]),
    File(ONE[6], [(R, R)]),
)
SEVERAL_LATER = model(
    File(TWO[0], [(W, R), (..., ...)]),
    File(TWO[1], [(R, ...), (W, ...)]),
    File(TWO[2], [("text", W), ("text", W)]),
    File(TWO[6], [(R, W), (R, W)]),
)


def committed(name: str, files: Model) -> dict[str, bytes | None]:
    return submission(name, {task: file.body for task, file in files.items()})


@pytest.fixture
async def pipeline(empty_database_url: str, nats_url: str, hub: TestHub) -> AsyncIterator[Pipeline]:
    """Yield a pipeline over the app's database, with rows of its own solvers; the app starts before and after us."""
    connection = await asyncpg.connect(empty_database_url)
    try:
        await existing_app.make(connection)
        await existing_app.start(connection)
        await existing_app.add_own_rows(connection, [ONE[0].id, TWO[0].id], LONG_AGO)
        await existing_app.start(connection)
        await migrate(empty_database_url)
        await existing_app.start(connection)
    finally:
        await connection.close()
    async with support.build(hub, empty_database_url, nats_url) as pipeline:
        yield pipeline


async def check(pipeline: Pipeline, name: str, files: Model) -> None:
    """Compare what the app counts of a model with what its files say and with what we say."""
    app = App(pipeline.pool, SET)
    verdicts = {task.id: [file.verdicts(1), file.verdicts(2)] for task, file in files.items()}
    solved = {
        task_id: [any(pair) for pair in zip(*(each for each in attempts if each), strict=True)]
        for task_id, attempts in verdicts.items()
    }
    score = sum(sum(pairs) / len(pairs) for pairs in solved.values())
    version, harness, union = await pipeline.version(name), await app.harness(name), await app.union(name)
    assert harness.score == pytest.approx(score / 120, abs=1e-12)
    assert harness.score == pytest.approx(version["score"], abs=1e-12)
    whole = sum(all(pairs) for pairs in solved.values())
    assert harness.tasks_solved == whole == version["tasks_solved"]
    assert harness.pairs_solved == sum(map(sum, solved.values())) == version["pairs_solved"]
    assert (union["tasks"], union["pairs"]) == (len(solved), sum(map(len, solved.values())))
    assert (union["pairs_solved"], union["score"]) == (harness.pairs_solved, pytest.approx(version["score_submitted"]))
    for number in (1, 2):
        attempt_name = f"{name}-attempt{number}"
        said = {task_id: all(found) for task_id, each in verdicts.items() if (found := each[number - 1]) is not None}
        assert await app.performance(attempt_name) == said
        answers = sum(file.attempted(number) for file in files.values())
        metrics = await app.metrics(attempt_name)
        assert metrics.cost == pytest.approx(COST * answers)
        assert metrics == Metrics(
            count=len(said),
            cost=metrics.cost,
            tokens=TOKENS * answers,
            time_ms=TIME_MS * answers,
            correct=sum(said.values()),
        )
        assert await app.quality(attempt_name) == {"confident": 0, "trusted": 0, "failed_requests": 0}


async def own_rows(pipeline: Pipeline) -> list[tuple[str, dict[str, Any]]]:
    async with pipeline.pool.acquire() as connection:
        return await existing_app.own_rows(connection)


async def restart(pipeline: Pipeline) -> None:
    async with pipeline.pool.acquire() as connection:
        await existing_app.start(connection)


async def test_every_figure_of_the_app_is_ours_through_all_that_happens_to_a_model(
    pipeline: Pipeline, hub: TestHub
) -> None:
    own = await own_rows(pipeline)
    hub.commit(V2, committed("single", SINGLE) | committed("several", SEVERAL))
    await pipeline.settle()
    await restart(pipeline)
    await check(pipeline, "single", SINGLE)
    await check(pipeline, "several", SEVERAL)

    gone = [(name, task) for name, old, new in CHANGES for task in old if task not in new]
    left = {f"{name}/{task.id}.json": None for name, task in gone}
    hub.commit(V2, committed("single", SINGLE_LATER) | committed("several", SEVERAL_LATER) | left)
    await pipeline.settle()
    await restart(pipeline)
    await check(pipeline, "single", SINGLE_LATER)
    await check(pipeline, "several", SEVERAL_LATER)

    for name in ("single", "several"):
        await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model=name))
    await check(pipeline, "single", SINGLE_LATER)
    await check(pipeline, "several", SEVERAL_LATER)

    hub.commit(V2, committed("single", SINGLE) | committed("several", SEVERAL) | dict.fromkeys(NEW))
    await pipeline.settle()
    await restart(pipeline)
    await check(pipeline, "single", SINGLE)
    await check(pipeline, "several", SEVERAL)
    assert await own_rows(pipeline) == own


CHANGES = [("single", SINGLE, SINGLE_LATER), ("several", SEVERAL, SEVERAL_LATER)]
NEW = [f"{name}/{task.id}.json" for name, old, new in CHANGES for task in new if task not in old]


async def test_rows_that_the_app_imported_are_taken_over_and_never_outlive_ours(
    pipeline: Pipeline, hub: TestHub
) -> None:
    """The importer knows no text, takes the second attempt for the first where that is null, and imports twice."""
    imported: dict[Task, dict[int, list[Any]]] = {
        ONE[0]: {1: [rows_of(ONE[0].test[0].output)], 2: [W]},
        ONE[2]: {1: ["no grid"], 2: ["text"]},
        ONE[3]: {1: [rows_of(ONE[3].test[0].output)]},  # it is attempt 2
        TWO[5]: {1: [rows_of(TWO[5].test[0].output)], 2: [rows_of(TWO[5].test[0].output)]},  # as if it had one test
    }
    async with pipeline.pool.acquire() as connection:
        # The row with the highest id is not the newest.
        await existing_app.import_answers(connection, "m-attempt1", ONE[0], [W], LONG_AGO + timedelta(days=9))
        for task, attempts in imported.items():
            for number, answers in attempts.items():
                await existing_app.import_answers(
                    connection, f"m-attempt{number}", task, answers, LONG_AGO + timedelta(days=1)
                )
        await existing_app.import_answers(connection, "m-attempt1", ONE[1], [W], LONG_AGO)
    files = {task: file for task, file in {**SINGLE, **SEVERAL}.items() if task != ONE[1]}
    hub.commit(V2, committed("m", files))
    await pipeline.settle()
    app = App(pipeline.pool, SET)
    assert (await app.harness("m")).score == pytest.approx((await pipeline.version("m"))["score"], abs=1e-12)
    for number in (1, 2):
        said = {task.id: all(each) for task, file in files.items() if (each := file.verdicts(number)) is not None}
        of_the_app = {ONE[1].id: False} if number == 1 else {}  # the submission has no file of it
        assert await app.performance(f"m-attempt{number}") == said | of_the_app
    counted = "SELECT count(*) FROM explanations WHERE hf_dataset IS NULL AND model_name LIKE 'm-attempt%'"
    assert await pipeline.pool.fetchval(counted) == 2, "the older copy, and the task that the submission lacks"


async def test_the_app_goes_on_importing_beside_us(pipeline: Pipeline, hub: TestHub) -> None:
    """Its importer leaves a task alone of which it finds a row of that attempt."""
    hub.commit(V1, committed("m", model(File(tasks("ARC1-Eval")[0], [(R, W)]))))
    await pipeline.settle()
    async with pipeline.pool.acquire() as connection:
        await existing_app.import_answers(connection, "n-attempt1", ONE[0], [W], LONG_AGO)
        await connection.execute(existing_app.NULLABLE_ENDS)
        await existing_app.start(connection)
    hub.commit(V2, committed("n", model(File(ONE[0], [(R, W)]))))
    await pipeline.settle()
    assert (await App(pipeline.pool, SET).harness("n")).pairs_solved == 1
