"""Mutants of a module's Python: mutmut's operators and a few more, at every node that runs.

mutmut's own runner leaves out constants, defaults, properties and every other decorated function, and runs a copy of
the tree; its operators are used here on all of them, in place.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from tests.mutants.mutant import Mutant

# What never runs, or what no test can tell apart.
_LEFT_OUT = (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom, cst.TypeAlias)
_LEFT_OUT_CALLS = {"TypeVar", "getLogger", "get_logger", "cast", "NewType"}
# The operators give two or three changes of letters for one text: one is enough.
_ONE_EACH = cst.SimpleString


# Of zip: it states what always holds.
_STRICT = re.compile(r",\s*strict=\w+|,\s*(?=\))")


def mutants_of(source: str) -> list[Mutant]:
    """Return every mutant that compiles and differs, once each."""
    finder = _Finder(source)
    MetadataWrapper(cst.parse_module(source)).visit(finder)
    seen = {ast.dump(ast.parse(source))}
    kept = []
    for mutant in finder.found:
        dumped = _dump(mutant.source)
        if dumped and dumped not in seen:
            seen.add(dumped)
            kept.append(mutant)
    return kept


def _dump(source: str) -> str | None:
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return None


class _Finder(cst.CSTVisitor):  # type: ignore[misc] # libcst is there only for `make mutants`
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[Mutant] = []
        self._lines = source.splitlines(keepends=True)

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_left_out(node):
            return False
        for changed in _changes(node):
            self._add(node, changed)
        return True

    def _add(self, node: cst.CSTNode, changed: cst.CSTNode) -> None:
        if _STRICT.sub("", cst.Module([]).code_for_node(node)) == _STRICT.sub(
            "", cst.Module([]).code_for_node(changed)
        ):
            return
        place = self.get_metadata(PositionProvider, node)
        start, end = self._offset(place.start), self._offset(place.end)
        text = "".join(self._lines)
        after = cst.Module([]).code_for_node(changed)
        before = text[start:end]
        self.found.append(Mutant(place.start.line, _short(before), _short(after), text[:start] + after + text[end:]))

    def _offset(self, position: Any) -> int:
        return sum(map(len, self._lines[: position.line - 1])) + int(position.column)


def _is_left_out(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name | cst.Attribute):
        name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
        if name.value in _LEFT_OUT_CALLS:
            return True
    if isinstance(node, cst.Arg) and node.keyword and node.keyword.value == "strict":
        return True
    if isinstance(node, cst.Assign) and (_is_type(node.value) or _is_list_of_names(node)):
        return True
    is_docstring = isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)
    return isinstance(node, _LEFT_OUT) or is_docstring


def _is_list_of_names(node: cst.Assign) -> bool:
    target = node.targets[0].target
    return isinstance(target, cst.Name) and target.value == "__all__"


def _is_type(node: cst.BaseExpression) -> bool:
    """Tell an alias such as `Key = tuple[str, str]`, which only the type checker reads."""
    match node:
        case cst.Subscript(value=cst.Name(name)):
            return name[0].isupper() or name in {"tuple", "list", "dict", "type"}
        case cst.BinaryOperation(left=left, operator=cst.BitOr(), right=right):
            return all(isinstance(each, cst.Name) or _is_type(each) for each in (left, right))
    return False


def _changes(node: cst.CSTNode) -> Iterable[cst.CSTNode]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            changed = operator(node)
            yield from list(changed)[:1] if isinstance(node, _ONE_EACH) else changed
    yield from _own_changes(node)


def _own_changes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what mutmut lacks: one less, a condition the other way round, a filter that lets everything pass."""
    match node:
        case cst.Integer() if node.evaluated_value > 0:
            yield cst.Integer(str(node.evaluated_value - 1))
        case cst.CompIf():
            yield node.with_changes(test=cst.Name("True"))
        case cst.If() | cst.While():
            yield node.with_changes(test=cst.UnaryOperation(cst.Not(), _in_parentheses(node.test)))
        case cst.BooleanOperation():
            yield _in_parentheses(node.left)
            yield _in_parentheses(node.right)
        case cst.Return(value=cst.BaseExpression()) if not _is_false(node.value):
            yield node.with_changes(value=cst.Name("None"))
        case _:
            return


def _in_parentheses(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.with_changes(lpar=[cst.LeftParen(), *node.lpar], rpar=[*node.rpar, cst.RightParen()])


def _is_false(node: cst.CSTNode | None) -> bool:
    return isinstance(node, cst.Name) and node.value in {"None", "False"}


def _short(code: str) -> str:
    return " ".join(code.split())[:160]
