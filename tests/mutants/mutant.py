"""One change of the code."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """A module's source with one spot changed, where, and what."""

    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.line}: {self.before} -> {self.after}"
