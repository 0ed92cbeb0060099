"""Which functions use the spot that a mutant changes: its own, or those of any module that name its constant."""

import ast
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import NamedTuple

from tests.mutants.swap import PACKAGES, constants_of, names_in, source_of


class Function(NamedTuple):
    """An outermost function: where it is, and which constants of the module that is changed it names."""

    path: str
    lines: range
    names: set[str]


class Reach:
    """The functions that may use what a module defines."""

    def __init__(self, module: ModuleType) -> None:
        self._path = str(module.__file__)
        self._tree = ast.parse(source_of(module))
        self._functions = [
            Function(self._path, lines, names_in(node, ast.Load)) for lines, node in _functions(self._tree.body)
        ]
        for key, other in list(sys.modules.items()):
            if key.split(".")[0] in PACKAGES and other is not module and getattr(other, "__file__", None):
                self._functions += _users(module.__name__, other)
        self.paths = {function.path for function in self._functions}

    def of_line(self, line: int) -> list[Function]:
        """Return the functions that a change of a line is in force in; none where that is unknown."""
        around = [each for each in self._functions if each.path == self._path and line in each.lines]
        if around:
            return around
        # A constant, or a default.
        statement = {place for place, node in enumerate(self._tree.body) if line in _lines(node)}
        constants = constants_of(self._tree, statement)
        return [each for each in self._functions if each.names & constants]


def _users(name: str, other: ModuleType) -> Iterator[Function]:
    """Yield the functions of another module that name a constant: as `alias.CONSTANT`, or imported by itself."""
    tree = ast.parse(source_of(other))
    package, _, last = name.rpartition(".")
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    aliases = {
        each.asname or each.name
        for node in imports
        if node.module == package
        for each in node.names
        if each.name == last
    }
    imported = {each.asname or each.name: each.name for node in imports if node.module == name for each in node.names}
    for lines, node in _functions(tree.body) if aliases or imported else ():
        names = {imported[each] for each in names_in(node, ast.Load) & imported.keys()}
        if names := names | set(_attributes(node, aliases)):
            yield Function(str(other.__file__), lines, names)


def _attributes(node: ast.AST, aliases: set[str]) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id in aliases:
            yield each.attr


def _functions(body: list[ast.stmt]) -> Iterator[tuple[range, ast.stmt]]:
    """Yield the outermost functions, by their lines, those of decorators and of what is nested in them included."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node.body)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield _lines(node), node


def _lines(node: ast.stmt) -> range:
    decorators = getattr(node, "decorator_list", [])
    return range(min([node.lineno, *(each.lineno for each in decorators)]), (node.end_lineno or node.lineno) + 1)
