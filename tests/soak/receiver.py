"""The receiver of a webhook in bad moods: what it was told, by each channel."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from notifier.channels.secrets import fresh_secret
from notifier.sending.webhook import headers_of

from tests.support.relay import Relay

# Seconds of each one's digest: news by news, and several in one message.
CHANNELS: Final = {"each": 0, "digest": 3}
_CHANNEL = """
[[channels]]
name = "{name}"
kind = "webhook"
url = "http://127.0.0.1:{port}/{name}"
secret = "{secret}"
allow_private = true
digest_seconds = {digest}
"""


@dataclass
class Receiver:
    """Takes messages, and keeps the bodies that came under each id; `forged` counts those that were signed wrongly."""

    relay: Relay
    secret: str = field(default_factory=fresh_secret, repr=False)
    moods: list[str] = field(default_factory=list)
    bodies: dict[tuple[str, str], set[bytes]] = field(default_factory=lambda: defaultdict(set))
    refused: int = 0
    forged: int = 0

    async def be(self, mood: str, seconds: float) -> None:
        """Be so for a while."""
        match mood:
            case "silent":
                await self.relay.say_nothing()
            case "hangs-up":
                await self.relay.hang_up()
            case _:
                self.moods.append(mood)
        try:
            await asyncio.sleep(seconds)
        finally:
            if mood in self.moods:
                self.moods.remove(mood)
            await self.relay.let_through()

    async def answer(self, request: web.Request) -> web.Response:
        """Take a message, or not."""
        body = await request.read()
        if "refuses" in self.moods:
            self.refused += 1
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        given = {name: request.headers.get(name, "") for name in ("webhook-id", "webhook-timestamp")}
        wanted = headers_of(given["webhook-id"], int(given["webhook-timestamp"]), body, [self.secret])
        self.forged += request.headers.get("webhook-signature") != wanted["webhook-signature"]
        self.bodies[request.path.strip("/"), given["webhook-id"]].add(body)
        return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR if "forgets" in self.moods else HTTPStatus.OK)

    def told(self, channel: str) -> Iterator[dict[str, Any]]:
        """Give each piece of news that a channel told, as often as it told it under another id."""
        for (name, _), bodies in self.bodies.items():
            if name == channel:
                yield from json.loads(min(bodies))["data"]["news"]

    def channels(self, folder: Path) -> Path:
        """Write the notifier's file of channels, which lead here."""
        file = folder / "notifications.toml"
        of_each = {"port": self.relay.port, "secret": self.secret}
        file.write_text("".join(_CHANNEL.format(name=name, digest=each, **of_each) for name, each in CHANNELS.items()))
        return file


@contextlib.asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """Lend a receiver that listens on loopback, behind a relay."""
    app = web.Application()
    runner = web.AppRunner(app)
    # The relay has to know where it leads, and who answers what the relay is.
    relay = Relay(0)
    found = Receiver(relay)
    app.router.add_post("/{channel}", found.answer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    relay.lead_to(runner.addresses[0][1])
    try:
        async with relay:
            await relay.let_through()
            yield found
    finally:
        await runner.cleanup()
