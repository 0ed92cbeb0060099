"""What a page hears of it all: server-sent events, joined again with the last id whenever the connection is lost."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from tests.support.sse import listening

_SILENT_SECONDS = 20.0
_AGAIN_SECONDS = 0.2


@dataclass
class Listener:
    """Notes the runs that it was told of, and when it was told to load everything again."""

    url: str
    runs: set[int] = field(default_factory=set)
    reset_at: datetime | None = None
    joins: int = 0
    last: str | None = None

    async def listen(self) -> None:
        """Listen until cancelled."""
        async with aiohttp.ClientSession(self.url) as http:
            while True:
                try:
                    await self._one_connection(http)
                except (aiohttp.ClientError, TimeoutError, AssertionError, StopAsyncIteration):
                    await asyncio.sleep(_AGAIN_SECONDS)

    async def _one_connection(self, http: aiohttp.ClientSession) -> None:
        async with asyncio.timeout(_SILENT_SECONDS), listening(http, last=self.last, places=True) as events:
            self.joins += 1
            async for event in events:
                self._note(event.name, event.id, event.data)

    def _note(self, name: str, place: str | None, data: Any) -> None:
        self.last = place or self.last
        if name == "reset":
            self.reset_at = datetime.now(UTC)
        if name == "ingested":
            self.runs.add(data["runId"])
