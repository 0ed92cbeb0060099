"""Reads server-sent events as a browser does."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp


@dataclass(frozen=True)
class ReceivedEvent:
    """One event."""

    id: str | None
    name: str
    data: Any

    @property
    def sequence(self) -> int | None:
        """Its place on the stream, without the stream's name."""
        return int(self.id.rpartition("-")[2]) if self.id is not None else None


@asynccontextmanager
async def listening(
    http: aiohttp.ClientSession,
    path: str = "/api/events",
    last: int | str | None = None,
    *,
    pings: bool = False,
    places: bool = False,
) -> AsyncIterator[AsyncIterator[ReceivedEvent]]:
    """Open the stream and wait for its first line, so that nothing sent afterwards is missed.

    Pings only if wanted, and so a bare id, which says where to go on before the first event: as an event without name.
    """
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    async with http.get(path, headers=headers, timeout=aiohttp.ClientTimeout(total=60)) as answer:
        assert answer.status == 200, await answer.text()
        assert (await answer.content.readline()).startswith(b"retry:")
        yield _events(answer.content, pings=pings, places=places)


async def _events(content: aiohttp.StreamReader, *, pings: bool, places: bool) -> AsyncIterator[ReceivedEvent]:
    fields: dict[str, str] = {}
    async for line in content:
        text = line.decode().rstrip("\n")
        if text:
            name, _, value = text.partition(": ")
            fields[name] = value
        else:
            if "event" in fields and (pings or fields["event"] != "ping"):
                yield ReceivedEvent(fields.get("id"), fields["event"], json.loads(fields["data"]))
            elif places and "event" not in fields and "id" in fields:
                yield ReceivedEvent(fields["id"], "", None)
            fields = {}


async def take(events: AsyncIterator[ReceivedEvent], count: int) -> list[ReceivedEvent]:
    """Return the next events."""
    return [await anext(events) for _ in range(count)]
