"""Log files of the children: appended line by line, and cut off before they fill the disk."""

import contextlib
import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

# Two of these per child are kept.
MAX_BYTES = 10 * 1024 * 1024


class LogFile(RotatingFileHandler):
    """Appends lines to a file; at `max_bytes` the file becomes `<name>.1` and a new one begins."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(path, maxBytes=max_bytes, backupCount=1, encoding="utf-8", errors="replace")

    def write(self, line: str) -> None:
        """Append a line. It is in the system's hands at once, so it outlives us."""
        self.emit(logging.makeLogRecord({"msg": line}))

    def close(self) -> None:
        """Close the file; what a full disk does not take is lost."""
        with contextlib.suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Lose the line, as on a full disk: a child must never wait for a reader that is slow."""
