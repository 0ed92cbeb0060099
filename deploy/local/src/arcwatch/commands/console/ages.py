"""Spans of time as people write them."""

import re
from datetime import timedelta
from typing import Final

AGE: Final = "90s, 30m, 12h, 7d"
_WRITTEN = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def age(text: str) -> timedelta:
    """Return a span of time."""
    found = _WRITTEN.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is no span of time, such as {AGE}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
