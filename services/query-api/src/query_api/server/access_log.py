"""The access log, written in batches: a line through the logging stack costs as much as the answer itself."""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, TextIO

from aiohttp import web

FLUSH_SECONDS = 0.5
# Between two flushes a flood may come: lines past this are written at once.
MOST_LINES = 10_000
# A path of the eight kilobytes that a request line may have tells no more than this.
_LONGEST_PATH = 1_024

# When (by the loop's clock), method, path, status, seconds, request id, the client's address. A named tuple takes five
# times as long to make.
Line = tuple[float, str, str, int, float, str, str]


class AccessLog:
    """Collects lines and writes them twice a second."""

    def __init__(
        self,
        fmt: Literal["console", "json"],
        *,
        enabled: bool = True,
        to: TextIO | None = None,
        service: str = "query-api",
    ) -> None:
        self._to = to or sys.stderr
        self._json = fmt == "json"
        self._enabled = enabled
        self._service = json.dumps(service)
        self._lines: list[Line] = []
        self._now = asyncio.get_running_loop().time

    def record(self, request: web.Request, status: int, seconds: float, request_id: str, remote: str = "") -> None:
        """Note one answered request of a client at an address."""
        if self._enabled:
            path = request.raw_path[:_LONGEST_PATH]
            self._lines.append((self._now(), request.method, path, status, seconds, request_id, remote))
            if len(self._lines) >= MOST_LINES:
                self.flush()

    async def run(self) -> None:
        """Write what was noted, for ever."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                self.flush()
        finally:
            self.flush()

    def flush(self) -> None:
        """Write what was noted, now."""
        lines, self._lines = self._lines, []
        if lines:
            # Times are the loop's until here: one look at the calendar serves the whole batch.
            offset = time.time() - self._now()
            form = self._as_json if self._json else _as_text
            self._to.write("".join([form(_instant(line[0] + offset), line) for line in lines]))
            self._to.flush()

    def _as_json(self, when: str, line: Line) -> str:
        _, method, path, status, seconds, request_id, remote = line
        return (
            f'{{"timestamp": "{when}", "level": "info", "message": "request", "service": {self._service}, '
            f'"method": "{method}", "path": {_quoted(path)}, "status": {status}, '
            f'"duration_ms": {seconds * 1000:.2f}, "request_id": "{request_id}", "remote": "{remote}"}}\n'
        )


def _as_text(when: str, line: Line) -> str:
    _, method, path, status, seconds, request_id, remote = line
    took = f"{status} {seconds * 1000:.2f} ms"
    return f"{when} [info     ] request {method} {_quoted(path)[1:-1]} {took} {request_id} {remote}\n"


# The same few paths come again and again.
_quoted = lru_cache(maxsize=512)(json.dumps)


def _instant(seconds: float) -> str:
    """Return seconds since the epoch as ISO 8601 in UTC, to the millisecond."""
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


# Of the thousands of lines of a second, the first one writes this.
@lru_cache(maxsize=2)
def _second(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
