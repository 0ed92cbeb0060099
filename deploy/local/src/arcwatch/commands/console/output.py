"""How commands answer: tables and lines for people, JSON for programs."""

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import typer

from arcwatch.commands.console.styles import DIM, style_of
from arcwatch.commands.console.table import lay_out
from arcwatch.printable import has_colours, printable, styled


def as_json(value: object) -> None:
    """Print a value as indented JSON."""
    typer.echo(printable(json.dumps(value, indent=2, ensure_ascii=False, default=str), keep="\n"))


def say(text: str, *, err: bool = False, style: int | None = None) -> None:
    """Print a line, whatever others wrote into it."""
    _print(styled(printable(text), style, sys.stderr if err else sys.stdout), err=err)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str, spare: Sequence[str] = ()) -> None:
    """Print rows under their headings; print `empty` where there are none.

    On a terminal it fits, without the columns of `spare` first where it is narrow. Elsewhere every value is whole.
    """
    found = list(rows)
    if not found:
        say(empty)
        return
    paint = partial(styled, stream=sys.stdout)
    laid_out = lay_out(columns, found, width=terminal_width(), spare=spare, paint=paint)
    for line in laid_out.lines:
        _print(line)
    if laid_out.hidden:
        note(f"no room for {', '.join(laid_out.hidden)}: a wider terminal, a pipe or --json shows them")


def facts(rows: Iterable[tuple[str, object]]) -> None:
    """Print what is known of one thing: a name and a value a line."""
    found = [(name, "-" if value is None or value == "" else printable(str(value))) for name, value in rows]
    width = max(len(name) for name, _ in found)
    for name, value in found:
        _print(f"{styled(name.ljust(width), DIM, sys.stdout)}  {styled(value, style_of(name, value), sys.stdout)}")


def note(text: str) -> None:
    """Say something beside the answer: on standard error, less loud."""
    say(text, err=True, style=DIM)


def terminal_width() -> int | None:
    """Return the width of the terminal that standard output is; None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


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


def _print(line: str, *, err: bool = False) -> None:
    typer.echo(line, err=err, color=has_colours(sys.stderr if err else sys.stdout))
