"""The register: what a notifier says of its channels, and the tests of them that admins ask for."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from notifier.channels.channel import Channel
from notifier.store import statements as sql


@dataclass(frozen=True)
class AskedTest:
    """A test that is ours to send."""

    id: int
    channel: str


@dataclass(frozen=True)
class Register:
    """The statements on a pool."""

    pool: asyncpg.Pool

    async def announce(self, channels: Collection[Channel]) -> None:
        """Say which channels there are, and that their notifier runs; nothing of where they lead."""
        names = [channel.name for channel in channels]
        rows = names, [channel.kind for channel in channels], [json.dumps(channel.filters()) for channel in channels]
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(sql.ANNOUNCE_CHANNELS, *rows)
            await connection.execute(sql.FORGET_CHANNELS, names)
            await connection.execute(sql.FORGET_TESTS)

    async def claim_tests(self, channels: Collection[Channel], asked_within_seconds: float) -> list[AskedTest]:
        """Take the tests that no notifier has begun, and that were asked for lately."""
        names = [channel.name for channel in channels]
        rows = await self.pool.fetch(sql.CLAIM_TESTS, names, timedelta(seconds=asked_within_seconds))
        return [AskedTest(row["id"], row["channel"]) for row in rows]

    async def ended(self, test: AskedTest, kind: str | None, reason: str | None) -> None:
        """Take note what became of it: why the receiver did not take it, where it did not."""
        await self.pool.execute(sql.END_TEST, test.id, kind, reason)
