"""Whoever looks at the Hub's state shares one request, and reads what is left of the quota now."""

import asyncio

from common.hub.quota import Quota
from query_api.probes.hub_probe import HubProbe


async def test_many_lookers_cost_the_hub_one_request() -> None:
    asks = 0

    async def ask() -> None:
        nonlocal asks
        asks += 1
        await asyncio.sleep(0)

    quota = Quota()
    probe = HubProbe("https://huggingface.co", ask, quota)
    quota.learn({"RateLimit": '"api";r=488;t=120', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'})

    states = [*await asyncio.gather(*(probe.state() for _ in range(4))), await probe.state()]

    assert asks == 1
    assert [(state.reachable, state.quota_left, state.quota_limit) for state in states] == [(True, 488, 500)] * 5
