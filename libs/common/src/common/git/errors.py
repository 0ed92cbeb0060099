"""What can be wrong with bytes that should be git's."""

from typing import Literal

# A closed set: it is a label of metrics.
Fault = Literal["truncated", "corrupt", "foreign", "too_large", "refused"]


class BadPackError(Exception):
    """An answer of git that is not what was asked for; `fault` says in one word why.

    truncated: it ends too early. corrupt: no pack, or a damaged one. foreign: an object that was not wanted.
    too_large: more bytes than what was wanted can be. refused: the server itself says that something failed.
    """

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault: Fault = fault
