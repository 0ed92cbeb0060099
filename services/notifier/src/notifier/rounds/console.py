"""What admins see and ask of channels on the page and by the API: it says which there are, and sends their tests."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from notifier.channels.channel_file import Channels
from notifier.sending.trials import Tried, send_test
from notifier.store.register import AskedTest, Register

log = structlog.get_logger(__name__)

# The query API takes a notifier for gone that has said nothing for a minute.
ANNOUNCE_SECONDS = 15.0
# Later, no admin waits for it any more, and it would only startle people.
ASKED_WITHIN_SECONDS = 120.0

Try = Callable[[Channels, str, str | None], Awaitable[Tried]]


@dataclass(frozen=True)
class Console:
    """What one notifier says and does for admins."""

    channels: Channels
    register: Register
    site: str | None = None
    send: Try = send_test

    async def announce(self) -> None:
        """Say which channels there are."""
        await self.register.announce(self.channels)

    async def send_tests(self) -> int:
        """Send the tests that were asked for, each once; return how many."""
        asked = await self.register.claim_tests(self.channels, ASKED_WITHIN_SECONDS)
        await asyncio.gather(*map(self._send, asked))
        return len(asked)

    async def _send(self, test: AskedTest) -> None:
        tried = await self.send(self.channels, test.channel, self.site)
        await self.register.ended(test, tried.kind, tried.reason)
        log.info("test.sent", channel=test.channel, test=test.id, kind=tried.kind, reason=tried.reason)
