"""The outbox: news that was found, and the messages that are to tell it, each to one channel."""

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from notifier.channels.channel import Channel
from notifier.news.news import News
from notifier.store import statements as sql

# Longer than any transaction of an ingester lasts.
_LOOK_BACK = timedelta(hours=1)


@dataclass(frozen=True)
class Claimed:
    """A message that is ours for a while. `text` is None before its first attempt."""

    id: uuid.UUID
    attempts: int
    news: tuple[int, ...]
    text: str | None
    created_at: datetime

    @property
    def wire_id(self) -> str:
        """The id under which it is sent, however often."""
        return f"msg_{self.id.hex}"


@dataclass(frozen=True)
class Unsent:
    """How a channel stands."""

    waiting: int = 0
    dead: int = 0
    late_seconds: float = 0.0


@dataclass(frozen=True)
class Outbox:
    """The statements on a pool."""

    pool: asyncpg.Pool

    async def collect(self, channels: Collection[Channel]) -> list[News]:
        """Store what is new, and give it to the messages of the channels that take it; return it. All or nothing."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(sql.BEGIN_READING)
            await connection.execute(sql.COME_BACK)
            since = await connection.fetchval(sql.LOCK_READER, _LOOK_BACK)
            rows = [
                row
                for statement in (sql.STORE_LANDINGS, sql.STORE_FAILURES, sql.STORE_VERIFICATIONS)
                for row in await connection.fetch(statement, since)
            ]
            found = [(row["id"], _news(row)) for row in sorted(rows, key=lambda row: (row["happened_at"], row["id"]))]
            for channel in channels:
                if wanted := [number for number, news in found if channel.takes(news)]:
                    await _add(connection, channel, wanted)
            await connection.execute(sql.MOVE_READER, bool(found))
        return [news for _, news in found]

    async def claim(self, channel: str, lease_seconds: float) -> Claimed | None:
        """Take a message that is due; None where there is none. For so long no other process takes it."""
        row = await self.pool.fetchrow(sql.CLAIM_MESSAGE, channel, timedelta(seconds=lease_seconds))
        if row is None:
            return None
        return Claimed(row["id"], row["attempts"], tuple(row["news"]), row["message"], row["created_at"])

    async def news_of(self, claimed: Claimed) -> list[News]:
        """Return what a message is to tell."""
        return [_news(row) for row in await self.pool.fetch(sql.NEWS_OF_MESSAGE, list(claimed.news))]

    async def keep(self, claimed: Claimed, text: str) -> str:
        """Keep the message as it will be sent each time, and return that: another process may have been first."""
        kept: str = await self.pool.fetchval(sql.KEEP_MESSAGE, claimed.id, text)
        return kept

    async def sent(self, claimed: Claimed) -> None:
        """Take note that the receiver has it."""
        await self.pool.execute(sql.MARK_SENT, claimed.id)

    async def failed(self, claimed: Claimed, reason: str, again_in: float | None) -> None:
        """Take note that it was not taken: to be sent again in so many seconds, or never."""
        status, wait = ("dead", 0.0) if again_in is None else ("waiting", again_in)
        await self.pool.execute(sql.MARK_FAILED, claimed.id, status, timedelta(seconds=wait), reason)

    async def standing(self) -> Mapping[str, Unsent]:
        """Return how each channel stands that has unsent messages."""
        return {row["channel"]: Unsent(*row[1:]) for row in await self.pool.fetch(sql.COUNT_UNSENT)}

    async def unsent(self) -> list[dict[str, Any]]:
        """Return the messages that wait or are dead, the oldest first."""
        return [dict(row) for row in await self.pool.fetch(sql.UNSENT_MESSAGES)]

    async def replay(self, ids: Collection[uuid.UUID] | None) -> list[uuid.UUID]:
        """Have dead messages sent again, under their ids; None: all of them. Return which."""
        return [row["id"] for row in await self.pool.fetch(sql.REPLAY_DEAD, None if ids is None else list(ids))]

    async def remove(self, ids: Collection[uuid.UUID] | None) -> list[uuid.UUID]:
        """Remove these unsent messages for good; None: all that are dead. Return which."""
        return [row["id"] for row in await self.pool.fetch(sql.REMOVE_UNSENT, None if ids is None else list(ids))]


def _news(row: asyncpg.Record) -> News:
    happened_at: datetime = row["happened_at"]
    return News(row["kind"], row["dataset"], row["model"], happened_at, row["score"], json.loads(row["detail"]))


async def _add(connection: "asyncpg.pool.PoolConnectionProxy", channel: Channel, wanted: list[int]) -> None:
    if channel.digest_seconds == 0:
        await connection.execute(sql.ADD_ONE_EACH, channel.name, wanted)
        return
    quiet, longest = (timedelta(seconds=each) for each in (channel.digest_seconds, channel.digest_max_seconds))
    await connection.execute(sql.ADD_TO_MESSAGE, channel.name, wanted, quiet, longest)
