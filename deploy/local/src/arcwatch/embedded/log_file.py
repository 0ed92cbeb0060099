"""Log files of the children: appended line by line, and cut off before they fill the disk."""

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

# Two of these per child are kept.
MAX_BYTES = 10 * 1024 * 1024


class LogFile:
    """Appends lines to a file; at `max_bytes` the file becomes `<name>.1` and a new one begins."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._max_bytes = max_bytes
        self._file = path.open("ab", buffering=0)

    def write(self, line: str) -> None:
        """Append a line. It is in the system's hands at once, so it outlives us.

        A full disk loses the line: a child must never wait for a reader that is slow.
        """
        with contextlib.suppress(OSError):
            data = line.encode(errors="replace") + b"\n"
            if 0 < self._file.tell() > self._max_bytes - len(data):
                self._begin_anew()
            self._file.write(data)

    def _begin_anew(self) -> None:
        self._path.replace(self._path.with_name(self._path.name + ".1"))
        fresh = self._path.open("ab", buffering=0)
        self._file.close()
        self._file = fresh

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
