"""The Hub's rate limit, as its `RateLimit` headers tell it, and waiting for it. Replicas share one quota.

What other processes know and use of it is in `peers`, where they tell; our own answers are the truth.

Source: the Hub sends `RateLimit: "api";r=<left>;t=<seconds to reset>` and `RateLimit-Policy: ...;q=<quota>;w=<window>`
on every answer; windows are 300 s. There is one budget for the API and one for files ("resolvers"). Which one git
requests are charged to, nobody says: their answers tell.
"""

import asyncio
import contextlib
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from common.hub.budget import Budget, Standing, merge
from common.hub.peers import Peers
from common.outcomes import TransientError

_LEFT = re.compile(r'"(?P<name>[0-9A-Za-z_]{1,64})"\s*;\s*r\s*=\s*(?P<left>\d{1,12})\s*;\s*t\s*=\s*(?P<reset>\d{1,12})')
_SECONDS = re.compile(r"\d+(\.\d*)?", re.ASCII)
_POLICY = re.compile(r"q\s*=\s*(?P<quota>\d{1,12})")

# Requests of git: charged to whatever budget their answers name.
GIT: Final = "git"

# Replicas that waited for one reset do not all start in the same instant.
JITTER_SECONDS = 0.5
# A reset of 0 s is one that was rounded down: all tries would be used up before it came.
MIN_RETRY_SECONDS = 1.0
# A server that asks for more is asked again after this, at the latest.
MAX_RETRY_SECONDS = 3600.0
# A window of 300 s, and some more: what lasts longer is not waited for, but tried again later.
MAX_WAIT_SECONDS = 330.0
# The Hub has three; whatever answers in its place may not fill memory, or metrics, with names.
MAX_BUDGETS = 20

# What others had told of a budget when the request was sent whose answer is learnt from: each task has its own.
_TOLD: ContextVar[Mapping[str, Mapping[str, Budget]]] = ContextVar("told", default=MappingProxyType({}))


@dataclass
class Quota:
    """The budgets of one process; `clock` gives seconds, `on_wait` is called with the seconds of each wait.

    Without `waits` every request goes: for a person who wants to know what the Hub says then.
    """

    clock: Callable[[], float] = time.monotonic
    on_wait: Callable[[float], None] = lambda _: None
    waits: bool = True
    budgets: dict[str, Budget] = field(default_factory=dict)
    peers: Peers = field(default_factory=Peers)
    # Set where others should know at once what this process does.
    urgent: asyncio.Event = field(default_factory=asyncio.Event)
    in_flight: Counter[str] = field(default_factory=Counter)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _names: dict[str, str] = field(default_factory=dict)

    def learn(self, headers: Mapping[str, str], kind: str | None = None, status: int = HTTPStatus.OK) -> None:
        """Take note of an answer's headers; answers without them change nothing, but for a refusal.

        The budget that they name is the one of requests of this `kind` from now on, where one is given.
        """
        found = _LEFT.search(headers.get("RateLimit", ""))
        if found:
            self._learn_budget(found, headers.get("RateLimit-Policy", ""))
        if kind and status == HTTPStatus.TOO_MANY_REQUESTS and not (found and int(found["left"]) == 0):
            self._learn_refusal(kind, reset_seconds(headers))
        elif kind and found and found["name"] in self.budgets:
            self._names[kind] = found["name"]

    def _learn_refusal(self, kind: str, seconds: float | None) -> None:
        """Take note of a 429 by a limit that the headers do not name: it is of this kind alone."""
        self._names.pop(kind, None)
        if seconds is not None:
            self.budgets[kind] = Budget(0, None, self.clock() + seconds)

    def _learn_budget(self, found: re.Match[str], policies: str) -> None:
        if found["name"] not in self.budgets and len(self.budgets) >= MAX_BUDGETS:
            return
        policy = _POLICY.search(policies)
        known = self.budgets.get(found["name"])
        left, reset = int(found["left"]), min(float(found["reset"]), MAX_RETRY_SECONDS)
        # The answer may have waited unread, as while we were frozen: the reset is counted from when it came.
        resets_at = self.peers.read_since(self.clock()) + (reset or (0.0 if left else MIN_RETRY_SECONDS))
        new = Budget(left, int(policy["quota"]) if policy else None, resets_at)
        self.peers.compare(found["name"], _TOLD.get().get(found["name"], {}), new)
        if known and new.is_of_window(known):
            # Answers overtake each other: within one window, what is left only shrinks.
            new = replace(new, left=min(left, known.left))
        self.budgets[found["name"]] = new

    def budget_of(self, kind: str) -> str:
        """Return the name of the budget that requests of a kind are charged to: its own, until an answer names one."""
        return self._names.get(kind, kind)

    def left(self, name: str) -> int | None:
        """Return what is left of a budget by now: all of it, once its window has ended. None: not known."""
        known, now = self.known(name), self.clock()
        standing = known.at(now) if known else None
        return standing.left if standing else None

    def known(self, name: str) -> Budget | None:
        """Return what is known of a budget, by our own answers and by what others told."""
        return merge(self.budgets.get(name), self.peers.told(name).values(), self.clock())

    def _standing(self, name: str) -> Standing | None:
        if (budget := self.known(name)) is None:
            return None
        now, peers = self.clock(), self.peers
        return Standing(budget, now, self.in_flight[name], peers.in_flight(name, now), 1 + peers.count(now))

    def wait_seconds(self, kind: str) -> float:
        """Return how long a request of this kind has to wait, if nothing changes; 0 when it may go."""
        if not self.waits:
            return 0.0
        if seconds := self.peers.catch_up_seconds(self.clock()):
            return seconds
        standing = self._standing(self.budget_of(kind))
        return 0.0 if standing is None else standing.wait_seconds

    @contextlib.asynccontextmanager
    async def request(self, kind: str) -> AsyncIterator[None]:
        """Wait until the budget of this kind allows one more request, and count it as on the way until the block ends.

        Raises TransientError where the wait is longer than a window: whoever waits so long holds up others' work.
        """
        while (seconds := self.wait_seconds(kind)) > 0:
            if seconds > MAX_WAIT_SECONDS:
                raise TransientError("the Hub's quota is used up", kind="rate_limited", retry_after_seconds=seconds)
            await self._pause(seconds)
        name = self.budget_of(kind)
        _TOLD.set({name: self.peers.told(name)})
        self._count(name, 1)
        try:
            yield
        finally:
            self._count(name, -1)
            self.wake()

    def _count(self, name: str, requests: int) -> None:
        self.in_flight[name] += requests
        if (standing := self._standing(name)) and standing.is_little:
            self.urgent.set()

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until something is new."""
        began = self.clock()
        jitter = random.uniform(0, min(seconds, JITTER_SECONDS))  # noqa: S311 - no secret
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds + jitter):
                await self._changed.wait()
        self.on_wait(self.clock() - began)

    def wake(self) -> None:
        """Have every request that waits look again."""
        self._changed.set()
        self._changed = asyncio.Event()


def reset_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a 429 asks us to wait: those of an exhausted `RateLimit`, else of `Retry-After`."""
    found = _LEFT.search(headers.get("RateLimit", ""))
    after = retry_after_seconds(headers)
    return _bounded(float(found["reset"])) if found and (after is None or int(found["left"]) == 0) else after


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return what RFC 9110's `Retry-After` asks for, in seconds or until a date; None where it says nothing."""
    text = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
        return _bounded(float(text))
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # The oldest of the three forms names no zone: all of them mean UTC.
    return _bounded((date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _bounded(seconds: float) -> float:
    return min(max(seconds, MIN_RETRY_SECONDS), MAX_RETRY_SECONDS)
