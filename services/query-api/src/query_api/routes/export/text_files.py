"""CSV and JSON Lines: rows to text. A number has as many digits as it takes to read the very same one."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from query_api.routes.export.export_shapes import ColumnType, ExportedColumn

Row = Sequence[Any]

# A spreadsheet takes a cell that begins so for a formula, which may read other cells and send them away. With an
# apostrophe in front it is text. What begins with an apostrophe gets another one, so that a reader can take it off.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")  # noqa: RUF001 - a spreadsheet takes these, too


class Encoder(ABC):
    """Makes the bytes of one file: its beginning, then some rows at a time, then its end."""

    count = 0
    """How many rows were added."""

    def begin(self) -> bytes:
        """Return what comes before the first row."""
        return b""

    def add(self, rows: Sequence[Row]) -> bytes:
        """Add rows; return what the file has more by now."""
        self.count += len(rows)
        return self._encoded(rows)

    def end(self) -> bytes:
        """Return what is left."""
        return b""

    @abstractmethod
    def _encoded(self, rows: Sequence[Row]) -> bytes: ...


def _instant(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _quoted(text: str) -> str:
    guarded = "'" + text if text.startswith(_FORMULA) else text
    return '"' + guarded.replace('"', '""') + '"'


_Cells = Mapping[ColumnType, Callable[[Any], str]]
_PLAIN: Final[_Cells] = {
    "integer": str,
    "number": repr,
    "boolean": lambda value: "true" if value else "false",
    "instant": _instant,
    "date": date.isoformat,
}
_CSV: Final[_Cells] = {**_PLAIN, "text": _quoted, "json": _quoted, "booleans": lambda value: _quoted(_compact(value))}
_JSON: Final[_Cells] = {
    **_PLAIN,
    "text": _compact,
    "json": str,  # as PostgreSQL has it
    "booleans": _compact,
    "instant": lambda value: f'"{_instant(value)}"',
    "date": lambda value: f'"{value.isoformat()}"',
}


class CsvEncoder(Encoder):
    """RFC 4180, UTF-8: text in quotes, even an empty one; what is not known as nothing between two commas."""

    def __init__(self, columns: Sequence[ExportedColumn]) -> None:
        self._names = [each.name for each in columns]
        self._cells = [_CSV[each.type] for each in columns]

    def begin(self) -> bytes:
        return (",".join(self._names) + "\r\n").encode()

    def _encoded(self, rows: Sequence[Row]) -> bytes:
        lines = (
            ",".join(["" if value is None else cell(value) for cell, value in zip(self._cells, row, strict=True)])
            + "\r\n"
            for row in rows
        )
        return "".join(lines).encode()


class JsonLinesEncoder(Encoder):
    """One JSON object a line, UTF-8; what is not known is null."""

    def __init__(self, columns: Sequence[ExportedColumn]) -> None:
        self._cells = [(f"{_compact(each.name)}:", _JSON[each.type]) for each in columns]

    def _encoded(self, rows: Sequence[Row]) -> bytes:
        lines = (
            "{"
            + ",".join(
                [
                    name + ("null" if value is None else cell(value))
                    for (name, cell), value in zip(self._cells, row, strict=True)
                ]
            )
            + "}\n"
            for row in rows
        )
        return "".join(lines).encode()
