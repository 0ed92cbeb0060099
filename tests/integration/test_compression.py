"""Texts are compressed by lz4 where the server's build has it, whatever the server's default is."""

import asyncpg
from common.database.pool import PoolOptions, open_pool
from ingester.store.session import locked

from tests.support.submissions import V2

_DEFAULT = "SHOW default_toast_compression"
_HAS_LZ4 = "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"


async def _compression(pool: asyncpg.Pool) -> str:
    async with locked(pool, V2, "m") as session:
        return str(await session.connection.fetchval(_DEFAULT))


async def test_an_ingestion_compresses_by_lz4_where_there_is_lz4(database_url: str) -> None:
    async with open_pool(database_url, PoolOptions(max_size=1)) as pool:
        default = await pool.fetchval(_DEFAULT)
        assert await _compression(pool) == ("lz4" if await pool.fetchval(_HAS_LZ4) else default)
        assert await pool.fetchval(_DEFAULT) == default
