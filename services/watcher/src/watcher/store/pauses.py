"""Which datasets admins have paused; the query API writes it."""

import asyncpg

from watcher.store import statements as sql


async def is_paused(pool: asyncpg.Pool, dataset: str) -> bool:
    """Tell whether nothing of a dataset is to be ingested by itself now."""
    return bool(await pool.fetchval(sql.IS_PAUSED, dataset))
