"""Each statement of the notifier fits the migrated database, and is used; no other module of it holds SQL."""

import asyncpg
import notifier
import pytest
from notifier.store import statements

from tests.support.statements import Sql

SQL = Sql(notifier, (statements,))


@pytest.mark.parametrize("name", SQL.statements())
async def test_the_database_takes_it(name: str, pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        await connection.prepare(SQL.statements()[name])


def test_each_is_used_and_there_is_no_other() -> None:
    assert len(SQL.statements()) > 10
    assert SQL.unused() == set()
    assert SQL.elsewhere() == []
