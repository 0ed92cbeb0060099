"""Outgoing notifications from the command line: the notifier's own parts, run in this process."""

import uuid
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from common.database.pool import open_pool
from common.database.schema import check_migrated
from common.process.choices import no_such
from notifier.channels.channel_file import Channels
from notifier.news.message import Message
from notifier.sending.errors import DeliveryError
from notifier.sending.sender import send
from notifier.store.outbox import Outbox

from arcwatch.errors import DeploymentError


@dataclass(frozen=True)
class Tried:
    """What became of a test: why it was not taken, where it was not."""

    kind: str | None = None
    error: str | None = None


async def send_test(channels: Channels, name: str, site: str | None) -> Tried:
    """Send a test message to a channel, once."""
    if not channels:
        raise DeploymentError("there are no channels: name their file with --file or NOTIFICATIONS_FILE")
    channel = next((each for each in channels if each.name == name), None)
    if channel is None:
        raise DeploymentError(no_such("channel", name, [each.name for each in channels], "the file"))
    try:
        await send(channel, f"msg_{uuid.uuid4().hex}", Message.test(name, datetime.now(UTC), site))
    except DeliveryError as error:
        return Tried(error.kind, error.reason)
    return Tried()


async def unsent(url: str) -> list[dict[str, Any]]:
    """Return the messages that wait or are dead."""
    async with _outbox(url) as outbox:
        return await outbox.unsent()


async def replay(url: str, ids: Collection[uuid.UUID] | None) -> list[uuid.UUID]:
    """Have dead messages sent again, all of them for None; return which."""
    async with _outbox(url) as outbox:
        return await outbox.replay(ids)


async def remove(url: str, ids: Collection[uuid.UUID] | None) -> list[uuid.UUID]:
    """Remove dead messages, all of them for None; return which."""
    async with _outbox(url) as outbox:
        return await outbox.remove(ids)


@asynccontextmanager
async def _outbox(url: str) -> AsyncIterator[Outbox]:
    async with open_pool(url, wait_seconds=0) as pool:
        await check_migrated(pool)
        yield Outbox(pool)
