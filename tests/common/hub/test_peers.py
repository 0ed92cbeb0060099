"""What others told is believed as long as it can be true, and who is gone is forgotten."""

import pytest
from common.events import BudgetReport
from common.hub.budget import Budget
from common.hub.peers import (
    BEHIND_SECONDS,
    CATCH_UP_SECONDS,
    FIRST_CATCH_UP_SECONDS,
    FORGET_SECONDS,
    MAX_PEERS,
    Peers,
)

NOW = 1_000.0


def report(left: int | None = 40, reset: float | None = 100, in_flight: int = 0, name: str = "api") -> BudgetReport:
    return BudgetReport(name=name, in_flight=in_flight, left=left, quota=500, reset_seconds=reset)


def test_the_last_report_of_each_process_counts() -> None:
    peers = Peers()
    peers.hear("a", [report(40, in_flight=3)], NOW)
    peers.hear("b", [report(30, in_flight=4), report(7, name="git")], NOW)
    peers.hear("a", [report(20, in_flight=1)], NOW + 1)
    assert peers.told("api") == {"a": Budget(20, 500, NOW + 101), "b": Budget(30, 500, NOW + 100)}
    assert (peers.in_flight("api", NOW + 1), peers.in_flight("git", NOW + 1), peers.count(NOW + 1)) == (5, 0, 2)


def test_who_is_silent_has_nothing_on_the_way_but_what_it_said_was_true() -> None:
    peers = Peers()
    peers.hear("a", [report(in_flight=3)], NOW)
    last = NOW + FORGET_SECONDS
    assert (peers.in_flight("api", last - 0.1), peers.count(last - 0.1)) == (3, 1)
    assert (peers.in_flight("api", last), peers.count(last)) == (0, 0)
    assert peers.told("api") == {"a": Budget(40, 500, NOW + 100)}


def test_a_budget_that_is_not_known_tells_only_what_is_on_the_way() -> None:
    for left, reset in ((None, None), (40, None), (None, 100)):
        peers = Peers()
        peers.hear("a", [report(left, reset, in_flight=2)], NOW)
        assert (peers.told("api"), peers.in_flight("api", NOW)) == ({}, 2)


def test_so_many_are_kept_and_who_is_gone_makes_room() -> None:
    peers = Peers()
    for number in range(3 * MAX_PEERS):
        peers.hear(str(number), [report(in_flight=1)], NOW)
    assert peers.count(NOW) == MAX_PEERS
    peers.hear("0", [report(in_flight=5)], NOW)
    assert peers.in_flight("api", NOW) == MAX_PEERS + 4, "who is known is heard"
    peers.hear("late", [report()], NOW + 99)
    assert "late" not in peers.told("api"), "the windows of the others go on"
    peers.hear("late", [report()], NOW + 100)
    assert peers.told("api").keys() == {"late"}


def test_who_makes_room_is_forgotten_whole() -> None:
    peers = Peers()
    peers.hear("foreign", [report(7, reset=1)], NOW)
    peers.compare("api", peers.told("api"), Budget(400, 500, NOW + 1))
    peers.hear("here", [report(7, reset=100)], NOW)
    peers.compare("api", peers.told("api"), Budget(400, 500, NOW + 100))
    for number in range(MAX_PEERS - 2):
        peers.hear(str(number), [report(None, None, in_flight=1)], NOW + 2)
    peers.hear("one_more", [report(None, None, in_flight=1)], NOW + 2)
    assert "one_more" not in peers._by_process, "who is silent for a moment is here still"
    peers.hear("one_more", [report(None, None, in_flight=1)], NOW + 4)
    assert (peers.count(NOW + 4), {*peers._foreign}) == (MAX_PEERS - 1, {("here", "api")})


def test_who_begins_asks_and_waits_a_moment_for_answers() -> None:
    peers = Peers()
    assert peers.catch_up_seconds(NOW) == 0, "nobody listens"
    assert peers.look(NOW)
    assert peers.catch_up_seconds(NOW) == pytest.approx(CATCH_UP_SECONDS)
    peers.hear("a", [report()], NOW + 0.1)
    peers.asked(NOW + 0.1)
    assert peers.catch_up_seconds(NOW + 0.1) == pytest.approx(FIRST_CATCH_UP_SECONDS)
    peers.hear("b", [report()], NOW + 0.11)
    assert peers.catch_up_seconds(NOW + 0.2) > 0, "there may be more"
    peers.asked(NOW + 0.9)
    assert peers.catch_up_seconds(NOW + 0.9) == 0
    assert not peers.look(NOW + BEHIND_SECONDS)
    assert peers.catch_up_seconds(NOW + 2 * BEHIND_SECONDS) == 0
    assert not peers.look(NOW + 2 * BEHIND_SECONDS)


def test_who_was_frozen_waits_for_the_answers_of_those_who_were_there() -> None:
    peers = Peers()
    peers.look(NOW)
    peers.hear("gone", [report()], NOW - FORGET_SECONDS)
    for process in "ab":
        peers.hear(process, [report()], NOW)
    frozen = NOW + BEHIND_SECONDS + 0.1
    assert peers.look(frozen)
    for process in "ab":
        peers.hear(process, [report()], frozen)
    assert peers.catch_up_seconds(frozen) == pytest.approx(CATCH_UP_SECONDS), "what waited unread is no answer"
    peers.asked(frozen + 0.01)
    peers.hear("a", [report()], frozen + 0.02)
    peers.hear("c", [report()], frozen + 0.02)
    assert peers.catch_up_seconds(frozen + 0.02) == pytest.approx(CATCH_UP_SECONDS - 0.02)
    peers.hear("b", [report()], frozen + 0.03)
    assert peers.catch_up_seconds(frozen + 0.03) == 0
    assert not peers.look(frozen + 0.1)
    assert peers.look(frozen + 10)
    assert peers.catch_up_seconds(frozen + 10 + CATCH_UP_SECONDS) == 0, "who does not answer is not waited for"
    peers.look_away()
    assert peers.catch_up_seconds(frozen + 100) == 0
    assert peers.look(frozen + 10.1), "as at the beginning"


def test_a_request_may_notice_first_and_does_not_wait_for_ever() -> None:
    peers = Peers()
    peers.look(NOW)
    frozen = NOW + BEHIND_SECONDS + 0.1
    assert peers.catch_up_seconds(frozen) == pytest.approx(CATCH_UP_SECONDS)
    assert peers.catch_up_seconds(frozen + CATCH_UP_SECONDS) == 0
    assert peers.look(frozen + CATCH_UP_SECONDS), "the others have to be asked all the same"
    assert not peers.look(frozen + CATCH_UP_SECONDS)


def test_a_budget_that_cannot_be_ours_counts_no_more_in_this_window() -> None:
    """Without a token the Hub counts by address, and two may have windows that end together."""
    peers = Peers()
    peers.hear("a", [report(100)], NOW)
    peers.hear("b", [report(400)], NOW)
    before = peers.told("api")
    peers.compare("api", before, Budget(125, 500, NOW + 100))
    assert peers.told("api") == before, "the Hub's own count may be a little behind"
    peers.compare("api", before, Budget(499, 500, NOW + 102))
    assert peers.told("api") == before, "another window"
    peers.compare("api", before, Budget(126, 500, NOW + 100))
    peers.hear("a", [report(90, reset=99)], NOW + 1)
    assert peers.told("api").keys() == {"b"}
    peers.hear("a", [report(490, reset=299)], NOW + 101)
    assert peers.told("api").keys() == {"a", "b"}
