"""Mutants of a module's SQL: each condition dropped or turned round, each bound, order and fallback another.

The texts are cut into words here, not parsed: fragments and PostgreSQL's own syntax stay as they are. A condition is
dropped by "OR true", so that a parameter's type is still known.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tests.mutants.mutant import Mutant

_SQL = re.compile(r"\s*(--.*\n\s*)*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|WHERE|AND)\b")
_WORD = re.compile(
    r"(?P<gap>\s+|--[^\n]*)|(?P<text>'(?:[^']|'')*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>\$?\w+)"
    r"|(?P<sign>->>|\|\||::|<>|<=|>=|[<>=(),])|(?P<other>.)",
    re.DOTALL,
)
_OTHERS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "<>": "=", "OR": "AND", "true": "false", "false": "true",
    "DESC": "ASC", "ASC": "DESC", "FIRST": "LAST", "LAST": "FIRST", "DISTINCT": "", "LEFT": "", "ALL": "",
    "min": "max", "max": "min", "least": "greatest", "greatest": "least",
}  # fmt: skip
_BEGIN = {"WHERE", "AND", "OR", "ON", "HAVING", "WHEN"}
_END = {"AND", "OR", "ORDER", "GROUP", "LIMIT", "UNION", "RETURNING", "JOIN", "LEFT", "WHERE", "THEN", "ON", "HAVING"}
_CLAUSES = {"SET", "WHERE", "SELECT", "VALUES", "ON", "WHEN", "FROM", "LIMIT"}
_COUNTED = {"LIMIT", "OFFSET"}
# What is turned round by itself: a NOT before it would be the same mutant.
_TURNED = {"=", "<>", "IS"}


class Word(NamedTuple):
    """A piece of SQL that is no gap, where it stands, and in how many parentheses."""

    text: str
    start: int
    end: int
    depth: int


def sql_mutants_of(source: str) -> list[Mutant]:
    """Return the mutants of every SQL text of a module."""
    return [
        Mutant(line, before, after, source[:start] + text + source[end:])
        for start, end in sorted(_texts(source))
        if _SQL.match(source[start:end].lstrip('f"'))
        for line, before, after, text in _changed(source, start, end)
    ]


def _texts(source: str) -> Iterator[tuple[int, int]]:
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line.encode()))
    inside: set[ast.AST] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            inside |= set(ast.walk(node)) - {node}
        if isinstance(node, ast.JoinedStr | ast.Constant) and node not in inside:
            start = lines[node.lineno - 1] + node.col_offset
            yield start, lines[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)


def _changed(source: str, start: int, end: int) -> Iterator[tuple[int, str, str, str]]:
    text = source[start:end]
    for first, last, after in _changes(text, list(_words(text))):
        before = text[first:last]
        line = source.count("\n", 0, start + first) + 1
        yield line, " ".join(before.split()), " ".join(after.split()), text[:first] + after + text[last:]


def _words(text: str) -> Iterator[Word]:
    depth = 0
    for found in _WORD.finditer(text, 3 if text.lstrip("f").startswith('"""') else 1):
        depth -= found[0] == ")"
        if not found["gap"]:
            yield Word(found[0], found.start(), found.end(), depth)
        depth += found[0] == "("


def _changes(text: str, words: list[Word]) -> Iterator[tuple[int, int, str]]:
    clause = ""
    for place, word in enumerate(words):
        before = words[place - 1].text if place else ""
        clause = word.text if word.text in _CLAUSES else clause
        if _is_of_between(words, place):
            continue
        if word.text in _OTHERS and before != "UNION":
            yield word.start, word.end, _OTHERS[word.text]
        elif word.text == "=" and clause != "SET":
            yield word.start, word.end, "<>"
        else:
            yield from _other_values(words, place, before)
        yield from _other_clauses(text, words, place, before)


def _other_values(words: list[Word], place: int, before: str) -> Iterator[tuple[int, int, str]]:
    word = words[place]
    if word.text == "NULL" and before in {"IS", "NOT"}:
        yield (word.start, word.end, "NOT NULL") if before == "IS" else (words[place - 1].start, word.end, "NULL")
    elif word.text.startswith("'") and before != "interval" and len(word.text) > len("''"):
        yield word.end - 1, word.end, "X'"
    elif word.text.isdigit() and before not in _COUNTED:
        yield word.start, word.end, str(int(word.text) + 1)


def _other_clauses(text: str, words: list[Word], place: int, before: str) -> Iterator[tuple[int, int, str]]:
    word = words[place]
    if word.text == "coalesce":
        yield from _without_fallback(text, words, place)
    elif word.text in _COUNTED:
        yield words[place + 1].start, words[place + 1].end, f"{words[place + 1].text} + 1"
    elif word.text == "BY" and before == "ORDER":
        yield from _other_orders(words, place)
    elif word.text in _BEGIN:
        yield from _other_conditions(text, words, place)


def _is_of_between(words: list[Word], place: int) -> bool:
    if words[place].text != "AND":
        return False
    same = [word.text for word in words[:place] if word.depth == words[place].depth]
    return next((each for each in reversed(same) if each in {"BETWEEN", "AND", "WHERE", "OR"}), "") == "BETWEEN"


def _without_fallback(text: str, words: list[Word], place: int) -> Iterator[tuple[int, int, str]]:
    inside = _within(words, place + 1)
    depth = words[place + 1].depth + 1
    if comma := next((word for word in inside if word.text == "," and word.depth == depth), None):
        last = inside[-1].end
        yield comma.end, last, f" CASE WHEN false THEN {text[comma.end : last]} END"


def _within(words: list[Word], opening: int) -> list[Word]:
    depth = words[opening].depth
    closing = next(place for place in range(opening + 1, len(words)) if words[place].depth == depth)
    return words[opening + 1 : closing]


def _other_conditions(text: str, words: list[Word], place: int) -> Iterator[tuple[int, int, str]]:
    condition = list(_condition(words, place))
    if condition and condition[0].text != "CONFLICT":
        first, last = condition[0].start, condition[-1].end
        yield first, last, f"(({text[first:last]}) OR true)"
        if not any(word.text in _TURNED and word.depth == condition[0].depth for word in condition):
            yield first, last, f"(NOT ({text[first:last]}))"


def _other_orders(words: list[Word], place: int) -> Iterator[tuple[int, int, str]]:
    depth = words[place].depth
    for number in range(place + 1, len(words)):
        word, following = words[number], [each for each in words[number + 1 : number + 2] if each.depth >= depth]
        if word.depth < depth or word.text in _END:
            return
        at_end = not following or following[0].text in {",", '"', ")", *_END}
        if at_end and word.depth == depth and word.text not in {"DESC", "ASC", "FIRST", "LAST", ",", '"'}:
            yield word.end, word.end, " DESC"


def _condition(words: list[Word], place: int) -> Iterable[Word]:
    depth = words[place].depth
    for number in range(place + 1, len(words)):
        word = words[number]
        ends = word.text in _END and not _is_of_between(words, number)
        if word.depth < depth or (word.depth == depth and (ends or word.text in {",", '"'})):
            return
        yield word
