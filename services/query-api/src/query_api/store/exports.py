"""Reads what is exported, all of it from one snapshot of the database, on a connection of its own.

One transaction, REPEATABLE READ and READ ONLY: so it runs on a hot standby and behind a pooler, too. Cursors are
declared in SQL, as a pooler in transaction mode shares prepared statements between clients.
"""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

import asyncpg
from common.database.connect import CLOSE_SECONDS, Connector
from common.database.waiting import parsed
from common.names.registry import Entries

from query_api.store import export_statements, name_overrides, statements
from query_api.store.repair import read_any_instant
from query_api.store.rows import Submission
from query_api.store.submissions import stored_submission

# One FETCH of a cursor in the order of an index, and the time for which a client may leave the transaction alone.
STATEMENT_SECONDS: Final = 30
IDLE_SECONDS: Final = 120
CONNECT_SECONDS: Final = 5.0


class ExportedVersion(NamedTuple):
    """The current version of a submission, and what only an export says of it."""

    id: int
    submission: Submission
    rules_version: int | None
    task_set_version: str | None
    total_time_ms: int | None


class Listed(NamedTuple):
    """When a dataset was last compared with the database, and the commit at which it last differed."""

    listed_at: datetime | None = None
    revision: str | None = None


def export_connector(url: str) -> Connector:
    """Return what opens connections for exports."""
    return Connector(
        parsed(url),
        {"timezone": "UTC", "application_name": "arcwatch-export"},
        command_seconds=STATEMENT_SECONDS + CLOSE_SECONDS,
        seconds=CONNECT_SECONDS,
        statement_cache_size=0,
    )


@dataclass(frozen=True)
class DatabaseSnapshot:
    """The database as it was at one instant."""

    connection: asyncpg.Connection
    at: datetime

    async def versions(self, dataset: str | None, model: str | None) -> list[ExportedVersion]:
        """Return the current versions in order, all or those of a dataset and a model."""
        rows = await self.connection.fetch(statements.EXPORTED_SUBMISSIONS, dataset, model)
        found = (
            ExportedVersion(row["id"], each, row["rules_version"], row["task_set_version"], row["total_time_ms"])
            for row in rows
            if (each := stored_submission(row))
        )
        return sorted(found, key=lambda each: each.submission.key)

    async def names(self) -> Entries:
        """Return what admins have set of models."""
        return (await name_overrides.read(self.connection)).entries

    async def listed(self) -> dict[str, Listed]:
        """Return for each dataset what was last listed of it."""
        rows = await self.connection.fetch(export_statements.LISTED_DATASETS)
        return {row["dataset"]: Listed(row["listed_at"], row["revision"]) for row in rows}

    async def rows(
        self, statement: str, *arguments: object, at_once: int
    ) -> AsyncGenerator[list[asyncpg.Record], None]:
        """Yield the rows of a statement, no more than some of them at once."""
        await self.connection.execute(f"DECLARE exported NO SCROLL CURSOR FOR {statement}", *arguments)
        while rows := await self.connection.fetch(f"FETCH FORWARD {at_once} FROM exported"):
            yield rows
            if len(rows) < at_once:
                break
        await self.connection.execute("CLOSE exported")


@contextlib.asynccontextmanager
async def database_snapshot(connector: Connector) -> AsyncIterator[DatabaseSnapshot]:
    """Yield a snapshot; however the block ends, the connection is closed and the transaction with it."""
    connection = await connector()
    try:
        await read_any_instant(connection)
        await connection.transaction(isolation="repeatable_read", readonly=True).start()
        await connection.fetch(export_statements.BOUND_TRANSACTION, f"{STATEMENT_SECONDS}s", f"{IDLE_SECONDS}s")
        yield DatabaseSnapshot(connection, await connection.fetchval(statements.DATABASE_TIME))
    finally:
        await connection.close(timeout=CLOSE_SECONDS)
