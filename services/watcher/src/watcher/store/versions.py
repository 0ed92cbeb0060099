"""What ingesters have made of the models: current versions, contents without tasks; and what vanished upstream."""

from collections.abc import Collection

import asyncpg

from watcher.compare import Known
from watcher.store import statements as sql


async def known(pool: asyncpg.Pool, dataset: str) -> dict[str, Known]:
    """Return every model of a dataset that was ever ingested, as its current version."""
    rows = await pool.fetch(sql.CURRENT_VERSIONS, dataset)
    return {row["model"]: Known(row["tree_oid"], row["complete"], row["removed"]) for row in rows}


async def without_tasks(pool: asyncpg.Pool, dataset: str) -> set[tuple[str, str]]:
    """Return the folders (name, tree oid) of a dataset in which an ingester found no file of a task."""
    return {(row[0], row[1]) for row in await pool.fetch(sql.CONTENTS_WITHOUT_TASKS, dataset)}


async def is_being_ingested(pool: asyncpg.Pool, dataset: str, model: str, tree_oid: str | None) -> bool:
    """Tell whether an ingestion of this content has begun and not ended."""
    return bool(await pool.fetchval(sql.IS_BEING_INGESTED, dataset, model, tree_oid))


async def mark(pool: asyncpg.Pool, dataset: str, vanished: Collection[str], returned: Collection[str]) -> None:
    """Note which folders a complete listing does not hold any more, and which it holds again."""
    if vanished:
        await pool.execute(sql.MARK_VANISHED, dataset, list(vanished))
    if returned:
        await pool.execute(sql.MARK_RETURNED, dataset, list(returned))
