"""Text made fit for where it goes: that of others may move no cursor and hide nothing, colours are for terminals."""

import json
import os
import unicodedata
from typing import TextIO

# Control characters, such as escape sequences begin with; those that turn the direction of text around; line breaks.
_UNFIT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str, *, keep: str = "") -> str:
    """Return a text with what a terminal would act upon written as in JSON; `keep` names what is let through."""
    if text.isprintable():
        return text
    # As JSON has it, so that JSON stays JSON.
    return "".join(
        json.dumps(each)[1:-1] if each not in keep and unicodedata.category(each) in _UNFIT else each for each in text
    )


def has_colours(stream: TextIO) -> bool:
    """Tell whether a stream takes colours: a terminal does, unless NO_COLOR or FORCE_COLOR says otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def styled(text: str, style: int | None, stream: TextIO) -> str:
    """Return a text in a style (an SGR parameter), where the stream takes colours."""
    return f"\x1b[{style}m{text}\x1b[0m" if style is not None and text and has_colours(stream) else text
