"""A version's figures are exact sums of its tasks and attempts, over what was submitted and over the whole set."""

from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from common.arc_tasks import Pair, Task, TaskSet
from hypothesis import given
from hypothesis import strategies as st
from ingester.submission.aggregate import AttemptScore, aggregate
from ingester.submission.limits import BIGINT


class Solved(NamedTuple):
    pairs_total: int
    pairs_solved: int


class Sums(NamedTuple):
    model_name: str = "m-attempt1"
    pairs_correct: int = 0
    pairs_submitted: int = 0
    costs: tuple[float, ...] = ()
    tokens: Any = None
    time_ms: Any = None


def task_set(*pairs: int) -> TaskSet:
    pair = Pair((b"\0",), (b"\1",))
    tasks = {str(number): Task(str(number), (), (pair,) * count) for number, count in enumerate(pairs)}
    return TaskSet("ARC2-Eval", MappingProxyType(tasks), sum(pairs))


def test_both_scores_are_shown_beside_what_was_not_submitted() -> None:
    figures = aggregate(task_set(1, 2, 3, 2), [Solved(1, 1), Solved(2, 1), Solved(3, 0)], [])
    assert (figures.tasks_total, figures.tasks_submitted, figures.tasks_solved) == (4, 3, 1)
    assert (figures.pairs_total, figures.pairs_solved) == (8, 2)
    assert (figures.score, figures.score_submitted) == (1.5 / 4, 0.5)


def test_without_a_usable_file_the_score_is_zero_and_the_official_one_is_null() -> None:
    figures = aggregate(task_set(1, 2), [], [])
    assert (figures.score, figures.score_submitted, figures.attempts) == (0.0, None, ())
    assert (figures.total_cost, figures.total_tokens, figures.total_time_ms) == (None, None, None)


@given(st.lists(st.integers(1, 4).flatmap(lambda total: st.tuples(st.just(total), st.integers(0, total))), min_size=1))
def test_scores_are_right_to_the_last_digit(results: list[tuple[int, int]]) -> None:
    figures = aggregate(task_set(*[total for total, _ in results], 1), [Solved(*result) for result in results], [])
    exact = sum((Fraction(solved, total) for total, solved in results), Fraction())
    assert figures.score == float(exact / (len(results) + 1))
    assert figures.score_submitted == float(exact / len(results))
    assert 0 <= figures.score <= figures.score_submitted <= 1


def test_thirds_add_up_to_whole_tasks() -> None:
    results = [Solved(3, 1)] * 120
    assert aggregate(task_set(*[3] * 120), results, []).score_submitted == 1 / 3


def test_each_attempts_accuracy_counts_the_pairs_that_it_left_out() -> None:
    sums = [Sums("m-attempt10", 0, 0), Sums("m-attempt2", 1, 1), Sums("m-attempt1", 54, 56)]
    assert aggregate(task_set(60, 40), [], sums).attempts == (
        AttemptScore("m-attempt1", 54.0, 54, 56),
        AttemptScore("m-attempt2", 1.0, 1, 1),
        AttemptScore("m-attempt10", 0.0, 0, 0),
    )


def test_attempts_of_a_folder_that_is_named_like_one_are_ordered_by_their_own_number() -> None:
    sums = [Sums("m-attempt9-attempt2"), Sums("m-attempt9-attempt1")]
    assert [each.model_name for each in aggregate(task_set(1), [], sums).attempts] == [
        "m-attempt9-attempt1",
        "m-attempt9-attempt2",
    ]


def test_sums_take_what_postgresql_gives_and_leave_nulls_out() -> None:
    sums = [Sums(costs=(0.5,), tokens=Decimal(5), time_ms=7), Sums(), Sums(costs=(0.25,), tokens=6, time_ms=8)]
    figures = aggregate(task_set(1), [], sums)
    assert (figures.total_cost, figures.total_tokens, figures.total_time_ms) == (0.75, 11, 15)


def test_costs_that_another_program_stored_as_infinite_or_nan_are_left_out() -> None:
    sums = [Sums(costs=(float("inf"), 0.25, float("nan"))), Sums(costs=(0.5,))]
    assert aggregate(task_set(1), [], sums).total_cost == 0.75


def test_costs_add_up_the_same_in_any_order() -> None:
    costs = [0.1, 1e16, -0.0, 0.3, 1e-9, 0.2]
    forwards = aggregate(task_set(1), [], [Sums(costs=tuple(costs[:2])), Sums(costs=tuple(costs[2:]))])
    backwards = aggregate(task_set(1), [], [Sums(costs=tuple(reversed(costs)))])
    assert forwards.total_cost == backwards.total_cost == float(sum(map(Fraction, costs)))


def test_a_sum_beyond_bigint_becomes_null() -> None:
    figures = aggregate(task_set(1), [], [Sums(tokens=BIGINT, time_ms=BIGINT), Sums(tokens=Decimal(1), time_ms=0)])
    assert (figures.total_tokens, figures.total_time_ms) == (None, BIGINT)


def test_columns_are_plain_values_by_the_names_of_the_table() -> None:
    columns = aggregate(task_set(2), [Solved(2, 1)], [Sums("m-attempt1", 1, 2, (0.5,), 3, 4)]).columns()
    assert columns == {
        "tasks_total": 1,
        "tasks_submitted": 1,
        "tasks_solved": 0,
        "pairs_total": 2,
        "pairs_solved": 1,
        "score": 0.5,
        "score_submitted": 0.5,
        "attempts": [{"model_name": "m-attempt1", "accuracy_percent": 50.0, "pairs_correct": 1, "pairs_submitted": 2}],
        "total_cost": 0.5,
        "total_tokens": 3,
        "total_time_ms": 4,
    }
