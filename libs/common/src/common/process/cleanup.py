"""Cleaning up without hiding why it was necessary."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from common.process.outage import reason_of

log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def afterwards(clean_up: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Clean up when the block ends. Where both fail, the block's error is the one that leaves.

    In a `finally` the second error would take the place of the first, which says what is wrong.
    """
    try:
        yield
    except BaseException:
        try:
            await clean_up()
        except Exception as error:  # noqa: BLE001 - an echo of what is raised below
            log.debug("cleanup.failed", reason=reason_of(error))
        raise
    await clean_up()
