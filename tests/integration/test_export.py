"""Who adds up the exported rows comes to the scores of the API, to the last digit."""

import json
import random
import re
from pathlib import Path
from typing import Any

import aiohttp
import duckdb
from common.arc.rules import RULES_VERSION
from common.arc.task_sets import Task, load_task_set
from pydantic import SecretStr
from query_api.app import serving
from query_api.settings import Settings

from tests.support.deployments import command
from tests.support.pipeline import Pipeline
from tests.support.submissions import V1, V2, answer_file, solved, submission, tasks

SQL = re.findall(r"```sql\n(.*?)```", (Path(__file__).parents[2] / "docs/export.md").read_text(), re.DOTALL)


def some_answers(chosen: list[Task], seed: int) -> dict[Task, bytes]:
    draw = random.Random(seed)
    return {
        task: answer_file(task, right=[pair for pair in range(len(task.test)) if draw.random() < 0.6])
        for task in chosen
    }


def many_pairs(source: str, count: int) -> list[Task]:
    return sorted(tasks(source), key=lambda task: -len(task.test))[:count]


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def exported(url: str, folder: Path, *options: str) -> Any:
    done = await command("export", str(folder), "--url", url, "--json", *options)
    assert (done.status, done.err) == (0, []), done.err
    return json.loads("\n".join(done.out))


async def test_duckdb_adds_up_what_was_exported_to_the_scores_of_the_api(
    pipeline: Pipeline, database_url: str, nats_url: str, tmp_path: Path
) -> None:
    for number, (dataset, source) in enumerate([(V1, "ARC1-Eval"), (V2, "ARC2-Eval")]):
        files = some_answers(many_pairs(source, 5) + tasks(source)[:7], number)
        pipeline.hub.commit(dataset, submission(f"m-{number}", files))
    pipeline.hub.commit(V2, submission("m-unsolved", {tasks()[0]: answer_file(tasks()[0])}))
    pipeline.hub.commit(V2, submission("baseline-1", {tasks()[0]: solved(tasks()[0])}))
    await pipeline.settle()
    settings = Settings(database_url=SecretStr(database_url), nats_url=SecretStr(nats_url), port=0, ops_port=0)
    async with serving(settings) as (url, _, _), aiohttp.ClientSession(url) as http:
        async with http.get("/api/models") as answer:
            rows = (await answer.json())["data"]
        manifest = await exported(url, tmp_path / "all", "--with-text")
        await exported(url, tmp_path / "few", "--what", "submissions", "--format", "csv", "--model", "m-0")
    scores = {row["model"]: row["score"] for row in rows}
    assert len({*scores.values()}) == len(scores) == 4

    database = duckdb.connect()
    database.execute(f"SET file_search_path = '{tmp_path / 'all'}'")
    from_tasks, from_attempts, ranks, unsolved = (database.execute(statement).fetchall() for statement in SQL)
    assert {model: (score, again) for model, score, again in from_tasks} == {
        model: (score, score) for model, score in scores.items()
    }
    assert sorted(from_attempts) == sorted(from_tasks)
    ranked = {row["displayName"]: row["rank"] for row in rows if row["rank"] is not None}
    assert {name: rank for _, rank, name, _ in ranks} == ranked
    assert len(ranked) == 3, "a baseline has no rank, and takes none"
    assert unsolved
    (text,) = database.execute("SELECT message FROM 'attempts.parquet' LIMIT 1").fetchone() or ("",)
    assert "because" in text

    assert {each["dataset"]: each["submissions"] for each in manifest["datasets"]} == {V1: 1, V2: 3}
    assert all(each["listedAt"] and each["listedRevision"] for each in manifest["datasets"])
    editions = {each["source"]: each["taskSetVersion"] for each in manifest["taskSets"]}
    assert editions == {source: load_task_set(source).version for source in ("ARC1-Eval", "ARC2-Eval")}
    assert {each["rulesVersion"] for each in manifest["taskSets"]} == {RULES_VERSION}
    assert names(tmp_path / "few") == ["manifest.json", "submissions.csv"]
