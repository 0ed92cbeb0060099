"""Verifications of the current versions: what is claimed, what is stored, which one is due, what came of it."""

import contextlib
import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import asyncpg
from common.error_kinds import ErrorKind
from common.process.cleanup import afterwards

from ingester.store.statements import verifications as sql

# Why a file's content was never looked at.
_UNREAD = [ErrorKind.TOO_LARGE, ErrorKind.TOO_COMPLEX, ErrorKind.INTEGRITY, ErrorKind.UNAVAILABLE]


class VersionKey(NamedTuple):
    """A current version, and the model that it is of."""

    id: int
    dataset: str
    model: str


@dataclass(frozen=True)
class Claim:
    """What a version's row says, and its task results. `unread` names tasks, and paths of files, that were not read."""

    id: int
    dataset: str
    model: str
    tree_oid: str
    revision: str
    source: str
    ingested_at: datetime
    rules_version: int | None
    task_set_version: str | None
    figures: Mapping[str, Any]
    attempts: Any
    results: Mapping[str, tuple[int, int]]
    unread: frozenset[str]


async def current_versions(pool: asyncpg.Pool, dataset: str | None, model: str | None) -> list[VersionKey]:
    """Return the current versions, of one dataset or one model where it is named."""
    return [VersionKey(*row) for row in await pool.fetch(sql.CURRENT_VERSIONS, "rows", dataset, model)]


class Pace(NamedTuple):
    """At most so many verifications in a period; more where each version would not be verified once in `each`."""

    compared_with: str
    most: int
    period: timedelta
    each: timedelta | None = None


class Outcome(NamedTuple):
    """What a verification came to: a row of `verifications`, its disagreements as JSON."""

    compared_with: str
    verdict: str
    figures: int
    disagreements: str


async def claim(connection: "asyncpg.Pool | asyncpg.pool.PoolConnectionProxy", version_id: int) -> Claim | None:
    """Return what a version claims; None where it is current no more."""
    row = await connection.fetchrow(sql.CLAIM, version_id, _UNREAD)
    if row is None:
        return None
    values = dict(row)
    figures = {name: values.pop(name) for name in sql.CLAIMED_FIGURES}
    results = {task_id: (solved, total) for task_id, (solved, total) in json.loads(values.pop("results")).items()}
    unread, attempts = frozenset(values.pop("unread")), json.loads(values.pop("attempts"))
    return Claim(**values, figures=figures, results=results, unread=unread, attempts=attempts)


async def claim_with_answers(pool: asyncpg.Pool, version_id: int) -> tuple[Claim, list[asyncpg.Record]] | None:
    """Return what a version claims and the rows of its answers, of one moment."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        found = await claim(connection, version_id)
        if found is None:
            return None
        return found, await connection.fetch(sql.ANSWERS, found.dataset, found.model)


async def store(pool: asyncpg.Pool, claimed: Claim, outcome: Outcome) -> datetime | None:
    """Store a verdict; return when, None where the version was ingested again meanwhile."""
    at: datetime | None = await pool.fetchval(sql.STORE_VERIFICATION, claimed.id, claimed.ingested_at, *outcome)
    return at


@contextlib.asynccontextmanager
async def turn(pool: asyncpg.Pool) -> AsyncIterator[bool]:
    """Tell whether no other ingester verifies, and keep the others from it meanwhile."""
    connection = await pool.acquire()
    async with afterwards(partial(pool.release, connection)):
        yield await connection.fetchval(sql.TRY_TURN)


async def next_due(pool: asyncpg.Pool, datasets: Sequence[str], pace: Pace) -> int | None:
    """Return the version that waits longest for a verification; None where enough were verified in this period."""
    compared_with, *bounds = pace
    version_id: int | None = await pool.fetchval(sql.NEXT_DUE, compared_with, list(datasets), *bounds)
    return version_id


async def count_differing(pool: asyncpg.Pool, datasets: Collection[str]) -> int:
    """Count the current versions of which the newest verification found something that nothing explains."""
    return int(await pool.fetchval(sql.COUNT_DIFFERING, list(datasets)))
