"""Every statement is one that the migrated database takes, is used, and stands where a DBA looks for it."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import ingester
import pytest
from ingester.store import statements
from ingester.store.statements import explanations

_SQL = re.compile(r"\s*(--.*\n\s*)*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE)\b")
# The one that readiness sends; it reads nothing.
_PROBE = "SELECT 1"
PACKAGE = Path(next(iter(ingester.__path__)))


def every_statement() -> dict[str, str]:
    """Return module.NAME -> SQL of all public constants that are text."""
    found: dict[str, str] = {}
    for each in pkgutil.iter_modules(statements.__path__):
        module = importlib.import_module(f"{statements.__name__}.{each.name}")
        texts = {name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}
        found |= {f"{each.name}.{name}": value for name, value in texts.items() if not name.startswith("_")}
    return found


@pytest.mark.parametrize("name", every_statement())
async def test_the_database_takes_it(pool: asyncpg.Pool, name: str) -> None:
    async with pool.acquire() as connection, connection.transaction():
        if name != "explanations.CREATE_WANTED":
            await connection.execute(explanations.CREATE_WANTED, 1, ["p"], ["b"])
        await connection.prepare(every_statement()[name])


def test_each_is_used_by_its_public_name() -> None:
    used = set()
    for path in (PACKAGE / "store").glob("*.py"):
        tree = ast.parse(path.read_text())
        groups = {
            alias.asname or alias.name: alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == statements.__name__
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in groups:
                used.add(f"{groups[node.value.id]}.{node.attr}")
    assert set(every_statement()) - used == set()


def test_there_is_none_elsewhere() -> None:
    texts = [
        f"{path.name}: {text}"
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "statements"
        for text in _texts(ast.parse(path.read_text()))
        if _SQL.match(text) and text != _PROBE
    ]
    assert texts == []


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
