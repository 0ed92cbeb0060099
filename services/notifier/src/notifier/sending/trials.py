"""Test messages: sent once, and nothing of them is stored here."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from common.process.choices import no_such

from notifier.channels.channel_file import Channels
from notifier.news.message import Message
from notifier.sending.errors import DeliveryError
from notifier.sending.sender import send


@dataclass(frozen=True)
class Tried:
    """What became of a test: why it was not taken, where it was not."""

    kind: str | None = None
    reason: str | None = None


async def send_test(channels: Channels, name: str, site: str | None) -> Tried:
    """Send a test message to a channel, once; raise LookupError, with what to do, where there is none of that name."""
    if not channels:
        raise LookupError("there are no channels: name their file in NOTIFICATIONS_FILE")
    channel = next((each for each in channels if each.name == name), None)
    if channel is None:
        raise LookupError(no_such("channel", name, [each.name for each in channels], "the file"))
    try:
        await send(channel, f"msg_{uuid.uuid4().hex}", Message.test(name, datetime.now(UTC), site))
    except DeliveryError as error:
        return Tried(error.kind, error.reason)
    return Tried()
