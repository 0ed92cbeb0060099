"""One run: a plan is done to a world, and once all is calm everybody must say the same."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from pathlib import Path

import asyncpg
import nats.errors
from aiohttp import ClientError

from tests.soak.checker import Checker
from tests.soak.faults import Breaker
from tests.soak.listener import Listener
from tests.soak.plan import Step, plan
from tests.soak.upstream import Upstream
from tests.soak.world import World, world
from tests.support.eventually import eventually

# A third delivery waits for 30 s, a fourth for 2 min; a listing that failed is asked for again after 15 min at the
# latest, but here each minute.
CALM_SECONDS = 300.0
_LOOKS_EVERY_SECONDS = 2.0
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ClientError, nats.errors.Error)

Say = Callable[[str], None]


async def soak(
    seed: int, seconds: float, folder: Path, say: Say, *, planted: Mapping[str, str] | None = None
) -> list[str]:
    """Run a seed; return what did not agree in the end, with everything that was logged left in the folder."""
    async with world(folder, planted) as made, checker_of(made, seed) as checker:
        await started(made)
        await _play(plan(seed, seconds), checker.breaker, say)
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


async def started(made: World) -> None:
    async def ready() -> bool:
        running = [each.running for each in made.services.values()]
        return all([each is not None and await each.probe("/readyz") == HTTPStatus.OK for each in running])

    await eventually(ready, 90, what="every service ready")


async def _play(steps: list[Step], breaker: Breaker, say: Say) -> None:
    began = time.monotonic()
    for step in steps:
        await asyncio.sleep(max(0.0, began + step.at - time.monotonic()))
        say(f"{time.monotonic() - began:6.1f} s  {step.kind}: {await breaker.do(step)}")
    await breaker.mended()


async def settled(checker: Checker, say: Say, calm_seconds: float = CALM_SECONDS) -> list[str]:
    """Wait until nothing disagrees any more; return what still does at the end."""
    deadline = time.monotonic() + calm_seconds
    said: list[str] = []
    while True:
        try:
            found = await checker.problems()
        except _AWAY as error:
            found = [f"not all is back: {error!r}"]
        if not found or time.monotonic() > deadline:
            return found
        if found != said:
            say(f"          not yet: {found[0]}{f' (and {len(found) - 1} more)' if found[1:] else ''}")
            said = found
        await asyncio.sleep(_LOOKS_EVERY_SECONDS)
