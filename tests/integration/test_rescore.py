"""A rescore from the stored rows gives what an ingestion under the new task set would, and keeps the old figures."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from common.arc.rules import RULES_VERSION
from common.arc.task_sets import load_task_set
from common.events import ModelDiscovered
from ingester.ingestion.rescoring import rescore
from ingester.store.session import LockHeldError, locked

from tests.support import pipeline as support
from tests.support.deployments import command
from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline
from tests.support.stored import committed, expected_of_folder, scored, stored
from tests.support.submissions import V2, WRONG, attempt, rows_of, tasks

SINGLE, OTHER = [task for task in tasks() if len(task.test) == 1][:2]
DOUBLE = next(task for task in tasks() if len(task.test) == 2)
KEY = (V2, "m")


def write_tasks(folder: Path, outputs: Mapping[str, list[Any]]) -> Path:
    """Write an edition of the task set."""
    (folder / "ARC2-Eval").mkdir(parents=True)
    for task_id, asked in outputs.items():
        pairs = [{"input": [[0]], "output": output} for output in asked]
        (folder / "ARC2-Eval" / f"{task_id}.json").write_text(json.dumps({"train": [], "test": pairs}))
    return folder


FIRST = {each.id: [rows_of(pair.output) for pair in each.test] for each in (SINGLE, OTHER, DOUBLE)}
# What was wrong is right: of a task with one pair, and of the second of two; what was right is wrong.
AMENDED = FIRST | {SINGLE.id: [WRONG], OTHER.id: [[[7]]], DOUBLE.id: [FIRST[DOUBLE.id][0], WRONG]}


def answers(task_id: str) -> bytes:
    """Answer every pair: attempt_1 as the first edition asks, attempt_2 by a text with another grid."""
    text = f"so it is \\boxed{{{json.dumps(WRONG)}}}"
    pairs = [
        {"attempt_1": attempt(output, index), "attempt_2": attempt(WRONG if task_id == SINGLE.id else text, index)}
        for index, output in enumerate(FIRST[task_id])
    ]
    return json.dumps(pairs).encode()


FOLDER = {f"{task_id}.json": answers(task_id) for task_id in (SINGLE.id, DOUBLE.id)} | {
    f"{OTHER.id}.json": json.dumps([{"attempt_1": attempt(FIRST[OTHER.id][0], 0), "attempt_2": None}]).encode()
}


@pytest.fixture
async def ingested(hub: TestHub, database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[Pipeline]:
    """Lend a pipeline that ingested FOLDER under the first edition."""
    first = write_tasks(tmp_path / "first", FIRST)
    async with support.build(hub, database_url, nats_url, arc_tasks_dir=first) as pipeline:
        hub.commit(V2, {f"m/{path}": body for path, body in FOLDER.items()})
        await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"))
        yield pipeline


async def history(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch("SELECT * FROM version_scores ORDER BY replaced_at")]


# What was wrong stays wrong, but other dimensions are asked for.
RESIZED = FIRST | {DOUBLE.id: [FIRST[DOUBLE.id][0], [[7]]]}


@pytest.mark.parametrize(("edition", "points"), [(AMENDED, 1 + 0 + 1), (RESIZED, 1 + 1 + 0.5)])
async def test_rows_and_figures_are_those_of_an_ingestion_under_the_amended_set(
    ingested: Pipeline, tmp_path: Path, edition: dict[str, list[Any]], points: float
) -> None:
    before, version = await committed(ingested.pool, *KEY), await ingested.version("m")
    amended = write_tasks(tmp_path / "amended", edition)
    tasks_now = load_task_set("ARC2-Eval", amended)
    verified = "INSERT INTO verifications (version_id, compared_with, verified_at, verdict, figures, disagreements) "
    await ingested.pool.execute(f"{verified} VALUES ($1, 'rows', now(), 'verified', 1, '[]')", version["id"])
    found = await rescore(ingested.pool, *KEY, amended)
    assert (found.outcome, found.before) == ("rescored", before.figures)
    assert await committed(ingested.pool, *KEY) == scored(FOLDER, "m", tasks_now)
    assert await stored(ingested.pool, *KEY) == expected_of_folder(FOLDER, "m", tasks_now)
    now = await ingested.version("m")
    assert now["score"] == pytest.approx(points / 3)
    assert (now["task_set_version"], now["rules_version"]) == (tasks_now.version, RULES_VERSION)
    assert (now["ingested_at"], now["run_id"], now["id"]) == (version["ingested_at"], version["run_id"], version["id"])
    assert await ingested.pool.fetchval("SELECT count(*) FROM verifications") == 0
    (kept,) = await history(ingested.pool)
    assert {name: kept[name] for name in ("score", "score_submitted", "tasks_solved", "pairs_solved")} == {
        name: version[name] for name in ("score", "score_submitted", "tasks_solved", "pairs_solved")
    }
    assert (kept["version_id"], kept["task_set_version"]) == (version["id"], version["task_set_version"])


async def test_the_same_set_changes_nothing_and_a_dry_run_only_says_what_it_would(
    ingested: Pipeline, tmp_path: Path
) -> None:
    before = await stored(ingested.pool, *KEY), dict(await ingested.version("m"))
    found = await rescore(ingested.pool, *KEY, tmp_path / "first")
    assert (found.outcome, found.rows) == ("unchanged", 0)
    found = await rescore(ingested.pool, *KEY, write_tasks(tmp_path / "amended", AMENDED), dry_run=True)
    assert (found.outcome, found.rows) == ("rescored", 5)
    assert found.before != found.after
    assert (await stored(ingested.pool, *KEY), dict(await ingested.version("m"))) == before
    assert await history(ingested.pool) == []


async def test_rows_that_do_not_say_what_was_asked_for_are_not_changed_for_that(
    ingested: Pipeline, tmp_path: Path
) -> None:
    """Earlier releases did not say it of tasks with one test."""
    await ingested.pool.execute(
        "UPDATE explanations SET multi_test_results = multi_test_results #- '{0,expectedDimensions}'"
    )
    found = await rescore(ingested.pool, *KEY, tmp_path / "first")
    assert (found.outcome, found.rows) == ("unchanged", 0)


async def test_a_text_of_which_no_grid_could_be_read_is_read_again(ingested: Pipeline, tmp_path: Path) -> None:
    before = await stored(ingested.pool, *KEY)
    await ingested.pool.execute(
        """UPDATE explanations SET multiple_predicted_outputs = jsonb_build_array(predicted_output_grid::text),
        predicted_output_grid = NULL, is_prediction_correct = false WHERE puzzle_id = $1""",
        SINGLE.id,
    )
    found = await rescore(ingested.pool, *KEY, tmp_path / "first")
    assert (found.outcome, found.rows) == ("rescored", 1)
    rows = [row for row in (await stored(ingested.pool, *KEY))["rows"] if row["puzzle_id"] == SINGLE.id]
    right, wrong = sorted(rows, key=lambda row: str(row["model_name"]))
    assert right in before["rows"]
    assert wrong["multiple_predicted_outputs"] == [str(WRONG)], "its verdict is the same"


async def test_what_only_the_files_say_is_not_guessed(ingested: Pipeline, tmp_path: Path) -> None:
    before = await stored(ingested.pool, *KEY), dict(await ingested.version("m"))
    shorter = write_tasks(tmp_path / "shorter", FIRST | {DOUBLE.id: FIRST[DOUBLE.id][1:]})
    found = await rescore(ingested.pool, *KEY, shorter)
    assert found.outcome == "impossible"
    assert "--force" in (found.reason or "")
    without = write_tasks(tmp_path / "without", {DOUBLE.id: FIRST[DOUBLE.id]})
    assert (await rescore(ingested.pool, *KEY, without)).outcome == "impossible"
    assert (await stored(ingested.pool, *KEY), dict(await ingested.version("m"))) == before
    await ingested.pool.execute("UPDATE submission_versions SET rules_version = 1")
    assert (await rescore(ingested.pool, *KEY, tmp_path / "first")).outcome == "impossible"


async def test_an_answer_that_could_not_be_stored_keeps_its_verdict(ingested: Pipeline, tmp_path: Path) -> None:
    await ingested.pool.execute(
        "UPDATE explanations SET multiple_predicted_outputs = NULL WHERE puzzle_id = $1 AND model_name = 'm-attempt2'",
        DOUBLE.id,
    )
    before = await committed(ingested.pool, *KEY)
    await rescore(ingested.pool, *KEY, write_tasks(tmp_path / "more", FIRST | {"00000000": [[[1]]]}))
    after = await committed(ingested.pool, *KEY)
    assert after.results == before.results
    assert after.figures == replace(
        before.figures,
        tasks_total=4,
        pairs_total=5,
        score=3 / 4,
        attempts=tuple(
            replace(each, accuracy_percent=100 * each.pairs_correct / 5, pairs_submitted=each.pairs_submitted - unknown)
            for each, unknown in zip(before.figures.attempts, (0, 2), strict=True)
        ),
    )


async def test_a_model_at_which_an_ingester_is_waits(ingested: Pipeline, tmp_path: Path) -> None:
    async with locked(ingested.pool, *KEY):
        with pytest.raises(LockHeldError):
            await rescore(ingested.pool, *KEY, tmp_path / "first")
    assert (await rescore(ingested.pool, V2, "nobody", tmp_path / "first")).outcome == "gone"


async def test_the_command_rescores_one_or_all_and_says_what_it_could_not(
    ingested: Pipeline, database_url: str, tmp_path: Path
) -> None:
    amended = write_tasks(tmp_path / "amended", AMENDED)
    environment = {"DATABASE_URL": database_url, "ARC_TASKS_DIR": str(amended)}
    run = await command("rescore", V2, "m", "--json", env=environment)
    assert run.status == 0
    (found,) = json.loads("\n".join(run.out))
    assert (found["model"], found["outcome"], found["rows"]) == ("m", "rescored", 5)
    assert run.err == []
    again = await command("rescore", "--all", env=environment)
    assert again.err == [f"[1/1] m of {V2}"]
    assert (again.status, again.out) == (0, ["every score is as it was", "1 unchanged"])
    shorter = write_tasks(tmp_path / "shorter", FIRST | {DOUBLE.id: FIRST[DOUBLE.id][1:]})
    async with locked(ingested.pool, *KEY):
        busy = await command("rescore", "--all", env=environment)
    assert (busy.status, busy.out[-1]) == (1, "1 busy")
    impossible = await command("rescore", V2, env=environment | {"ARC_TASKS_DIR": str(shorter)})
    assert impossible.status == 1
    assert impossible.err[1].startswith(f"impossible: m of {V2}: ")
