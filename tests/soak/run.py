"""One run: a plan is done to a world, and once all is calm everybody must say the same."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Collection, Mapping
from http import HTTPStatus
from pathlib import Path

import asyncpg
import nats.errors
from aiohttp import ClientError

from tests.soak.checker import Checker
from tests.soak.faults import Breaker
from tests.soak.listener import Listener
from tests.soak.plan import Step, plan
from tests.soak.servers import Say
from tests.soak.upstream import Upstream
from tests.soak.world import World, world
from tests.support.eventually import eventually

# How long nothing may change before what does not agree is said to stay so. What waits longest is a message to a
# webhook whose notifier was killed while it sent it (2 min), after attempts that failed (5 s, 30 s, 2 min); an event's
# third delivery waits for 30 s, its fourth for 2 min. A listing is asked for again each minute here.
CALM_SECONDS = 300.0
_START_SECONDS = 1_200.0
_LONGEST_SECONDS = 3_600.0
_LOOKS_EVERY_SECONDS = 2.0
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ClientError, nats.errors.Error)


async def soak(
    seed: int,
    seconds: float,
    folder: Path,
    say: Say,
    *,
    without: Collection[str] = (),
    planted: Mapping[str, str] | None = None,
) -> list[str]:
    """Run a seed; return what did not agree in the end, with everything that was logged left in the folder."""
    async with world(folder, say, planted) as made, checker_of(made, seed) as checker:
        await started(made, checker.listener)
        await _play(plan(seed, seconds, without), checker.breaker, say)
        return await settled(checker, say)


@contextlib.asynccontextmanager
async def checker_of(made: World, seed: int) -> AsyncIterator[Checker]:
    # Not the plan's own numbers: uploads depend on what was uploaded, the plan on nothing.
    upstream = Upstream(made.hub, random.Random(f"upstream {seed}"))
    breaker = Breaker(made, upstream, random.Random(f"faults {seed}"))
    listener = Listener(made.api)
    listening = asyncio.create_task(listener.listen())
    try:
        yield Checker(made, upstream, breaker, listener)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def started(made: World, listener: Listener) -> None:
    """Wait until every service is ready, and a page knows after which event it listens."""

    async def ready() -> bool:
        running = [each.running for each in made.services.values()]
        return all([each is not None and await each.probe("/readyz") == HTTPStatus.OK for each in running])

    await eventually(ready, _START_SECONDS, what="every service ready")
    await eventually(lambda: listener.last, _START_SECONDS, what="the page listens")


async def _play(steps: list[Step], breaker: Breaker, say: Say) -> None:
    began = time.monotonic()
    for step in steps:
        await asyncio.sleep(max(0.0, began + step.at - time.monotonic()))
        say(f"{time.monotonic() - began:6.1f} s  {step.kind}: {await breaker.do(step)}")
    await breaker.mended()


async def settled(checker: Checker, say: Say, calm_seconds: float = CALM_SECONDS) -> list[str]:
    """Wait until nothing disagrees; return what still does when nothing has changed for so long.

    A slow machine only takes longer: as long as something changes, it is waited for.
    """
    said: list[str] = []
    began = changed = time.monotonic()
    while True:
        try:
            found = await checker.problems()
        except _AWAY as error:
            found = [f"not all is back: {error!r}"]
        now = time.monotonic()
        if found != said:
            changed = now
            for problem in found[:1]:
                say(f"          not yet: {problem}{f' (and {len(found) - 1} more)' if found[1:] else ''}")
        said = found
        if not found or now > changed + calm_seconds or now > began + _LONGEST_SECONDS:
            return found
        await asyncio.sleep(_LOOKS_EVERY_SECONDS)
