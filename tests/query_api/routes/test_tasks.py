"""A task's page shows the grids of the task set, and every answer as it was stored."""

import json
from typing import Any

import asyncpg
import pytest
from common.arc.rules import RULES
from common.arc.task_sets import load_task_set
from query_api.store.task_attempts import answers, is_grid

from tests.support.api import Api
from tests.support.writer import DATASET, Writer

_GRIDS = """
UPDATE explanations SET predicted_output_grid = $3, multiple_predicted_outputs = $4
WHERE model_name = $1 AND puzzle_id = $2
"""

_RESULT = "INSERT INTO task_results SELECT id, $2, 'a blob', 1, $3 FROM submission_versions WHERE tree_oid = $1"


def row(**values: Any) -> dict[str, Any]:
    """Return a row of explanations without anything."""
    names = ("predicted_output_grid", "is_prediction_correct", "multi_test_results", "multiple_predicted_outputs")
    return {"has_multiple_predictions": False, **dict.fromkeys(names), **values}


def task_with(pairs: int) -> str:
    """Return the id of a task with that many test pairs."""
    return next(each.id for each in load_task_set("ARC2-Eval").tasks.values() if len(each.test) == pairs)


async def test_a_task_shows_its_grids_and_each_attempt(api: Api, writer: Writer, pool: asyncpg.Pool) -> None:
    event = await writer.ingest("grids-1")
    one = task_with(1)
    await writer.answer("grids-1-attempt1", one, [True])
    await writer.answer("grids-1-attempt2", one, [False])
    await pool.execute(_GRIDS, "grids-1-attempt1", one, "[[1, 2], [3, 4]]", None)
    await pool.execute(_GRIDS, "grids-1-attempt2", one, None, '["I cannot tell"]')
    await writer.publish(event)
    await api.until_latest("grids-1")

    data = await api.data(f"/api/models/{DATASET}/grids-1/tasks/{one}")

    known = load_task_set("ARC2-Eval", with_train=True).tasks[one]
    assert data["test"][0]["output"] == [list(line) for line in known.test[0].output]
    assert len(data["train"]) == len(known.train)
    first, second = data["attempts"]
    assert first["answers"] == [{"correct": True, "grid": [[1, 2], [3, 4]], "raw": None}]
    assert second["answers"] == [{"correct": False, "grid": None, "raw": '"I cannot tell"'}]


async def test_a_task_leads_to_its_own_file_of_the_current_version(
    api: Api, writer: Writer, pool: asyncpg.Pool
) -> None:
    one, other = task_with(1), task_with(2)
    result = "INSERT INTO task_results SELECT id, $2, $3, 1, 1, $4 FROM submission_versions WHERE tree_oid = $1"
    old = await writer.ingest("grids-4", content=1)
    event = await writer.ingest("grids-4", content=2)
    for version, task in ((old, one), (event, one), (event, other)):
        await pool.execute(result, version.tree_oid, task, f"blob of {task}", f"{version.run_id}/{task}.json")
    await pool.execute("UPDATE submission_versions SET rules_version = 2 WHERE tree_oid = $1", event.tree_oid)
    await writer.publish(event)
    await api.until_latest("grids-4")

    data = await api.data(f"/api/models/{DATASET}/grids-4/tasks/{one}")

    path = f"{event.run_id}/{one}.json"
    assert (data["path"], data["blobOid"]) == (path, f"blob of {one}")
    assert data["hubUrl"] == f"https://huggingface.co/datasets/{DATASET}/blob/{event.revision}/grids-4/{path}"
    origin = data["provenance"]
    assert (origin["runId"], origin["rulesVersion"], origin["rules"]) == (event.run_id, 2, RULES[2])


async def test_a_task_that_was_left_out_still_shows_its_grids(api: Api, writer: Writer) -> None:
    event = await writer.ingest("grids-2")
    await writer.publish(event)
    await api.until_latest("grids-2")

    data = await api.data(f"/api/models/{DATASET}/grids-2/tasks/{task_with(2)}")

    assert data["attempts"] == []
    assert len(data["test"]) == 2
    assert (data["path"], data["blobOid"], data["hubUrl"]) == (None, None, None)
    assert data["provenance"]["runId"] == event.run_id


async def test_what_there_is_not_gets_404_that_names_it(api: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest("grids-3"))
    await api.until_latest("grids-3")

    status, problem = await api.get(f"/api/models/{DATASET}/grids-3/tasks/no-such-task")
    assert (status, "no-such-task" in problem["detail"]) == (404, True)
    status, problem = await api.get(f"/api/models/{DATASET}/no-such-model/tasks/{task_with(1)}")
    assert (status, "no-such-model" in problem["detail"]) == (404, True)


async def test_tasks_are_answered_across_submissions(api: Api, writer: Writer, pool: asyncpg.Pool) -> None:
    one, other, left_out = [*load_task_set("ARC2-Eval").tasks][:3]
    first = await writer.ingest("side-1", content=1)
    now = await writer.ingest("side-1", content=2)
    rival = await writer.ingest("side-2", score=0.9)
    for version, task, solved in ((first, one, 1), (now, one, 1), (rival, one, 1), (now, other, 0)):
        await pool.execute(_RESULT, version.tree_oid, task, solved)
    for attempt, cost in (("side-1-attempt1", 0.5), ("side-1-attempt2", 0.25), ("side-2-attempt1", 2.0)):
        await writer.answer(attempt, one, [True], cost=cost)
    await pool.execute(_GRIDS, "side-1-attempt1", one, "[[1, 2], [3, 4]]", None)
    await writer.publish(now, rival)
    await api.until_latest("side-2")

    status, found = await api.get("/api/tasks?source=ARC2-Eval")

    assert (status, found["complete"]) == (200, True)
    (known,) = found["data"]
    easiest, hardest = known["tasks"][0], known["tasks"][1]
    assert (easiest["puzzleId"], easiest["solvedBy"], easiest["answeredBy"], easiest["difficulty"]) == (one, 2, 2, 0)
    at = first.published_at.isoformat().replace("+00:00", "Z") if first.published_at else ""
    names = {"dataset": DATASET, "displayName": easiest["firstSolved"]["displayName"], "model": "side-1"}
    assert easiest["firstSolved"] == {**names, "at": at}
    assert easiest["cheapestSolve"] == {**names, "cost": 0.75}
    assert (hardest["puzzleId"], hardest["difficulty"], hardest["firstSolved"]) == (other, 1, None)
    assert [(each["model"], each["results"][:3]) for each in known["models"]] == [("side-2", "S--"), ("side-1", "SU-")]

    data = await api.data(f"/api/tasks/{one}?source=ARC2-Eval")
    assert [(each["model"], each["result"], each["cost"]) for each in data["answers"]] == [
        ("side-2", "solved", 2.0), ("side-1", "solved", 0.75)
    ]  # fmt: skip
    grids = [attempt["answers"][0]["grid"] for attempt in data["answers"][1]["attempts"]]
    assert grids == [[[1, 2], [3, 4]], None]
    assert data["test"][0]["output"]
    assert data["train"]
    assert (await api.data(f"/api/tasks/{one}?limit=1&offset=1"))["answers"][0]["model"] == "side-1"
    none = await api.data(f"/api/tasks/{left_out}")
    assert [(each["result"], each["attempts"]) for each in none["answers"]] == [("not_attempted", [])] * 2
    assert (await api.get("/api/tasks/no-such-task"))[0] == 404
    async with api.http.get("/api/tasks") as answer:
        tag = answer.headers["ETag"]
    async with api.http.get("/api/tasks", headers={"If-None-Match": tag}) as again:
        assert again.status == 304


def test_answers_to_several_pairs_keep_their_places() -> None:
    results = json.dumps([{"index": 0, "isPredictionCorrect": False}, {"index": 1, "isPredictionCorrect": True}])
    grids = json.dumps([None, [[5]]])

    found = answers(row(has_multiple_predictions=True, multi_test_results=results, multiple_predicted_outputs=grids))

    assert [(each.correct, each.grid) for each in found] == [(False, None), (True, ((5,),))]


def test_older_rows_without_verdicts_still_show_their_grids() -> None:
    found = answers(row(has_multiple_predictions=True, multiple_predicted_outputs="[[[1]], [[2]]]"))

    assert [(each.correct, each.grid) for each in found] == [(False, ((1,),)), (False, ((2,),))]


@pytest.mark.parametrize("value", [[], [[]], [[1], [1, 2]], [["1"]], [[True]], [[10]], "text", None, [1, 2], [[1.0]]])
def test_only_a_rectangle_of_colours_is_shown_as_a_grid(value: object) -> None:
    assert not is_grid(value)
