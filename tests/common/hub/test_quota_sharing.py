"""Processes that share a quota tell each other what they know and use, and none takes another's last requests."""

import asyncio
import contextlib
import random

import pytest
from common.hub.quota import Quota
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.common.hub.quota_simulation import Bus, Hub, now, sharing, work
from tests.support import virtual_time


async def day_of_work(seed: int, *, shares: bool, processes: int = 3, **hub: float) -> Hub:
    """Have processes make 120 requests each, six at a time, at a Hub that allows 100 in 60 s."""
    chance = random.Random(seed)
    random.seed(seed)
    the_hub = Hub(quota=100, window=60.0, latency=hub.get("latency", 0.1), random=chance)
    bus = Bus(hub.get("delay", 0.005), chance)
    async with contextlib.AsyncExitStack() as stack:
        quotas = [Quota(now) for _ in range(processes)]
        if shares:
            for quota in quotas:
                await stack.enter_async_context(sharing(bus.join(quota)))
        await asyncio.gather(*(work(quota, the_hub, 120, 6) for quota in quotas))
    return the_hub


@given(seed=st.integers(0, 2**32), latency=st.floats(0.02, 2.0), delay=st.floats(0.0, 0.5))
@settings(max_examples=20)
def test_the_hub_refuses_nothing_where_the_bus_is_no_slower(seed: int, latency: float, delay: float) -> None:
    hub = virtual_time.run(day_of_work(seed, shares=True, latency=latency, delay=latency * delay))
    assert (hub.answered, hub.refused) == (360, 0)
    assert hub.windows == 4, "and no more windows pass than the requests need"


@pytest.mark.parametrize("seed", range(5))
def test_who_does_not_share_takes_the_others_last_requests(seed: int) -> None:
    assert virtual_time.run(day_of_work(seed, shares=False)).refused > 0
