"""Processes that share a quota tell each other what they know and use, and none takes another's last requests."""

import asyncio
import contextlib
import functools
import random
from collections.abc import Callable
from typing import Any

import pytest
from common.events import BudgetReport, QuotaReport, body_of
from common.hub.peers import CATCH_UP_SECONDS, FORGET_SECONDS, MAX_PEERS
from common.hub.quota import Quota
from common.hub.quota_sharing import MAX_READ_PER_SECOND, UNHEARD_PAUSE_SECONDS, QuotaSharing, key_of
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.support import virtual_time
from tests.support.quota_simulation import KEY, Bus, Hub, now, sharing, work

FILES = "resolvers"


def headers(left: int, reset: int = 100, name: str = FILES) -> dict[str, str]:
    return {"RateLimit": f'"{name}";r={left};t={reset}', "RateLimit-Policy": f'"fixed window";"{name}";q=100;w=300'}


def report(process: str, left: int = 7, in_flight: int = 0, key: str = KEY) -> bytes:
    told = BudgetReport(name=FILES, in_flight=in_flight, left=left, quota=100, reset_seconds=100)
    return body_of(QuotaReport(process=process, key=key, budgets=(told,)))


def in_virtual_time(test: Callable[[], Any]) -> Callable[[], None]:
    return functools.wraps(test)(lambda: virtual_time.run(test()))


async def shift(seed: int, *, shares: bool, latency: float = 0.1, delay: float = 0.005) -> Hub:
    """Have three processes make 120 requests each, six at a time, at a Hub that allows 100 in 60 s."""
    chance = random.Random(seed)
    random.seed(seed)
    hub, bus = Hub(quota=100, window=60.0, latency=latency, random=chance), Bus(delay, chance)
    quotas = [Quota(now) for _ in range(3)]
    async with contextlib.AsyncExitStack() as stack:
        for quota in quotas if shares else []:
            await stack.enter_async_context(sharing(bus.join(quota)))
        await asyncio.gather(*(work(quota, hub, 120, 6) for quota in quotas))
    return hub


@given(seed=st.integers(0, 2**32), latency=st.floats(0.02, 2.0), delay=st.floats(0.0, 0.5))
@settings(max_examples=15)
def test_the_hub_refuses_nothing_where_the_bus_is_no_slower(seed: int, latency: float, delay: float) -> None:
    hub = virtual_time.run(shift(seed, shares=True, latency=latency, delay=latency * delay))
    assert (hub.answered, hub.refused) == (360, 0)
    assert hub.windows == 4, "and no more windows pass than the requests need"


@pytest.mark.parametrize("seed", range(5))
def test_who_does_not_share_takes_the_others_last_requests(seed: int) -> None:
    assert virtual_time.run(shift(seed, shares=False)).refused > 0


@in_virtual_time
async def test_a_replica_that_did_not_ask_for_a_while_knows_what_is_left() -> None:
    bus, idle, busy = Bus(0.005, random.Random(0)), Quota(now), Quota(now)
    idle.learn(headers(90))
    async with sharing(bus.join(idle)), sharing(bus.join(busy)):
        busy.learn(headers(5))
        await asyncio.sleep(0.3)
        assert (idle.left(FILES), idle.budgets[FILES].left) == (5, 90)
        assert idle.wait_seconds(FILES) > 90


@in_virtual_time
async def test_who_comes_late_learns_before_its_first_request() -> None:
    bus, there, late = Bus(0.05, random.Random(0)), Quota(now), Quota(now)
    there.learn(headers(5, reset=50))
    async with sharing(bus.join(there)):
        await asyncio.sleep(10)  # it has told long ago
        async with sharing(bus.join(late)):
            await asyncio.sleep(0)
            began = now()
            async with late.request(FILES):
                assert 40 <= now() - began < 41


@in_virtual_time
async def test_who_was_frozen_learns_before_its_next_request() -> None:
    bus, others, frozen = Bus(0.005, random.Random(0)), Quota(now), Quota(now)
    member = bus.join(frozen)
    frozen.learn(headers(90))
    async with sharing(bus.join(others)):
        async with sharing(member):
            await asyncio.sleep(1)
            assert frozen.wait_seconds(FILES) == 0
        frozen.peers.look(now())
        bus.leave(member)
        others.learn(headers(5))
        await asyncio.sleep(5)
        bus.members.append(member)
        assert frozen.left(FILES) == 90
        assert frozen.wait_seconds(FILES) == pytest.approx(CATCH_UP_SECONDS)
        async with sharing(member):
            await asyncio.sleep(CATCH_UP_SECONDS)
            assert frozen.left(FILES) == 5


@in_virtual_time
async def test_who_dies_with_requests_on_the_way_is_forgotten() -> None:
    bus, dying, other = Bus(0.001, random.Random(0)), Quota(now), Quota(now)
    other.learn(headers(16))
    async with sharing(bus.join(other)):
        async with sharing(bus.join(dying)), contextlib.AsyncExitStack() as requests:
            for _ in range(11):
                await requests.enter_async_context(dying.request(FILES))
            await asyncio.sleep(1)
            assert other.wait_seconds(FILES) > 90
            bus.leave(bus.members[1])
        began = now()
        async with other.request(FILES):
            assert 1 < now() - began <= FORGET_SECONDS + 1.5


@in_virtual_time
async def test_the_end_of_another_s_request_lets_one_go_at_once() -> None:
    bus, one, two = Bus(0.001, random.Random(0)), Quota(now), Quota(now)
    for quota in (one, two):
        quota.learn(headers(7))
    async with sharing(bus.join(one)), sharing(bus.join(two)):
        await asyncio.sleep(1)
        async with one.request(FILES):
            await asyncio.sleep(0.05)
            waiting = asyncio.create_task(work_once(two))
            await asyncio.sleep(5)
            assert not waiting.done()
        began = now()
        await waiting
        assert now() - began < 0.05


async def work_once(quota: Quota) -> None:
    async with quota.request(FILES):
        pass


@in_virtual_time
async def test_little_is_told_at_once_and_plenty_some_times_a_second() -> None:
    bus, quota = Bus(0.001, random.Random(0)), Quota(now)
    async with sharing(bus.join(quota)):
        await asyncio.sleep(20)
        assert 18 <= bus.messages <= 23, "where nothing happens, one a second"
        quota.learn(headers(100_000))
        bus.messages = 0
        for _ in range(1_000):
            await work_once(quota)
            await asyncio.sleep(0.01)
        assert bus.messages <= 45
        quota.learn(headers(20))
        before = bus.messages
        for _ in range(10):
            await work_once(quota)
            await asyncio.sleep(0.05)
        assert bus.messages >= before + 10
        bus.messages = 0
        for _ in range(10_000):
            await work_once(quota)
            await asyncio.sleep(0.0001)
        assert bus.messages <= 260, "however much happens"


@in_virtual_time
async def test_what_cannot_be_read_is_ignored_and_logged_once() -> None:
    quota = Quota(now)
    member = Bus(0, random.Random(0)).join(quota)
    with capture_logs() as logs:
        for body in (b"", b"[]", b"{}", b"\xff", b"9" * 9_000, report("x").replace(b'"left":7', b'"left":-7')):
            member.hear(body)
            member.hear(body)
    assert [each["event"] for each in logs] == ["quota.report_unreadable", "quota.reports_ignored"]
    assert quota.left(FILES) is None


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_bodies_of_any_kind_are_survived(body: bytes) -> None:
    quota = Quota()
    QuotaSharing(quota, KEY, Bus(0, random.Random(0)).tell).hear(body)
    assert quota.peers.count(quota.clock()) == 0


@in_virtual_time
async def test_reports_of_another_quota_do_not_count() -> None:
    quota = Quota(now)
    member = Bus(0, random.Random(0)).join(quota)
    member.hear(report("a", key="1" * 16))
    assert (quota.left(FILES), quota.peers.count(now())) == (None, 0)
    member.hear(report("a"))
    assert (quota.left(FILES), quota.peers.count(now())) == (7, 1)


def test_the_key_is_of_endpoint_and_token_and_shows_neither() -> None:
    keys = {key_of(endpoint, token) for endpoint in ("https://a", "https://b") for token in (None, "hf_1", "hf_2")}
    assert len(keys) == 6
    assert key_of("https://a/", "") == key_of("https://a", None)
    assert all(len(key) == 16 and "hf_" not in key for key in keys)


@in_virtual_time
async def test_a_flood_is_read_in_part_and_ends() -> None:
    quota = Quota(now)
    member = Bus(0, random.Random(0)).join(quota)
    with capture_logs() as logs:
        for number in range(20 * MAX_READ_PER_SECOND):
            member.hear(report(f"p{number}", left=90, in_flight=1))
    assert len(logs) == 1
    assert quota.peers.in_flight(FILES, now()) == MAX_PEERS
    await asyncio.sleep(FORGET_SECONDS)
    assert quota.peers.in_flight(FILES, now()) == 0
    assert quota.wait_seconds(FILES) == 0


@in_virtual_time
async def test_while_nats_is_away_each_goes_by_its_own_answers() -> None:
    bus, quota, other = Bus(0.001, random.Random(0)), Quota(now), Quota(now)
    quota.learn(headers(90))
    async with sharing(bus.join(quota)), sharing(bus.join(other)), other.request(FILES):
        await asyncio.sleep(1)
        assert quota.peers.count(now()) == 1
        bus.connected, sent = False, bus.messages
        await asyncio.sleep(FORGET_SECONDS + 60)
        assert (quota.peers.count(now()), quota.wait_seconds(FILES), bus.messages) == (0, 0, sent)
        bus.connected = True
        await asyncio.sleep(1.1)
        assert (quota.peers.count(now()), quota.peers.in_flight(FILES, now())) == (1, 1)


@in_virtual_time
async def test_who_may_not_tell_or_hear_says_so_once_and_falls_silent() -> None:
    bus, quota = Bus(0.001, random.Random(0)), Quota(now)
    member = bus.join(quota)
    bus.leave(member)
    with capture_logs() as logs:
        async with sharing(member):
            await asyncio.sleep(UNHEARD_PAUSE_SECONDS - 1)
            assert bus.messages <= 7
            assert quota.wait_seconds(FILES) == 0
            await asyncio.sleep(2 * UNHEARD_PAUSE_SECONDS)
            assert bus.messages <= 21
            bus.members.append(member)
            await asyncio.sleep(UNHEARD_PAUSE_SECONDS)
            assert bus.messages > 21
    assert [each["event"] for each in logs] == ["quota.not_shared"]
    assert "hub.quota.ingester, hub.quota.watcher" in logs[0]["what_to_do"]


@pytest.mark.parametrize("apart", [0.0, 30.0])
def test_by_address_each_has_all_of_its_own(apart: float) -> None:
    """Without a token two machines have the same key, and their windows may end together."""

    async def main() -> tuple[int, float]:
        chance = random.Random(3)
        hubs = [Hub(quota=100, window=60.0, latency=0.1, random=chance) for _ in range(2)]
        bus, quotas = Bus(0.001, chance), [Quota(now), Quota(now)]
        began = now()
        async with sharing(bus.join(quotas[0])), sharing(bus.join(quotas[1])):
            await work(quotas[1], hubs[1], 1, 1)
            await asyncio.sleep(apart)
            await work(quotas[0], hubs[0], 94, 6)
            await asyncio.sleep(1)
            await work(quotas[1], hubs[1], 60, 2)
        return sum(hub.refused for hub in hubs), now() - began

    refused, seconds = virtual_time.run(main())
    assert refused == 0
    assert seconds < 55, "it did not wait for the other's window to end"
