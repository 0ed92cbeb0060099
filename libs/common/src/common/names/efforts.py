"""What a model is called without how hard it thought, so that its submissions at several efforts are found together."""

import re
from typing import Final

_SAID: Final = re.compile(r"\s*\(([^()]*)\)$")
# Of one effort a name may say more than one word: (Thinking 16K), (120K, Low).
_OF_EFFORT: Final = re.compile(r"thinking|reasoning|effort|\d{1,4}k", re.IGNORECASE)


def base_name(display_name: str, effort: str | None) -> str:
    """Return a display name without the effort in the parentheses at its end.

    >>> base_name("o3 (Preview, Low)", "low")
    'o3 (Preview)'
    """
    found = _SAID.search(display_name)
    if effort is None or not found:
        return display_name
    words = re.findall(r"[^,\s]+", found[1])
    kept = [word for word in words if not _is_effort(word, effort)]
    if kept == words:  # another thing is said there
        return display_name
    said = f" ({' '.join(kept)})" if kept else ""
    return display_name[: found.start()].rstrip() + said or display_name


def _is_effort(word: str, effort: str) -> bool:
    return word.casefold() == effort.casefold() or _OF_EFFORT.fullmatch(word) is not None
