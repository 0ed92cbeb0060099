"""No process takes the Hub's last requests: one that would, waits until the Hub's own reset."""

import asyncio
import random
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from common.events import BudgetReport
from common.hub.peers import BEHIND_SECONDS, CATCH_UP_SECONDS
from common.hub.quota import GIT, MAX_RETRY_SECONDS, MIN_RETRY_SECONDS, Quota, reset_seconds
from common.hub.responses import worth_retrying
from common.metrics.hub_metrics import HubMetrics
from common.outcomes import TransientError
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from tests.support import virtual_time


def headers(left: int, reset: int = 100, quota: int | None = 500, name: str = "api") -> dict[str, str]:
    policy = {} if quota is None else {"RateLimit-Policy": f'"fixed window";"{name}";q={quota};w=300'}
    return {"RateLimit": f'"{name}";r={left};t={reset}', **policy}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def learned(clock: Clock, left: int, reset: int = 100, quota: int | None = 500) -> Quota:
    found = Quota(clock)
    found.learn(headers(left, reset, quota))
    return found


@pytest.mark.parametrize(
    ("left", "quota", "waits"),
    [(500, 500, False), (26, 500, False), (25, 500, True), (0, 500, True), (3, None, False), (2, None, True)],
)
def test_the_last_twentieth_is_left_to_others(left: int, quota: int | None, waits: bool) -> None:  # noqa: FBT001 - a table
    assert learned(Clock(), left, quota=quota).wait_seconds("api") == (100 if waits else 0)


def test_after_the_reset_no_request_waits() -> None:
    clock = Clock()
    quota = learned(clock, 0, reset=60)
    clock.now += 59
    assert quota.wait_seconds("api") == 1
    clock.now += 1
    assert quota.wait_seconds("api") == 0
    clock.now += 1
    assert quota.wait_seconds("api") == 0


def test_budgets_are_apart_and_unknown_ones_are_free() -> None:
    assert learned(Clock(), 0).wait_seconds("resolvers") == 0


async def test_requests_on_the_way_count() -> None:
    quota = learned(Clock(), 28)
    async with quota.request("api"), quota.request("api"), quota.request("api"):
        assert quota.wait_seconds("api") == 100
    assert quota.wait_seconds("api") == 0


async def test_a_request_that_ended_is_off_the_way_once() -> None:
    quota = learned(Clock(), 26)
    async with quota.request("api"):
        assert quota.wait_seconds("api") == 100
    assert quota.wait_seconds("api") == 0
    quota.learn(headers(25))
    assert quota.wait_seconds("api") == 100


async def test_a_failed_request_is_not_on_the_way_any_more() -> None:
    quota = learned(Clock(), 27)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            async with quota.request("api"):
                raise ZeroDivisionError
    assert quota.wait_seconds("api") == 0


def test_who_waits_waits_until_the_reset_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda _, latest: latest)
    waits = list[float]()

    async def main() -> float:
        now = asyncio.get_running_loop().time
        quota = Quota(now, waits.append)
        quota.learn(headers(0, reset=42))
        began = now()
        async with quota.request("api"):
            return now() - began

    assert virtual_time.run(main()) == 42.5, "replicas that wait for one reset start within half a second"
    assert waits == [42.5]


@given(st.text(max_size=80), st.text(max_size=80))
def test_headers_of_any_kind_are_survived(limit: str, policy: str) -> None:
    Quota().learn({"RateLimit": limit, "RateLimit-Policy": policy})
    reset_seconds({"RateLimit": limit, "Retry-After": policy})


def test_an_answer_without_headers_changes_nothing() -> None:
    quota = learned(Clock(), 0)
    quota.learn({})
    assert quota.wait_seconds("api") == 100


@pytest.mark.parametrize(
    ("found", "seconds"),
    [
        (headers(0, reset=7), 7.0),
        ({"Retry-After": "30"}, 30.0),
        (headers(0, reset=0), 1.0),
        (headers(0, reset=7) | {"Retry-After": "90"}, 7.0),
        (headers(400, reset=7) | {"Retry-After": "90"}, 90.0),
        ({"Retry-After": "0"}, 1.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "86400"}, MAX_RETRY_SECONDS),
        ({"Retry-After": "9" * 400}, MAX_RETRY_SECONDS),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, MIN_RETRY_SECONDS),
        ({"Retry-After": "Wed, 21 Oct 2126 07:28:00 GMT"}, MAX_RETRY_SECONDS),
        ({"Retry-After": "Mon Oct 21 07:28:00 2126"}, MAX_RETRY_SECONDS),
        ({"Retry-After": "Mon, 21 Oct 2126 07:28:00 -0000"}, MAX_RETRY_SECONDS),
        ({"Retry-After": "Mon, 21 Oct 2126"}, None),
        ({"Retry-After": "1 Jan 99999 00:00:00"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "\u0663"}, None),
        ({"Retry-After": "\u0663"} | headers(9, reset=7), 7.0),
        (headers(1, reset=7) | {"Retry-After": "90"}, 90.0),
        ({"Retry-After": " 30 "}, 30.0),
        ({"Retry-After": "3600.5"}, 3600.0),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_a_refusal_says_when_to_come_back(found: dict[str, str], seconds: float | None) -> None:
    assert reset_seconds(found) == seconds


def test_a_date_counts_in_the_zone_that_it_names() -> None:
    soon = datetime.now(timezone(timedelta(hours=2))) + timedelta(seconds=900)
    seconds = reset_seconds({"Retry-After": format_datetime(soon)})
    assert seconds is not None
    assert 1 < seconds <= 900


def test_a_reset_that_was_rounded_down_to_nothing_is_waited_for() -> None:
    assert learned(Clock(), 0, reset=0).wait_seconds("api") == MIN_RETRY_SECONDS
    assert learned(Clock(), 500, reset=0).wait_seconds("api") == 0


def test_what_is_left_is_all_of_it_once_the_window_has_ended() -> None:
    clock = Clock()
    quota, endless = learned(clock, 7), learned(clock, 7, quota=None)
    clock.now += 99.5
    assert quota.left("api") == 7
    clock.now += 0.5
    assert (quota.left("api"), endless.left("api")) == (500, None)
    assert learned(clock, 400, reset=0).left("api") == 500


def test_the_longest_wait_is_a_window_and_a_little() -> None:
    async def waited(reset: int) -> float:
        now = asyncio.get_running_loop().time
        quota, began = Quota(now), now()
        quota.learn(headers(0, reset=reset))
        async with quota.request("api"):
            return now() - began

    assert virtual_time.run(waited(330)) >= 330
    with pytest.raises(TransientError, match=r"^the Hub's quota is used up$") as raised:
        virtual_time.run(waited(331))
    assert (raised.value.kind, raised.value.retry_after_seconds) == ("rate_limited", 331)


def test_time_goes_by_without_a_clock_of_its_own() -> None:
    quota = Quota()
    quota.learn(headers(0, reset=100))
    assert 0 < quota.wait_seconds("api") <= 100


async def test_what_lasts_longer_than_a_window_is_not_waited_for() -> None:
    for reset in (86_400, 10**400):
        quota = learned(Clock(), 0, reset=reset)
        with pytest.raises(TransientError) as raised:
            async with quota.request("api"):
                pytest.fail("it must not wait")
        assert raised.value.retry_after_seconds == MAX_RETRY_SECONDS
        assert worth_retrying(raised.value) is False
    assert worth_retrying(TransientError("in this window", retry_after_seconds=300)) == 300


def test_an_answer_of_a_later_window_is_believed_although_more_is_left() -> None:
    quota = Quota(clock=lambda: 0.0)
    quota.learn({"RateLimit": '"api";r=0;t=1'})
    quota.learn({"RateLimit": '"api";r=900;t=300'})
    assert quota.wait_seconds("api") == 0


@pytest.mark.parametrize(
    ("later", "reset", "waits"), [(0, 102, False), (0, 98, False), (0.5, 101, False), (0.25, 101, True)]
)
def test_resets_a_second_and_a_half_apart_are_of_two_windows(later: float, reset: int, waits: bool) -> None:  # noqa: FBT001 - a table
    clock = Clock()
    quota = learned(clock, 0)
    clock.now += later
    quota.learn(headers(400, reset))
    assert (quota.wait_seconds("api") > 0) is waits


def test_an_answer_that_was_overtaken_gives_nothing_back() -> None:
    quota = Quota(clock=lambda: 0.0)
    quota.learn({"RateLimit": '"api";r=2;t=100'})
    quota.learn({"RateLimit": '"api";r=40;t=101'})
    assert quota.wait_seconds("api") > 0


def test_the_gauges_follow_the_window_not_the_last_answer() -> None:
    clock = Clock()
    registry = CollectorRegistry()
    quota = HubMetrics("x", registry).quota
    quota.clock = clock

    def left(budget: str) -> float | None:
        return registry.get_sample_value("arcwatch_x_hub_quota_left_requests", {"budget": budget})

    assert left("api") is None
    quota.learn(headers(7))
    quota.learn(headers(7, name="invented"))
    assert (left("api"), left("invented")) == (7, None)
    clock.now += 101
    assert left("api") == 500
    assert registry.get_sample_value("arcwatch_x_hub_quota_limit_requests", {"budget": "api"}) == 500


@pytest.mark.parametrize("name", ["git", "api", "resolvers", "pages", "repos"])
def test_git_is_charged_to_the_budget_that_its_answers_name(name: str) -> None:
    quota = Quota(Clock())
    assert quota.wait_seconds(GIT) == 0
    quota.learn(headers(0, reset=60, name=name), GIT)
    assert (quota.budget_of(GIT), quota.wait_seconds(GIT)) == (name, 60)
    quota.learn(headers(400, reset=200, name="others"), GIT)
    assert (quota.budget_of(GIT), quota.wait_seconds(GIT)) == ("others", 0), "the last answer tells"


def test_answers_to_other_requests_do_not_say_what_git_is_charged_to() -> None:
    quota = learned(Clock(), 0)
    assert (quota.budget_of(GIT), quota.wait_seconds(GIT)) == (GIT, 0)


async def test_git_requests_on_the_way_are_of_the_budget_that_they_share() -> None:
    quota = Quota(Clock())
    quota.learn(headers(27, name="api"), GIT)
    async with quota.request(GIT):
        assert quota.wait_seconds("api") == 0
        async with quota.request(GIT):
            assert quota.wait_seconds("api") == 100
            quota.learn(headers(300, name="repos"), GIT)
    assert quota.wait_seconds("api") == 0, "they end where they began"
    quota.learn(headers(27, name="repos"), GIT)
    assert quota.wait_seconds(GIT) == 0


@pytest.mark.parametrize(
    ("refusal", "git", "api"),
    [
        ({"Retry-After": "40"}, 40, 0),
        (headers(300, reset=100, name="api") | {"Retry-After": "40"}, 40, 0),  # that one refused nothing
        (headers(0, reset=100, name="api") | {"Retry-After": "40"}, 100, 100),
        ({"RateLimit": "limited", "Retry-After": "soon"}, 0, 0),
    ],
)
def test_a_refusal_that_names_no_budget_is_of_git_alone(refusal: dict[str, str], git: float, api: float) -> None:
    clock = Clock()
    quota = Quota(clock)
    quota.learn(headers(400, name="api"), GIT)
    quota.learn(refusal, GIT, 429)
    assert (quota.wait_seconds(GIT), quota.wait_seconds("api")) == (git, api)
    assert quota.budget_of(GIT) == ("api" if api else GIT)
    clock.now += 100
    assert quota.wait_seconds(GIT) == 0
    quota.learn(headers(0, reset=7, name="api"), GIT)
    assert quota.wait_seconds(GIT) == 7


def test_only_a_refusal_says_that_nothing_is_left() -> None:
    quota = Quota(Clock())
    quota.learn({"Retry-After": "40"}, GIT, 503)
    quota.learn({"Retry-After": "40"}, status=429)
    assert (quota.wait_seconds(GIT), quota.budgets) == (0, {})


def test_a_gauge_shows_git_where_it_has_a_budget_of_its_own() -> None:
    registry = CollectorRegistry()
    quota = HubMetrics("x", registry).quota

    def left() -> dict[str, float]:
        samples = next(each for each in registry.collect() if each.name == "arcwatch_x_hub_quota_left_requests").samples
        return {sample.labels["budget"]: sample.value for sample in samples}

    quota.learn(headers(7, name="api"), GIT)
    assert left() == {"api": 7}
    quota.learn(headers(9, name="repos"), GIT)
    assert left() == {"api": 7, "git": 9}
    quota.learn(headers(11, name="git"), GIT)
    assert left() == {"api": 7, "git": 11}


def test_a_name_too_many_is_not_git_s() -> None:
    quota = Quota(Clock())
    for number in range(20):
        quota.learn(headers(1, name=f"made{number}"))
    quota.learn(headers(0, name="one_more"), GIT)
    assert (quota.budget_of(GIT), quota.wait_seconds(GIT)) == (GIT, 0)


def test_names_without_end_are_not_kept() -> None:
    quota = Quota(Clock())
    for number in range(1_000):
        quota.learn({"RateLimit": f'"made{number}";r=1;t=9'})
    quota.learn({"RateLimit": '"made0";r=0;t=9'})
    assert len(quota.budgets) == 20
    assert quota.budgets["made0"].left == 0


def test_an_answer_that_waited_while_we_were_frozen_is_of_the_window_that_others_tell_of() -> None:
    clock = Clock()
    quota = Quota(clock)
    quota.peers.look(clock.now)
    clock.now += BEHIND_SECONDS + 1
    quota.learn(headers(40, reset=100))
    quota.peers.hear("peer", [BudgetReport(name="api", in_flight=0, left=3, quota=500, reset_seconds=97)], clock.now)
    clock.now += CATCH_UP_SECONDS
    assert quota.left("api") == 3
    quota.learn(headers(40, reset=100, name="other"))
    assert quota.budgets["other"].resets_at == clock.now + 100, "what is read later came now"
