"""Tasks count over the models that answer them, the easiest first, and name who solved them first and cheapest."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from common.names.fields import Entry, NameFields
from common.names.registry import ModelNames
from query_api.schemas.per_task.task_outcomes import TaskAnswersQuery, TasksAnswer, TasksQuery
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.store.rows import Key, Solves, Submission, VersionTasks
from query_api.view.answers import Moment
from query_api.view.by_task.outcomes import OutcomeTable
from query_api.view.by_task.task_list import list_tasks, page_of
from query_api.view.projection import State
from query_api.view.snapshot import View
from query_api.view.task_sets import TaskIndex

from tests.support.writer import DATASET, START, submission

OTHER = "arcprize/arc_agi_v1_public_eval"
TASKS = ("t1", "t2", "t3", "t4")
SETS = {
    "evaluation": TaskIndex("evaluation", "ARC1-Eval", {"t1": 1, "v1": 1}, "v1"),
    "evaluation2": TaskIndex("evaluation2", "ARC2-Eval", dict.fromkeys(TASKS, 2), "v1"),
}
LETTERS = {"S": 2, "P": 1, "U": 0}
NAMES = ModelNames(admin={"panel": Entry(NameFields(display_name="Panel", kind="human_panel"), {})})


def made(model: str, score: float, **changes: Any) -> Submission:
    return submission(model, 1, 1, score=score, **changes)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


A, B = made("a", 0.9, published_at=day(2)), made("b", 0.5, published_at=day(1))
PANEL = made("panel", 1.0, published_at=day(0))
GONE = made("gone", 0.9, status="removed")
ON_V1 = made("a", 0.4, dataset=OTHER, source="ARC1-Eval")
WORLD = {A: "SSU-", B: "SPP-", PANEL: "SSSS", GONE: "SSSS", ON_V1: "S-"}
COSTS = {A.key: {"t1": 3.0, "t2": 1.0}, B.key: {"t1": 2.0}}


def view_of(world: Mapping[Submission, str], costs: Mapping[Key, Mapping[str, float]] | None = COSTS) -> View:
    async def unused(_: object) -> dict[Key, Solves]:
        return {}

    table = OutcomeTable(SETS, unused)
    for each, letters in world.items():
        tasks = next(tasks.pairs for tasks in SETS.values() if tasks.source == each.source)
        results = [(task, LETTERS[it], 2) for task, it in zip(tasks, letters, strict=True) if it in LETTERS]
        table.learn([each], {each.key: VersionTasks(each.tree_oid, each.run_id, results)})
        if costs is not None:
            table.learn_solves([each], {each.key: Solves(costs.get(each.key, {}))})
    return replace(View.of(world, None), names=NAMES, outcomes=table.of(world))


def listed(world: Mapping[Submission, str] = WORLD, **query: Any) -> TasksAnswer:
    return list_tasks(Moment(State(view_of(world)), day(9), Settings(), SETS), TasksQuery(**query))


def test_tasks_come_by_difficulty_and_each_submissions_letters_in_their_order() -> None:
    (found,) = listed(source="ARC2-Eval").data
    assert [(each.puzzle_id, each.solved_by, each.answered_by, each.difficulty) for each in found.tasks] == [
        ("t1", 2, 2, 0.0), ("t2", 1, 2, 0.5), ("t3", 0, 2, 1.0), ("t4", 0, 0, None)
    ]  # fmt: skip
    # The panel stands there, but does not count; what is gone upstream does not stand there.
    assert {each.model: each.results for each in found.models} == {"panel": "SSSS", "a": "SSU-", "b": "SPP-"}
    assert (found.models[0].display_name, found.models[0].kind) == ("Panel", "human_panel")


def test_of_tasks_that_as_many_solve_the_one_solved_in_part_is_easier() -> None:
    (found,) = listed({A: "-USP", B: "-UUU"}).data
    assert [each.puzzle_id for each in found.tasks] == ["t3", "t4", "t2", "t1"]
    assert [each.results for each in found.models] == ["SPU-", "UUU-"]


def test_a_task_names_who_solved_it_first_and_who_for_the_least() -> None:
    (found,) = listed(source="ARC2-Eval").data
    first, cheapest = found.tasks[0].first_solved, found.tasks[0].cheapest_solve
    assert first
    assert cheapest
    assert (first.dataset, first.model, first.at) == (DATASET, "b", day(1))
    assert (cheapest.model, cheapest.cost) == ("b", 2.0)
    assert found.tasks[1].first_solved
    assert found.tasks[1].first_solved.model == "a"
    assert (found.tasks[2].first_solved, found.tasks[2].cheapest_solve) == (None, None)
    (uncosted,) = list_tasks(Moment(State(view_of({A: "SSSS"}, {})), day(9), Settings(), SETS), TasksQuery()).data
    assert uncosted.tasks[0].cheapest_solve is None


def test_each_task_set_with_submissions_is_there_or_only_those_of_a_dataset() -> None:
    assert [each.name for each in listed().data] == ["evaluation", "evaluation2"]
    assert [each.source for each in listed(dataset=OTHER.upper()).data] == ["ARC1-Eval"]
    assert listed(source="ConceptARC").data == ()
    with pytest.raises(ProblemError, match="no dataset no/such"):
        listed(dataset="no/such")


def test_an_answer_says_whether_everything_was_read() -> None:
    assert listed().complete
    waiting = replace(view_of(WORLD), outcomes=view_of({A: "SSSS"}).outcomes)
    for view in (view_of(WORLD, None), waiting):
        found = list_tasks(Moment(State(view), datetime(2026, 3, 3, tzinfo=UTC), Settings(), SETS), TasksQuery())
        assert not found.complete
    assert [each.model for each in found.data[1].models] == ["a"]


def paged(task: str, **query: Any) -> tuple[int, list[tuple[str, str | None]]]:
    found = page_of(view_of(WORLD), SETS, TaskAnswersQuery(task=task, **query))
    return found.total, [(each.model, result) for each, result in found.shown]


def test_answers_to_a_task_come_by_result_then_by_score_and_in_pages() -> None:
    everyone = [("panel", "solved"), ("a", "solved"), ("b", "partial")]
    assert paged("t2") == (3, everyone)
    assert paged("t2", limit=1, offset=1) == (3, everyone[1:2])
    assert paged("t2", result="partial") == (1, everyone[2:])
    assert paged("t4") == (3, [("panel", "solved"), ("a", "not_attempted"), ("b", "not_attempted")])
    counts = page_of(view_of(WORLD), SETS, TaskAnswersQuery(task="t2", result="solved")).results
    assert (counts.solved, counts.partial, counts.unsolved, counts.not_attempted) == (2, 1, 0, 0)


def test_a_task_of_several_sets_is_of_the_one_that_is_named_or_else_of_one_that_is_answered() -> None:
    assert paged("t1", source="ARC2-Eval")[0] == 3
    assert paged("t1", dataset=DATASET)[0] == 3
    assert paged("t1") == (1, [("a", "solved")])
    assert page_of(view_of(WORLD), SETS, TaskAnswersQuery(task="t1")).sources == ("ARC1-Eval", "ARC2-Eval")
    assert page_of(view_of({}), SETS, TaskAnswersQuery(task="t1")).total == 0
    with pytest.raises(ProblemError, match="no task 'v1' in 'ARC2-Eval'; it is in ARC1-Eval"):
        paged("v1", source="ARC2-Eval")
    with pytest.raises(ProblemError, match="no task t5; "):
        paged("t5")
