"""What is known of a budget never says more than one who knows better, and each process takes its share of it."""

from dataclasses import replace

import pytest
from common.hub.budget import RECHECK_SECONDS, Budget, Standing, merge
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_000.0
OURS = Budget(40, 500, NOW + 100)

budgets = st.builds(
    Budget, st.integers(0, 500), st.none() | st.just(500), st.sampled_from([NOW - 1, NOW + 99, NOW + 100, NOW + 250])
)


@given(own=st.none() | budgets, told=st.lists(budgets, max_size=6))
def test_what_others_told_only_takes_away(own: Budget | None, told: list[Budget]) -> None:
    known = merge(own, told, NOW)
    if own is not None and own.resets_at > NOW:
        assert known is not None
        assert (known.resets_at, known.quota or own.quota) == (own.resets_at, known.quota)
        assert known.left <= own.left
        assert known.left == min(each.left for each in [own, *told] if abs(each.resets_at - own.resets_at) < 1.5)
    elif known is None or known.resets_at <= NOW:
        assert known == own
        assert all(each.resets_at <= NOW for each in told)
    else:
        assert known.resets_at == max(each.resets_at for each in told)


@given(own=st.none() | budgets, told=st.lists(budgets, max_size=6), data=st.data())
def test_neither_order_nor_repetition_matters(own: Budget | None, told: list[Budget], data: st.DataObject) -> None:
    told = [each if each.quota else replace(each, quota=500) for each in told]
    again = data.draw(st.permutations([*told, *told]))
    assert merge(own, again, NOW) == merge(own, told, NOW)


@pytest.mark.parametrize(
    ("told", "left"),
    [
        (Budget(7, 500, NOW + 101.4), 7),
        (Budget(7, 500, NOW + 98.6), 7),
        (Budget(7, 500, NOW + 101.5), 40),
        (Budget(7, 500, NOW + 98.5), 40),
        (Budget(90, 500, NOW + 100), 40),
        (Budget(7, 500, NOW - 1), 40),
    ],
)
def test_a_report_counts_for_our_window_only(told: Budget, left: int) -> None:
    assert merge(OURS, [told], NOW) == Budget(left, 500, NOW + 100)


def test_who_knows_of_no_present_window_believes_in_the_latest() -> None:
    told = [Budget(3, None, NOW + 1), Budget(60, 500, NOW + 299), Budget(50, None, NOW + 300)]
    for own in (None, Budget(1, 500, NOW)):
        assert merge(own, told, NOW) == Budget(50, 500, NOW + 300)
    assert merge(OURS, [], NOW + 100) == OURS, "what has ended says how large a window is"
    assert merge(None, [replace(OURS, resets_at=NOW)], NOW) is None


def test_how_large_a_window_is_we_know_best() -> None:
    assert merge(OURS, [Budget(50, 1_000, NOW + 100)], NOW) == OURS
    assert merge(replace(OURS, quota=None), [Budget(50, 1_000, NOW + 100)], NOW) == replace(OURS, quota=1_000)


def test_what_is_left_after_a_window_is_all_of_it_or_not_known() -> None:
    assert OURS.at(NOW + 99) == OURS
    assert OURS.at(NOW + 100) == replace(OURS, left=500)
    assert replace(OURS, quota=None).at(NOW + 100) is None


def standing(left: int, own: int = 0, others: int = 0, processes: int = 1, now: float = NOW) -> Standing:
    return Standing(Budget(left, 100, NOW + 100), now, own, others, processes)


@pytest.mark.parametrize(
    ("at", "seconds"),
    [
        (standing(6), 0),
        (standing(5), 100),
        (standing(9, own=3), 0),
        (standing(9, own=4), 100),
        (standing(9, others=3), 0),
        (standing(9, others=4), 100),
        (standing(35, own=9, processes=3), 0),
        (standing(35, own=10, processes=3), RECHECK_SECONDS),
        (standing(41, own=9, others=6, processes=3), 0),
        (standing(41, own=10, others=6, processes=3), RECHECK_SECONDS),
        (standing(7, processes=3), 0),  # nobody would take the last ones
        (standing(7, others=1, processes=3), RECHECK_SECONDS),  # its share is nothing, and another is at it
        (standing(7, others=2, processes=3), 100),
        (standing(0, now=NOW + 100), 0),
        (standing(0, own=94, now=NOW + 100), 0),
        (standing(0, own=95, now=NOW + 100), RECHECK_SECONDS),
        (standing(0, own=0, processes=3, now=NOW + 100), 0),
        (standing(0, own=1, processes=3, now=NOW + 100), RECHECK_SECONDS),  # until an answer tells of the new window
        (standing(0, own=1, processes=2, now=NOW + 100), 0),
        (standing(0, own=2, processes=2, now=NOW + 100), RECHECK_SECONDS),
        (standing(9, own=1, others=1, processes=3), RECHECK_SECONDS),
        (Standing(Budget(0, None, NOW), NOW, 50, 0, 1), 0),
        (Standing(Budget(3, None, NOW + 100), NOW, 0, 0, 1), 0),
        (Standing(Budget(2, None, NOW + 100), NOW, 0, 0, 1), 100),
        (Standing(Budget(0, 30, NOW), NOW, 0, 1, 3), 0),  # its reserve is smaller than the number of processes
    ],
)
def test_a_process_takes_its_share_and_leaves_the_reserve(at: Standing, seconds: float) -> None:
    assert at.wait_seconds == seconds


@given(
    left=st.integers(0, 100),
    in_flight=st.lists(st.integers(0, 30), min_size=1, max_size=5),
    ended=st.booleans(),
)
def test_however_many_ask_in_one_moment_the_reserve_stays(left: int, in_flight: list[int], ended: bool) -> None:  # noqa: FBT001 - drawn
    """Each sends what it may, by what it knew of the others at the beginning."""
    now, count, everything = (NOW + 100 if ended else NOW), len(in_flight), sum(in_flight)
    sent = 0
    for own in in_flight:
        mine = own
        while standing(left, mine, everything - own, count, now).wait_seconds == 0:
            mine += 1
        sent += mine - own
    whole = 100 if ended else left
    allowed = max(0, whole - 5 - everything)
    assert sent <= allowed or sent <= count - 1 + min(allowed, 1), "one each at most, where one is free"


def test_somebody_may_always_go_once_all_are_answered() -> None:
    for left in range(6, 100):
        assert standing(left, processes=7).wait_seconds == 0
    assert Standing(Budget(0, 2, NOW), NOW, 0, 0, 7).wait_seconds == 0, "a window smaller than its reserve"


def test_little_is_a_quarter_or_four_times_what_is_on_the_way() -> None:
    assert not standing(30).is_little
    assert standing(29).is_little
    assert not standing(85, own=8, others=8).is_little
    assert standing(84, own=8, others=8).is_little
    assert not Standing(Budget(7, None, NOW + 100), NOW, 1, 0, 1).is_little
    assert Standing(Budget(6, None, NOW + 100), NOW, 1, 0, 1).is_little
    assert not Standing(Budget(9, None, NOW), NOW, 0, 0, 1).is_little
