"""One model under its lock: what every group of the ingester's statements starts from."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg

from ingester.store.statements import models as sql

# The statements that move a whole submission get half an hour: 210 MB of text took 8 s on two busy cores.
HEAVY_SECONDS = 1_800.0

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class _RollbackError(Exception):
    """Rolls a transaction back: only leaving it by an error does."""


@dataclass(frozen=True)
class LockedModel:
    """A model, and the connection that holds its lock and commits."""

    connection: Connection
    dataset: str
    model: str

    @property
    def key(self) -> tuple[str, str]:
        """Return what names the model in every table."""
        return self.dataset, self.model

    @contextlib.asynccontextmanager
    async def transaction(self, *, dry_run: bool) -> AsyncIterator[None]:
        """Commit what is done within, or for a dry run take it back."""
        with contextlib.suppress(_RollbackError):
            async with self.connection.transaction():
                await self.connection.execute(sql.LOCK_RUNS_FIRST)
                yield
                if dry_run:
                    raise _RollbackError

    async def attempt_names(self, model: str) -> list[str]:
        """Return the name of every attempt that a model ever had, and those that the existing app may have of it."""
        return [row[0] for row in await self.connection.fetch(sql.ATTEMPT_NAMES, self.dataset, model)]
