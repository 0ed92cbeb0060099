"""The Hub's rate limit, as its `RateLimit` headers tell it, and waiting for it. Replicas share one quota.

Source: the Hub sends `RateLimit: "api";r=<left>;t=<seconds to reset>` and `RateLimit-Policy: ...;q=<quota>;w=<window>`
on every answer; windows are 300 s. There is one budget for the API and one for files ("resolvers").
"""

import asyncio
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_LEFT = re.compile(r'"(?P<name>\w+)"\s*;\s*r\s*=\s*(?P<left>\d+)\s*;\s*t\s*=\s*(?P<reset>\d+)')
_POLICY = re.compile(r"q\s*=\s*(?P<quota>\d+)")

# Nobody takes the last hundredth of a budget (and no less than two requests): a person's `arcwatch sync`, a webhook or
# another replica whose view is a few answers old still gets through.
RESERVE = 0.01
MIN_RESERVE = 2
# Replicas that waited for one reset do not all start in the same instant.
JITTER_SECONDS = 0.5


@dataclass
class Budget:
    """What is left of one budget, as of the last answer. Times are on the monotonic clock."""

    left: int
    quota: int | None
    resets_at: float

    def exhausted(self, now: float) -> bool:
        """Tell whether what is left belongs to the reserve."""
        reserve = max(MIN_RESERVE, int((self.quota or 0) * RESERVE))
        return now < self.resets_at and self.left <= reserve


@dataclass
class Quota:
    """The budgets of one process; `clock` gives seconds, `waited` hears of each wait."""

    clock: Callable[[], float] = time.monotonic
    waited: Callable[[float], None] = lambda _: None
    budgets: dict[str, Budget] = field(default_factory=dict)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take note of an answer's headers; answers without them change nothing."""
        found = _LEFT.search(headers.get("RateLimit", ""))
        if not found:
            return
        policy = _POLICY.search(headers.get("RateLimit-Policy", ""))
        self.budgets[found["name"]] = Budget(
            left=int(found["left"]),
            quota=int(policy["quota"]) if policy else None,
            resets_at=self.clock() + int(found["reset"]),
        )

    def wait_seconds(self, name: str) -> float:
        """Return how long a request on this budget has to wait; 0 when it may go."""
        budget = self.budgets.get(name)
        now = self.clock()
        return budget.resets_at - now if budget and budget.exhausted(now) else 0.0

    async def acquire(self, name: str) -> None:
        """Wait until the budget allows one more request, and count it."""
        while (seconds := self.wait_seconds(name)) > 0:
            self.waited(seconds)
            await asyncio.sleep(seconds + random.uniform(0, JITTER_SECONDS))  # noqa: S311 - jitter, no secret
        if budget := self.budgets.get(name):
            budget.left -= 1


def reset_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a 429 answer asks us to wait, from `RateLimit` or `Retry-After`."""
    if found := _LEFT.search(headers.get("RateLimit", "")):
        return float(found["reset"])
    after = headers.get("Retry-After", "")
    return float(after) if after.isdigit() else None
