"""Every statement is one that the migrated database takes, is used, and stands where a DBA looks for it."""

import importlib
import pkgutil

import asyncpg
import ingester
import pytest
from ingester.store import statements
from ingester.store.statements import explanations

from tests.support.statements import Sql

GROUPS = [each.name for each in pkgutil.iter_modules(statements.__path__)]
SQL = Sql(ingester, tuple(importlib.import_module(f"{statements.__name__}.{name}") for name in GROUPS))


@pytest.mark.parametrize("name", SQL.statements())
async def test_the_database_takes_it(pool: asyncpg.Pool, name: str) -> None:
    async with pool.acquire() as connection, connection.transaction():
        if name != "explanations.CREATE_WANTED":
            await connection.execute(explanations.CREATE_WANTED, 1, ["p"], ["b"])
        await connection.prepare(SQL.statements()[name])


def test_each_is_used_and_there_is_no_other() -> None:
    assert len(SQL.statements()) > 40
    assert SQL.unused() == set()
    assert SQL.elsewhere() == []
