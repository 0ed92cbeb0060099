"""The table of `make mutants` names modules and tests that exist, and what it makes of SQL is SQL."""

from importlib.util import find_spec
from pathlib import Path

from tests.mutants.sql_mutants import sql_mutants_of
from tests.mutants.table import TESTS

SOURCE = '''
_LATEST = """
SELECT a, coalesce(b, 'none') AS b FROM t  -- a word = of mine
WHERE a = $1 AND (b IS NULL OR c BETWEEN 1 AND $2) ORDER BY a, c DESC LIMIT 1
"""
WORDS = "where = nothing"
'''


def test_every_module_and_every_test_of_the_table_is_there() -> None:
    for module, arguments in TESTS.items():
        assert find_spec(module), module
        files = [each.split("::")[0] for each in arguments if each.startswith("tests/")]
        assert files, module
        assert [each for each in files if not Path(each).is_file()] == []


def test_each_condition_order_bound_and_fallback_is_changed_once() -> None:
    assert [str(mutant) for mutant in sql_mutants_of(SOURCE)] == [
        "3: 'none' -> CASE WHEN false THEN 'none' END",
        "3: ' -> X'",
        "4: a = $1 -> ((a = $1) OR true)",
        "4: = -> <>",
        "4: (b IS NULL OR c BETWEEN 1 AND $2) -> (((b IS NULL OR c BETWEEN 1 AND $2)) OR true)",
        "4: (b IS NULL OR c BETWEEN 1 AND $2) -> (NOT ((b IS NULL OR c BETWEEN 1 AND $2)))",
        "4: NULL -> NOT NULL",
        "4: OR -> AND",
        "4: c BETWEEN 1 AND $2 -> ((c BETWEEN 1 AND $2) OR true)",
        "4: c BETWEEN 1 AND $2 -> (NOT (c BETWEEN 1 AND $2))",
        "4: 1 -> 2",
        "4:  -> DESC",
        "4: DESC -> ASC",
        "4: 1 -> 1 + 1",
    ]
