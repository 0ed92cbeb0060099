"""Streams a file to a client, so that both ends know whether it is whole.

Nothing is sent before a first part is there: until then an error is an answer like any other. Later the connection is
reset: the client's download fails, as what came may look whole. A client that takes next to nothing is left: what it
reads is a transaction, which keeps PostgreSQL from cleaning up.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn

import structlog
from aiohttp import hdrs, web
from common.process.outage import DATABASE_ERRORS, reason_of
from prometheus_client import Counter

from query_api.metrics import ExportOutcome
from query_api.routes.access import network_of
from query_api.schemas.problems import ProblemError

log = structlog.get_logger(__name__)

PART_BYTES: Final = 64 * 1024
# To take one part: 2 kB/s. The server's own bound is lower (common.process.http_server), and counts otherwise.
PART_SECONDS: Final = 30.0
RETRY_SECONDS: Final = 10
Parts = AsyncGenerator[bytes, None]
# On, and for no time: a close sends a reset, and drops what is not sent yet.
_RESET: Final = struct.pack("ii", 1, 0)


class _ClientGoneError(Exception):
    """The client went away, or took nothing for too long."""


@dataclass
class ExportLimits:
    """How many exports may run at once, and for how long each; and what became of all.

    Where several may, each client has one: what the others wait for is then not one client alone.
    """

    at_once: int
    seconds: float
    outcomes: Counter
    _running: list[str] = field(default_factory=list, init=False)
    """Whose they are."""

    @contextlib.contextmanager
    def place(self, address: str) -> Iterator[None]:
        """Take one place for a client until the block ends; raise a ProblemError where there is none."""
        network = network_of(address)
        if len(self._running) >= self.at_once:
            self._refuse(503, f"{len(self._running)} exports are running already; try again soon")
        if network in self._running:
            self._refuse(429, "an export to your address is running already; try again when it has ended")
        self._running.append(network)
        try:
            yield
        finally:
            self._running.remove(network)

    def _refuse(self, status: int, detail: str) -> NoReturn:
        self.outcomes.labels("refused").inc()
        raise ProblemError(status, detail, headers={"Retry-After": str(RETRY_SECONDS)})

    def ended(self, outcome: ExportOutcome) -> None:
        """Count an export."""
        self.outcomes.labels(outcome).inc()


async def send(
    request: web.Request, headers: Mapping[str, str], parts: Parts, limits: ExportLimits
) -> web.StreamResponse:
    """Send what the parts are; raise what goes wrong before the first of them is sent."""
    response = web.StreamResponse(headers=headers)
    if headers.get(hdrs.CONTENT_ENCODING) == "gzip":
        response.enable_compression(web.ContentCoding.gzip)
    try:
        async with asyncio.timeout(limits.seconds) as deadline, contextlib.aclosing(_of_size(parts)) as sized:
            async for part in sized:
                await _sent(request, response, part)
            await _sent(request, response, b"")
            await response.write_eof()
    except ProblemError:
        raise  # before it began
    except BaseException as error:
        outcome = _outcome(error, late=deadline.expired())
        limits.ended(outcome)
        if not response.prepared and outcome != "client_gone":
            raise
        reset(request)
        _tell(request, error, outcome)
        if isinstance(error, Exception):
            return response
        raise
    limits.ended("completed")
    return response


def reset(request: web.Request) -> None:
    """Close the connection so that no client, whatever its version of HTTP, takes what came for all of it."""
    if (transport := request.transport) is None:
        return
    own: socket.socket | None = transport.get_extra_info("socket")
    if own is not None and own.family in {socket.AF_INET, socket.AF_INET6}:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


async def _of_size(parts: Parts) -> Parts:
    """Yield the same bytes in parts that are neither small nor large."""
    waiting = bytearray()
    async with contextlib.aclosing(parts):
        async for part in parts:
            waiting += part
            if len(waiting) >= PART_BYTES:
                whole, waiting = bytes(waiting), bytearray()
                for start in range(0, len(whole), PART_BYTES):
                    yield whole[start : start + PART_BYTES]
    if waiting:
        yield bytes(waiting)


async def _sent(request: web.Request, response: web.StreamResponse, part: bytes) -> None:
    try:
        async with asyncio.timeout(PART_SECONDS):
            if not response.prepared:
                await response.prepare(request)
            await response.write(part)
    except (ConnectionError, TimeoutError) as error:
        raise _ClientGoneError(reason_of(error)) from error


def _outcome(error: BaseException, *, late: bool) -> ExportOutcome:
    if isinstance(error, _ClientGoneError):
        return "client_gone"
    return "too_long" if late else "failed"


def _tell(request: web.Request, error: BaseException, outcome: ExportOutcome) -> None:
    if isinstance(error, Exception) and not isinstance(error, (_ClientGoneError, *DATABASE_ERRORS)):
        log.error("export.failed", path=request.path, exc_info=error)
        return
    say = log.info if outcome == "client_gone" else log.warning
    say("export.aborted", path=request.path, outcome=outcome, reason=reason_of(error))
