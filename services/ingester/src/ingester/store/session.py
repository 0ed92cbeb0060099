"""A model under its lock, and counts over all models.

One session holds a model's advisory lock on the connection that commits.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import asyncpg
from common.outcomes import TransientError
from common.process.cleanup import afterwards

from ingester.store.answer_rows import RowStatements
from ingester.store.runs import RunStatements
from ingester.store.statements import models as sql
from ingester.store.statements.explanations import COPIED_COLUMNS, COPIED_TYPES
from ingester.store.versions import VersionStatements


class LockHeldError(TransientError):
    """Another ingester holds the lock of a model: the one asked for, or the one it was renamed from."""

    def __init__(self, dataset: str, model: str) -> None:
        super().__init__(f"another ingester is working on {model} of {dataset}", kind="lock_held")
        self.model = model


@dataclass(frozen=True)
class Session(VersionStatements, RunStatements, RowStatements):
    """Statements on one model, under its lock."""


@contextlib.asynccontextmanager
async def locked(pool: asyncpg.Pool, dataset: str, model: str) -> AsyncIterator[Session]:
    """Yield the session that holds a model's lock; raise LockHeldError when another ingester has it.

    The lock lives and dies with the connection, and the same connection commits: an ingester that lost its lock has
    lost its transaction too.
    """
    connection = await pool.acquire()
    # The pool gives the lock back with the connection: it resets whatever a session had, or closes it.
    async with afterwards(partial(pool.release, connection)):
        if not await connection.fetchval(sql.TRY_LOCK, dataset, model):
            raise LockHeldError(dataset, model)
        await connection.execute(sql.COMPRESS_WITH_LZ4)
        yield Session(connection, dataset, model)


async def count_models(pool: asyncpg.Pool, datasets: Sequence[str], recently: timedelta) -> asyncpg.Record:
    """Count the models of some datasets by state; failures older than `recently` are left out.

    `last_landing` is None before the first ingestion.
    """
    return (await pool.fetch(sql.COUNT_MODELS, list(datasets), recently))[0]


# Column -> (type, longest text).
ColumnTypes = Mapping[str, tuple[str, int | None]]


async def column_types(pool: asyncpg.Pool) -> ColumnTypes:
    """Return the types of the columns of `explanations`."""
    rows = await pool.fetch(sql.COLUMN_TYPES)
    return {row["column_name"]: (row["data_type"], row["character_maximum_length"]) for row in rows}


def takes_copies(columns: ColumnTypes) -> bool:
    """Tell whether a COPY into `explanations` leaves what an INSERT of staged rows does: no column's cast rounds."""
    return all(columns[name][0] in COPIED_TYPES for name in COPIED_COLUMNS)
