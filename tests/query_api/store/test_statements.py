"""Every statement of the query API stands in one module, is used, and fits the migrated database."""

import asyncpg
import query_api
from query_api.store import console_statements, export_statements, statements

from tests.support.statements import Sql

SQL = Sql(query_api, (statements, export_statements, console_statements))


async def test_each_statement_fits_the_migrated_database(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        for name, text in SQL.statements().items():
            prepared = await connection.prepare(text)
            assert prepared.get_attributes() or text == console_statements.ALLOW_WRITES, name


def test_each_statement_is_used_and_there_is_no_other() -> None:
    assert len(SQL.statements()) > 15
    assert SQL.unused() == set()
    assert SQL.elsewhere() == []
