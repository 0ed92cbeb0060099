"""A file that libraries write to, and that is sent on: it keeps what is written until that is taken."""

import io
from typing import Any


class ByteSink(io.RawIOBase):
    """It cannot seek: what was taken cannot be changed."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def taken(self) -> bytes:
        """Return what was written since this was called last."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found
