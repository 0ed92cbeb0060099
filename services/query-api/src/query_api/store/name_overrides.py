"""What admins say of models."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import asyncpg
from common.names.fields import FIELDS, Entry, NameFields
from common.names.registry import Entries

from query_api.store import admin_actions
from query_api.store import statements as sql
from query_api.store.admin_actions import Deed
from query_api.store.repair import shaped

_TABLE = "model_names"


class Overrides(NamedTuple):
    """What admins have set, by folder, and when."""

    entries: Entries
    set_at: Mapping[str, datetime]


async def read(database: asyncpg.Pool | asyncpg.Connection | asyncpg.pool.PoolConnectionProxy) -> Overrides:
    """Return everything that admins have set."""
    rows = await database.fetch(sql.NAME_OVERRIDES)
    found = {row["folder"]: shaped(NameFields, {name: row[name] for name in FIELDS}, _TABLE) for row in rows}
    # Anybody may read this: who it was stays in the table, and in the log.
    words = {row["folder"]: f"an admin, {row['set_at']:%Y-%m-%d %H:%M} UTC" for row in rows}
    entries = {folder: Entry(each, dict.fromkeys(FIELDS, words[folder])) for folder, each in found.items() if each}
    return Overrides(entries, {row["folder"]: row["set_at"] for row in rows})


async def put(pool: asyncpg.Pool, folder: str, fields: NameFields, by: str, deed: Deed) -> None:
    """Set what is said of a folder's model, in place of what was."""
    async with admin_actions.writing(pool) as connection:
        await connection.execute(sql.SET_NAME, folder, *(getattr(fields, name) for name in FIELDS), by)
        await admin_actions.write(connection, deed)


async def delete(pool: asyncpg.Pool, folder: str, deed: Deed) -> bool:
    """Take back what was said of a folder's model; False where nothing was."""
    async with admin_actions.writing(pool) as connection:
        found = await connection.fetchval(sql.UNSET_NAME, folder) is not None
        if found:
            await admin_actions.write(connection, deed)
    return found
