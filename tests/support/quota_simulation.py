"""Processes that share a quota, a bus and a Hub that counts, in virtual time: what takes minutes takes milliseconds."""

import asyncio
import math
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from common.events import QuotaReport, body_of
from common.hub.quota import Quota
from common.hub.quota_sharing import QuotaSharing

KEY = "0" * 16


def now() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class Hub:
    """Allows `quota` requests in each window, which begins with a request; answers take up to `latency` seconds."""

    quota: int
    window: float
    latency: float
    random: random.Random
    answered: int = 0
    refused: int = 0
    used: int = 0
    windows: int = 0
    _ends_at: float = 0.0

    async def ask(self) -> tuple[bool, dict[str, str]]:
        """Count a request when it arrives; tell whether it was allowed, and how things stood then."""
        await asyncio.sleep(self.random.uniform(0, self.latency / 2))
        if now() >= self._ends_at:
            self._ends_at, self.used, self.windows = now() + self.window, 0, self.windows + 1
        allowed = self.used < self.quota
        self.used += allowed
        self.answered += allowed
        self.refused += not allowed
        limit = f'"resolvers";r={self.quota - self.used};t={math.ceil(self._ends_at - now())}'
        policy = f'"fixed window";"resolvers";q={self.quota};w={math.ceil(self.window)}'
        await asyncio.sleep(self.random.uniform(0, self.latency / 2))
        return allowed, {"RateLimit": limit, "RateLimit-Policy": policy}


@dataclass
class Bus:
    """Brings what each tells to all, after up to `delay` seconds; keeps the order of each sender's."""

    delay: float
    random: random.Random
    connected: bool = True
    messages: int = 0
    members: list[QuotaSharing] = field(default_factory=list)
    _last: dict[tuple[str, str], float] = field(default_factory=dict)

    def join(self, quota: Quota, key: str = KEY) -> QuotaSharing:
        member = QuotaSharing(quota, key, self.tell, clock=now)
        self.members.append(member)
        return member

    def leave(self, member: QuotaSharing) -> None:
        """Bring nothing more to a member; take nothing from it."""
        self.members.remove(member)

    async def tell(self, report: QuotaReport) -> bool:
        if not self.connected:
            return False
        self.messages += 1
        if report.process not in {each.process for each in self.members}:
            return True
        for member in self.members:
            way = (report.process, member.process)
            self._last[way] = max(self._last.get(way, 0.0), now() + self.random.uniform(0, self.delay))
            asyncio.get_running_loop().call_at(self._last[way], member.hear, body_of(report))
        return True


@asynccontextmanager
async def sharing(member: QuotaSharing) -> AsyncIterator[None]:
    """Let a member report until the block ends."""
    running = asyncio.create_task(member.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


async def work(quota: Quota, hub: Hub, requests: int, at_once: int) -> None:
    """Make so many requests, each until it is answered well."""
    left = iter(range(requests))

    async def worker() -> None:
        for _ in left:
            allowed = False
            while not allowed:
                async with quota.request("resolvers"):
                    allowed, headers = await hub.ask()
                    quota.learn(headers)

    await asyncio.gather(*(worker() for _ in range(at_once)))
