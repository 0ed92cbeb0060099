"""CHANGELOG.md: what a version brought, and the heading under which that stands."""

import re
from datetime import date

UNRELEASED = "## [Unreleased]"


class ChangelogError(Exception):
    """The changelog has nothing of a version."""


def notes(text: str, version: str) -> str:
    """Return what a version brought; of one that has no heading yet, what is not released."""
    for heading in (f"## [{version}]", UNRELEASED):
        match = re.search(rf"^{re.escape(heading)}[^\n]*\n(.*?)(?=^## \[|\Z)", text, re.MULTILINE | re.DOTALL)
        if match and match[1].strip():
            return match[1].strip() + "\n"
    raise ChangelogError(f"CHANGELOG.md has nothing of {version}, nor below {UNRELEASED!r}: write down what changed")


def released(text: str, version: str, day: date) -> str:
    """Return the changelog with a heading of the version, as of a day, over what was not released."""
    if f"## [{version}]" in text:
        raise ChangelogError(f"CHANGELOG.md has a heading of {version} already")
    notes(text, version)
    return text.replace(UNRELEASED, f"{UNRELEASED}\n\n## [{version}] - {day}", 1)
