"""What admins did: lines that are only added."""

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Literal

import asyncpg
from common.storable import storable

from query_api.schemas.console.audit_shapes import AdminAction, AuditQuery
from query_api.store import console_statements as sql
from query_api.store.repair import all_shaped, parsed

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


@dataclass(frozen=True)
class Deed:
    """Who does what to what, by which request."""

    actor: str
    address: str
    action: str
    target: Mapping[str, object]
    request_id: str


@contextlib.asynccontextmanager
async def writing(pool: asyncpg.Pool) -> AsyncIterator[Connection]:
    """Yield a connection in a transaction that may write: the pool's own may only read."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(sql.ALLOW_WRITES)
        yield connection


async def write(connection: Connection, deed: Deed, outcome: Literal["begun", "done"] = "done") -> int:
    """Add a line within a transaction that may write; return its number."""
    target = storable(json.dumps(deed.target, ensure_ascii=False, default=str))
    line = (storable(deed.actor), deed.address, deed.action, target, deed.request_id, outcome)
    added: int = await connection.fetchval(sql.ADD_ACTION, *line)
    return added


async def add(pool: asyncpg.Pool, deed: Deed) -> None:
    """Add the line of a deed that is done."""
    async with writing(pool) as connection:
        await write(connection, deed)


async def begin(pool: asyncpg.Pool, deed: Deed) -> int:
    """Add the line of a deed that is about to be done."""
    async with writing(pool) as connection:
        return await write(connection, deed, "begun")


async def end(pool: asyncpg.Pool, begun: int, outcome: Literal["done", "failed"], detail: str | None) -> None:
    """Add how it ended."""
    async with writing(pool) as connection:
        await connection.execute(sql.END_ACTION, begun, outcome, None if detail is None else storable(detail))


async def read(pool: asyncpg.Pool, query: AuditQuery) -> tuple[int, list[AdminAction]]:
    """Return how many deeds fit, and a page of them, the last first."""
    wanted = (query.actor, query.action)
    total = await pool.fetchval(sql.COUNT_ACTIONS, *wanted)
    rows = await pool.fetch(sql.ACTIONS, *wanted, query.limit, query.offset)
    shaped = ({**row, "target": parsed(row["target"])} for row in rows)
    return total, all_shaped(AdminAction, shaped, "admin_actions")
