"""Each statement of the watcher fits the migrated database, and is used; no other module of it holds SQL."""

import re
from pathlib import Path

import asyncpg
import pytest
import watcher
from watcher.store import statements

from tests.support.statements import named, unused

PACKAGE = Path(watcher.__file__).parent
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b")


@pytest.mark.parametrize("name", named(statements))
async def test_the_database_understands_it(name: str, pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        await connection.prepare(named(statements)[name])


def test_each_is_used_and_there_is_no_other() -> None:
    assert len(named(statements)) > 10
    assert unused(statements, PACKAGE) == set()
    holders = [path.name for path in PACKAGE.rglob("*.py") if SQL.search(path.read_text())]
    assert holders == ["statements.py"]
