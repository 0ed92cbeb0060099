"""Ranks are as sure as the comparisons behind them, after any changes, and are not told before all are made."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from common.names.registry import ModelNames
from hypothesis import given
from hypothesis import strategies as st
from query_api.schemas.base import Interval, RankRange
from query_api.store.rows import Key, Submission, VersionTasks
from query_api.view import standings
from query_api.view.standings import Standing, Standings, model_row, sample_of
from query_api.view.task_sets import TaskIndex
from query_api.view.uncertainty import interval, p_value

from tests.support.writer import DATASET, submission

TASKS = [f"{number:08x}" for number in range(100)]
NAME = ModelNames().of("a")
SETS = {
    "evaluation2": TaskIndex("evaluation2", "ARC2-Eval", dict.fromkeys(TASKS, 1), "v1"),
    "evaluation": TaskIndex("evaluation", "ARC1-Eval", dict.fromkeys(TASKS, 1), "v1"),
}

Points = Sequence[int]


def made(model: str, points: Points, content: int = 1, **changes: Any) -> Submission:
    return submission(model, 1, content, **{"tasks_total": 100, "score": sum(points) / 100} | changes)


def learn(ranking: Standings, world: Mapping[Submission, Points]) -> Mapping[Key, Standing]:
    """Have everything read, and compared as far as one call goes."""
    found = {each.key: tasks_of(each, points) for each, points in world.items()}
    ranking.learn(ranking.unread(list(world)), found)
    return ranking.of(list(world))


def tasks_of(of: Submission, points: Points) -> VersionTasks:
    return VersionTasks(of.tree_oid, of.run_id, [(task, each, 1) for task, each in zip(TASKS, points, strict=False)])


def by_model(found: Mapping[Key, Standing]) -> dict[str, Standing]:
    return {model: standing for (_, model), standing in found.items()}


def expected(world: Mapping[Submission, Points]) -> dict[Key, Standing]:
    """Return the standings by their definition: every pair tested, and nothing kept."""
    found = {}
    for one, points in world.items():
        rivals = [(each, theirs) for each, theirs in world.items() if each != one and each.source == one.source]
        apart = [each for each, theirs in rivals if p_value(points, theirs) < 0.05]
        better, worse = (sum(sign * (each.score - one.score) > 0 for each in apart) for sign in (1, -1))
        rank = 1 + sum(each.score > one.score for each, _ in rivals)
        found[one.key] = Standing(rank, (1 + better, len(rivals) + 1 - worse), len(rivals) - len(apart))
    return found


BEST, SECOND = [1] * 100, [1] * 98 + [0] * 2
THIRD, LAST = [0] * 2 + [1] * 97 + [0], [0] * 80 + [1] * 20


def test_ranks_are_ranges_where_submissions_cannot_be_told_apart() -> None:
    world = {made(name, points): points for name, points in zip("abcd", (BEST, SECOND, THIRD, LAST), strict=True)}
    assert by_model(learn(Standings(SETS), world)) == {
        "a": Standing(1, (1, 3), 2),
        "b": Standing(2, (1, 3), 2),
        "c": Standing(3, (1, 3), 2),
        "d": Standing(4, (4, 4), 0),
    }


CHANGES = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from([*SETS]), st.sampled_from([0.1, 0.4, 0.5, 0.6, 0.9, None])),
    max_size=15,
)


@given(CHANGES, st.integers(0, 99))
def test_after_any_changes_the_standings_are_those_of_all_pairs(
    changes: list[tuple[str, str, float | None]], seed: int
) -> None:
    rng, ranking = random.Random(seed), Standings(SETS)
    world: dict[str, tuple[Submission, Points]] = {}
    for number, (model, name, chance) in enumerate(changes):
        if chance is None:
            world.pop(model, None)
        else:
            points = [int(rng.random() < chance) for _ in TASKS]
            world[model] = made(model, points, number, source=SETS[name].source), points
        if rng.random() < 0.7:
            learn(ranking, dict(world.values()))
    assert learn(ranking, dict(world.values())) == expected(dict(world.values()))


def test_no_range_is_told_before_all_comparisons_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    world = {made(name, points): points for name, points in zip("abc", (BEST, SECOND, LAST), strict=True)}
    ranking = Standings(SETS)
    monkeypatch.setattr(standings, "SLICE_SECONDS", -1.0)
    assert by_model(learn(ranking, world)) == {"a": Standing(1), "b": Standing(2), "c": Standing(3)}
    rounds = 1
    while not ranking.complete:
        found = learn(ranking, world)
        rounds += 1
    assert (found, rounds) == (expected(world), 3)


def test_until_a_new_version_is_read_no_range_of_its_set_is_told() -> None:
    a, b, c = made("a", BEST), made("b", LAST), made("c", BEST, source="ARC1-Eval")
    ranking = Standings(SETS)
    learn(ranking, {a: BEST, b: LAST, c: BEST})
    newer = made("b", SECOND, 2)
    assert by_model(ranking.of([a, newer, c])) == {"a": Standing(1), "b": Standing(2), "c": Standing(1, (1, 1), 0)}
    assert ranking.complete
    assert ranking.unread([a, newer, c]) == [newer]
    assert by_model(learn(ranking, {a: BEST, newer: SECOND, c: BEST}))["b"] == Standing(2, (1, 2), 1)


def test_the_tasks_of_another_version_are_not_used_and_one_without_tasks_may_be_anywhere() -> None:
    a, b = made("a", BEST), made("b", LAST)
    for read in ({}, {b.key: tasks_of(b, LAST)._replace(run_id=9)}, {b.key: tasks_of(b, LAST)._replace(tree_oid="x")}):
        ranking = Standings(SETS)
        ranking.learn([a, b], {a.key: tasks_of(a, BEST)} | read)
        assert by_model(ranking.of([a, b])) == {"a": Standing(1, (1, 2), 1), "b": Standing(2)}
        assert ranking.unread([a, b]) == []


def test_of_a_set_that_is_not_there_only_ranks_are_known() -> None:
    a = made("a", BEST, source="ConceptARC")
    assert by_model(learn(Standings(SETS), {a: BEST})) == {"a": Standing(1)}


def test_what_is_gone_or_holds_nothing_usable_has_no_rank_and_takes_none() -> None:
    a, gone, empty = made("a", LAST), made("b", BEST, status="removed"), made("c", [], tasks_submitted=0)
    ranking = Standings(SETS)
    assert by_model(learn(ranking, {a: LAST, gone: BEST, empty: []})) == {"a": Standing(1, (1, 1), 0)}


def test_equal_scores_share_a_rank() -> None:
    other = [*BEST[:-1], 0]
    world = {made("a", other): other, made("b", other): other, made("c", LAST): LAST}
    assert {model: each.rank for model, each in by_model(learn(Standings(SETS), world)).items()} == {
        "a": 1, "b": 1, "c": 3,
    }  # fmt: skip


def test_points_are_in_one_unit_and_a_task_that_was_amended_counts_by_its_share() -> None:
    tasks = TaskIndex("evaluation", "ARC1-Eval", {"a": 1, "b": 2, "c": 3, "d": 2}, "v1")
    results = [("c", 2, 3), ("a", 1, 1), ("b", 2, 4), ("of-no-set", 1, 1)]
    assert [*sample_of(tasks, results).points] == [6, 3, 4, 0]


def test_where_the_set_was_amended_the_range_still_holds_the_rank() -> None:
    a, b = made("a", BEST, score=0.2), made("b", LAST, score=0.9)
    assert by_model(learn(Standings(SETS), {a: BEST, b: LAST})) == {
        "a": Standing(2, (1, 2), 0), "b": Standing(1, (1, 2), 0)
    }  # fmt: skip


def test_a_row_carries_the_intervals_of_its_scores_and_where_it_stands() -> None:
    one = made("a", LAST, tasks_submitted=50, score_submitted=0.4)
    row = model_row(one, Standing(3, (2, 7), 5), NAME)
    assert (row.score_interval, row.score_submitted_interval) == (interval(0.2, 100), interval(0.4, 50))
    assert (row.rank, row.rank_range, row.not_distinguishable) == (3, RankRange(best=2, worst=7), 5)
    assert (row.dataset, row.score) == (DATASET, 0.2)


@pytest.mark.parametrize(("cost", "tasks", "per_task"), [(5.0, 100, 0.05), (None, 100, None), (5.0, 0, None)])
def test_cost_per_task_is_over_all_tasks_of_the_set(cost: float | None, tasks: int, per_task: float | None) -> None:
    """As the score is: what leaves tasks out looks cheap, and its coverage says so."""
    row = model_row(made("a", LAST, total_cost=cost, tasks_total=tasks, tasks_submitted=50), None, NAME)
    assert row.cost_per_task == per_task


def test_a_row_without_anything_usable_is_not_said_to_be_sure_of_anything() -> None:
    row = model_row(made("a", [], tasks_submitted=0, score_submitted=None), None, NAME)
    assert (row.score_interval, row.score_submitted_interval) == (None, None)
    assert (row.rank, row.rank_range, row.not_distinguishable) == (None, None, None)
    assert model_row(made("a", LAST), None, NAME).score_interval == Interval(
        low=interval(0.2, 100).low, high=interval(0.2, 100).high
    )
