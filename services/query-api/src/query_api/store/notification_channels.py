"""The notifier's channels as it tells of them, what waits for them, and tests that admins ask for."""

from typing import Any

import asyncpg

from query_api.schemas.console.notification_shapes import (
    ChannelFilters,
    ChannelTest,
    DeadMessage,
    NotificationChannel,
    NotificationsAnswer,
)
from query_api.store import admin_actions
from query_api.store import console_statements as sql
from query_api.store.admin_actions import Deed
from query_api.store.repair import all_shaped, parsed, shaped

_CHANNELS, _MESSAGES, _TESTS = "notification_channels", "notification_messages", "notification_tests"


async def read(pool: asyncpg.Pool) -> NotificationsAnswer:
    """Return every channel, and the oldest dead messages."""
    tests = {row["channel"]: _test(row) for row in await pool.fetch(sql.LAST_TESTS)}
    rows = await pool.fetch(sql.CHANNELS)
    channels = ({**row, "filters": _filters(row), "last_test": tests.get(row["name"])} for row in rows)
    dead = all_shaped(DeadMessage, map(dict, await pool.fetch(sql.DEAD_MESSAGES)), _MESSAGES)
    return NotificationsAnswer(
        data=tuple(all_shaped(NotificationChannel, channels, _CHANNELS)), dead_messages=tuple(dead)
    )


async def ask_test(pool: asyncpg.Pool, name: str, deed: Deed) -> ChannelTest:
    """Ask the notifier for a test of a channel."""
    async with admin_actions.writing(pool) as connection:
        (row,) = await connection.fetch(sql.ASK_TEST, name, deed.actor)
        await admin_actions.write(connection, deed)
    return ChannelTest(**_values(row))


def _filters(row: asyncpg.Record) -> ChannelFilters | None:
    stored = parsed(row["filters"])
    return shaped(ChannelFilters, stored, _CHANNELS) if isinstance(stored, dict) else None


def _test(row: asyncpg.Record) -> ChannelTest | None:
    return shaped(ChannelTest, _values(row), _TESTS)


def _values(row: asyncpg.Record) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "channel"}
