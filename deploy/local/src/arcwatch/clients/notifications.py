"""Outgoing notifications from the command line: the notifier's own parts, run in this process."""

import uuid
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from common.database.pool import open_pool
from common.database.schema import check_migrated
from notifier.channels.channel_file import Channels
from notifier.sending import trials
from notifier.sending.trials import Tried
from notifier.store.outbox import Outbox

from arcwatch.errors import DeploymentError


async def send_test(channels: Channels, name: str, site: str | None) -> Tried:
    """Send a test message to a channel, once."""
    try:
        return await trials.send_test(channels, name, site)
    except LookupError as error:
        raise DeploymentError(str(error)) from error


async def unsent(url: str) -> list[dict[str, Any]]:
    """Return the messages that wait or are dead."""
    async with _outbox(url) as outbox:
        return await outbox.unsent()


async def replay(url: str, ids: Collection[uuid.UUID] | None) -> list[uuid.UUID]:
    """Have dead messages sent again, all of them for None; return which."""
    async with _outbox(url) as outbox:
        return await outbox.replay(ids)


async def remove(url: str, ids: Collection[uuid.UUID] | None) -> list[uuid.UUID]:
    """Remove these unsent messages, all that are dead for None; return which."""
    async with _outbox(url) as outbox:
        return await outbox.remove(ids)


@asynccontextmanager
async def _outbox(url: str) -> AsyncIterator[Outbox]:
    async with open_pool(url, wait_seconds=0) as pool:
        await check_migrated(pool)
        yield Outbox(pool)
