"""Background work that a service repeats, and that an outage only delays."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

import asyncpg
import structlog

from common.process.outage import AWAY, Outage, reason_of

log = structlog.get_logger(__name__)

# A statement that the database refuses ends no service either: its other work goes on.
FAILURES = (*AWAY, asyncpg.PostgresError)


async def periodically(
    name: str, work: Callable[[], Awaitable[object]], every_seconds: float, outage: Outage | None = None
) -> NoReturn:
    """Work for ever; what is away now is asked the next time. One of a service's loops logs the outage."""
    while True:
        try:
            await work()
        except FAILURES as error:
            log.debug("periodic.failed", work=name, reason=reason_of(error))
            if outage:
                outage.failed(error)
        else:
            if outage:
                outage.worked()
        await asyncio.sleep(every_seconds)
