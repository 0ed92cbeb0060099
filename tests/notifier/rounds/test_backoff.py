"""A message is sent again after longer and longer waits, as its receiver asks, and not for ever."""

import pytest
from notifier.rounds.backoff import DELAYS, again_in


def test_waits_grow_and_end() -> None:
    waits = [again_in(attempt, jitter=0) for attempt in range(1, len(DELAYS) + 2)]
    assert waits == [*sorted(DELAYS), None]


def test_failures_at_one_moment_do_not_come_again_at_one_moment() -> None:
    found = {again_in(3) for _ in range(20)}
    assert len(found) > 1
    assert all(wait and 108 <= wait <= 132 for wait in found)


@pytest.mark.parametrize(("asked", "waits"), [(None, 5.0), (3.0, 5.0), (90.0, 90.0)])
def test_a_receiver_may_ask_for_more_time_not_for_less(asked: float | None, waits: float) -> None:
    assert again_in(1, asked, jitter=0) == waits
