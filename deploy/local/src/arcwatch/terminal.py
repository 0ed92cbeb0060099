"""What the user sees: progress while starting, one line when ready, then the services' own lines with their names.

A thread writes the lines: a terminal that stands still (Ctrl-S, a slow connection) must not stop
the services, whose output waits for us. What it cannot take is in the log files.
"""

import contextlib
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from arcwatch.printable import printable, styled

_MOST_WAITING = 2_000
_LAST_SECONDS = 2.0
_NAME_WIDTH = 10
_TAB = "\t"
_DIM = 2
# Colours that read on dark and on light; each service keeps its own.
_COLOURS = (36, 33, 35, 32, 34, 31)


class Terminal:
    """Writes to standard error, and what other programs wait for to standard output."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._names: dict[str, int] = {}
        self._began = time.monotonic()
        self._lost = 0
        self._waiting: queue.Queue[tuple[TextIO, str] | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._write_all, name="terminal", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        """Show a step of the start or the stop, with the time since the beginning."""
        self._put(self._err, f"{self._styled(_DIM, f'{time.monotonic() - self._began:6.1f}s')}  {text}")

    def result(self, text: str) -> None:
        """Print a line to standard output."""
        self._put(self._out, text)

    def of(self, name: str) -> Callable[[str], None]:
        """Return a function that shows a service's line under its name."""
        number = self._names.setdefault(name, len(self._names))
        label = self._styled(_COLOURS[number % len(_COLOURS)], f"{name:<{_NAME_WIDTH}} |")
        return lambda line: self._put(self._err, f"{label} {printable(line, keep=_TAB)}")

    def close(self) -> None:
        """Write what is waiting; give up on a terminal that stands still."""
        with contextlib.suppress(queue.Full):
            self._waiting.put(None, timeout=_LAST_SECONDS)
            self._thread.join(_LAST_SECONDS)

    def _put(self, stream: TextIO, text: str) -> None:
        try:
            self._waiting.put_nowait((stream, text))
        except queue.Full:
            self._lost += 1

    def _write_all(self) -> None:
        while (item := self._waiting.get()) is not None:
            stream, text = item
            if self._lost:
                text, self._lost = f"({self._lost} lines are only in the log files)\n{text}", 0
            # The terminal may be gone (closed window, broken pipe): the services go on.
            with contextlib.suppress(OSError, ValueError):
                stream.write(text + "\n")
                stream.flush()

    def _styled(self, style: int, text: str) -> str:
        return styled(text, style, self._err)
