"""Which datasets admins have paused."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg

from query_api.schemas.console.dataset_shapes import Pause
from query_api.store import admin_actions
from query_api.store import console_statements as sql
from query_api.store.admin_actions import Deed
from query_api.store.repair import shaped


async def read(pool: asyncpg.Pool) -> Mapping[str, Pause]:
    """Return the pauses that count now, by dataset."""
    found = {row["dataset"]: _pause(row) for row in await pool.fetch(sql.PAUSES)}
    return {dataset: pause for dataset, pause in found.items() if pause}


async def put(pool: asyncpg.Pool, dataset: str, reason: str | None, until: datetime | None, deed: Deed) -> Pause | None:
    """Pause a dataset, in place of what was said before; None where `until` is over."""
    async with admin_actions.writing(pool) as connection:
        row = await connection.fetchrow(sql.PAUSE, dataset, deed.actor, reason, until)
        if row is not None:
            await admin_actions.write(connection, deed)
    return _pause(row) if row else None


async def delete(pool: asyncpg.Pool, dataset: str, deed: Deed) -> bool:
    """Resume a dataset; False where it is not paused."""
    async with admin_actions.writing(pool) as connection:
        found = await connection.fetchval(sql.RESUME, dataset) is not None
        if found:
            await admin_actions.write(connection, deed)
    return found


def _pause(row: asyncpg.Record) -> Pause | None:
    values = {name: row[name] for name in ("by", "since", "reason", "until")}
    return shaped(Pause, values, "dataset_pauses")
