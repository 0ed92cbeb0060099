"""A version's figures are exact sums of its tasks and attempts, over what was submitted and over the whole set."""

from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from common.arc.task_sets import Pair, Task, TaskSet
from hypothesis import given
from hypothesis import strategies as st
from ingester.submission.aggregate import Aggregates, AttemptScore, AttemptSums, TaskResult, aggregate
from ingester.submission.limits import BIGINT


def solved(pairs_total: int, pairs_solved: int) -> TaskResult:
    return TaskResult("p", "b", pairs_total, pairs_solved)


def sums(name: str = "m-attempt1", correct: int = 0, submitted: int = 0, **about: Any) -> AttemptSums:
    return AttemptSums(name, correct, submitted, **{"costs": (), "tokens": None, "time_ms": None, **about})


def task_set(*pairs: int) -> TaskSet:
    pair = Pair((b"\0",), (b"\1",))
    tasks = {str(number): Task(str(number), (), (pair,) * count) for number, count in enumerate(pairs)}
    return TaskSet("ARC2-Eval", MappingProxyType(tasks), sum(pairs), "0123456789ab")


def test_both_scores_are_shown_with_what_was_not_submitted() -> None:
    figures = aggregate(task_set(1, 2, 3, 2), [solved(1, 1), solved(2, 1), solved(3, 0)], [])
    assert (figures.tasks_total, figures.tasks_submitted, figures.tasks_solved) == (4, 3, 1)
    assert (figures.pairs_total, figures.pairs_solved) == (8, 2)
    assert (figures.score, figures.score_submitted) == (1.5 / 4, 0.5)


def test_without_a_usable_file_the_score_is_zero_and_the_official_one_is_null() -> None:
    figures = aggregate(task_set(1, 2), [], [])
    assert (figures.score, figures.score_submitted, figures.attempts) == (0.0, None, ())
    assert (figures.total_cost, figures.total_tokens, figures.total_time_ms) == (None, None, None)


@given(st.lists(st.integers(1, 4).flatmap(lambda total: st.tuples(st.just(total), st.integers(0, total))), min_size=1))
def test_scores_are_right_to_the_last_digit(results: list[tuple[int, int]]) -> None:
    figures = aggregate(task_set(*[total for total, _ in results], 1), [solved(*result) for result in results], [])
    exact = sum((Fraction(solved, total) for total, solved in results), Fraction())
    assert figures.score == float(exact / (len(results) + 1))
    assert figures.score_submitted == float(exact / len(results))
    assert 0 <= figures.score <= figures.score_submitted <= 1


def test_thirds_add_up_to_whole_tasks() -> None:
    results = [solved(3, 1)] * 120
    assert aggregate(task_set(*[3] * 120), results, []).score_submitted == 1 / 3


def test_each_attempts_accuracy_counts_the_pairs_that_it_left_out() -> None:
    each = [sums("m-attempt10", 0, 0), sums("m-attempt2", 1, 1), sums("m-attempt1", 54, 56)]
    assert aggregate(task_set(60, 40), [], each).attempts == (
        AttemptScore("m-attempt1", 54.0, 54, 56),
        AttemptScore("m-attempt2", 1.0, 1, 1),
        AttemptScore("m-attempt10", 0.0, 0, 0),
    )


def test_attempts_of_a_folder_that_is_named_like_one_are_ordered_by_their_own_number() -> None:
    each = [sums("m-attempt9-attempt2"), sums("m-attempt9-attempt1")]
    assert [each.model_name for each in aggregate(task_set(1), [], each).attempts] == [
        "m-attempt9-attempt1",
        "m-attempt9-attempt2",
    ]


def test_sums_take_what_postgresql_gives_and_leave_nulls_out() -> None:
    each = [sums(costs=(0.5,), tokens=Decimal(5), time_ms=7), sums(), sums(costs=(0.25,), tokens=6, time_ms=8)]
    figures = aggregate(task_set(1), [], each)
    assert (figures.total_cost, figures.total_tokens, figures.total_time_ms) == (0.75, 11, 15)


def test_costs_that_another_program_stored_as_infinite_or_nan_are_left_out() -> None:
    each = [sums(costs=(float("inf"), 0.25, float("nan"))), sums(costs=(0.5,))]
    assert aggregate(task_set(1), [], each).total_cost == 0.75


def test_costs_add_up_the_same_in_any_order() -> None:
    costs = [0.1, 1e16, -0.0, 0.3, 1e-9, 0.2]
    forwards = aggregate(task_set(1), [], [sums(costs=tuple(costs[:2])), sums(costs=tuple(costs[2:]))])
    backwards = aggregate(task_set(1), [], [sums(costs=tuple(reversed(costs)))])
    assert forwards.total_cost == backwards.total_cost == float(sum(map(Fraction, costs)))


def test_a_sum_beyond_bigint_becomes_null() -> None:
    figures = aggregate(task_set(1), [], [sums(tokens=BIGINT, time_ms=BIGINT), sums(tokens=Decimal(1), time_ms=0)])
    assert (figures.total_tokens, figures.total_time_ms) == (None, BIGINT)


def test_every_figure_is_of_its_own_source() -> None:
    about = {"costs": (0.5,), "tokens": 3, "time_ms": 4}
    assert aggregate(
        task_set(2, 5, 5, 1), [solved(2, 1), solved(5, 5)], [sums("m-attempt1", 6, 7, **about)]
    ) == Aggregates(
        tasks_total=4,
        tasks_submitted=2,
        tasks_solved=1,
        pairs_total=13,
        pairs_solved=6,
        score=0.375,
        score_submitted=0.75,
        attempts=(AttemptScore("m-attempt1", 600 / 13, pairs_correct=6, pairs_submitted=7),),
        total_cost=0.5,
        total_tokens=3,
        total_time_ms=4,
    )
