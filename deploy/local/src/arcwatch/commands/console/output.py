"""How commands answer: aligned columns for people, JSON for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import typer

from arcwatch.printable import printable


def as_json(value: object) -> None:
    """Print a value as indented JSON."""
    typer.echo(printable(json.dumps(value, indent=2, ensure_ascii=False, default=str), keep="\n"))


def say(text: str, *, err: bool = False) -> None:
    """Print a line, whatever others wrote into it."""
    typer.echo(printable(text), err=err)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print rows under their headings, numbers to the right; print `empty` where there are none."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        say(empty)
        return
    lines = [[name.upper() for name in columns], *cells]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    numbers = [all(map(_is_number, column)) for column in zip(*cells, strict=True)]
    for line in lines:
        padded = (
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(line, widths, numbers, strict=True)
        )
        typer.echo("  ".join(padded).rstrip())


def percent(fraction: float | None, digits: int = 1) -> str:
    """Return a fraction of 1 as a percentage."""
    return "-" if fraction is None else f"{100 * fraction:.{digits}f}%"


def bounds(interval: Mapping[str, float] | None) -> str:
    """Return an interval of fractions as percentages: 45.3-62.9%."""
    return f"{percent(interval['low'])[:-1]}-{percent(interval['high'])}" if interval else "-"


def ranks(row: Mapping[str, Any]) -> str:
    """Return the range of a submission's ranks, or its rank alone where no other fits or the range is not known."""
    known = row["rankRange"]
    if known is None or known["best"] == known["worst"]:
        return str(row["rank"] or "-")
    return f"{known['best']}-{known['worst']}"


def moment(text: str | None) -> str:
    """Return an ISO time to the minute, in UTC."""
    if not text:
        return "-"
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _cell(value: object) -> str:
    return "-" if value is None or value == "" else printable(str(value))


def _is_number(text: str) -> bool:
    return text == "-" or text.rstrip("%").replace(".", "", 1).replace(",", "").isdigit()
