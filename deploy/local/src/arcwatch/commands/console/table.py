"""Tables as text: aligned columns, made to fit a width where there is one. It prints nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from arcwatch.commands.console.styles import BOLD, style_of
from arcwatch.printable import printable

_GAP = "  "
# What is cut shorter says too little; a moment to the minute has as many characters.
_LEAST = 16
_ELLIPSIS = "…"

Paint = Callable[[str, int | None], str]


@dataclass(frozen=True)
class Table:
    """Lines under a line of headings, and the names of the columns for which there was no room."""

    lines: tuple[str, ...]
    hidden: tuple[str, ...] = ()


def lay_out(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    width: int | None = None,
    spare: Sequence[str] = (),
    paint: Paint = lambda text, _: text,
) -> Table:
    """Return rows under their headings, numbers to the right.

    With a width, the columns of `spare` go first where there is no room, then the rightmost ones, never the first;
    texts are shortened. Without one every value is whole.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    headings = [name.upper() for name in columns]
    widths = [max(map(cells_of, column)) for column in zip(headings, *cells, strict=True)]
    numbers = [bool(cells) and all(map(_is_number, column)) for column in zip(*cells, strict=True)]
    numbers = numbers or [False] * len(columns)
    least = [full if is_number else min(full, _LEAST) for full, is_number in zip(widths, numbers, strict=True)]
    shown = list(range(len(columns))) if width is None else _kept(columns, least, width, spare)
    if width is not None:
        widths = _fitted(widths, least, shown, width)

    def line(texts: Sequence[str], styles: Callable[[int], int | None]) -> str:
        parts = (_padded(texts[n], widths[n], styles(n), paint, right=numbers[n]) for n in shown)
        return _GAP.join(parts).rstrip()

    body = (line(row, lambda n, row=row: style_of(columns[n], row[n])) for row in cells)  # type: ignore[misc]
    hidden = tuple(name for n, name in enumerate(columns) if n not in shown)
    return Table((line(headings, lambda _: BOLD), *body), hidden)


def cells_of(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def shortened(text: str, width: int) -> str:
    """Return a text that takes so many cells at most: of a name the middle goes, of a sentence the end."""
    if cells_of(text) <= width:
        return text
    if width <= 1:
        return _ELLIPSIS[:width]
    tail = 0 if " " in text else (width - 1) // 2
    return _cut(text, width - 1 - tail) + _ELLIPSIS + _cut(text[::-1], tail)[::-1]


def _cut(text: str, width: int) -> str:
    end = min(len(text), width)
    while cells_of(text[:end]) > width:
        end -= 1
    return text[:end]


def _kept(columns: Sequence[str], least: Sequence[int], width: int, spare: Sequence[str]) -> list[int]:
    kept = list(range(len(columns)))
    for goes in _order_of_going(columns, spare):
        if sum(least[n] for n in kept) + len(_GAP) * (len(kept) - 1) <= width:
            break
        kept.remove(goes)
    return kept


def _order_of_going(columns: Sequence[str], spare: Sequence[str]) -> Iterator[int]:
    first = [columns.index(name) for name in spare]
    yield from first
    yield from (n for n in range(len(columns) - 1, 0, -1) if n not in first)


def _fitted(widths: Sequence[int], least: Sequence[int], shown: Sequence[int], width: int) -> list[int]:
    """Return widths that fill the room: each column has its least, then the narrowest grow first."""
    found = list(least)
    room = width - sum(least[n] for n in shown) - len(_GAP) * (len(shown) - 1)
    if room < 0:
        found[shown[0]] += room
    while room > 0 and (growing := [n for n in shown if found[n] < widths[n]]):
        for n in sorted(growing, key=lambda n: found[n])[:room]:
            found[n] += 1
            room -= 1
    return found


def _padded(text: str, width: int, style: int | None, paint: Paint, *, right: bool) -> str:
    shown = shortened(text, width)
    blank = " " * (width - cells_of(shown))
    return blank + paint(shown, style) if right else paint(shown, style) + blank


def _cell(value: object) -> str:
    return "-" if value is None or value == "" else printable(str(value))


def _is_number(text: str) -> bool:
    return text == "-" or text.lstrip("$").rstrip("%").replace(".", "", 1).replace(",", "").isdigit()
