"""A mutant runs the tests of the functions that use what it changes, wherever they stand, and no others."""

import importlib
import sys
from pathlib import Path

import pytest

from tests.mutants.reach import Reach

STATEMENTS = """
WITH_CONDITION = "WHERE a"
OPEN = f"SELECT {WITH_CONDITION}"
COUNT = "SELECT 1"


def own():
    return OPEN
"""
USERS = """
from common.made_up import statements as sql
from common.made_up.statements import COUNT as COUNTED


def opens():
    return sql.OPEN


class Store:
    def counts(self):
        return COUNTED

    def neither(self):
        return sql
"""


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (2, {("statements.py", 7), ("users.py", 6)}),
        (3, {("statements.py", 7), ("users.py", 6)}),
        (4, {("users.py", 11)}),
        (8, {("statements.py", 7)}),
    ],
)
def test_a_constant_is_used_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: int, found: set[tuple[str, int]]
) -> None:
    package = importlib.import_module("common")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    (tmp_path / "made_up").mkdir()
    for name, text in {"__init__": "", "statements": STATEMENTS, "users": USERS}.items():
        (tmp_path / "made_up" / f"{name}.py").write_text(text)
    before = set(sys.modules)
    try:
        importlib.import_module("common.made_up.users")
        reach = Reach(importlib.import_module("common.made_up.statements"))
    finally:
        for name in set(sys.modules) - before:
            del sys.modules[name]
    assert {(Path(each.path).name, each.lines.start) for each in reach.of_line(line)} == found
