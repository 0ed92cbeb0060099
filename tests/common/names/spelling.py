"""How names of the leaderboard are shown here: docs/names.md says why."""

import re


def as_shown(official: str) -> str:
    """Return an official name without footnotes' marks, with the family's word, and the level as the API has it."""
    name = re.sub(r"\s*[¹²*]+$", "", official)
    return re.sub(r"^Opus ", "Claude Opus ", name).replace("xHigh", "xhigh")
