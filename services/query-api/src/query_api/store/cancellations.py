"""What admins cancel; the ingesters read it."""

import asyncpg

from query_api.store import admin_actions
from query_api.store import console_statements as sql
from query_api.store.admin_actions import Deed


async def cancel_run(pool: asyncpg.Pool, run_id: int, deed: Deed) -> str | None:
    """Ask for a run's end where it is running; return its status, None where there is no such run."""
    async with admin_actions.writing(pool) as connection:
        status: str | None = await connection.fetchval(sql.STATUS_OF_RUN, run_id)
        if status == "running":
            await connection.execute(sql.CANCEL, run_id, None, deed.actor)
            await admin_actions.write(connection, deed)
    return status


async def cancel_request(pool: asyncpg.Pool, request_id: str, deed: Deed) -> None:
    """Ask for a request's end."""
    async with admin_actions.writing(pool) as connection:
        await connection.execute(sql.CANCEL, None, request_id, deed.actor)
        await admin_actions.write(connection, deed)
