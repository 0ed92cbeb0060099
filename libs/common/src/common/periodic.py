"""Work that is done again and again beside a service's own, and that an outage only delays."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

import asyncpg
import nats.errors
import structlog

log = structlog.get_logger(__name__)

# What PostgreSQL and NATS raise while they are away. Their state changes are told elsewhere, once for a service.
AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, nats.errors.Error, OSError, TimeoutError)


async def periodically(name: str, work: Callable[[], Awaitable[object]], every_seconds: float) -> NoReturn:
    """Work for ever; what is away now is asked the next time."""
    while True:
        try:
            await work()
        except AWAY as error:
            log.debug("periodic.failed", work=name, reason=str(error) or type(error).__name__)
        await asyncio.sleep(every_seconds)
