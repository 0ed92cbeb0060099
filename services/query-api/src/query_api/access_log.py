"""The access log, written in batches: a line through the logging stack costs as much as the answer itself."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Literal, NamedTuple, TextIO

from aiohttp import web

FLUSH_SECONDS = 0.5


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
        self._lines: list[_Line] = []
        self._now = asyncio.get_running_loop().time

    def record(self, request: web.Request, status: int, seconds: float, request_id: str) -> None:
        """Note one answered request."""
        if self._enabled:
            self._lines.append(_Line(self._now(), request.method, request.raw_path, status, seconds * 1000, request_id))

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
            offset = datetime.now(UTC).timestamp() - self._now()
            form = self._as_json if self._json else _as_text
            self._to.write("".join([form(line, _time(line.at + offset)) for line in lines]))
            self._to.flush()

    def _as_json(self, line: "_Line", when: str) -> str:
        return (
            f'{{"timestamp": "{when}", "level": "info", "message": "request", "service": {self._service}, '
            f'"method": {json.dumps(line.method)}, "path": {json.dumps(line.path)}, "status": {line.status}, '
            f'"duration_ms": {line.ms:.2f}, "request_id": "{line.request_id}"}}\n'
        )


class _Line(NamedTuple):
    at: float
    method: str
    path: str
    status: int
    ms: float
    request_id: str


def _as_text(line: _Line, when: str) -> str:
    return f"{when} [info     ] request {line.method} {line.path} {line.status} {line.ms:.2f} ms {line.request_id}\n"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
