"""News and channels of tests, and a receiver that keeps what comes."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from notifier.channels.channel import Channel
from notifier.channels.secrets import fresh_secret
from notifier.news.message import Message
from notifier.news.news import News

V2 = "arcprize/arc_agi_v2_public_eval"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = fresh_secret()


def landing(model: str = "m", score: float = 0.5, **detail: Any) -> News:
    """Return the news that a model landed."""
    detail = {"displayName": f"Model {model}", "source": "ARC2-Eval", "previousScore": None, **detail}
    return News("landing", V2, model, AT, score, detail)


def failure(model: str = "m", reason: str = "no such folder") -> News:
    """Return the news that an ingestion failed for good."""
    return News("failure", V2, model, AT, None, {"runId": 7, "reason": reason})


def verification(model: str = "m") -> News:
    """Return the news that a verification found something wrong."""
    return News("verification", V2, model, AT, 0.5, {"disagreements": 3})


def webhook(url: str = "http://127.0.0.1:1/hook", **values: Any) -> Channel:
    """Return a webhook's channel that may lead to this machine."""
    given = {"name": "ops", "kind": "webhook", "secret": SECRET, "allow_private": True, **values}
    return Channel(**{"url": url} | given)


MESSAGE = Message.of([landing()], "ops", AT, None)


@dataclass
class Receiver:
    """Answers each request with the next of `statuses`, then with 204, and keeps what came."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Keep a request, and answer it."""
        self.came.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        self.paths.append(request.path)
        status = self.statuses.pop(0) if self.statuses else 204
        return web.Response(status=status, headers=self.headers, text=self.body or None)


@contextlib.asynccontextmanager
async def receiver(host: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    """Lend a receiver that listens on loopback, or on another address of this machine."""
    found = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    found.url = f"http://{host}:{runner.addresses[0][1]}"
    try:
        yield found
    finally:
        await runner.cleanup()
