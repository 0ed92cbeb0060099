"""`python -m tests.structure.neighbours`: prints docs/neighbours.md, from the `neighbour` markers of the tests."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.structure.measure import ROOT

MARKER = "neighbour"
# Markers of tests that another command runs than `make test`.
_COMMANDS = {"debian": "make test-all", "compose": "make test-compose", "upgrade": "make test-upgrade"}
_HEAD = """# Neighbours

What was tried against which neighbour, and what happens. Each line is a test that runs on the real part; `make docs`
makes this page from their markers. Where no other command is named, `make test` runs it.
"""


@dataclass(frozen=True, order=True)
class Trial:
    """One marker: `done` to or with a neighbour, and what `happens`; `shown_by` a test of the file `path`."""

    neighbour: str
    path: str
    line: int
    done: str
    happens: str
    shown_by: str
    command: str


def page(root: Path = ROOT) -> str:
    """Return the page: a table for each neighbour, its lines in the order of the tests."""
    tables: dict[str, list[str]] = {}
    for each in sorted(trials(root)):
        shown_by = f"[{each.shown_by}](../{each.path})" + (f", `{each.command}`" if each.command else "")
        rows = tables.setdefault(each.neighbour, ["| what was done | what happens | shown by |", "|---|---|---|"])
        rows.append(f"| {_cell(each.done)} | {_cell(each.happens)} | {shown_by} |")
    return "\n".join([_HEAD, *(f"## {name}\n\n" + "\n".join(rows) + "\n" for name, rows in tables.items())])


def trials(root: Path = ROOT) -> Iterator[Trial]:
    """Yield what each marker says: one of a decorator, or among the marks of a parameter in it."""
    for file in (root / "tests").rglob("test_*.py"):
        tree, path = ast.parse(file.read_text()), file.relative_to(root).as_posix()
        shared = [each.value for each in tree.body if isinstance(each, ast.Assign) and _marks_the_module(each)]
        for test in ast.walk(tree):
            if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef):
                command = _command([*test.decorator_list, *shared])
                for call in _markers(test):
                    neighbour, done, happens = _texts(call, f"{path}::{test.name}")
                    yield Trial(neighbour, path, call.lineno, done, happens, test.name, command)


def _marks_the_module(statement: ast.Assign) -> bool:
    return ast.unparse(statement.targets[0]) == "pytestmark"


def _markers(test: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.Call]:
    for decorator in test.decorator_list:
        for node in ast.walk(decorator):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == MARKER:
                yield node


def _texts(call: ast.Call, test: str) -> tuple[str, str, str]:
    match call:
        case ast.Call(
            args=[ast.Constant(str(neighbour)), ast.Constant(str(done)), ast.Constant(str(happens))], keywords=[]
        ):
            return neighbour, done, happens
    raise ValueError(f"{test}: a neighbour marker takes three plain strings: neighbour, what was done, what happens")


def _command(marks: list[ast.expr]) -> str:
    """Return the command that runs what has these marks; nothing where it is `make test`."""
    names = {node.attr for each in marks for node in ast.walk(each) if isinstance(node, ast.Attribute)}
    return next((command for name, command in _COMMANDS.items() if name in names), "")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
