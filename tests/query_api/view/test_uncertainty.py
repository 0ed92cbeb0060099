"""Intervals cover as often as they say, and p values are scipy's."""

import random
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from query_api.view.uncertainty import Sample, interval, p_value
from scipy import stats

POINTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12)


def bounds(score: float, tasks: int) -> tuple[float, float]:
    found = interval(score, tasks)
    return found.low, found.high


@given(st.integers(1, 500), st.data())
def test_the_interval_is_wilsons(tasks: int, data: st.DataObject) -> None:
    solved = data.draw(st.integers(0, tasks))
    expected = stats.binomtest(solved, tasks).proportion_ci(0.95, method="wilson")
    assert bounds(solved / tasks, tasks) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_half_of_120_tasks_is_uncertain_by_nearly_nine_points() -> None:
    low, high = bounds(0.5, 120)
    assert (round(low, 4), round(high, 4)) == (0.4119, 0.5881)


def test_without_tasks_every_score_is_possible() -> None:
    assert bounds(0.0, 0) == (0.0, 1.0)


def whole(chance: float) -> Callable[[random.Random], float]:
    return lambda rng: float(rng.random() < chance)


def half(chance: float) -> Callable[[random.Random], float]:
    return lambda rng: (float(rng.random() < chance) + float(rng.random() < chance)) / 2


@pytest.mark.parametrize("chance", [0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("tasks", [120, 400])
@pytest.mark.parametrize("score_of", [whole, half], ids=["one pair", "two pairs"])
def test_intervals_cover_the_truth_as_often_as_they_say(
    chance: float, tasks: int, score_of: Callable[[float], Callable[[random.Random], float]]
) -> None:
    rng = random.Random(f"{chance} {tasks}")
    draw = score_of(chance)
    covered = 0
    for _ in range(1000):
        low, high = bounds(sum(draw(rng) for _ in range(tasks)) / tasks, tasks)
        covered += low <= chance <= high
    assert covered >= 930  # three standard deviations below 950


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_with_one_pair_to_a_task_the_p_value_is_mcnemars(first_is_right: list[bool]) -> None:
    expected = stats.binomtest(sum(first_is_right), len(first_is_right)).pvalue
    second = [not each for each in first_is_right]
    assert p_value([int(each) for each in first_is_right], [int(each) for each in second]) == pytest.approx(expected)


@given(POINTS)
def test_the_p_value_is_the_part_of_all_signs_that_is_as_extreme(pairs: list[tuple[int, int]]) -> None:
    differences = [a - b for a, b in pairs]
    sums = [sum(sign * each for sign, each in zip(signs, differences, strict=True)) for signs in all_signs(len(pairs))]
    expected = sum(abs(each) >= abs(sum(differences)) for each in sums) / len(sums)
    assert p_value([a for a, _ in pairs], [b for _, b in pairs]) == pytest.approx(expected)


def all_signs(number: int) -> list[tuple[int, ...]]:
    return list(product((1, -1), repeat=number))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=150))
def test_models_differ_exactly_where_the_p_value_says_so(pairs: list[tuple[int, int]]) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    assert Sample(first).differs_from(Sample(second)) == (p_value(first, second) < 0.05)


def test_where_the_test_is_not_asked_it_would_have_said_the_same() -> None:
    rng = random.Random(1)
    for _ in range(400):
        skew = rng.uniform(0.5, 0.75)
        differences = [
            rng.choice([1, 1, 2, 3]) * (1 if rng.random() < skew else -1) for _ in range(rng.randint(1, 400))
        ]
        first, second = [max(each, 0) for each in differences], [max(-each, 0) for each in differences]
        assert Sample(first).differs_from(Sample(second)) == (p_value(first, second) < 0.05)
