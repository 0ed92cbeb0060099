"""Which rows a list shows, and in which order: what `--search`, `--sort` and `--desc` mean everywhere."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


def arranged(rows: Iterable[T], value: Callable[[T], Any], *, descending: bool) -> list[T]:
    """Return rows by a value of theirs; those without one come last, whatever the direction."""
    found = list(rows)
    known = [row for row in found if value(row) is not None]
    known.sort(key=lambda row: _comparable(value(row)), reverse=descending)
    return [*known, *(row for row in found if value(row) is None)]


def matches(search: str | None, *texts: object) -> bool:
    """Tell whether one of the texts holds what is searched for, in whatever case."""
    return search is None or any(search.casefold() in str(text).casefold() for text in texts if text is not None)


def _comparable(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
