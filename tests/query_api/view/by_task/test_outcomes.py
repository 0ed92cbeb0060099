"""Outcomes are of the present versions, cost what their attempts cost, and date from the first version with them."""

import asyncio
from collections.abc import Sequence

import pytest
from query_api.store.rows import Key, Solves, Submission, VersionTasks
from query_api.view.by_task import outcomes
from query_api.view.by_task.outcomes import UNKNOWN, OutcomeTable
from query_api.view.task_sets import TaskIndex

from tests.support.writer import START, submission

TASKS = ("t1", "t2", "t3", "t4")
SETS = {"evaluation2": TaskIndex("evaluation2", "ARC2-Eval", dict.fromkeys(TASKS, 2), "v1")}
A, B = submission("a", 1, 1), submission("b", 2, 2, published_at=None)
AT = START.timestamp()


def read(of: Submission, *results: tuple[str, int, int]) -> VersionTasks:
    return VersionTasks(of.tree_oid, of.run_id, results)


async def nothing(_: Sequence[Submission]) -> dict[Key, Solves]:
    return {}


def table(read_solves: outcomes.Read = nothing) -> OutcomeTable:
    found = OutcomeTable(SETS, read_solves)
    solved = {A.key: read(A, ("t2", 2, 2), ("t1", 1, 2), ("t3", 0, 2)), B.key: read(B, ("t4", 2, 2))}
    found.learn([A, B], solved)
    return found


def test_each_task_has_a_letter_in_the_sets_order_and_a_date_where_it_is_solved() -> None:
    found = table().of([A, B])
    assert found[A.key].results == b"PSU-"
    assert [*found[A.key].solved_since] == [UNKNOWN, AT, UNKNOWN, UNKNOWN]
    # Where the Hub's date is not known, it is when it landed here.
    assert found[B.key].solved_since[3] == B.landed_at.timestamp() == AT + 2


def test_costs_and_earlier_dates_count_where_the_present_version_solves_the_task() -> None:
    earlier = AT - 60

    async def known(_: Sequence[Submission]) -> dict[Key, Solves]:
        return {A.key: Solves({"t1": 9.0, "t2": 0.5}, {"t2": earlier, "t1": earlier})}

    found = table(known)
    before = found.complete
    asyncio.run(found.read_more())
    assert (before, found.complete) == (False, True)
    a, b = (found.of([A, B])[each.key] for each in (A, B))
    assert [*(a.costs or ())] == [UNKNOWN, 0.5, UNKNOWN, UNKNOWN]
    assert [*a.solved_since] == [UNKNOWN, earlier, UNKNOWN, UNKNOWN]
    assert [*(b.costs or ())] == [UNKNOWN] * 4
    assert b.solved_since[3] == AT + 2


def test_a_later_date_of_an_older_version_changes_nothing() -> None:
    found = table()
    found.learn_solves([A], {A.key: Solves({}, {"t2": AT + 60})})
    assert found.of([A])[A.key].solved_since[1] == AT


def test_so_many_are_read_at_once_each_once_and_what_is_gone_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    async def known(waiting: Sequence[Submission]) -> dict[Key, Solves]:
        asked.append([each.model for each in waiting])
        return {}

    monkeypatch.setattr(outcomes, "SLICE", 1)
    found = table(known)
    for _ in range(3):
        asyncio.run(found.read_more())
    assert asked == [["a"], ["b"]]
    found.keep([B])
    assert [*found.of([A, B])] == [B.key]


def test_tasks_of_another_version_and_of_a_set_that_is_not_here_are_not_used() -> None:
    other, elsewhere = submission("a", 3, 3), submission("c", 1, 4, source="ConceptARC")
    found = OutcomeTable(SETS, nothing)
    found.learn([other, elsewhere], {A.key: read(A, ("t1", 2, 2)), elsewhere.key: read(elsewhere, ("t1", 2, 2))})
    assert found.of([other, elsewhere]) == {}


def test_equal_outcomes_make_equal_views() -> None:
    one, other = table().of([A]), table().of([A])
    assert one == other
    changed = table()
    changed.learn_solves([A], {A.key: Solves({"t2": 1.0})})
    assert changed.of([A]) != one
