"""Every statement of the query API stands in one module, is used, and fits the migrated database."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import query_api
from query_api.store import statements

PACKAGE = Path(query_api.__file__).parent
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s")


def _statements() -> dict[str, list[str]]:
    named = {name: value for name, value in vars(statements).items() if name.isupper() and not name.startswith("_")}
    return {name: list(value.values()) if isinstance(value, Mapping) else [value] for name, value in named.items()}


async def test_each_statement_fits_the_migrated_database(pool: asyncpg.Pool) -> None:
    texts = [text for each in _statements().values() for text in each]
    assert len(texts) > 15
    async with pool.acquire() as connection:
        for text in texts:
            assert (await connection.prepare(text)).get_attributes(), text


def test_each_statement_is_used_and_there_is_no_other() -> None:
    used, others = set(), []
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sql":
                used.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
                others.append(file.name)
    assert used == _statements().keys()
    assert set(others) == {"statements.py"}
