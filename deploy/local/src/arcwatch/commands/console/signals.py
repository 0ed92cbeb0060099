"""Signals that end a command apart from Ctrl-C: it cleans up first, as for that."""

import signal
from typing import Final

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
# As shells number a signal's end of a command.
_SIGNALLED: Final = 128


def ending() -> list[signal.Signals]:
    """Return those that end a command. Under nohup, SIGHUP is ignored, and stays so."""
    return [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]


def status_of(number: int) -> int:
    """Return the exit status of a command that a signal ended."""
    return _SIGNALLED + number
