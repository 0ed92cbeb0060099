"""Text of others, made fit for a terminal: it may move no cursor, change no colour and hide nothing."""

import json
import unicodedata

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
