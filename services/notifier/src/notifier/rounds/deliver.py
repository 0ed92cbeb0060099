"""Sends what is due to one channel, and decides what becomes of what the receiver did not take."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from notifier.channels.channel import Channel
from notifier.metrics import Metrics
from notifier.news.message import Message
from notifier.rounds.backoff import again_in
from notifier.sending.errors import DeliveryError
from notifier.store.outbox import Claimed, Outbox

log = structlog.get_logger(__name__)

# Longer than an attempt may take, with its statements.
LEASE_SECONDS = 120.0

Send = Callable[[Channel, str, Message], Awaitable[None]]


@dataclass(frozen=True)
class Deliverer:
    """Sends the messages of one channel, one at a time; each channel has its own, so that none waits for another."""

    channel: Channel
    outbox: Outbox
    metrics: Metrics
    send: Send
    site: str | None = None

    async def run_due(self) -> int:
        """Send all that is due; return how many attempts that were."""
        attempts = 0
        while await self.run_once():
            attempts += 1
        return attempts

    async def run_once(self) -> bool:
        """Try to send one message that is due; return False where there was none."""
        claimed = await self.outbox.claim(self.channel.name, LEASE_SECONDS)
        if claimed is None:
            return False
        try:
            await self.send(self.channel, claimed.wire_id, await self._message(claimed))
        except DeliveryError as error:
            await self._failed(claimed, error)
        else:
            await self.outbox.sent(claimed)
            self.metrics.messages.labels(self.channel.name, "sent").inc()
            log.info("message.sent", channel=self.channel.name, id=claimed.wire_id, pieces=len(claimed.news))
        return True

    async def _message(self, claimed: Claimed) -> Message:
        try:
            if (text := claimed.text) is None:
                news = await self.outbox.news_of(claimed)
                made = Message.of(news, self.channel.name, claimed.created_at, self.site)
                text = await self.outbox.keep(claimed, made.as_text())
            return Message.stored(text)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # Written by another release, perhaps: it must not hold up what comes after it.
            log.exception("message.not_made", channel=self.channel.name, id=claimed.wire_id)
            raise DeliveryError("unexpected", f"it cannot be made: {type(error).__name__}") from error

    async def _failed(self, claimed: Claimed, error: DeliveryError) -> None:
        seconds = None if error.final else again_in(claimed.attempts, error.retry_after)
        await self.outbox.failed(claimed, error.reason, seconds)
        self.metrics.messages.labels(self.channel.name, "dead" if seconds is None else "retried").inc()
        self.metrics.failures.labels(error.kind).inc()
        told = {"channel": self.channel.name, "id": claimed.wire_id, "attempts": claimed.attempts}
        if seconds is None:
            log.error("message.dead", **told, kind=error.kind, reason=error.reason)
        else:
            log.warning("message.failed", **told, kind=error.kind, reason=error.reason, again_in_seconds=round(seconds))
