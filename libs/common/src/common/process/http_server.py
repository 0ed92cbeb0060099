"""Serves an aiohttp application over a bounded number of connections, none of which may keep it waiting for long.

aiohttp bounds neither: a client that sends half a request, or does not take its answer, holds a descriptor for an hour
or for ever. Here the first request must come in time, the next one too, and answers must be taken. When all places are
taken, those who only wait make room for who comes; only when everybody is being served is a client refused.
"""

import asyncio
import contextlib
import heapq
import resource
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, cast, get_args

import structlog
from aiohttp import web
from aiohttp.web_request import BaseRequest

from common.outcomes import StartupError
from common.process import addresses

log = structlog.get_logger(__name__)

Reason = Literal["no_request", "not_reading", "long_headers", "made_room", "refused"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)

SWEEP_SECONDS = 1.0
# Within which a proxy sends its request over a connection that it opens for it. Who stops waits for it so long.
_OPENING_SECONDS = 0.5
_LOOKS = 50
# aiohttp bounds each header and their number: together a megabyte for each connection. Proxies take as much as this.
_MOST_HEADER_BYTES = 32 * 1024
# Read at once, and so kept for a client that sends on while it is being served: 256 KiB by default.
_READ_BYTES = 16 * 1024
# An answer that is taken more slowly than this within `write_seconds` is not being read.
_LEAST_TAKEN_BYTES = 16 * 1024
_LOG_EVERY_SECONDS = 60.0
# As many are accepted at once, before the first of them can be refused.
_BACKLOG = 256
# Those, and database, NATS, the ops port, files.
_OTHER_DESCRIPTORS = _BACKLOG + 160
_REFUSAL = web.Response(status=503, headers={"Retry-After": "5"})

OnClosed = Callable[[Reason], None]
ErrorAnswer = Callable[[int, str], web.Response]
"""Makes the answer to a request that cannot be read: status, and what is wrong with it."""


@dataclass(frozen=True)
class Limits:
    """How many connections, and how long each may make the server wait."""

    connections: int
    first_request_seconds: float = 15.0
    """From its opening until the headers of its first request are there."""
    idle_seconds: float = 75.0
    """From an answer until the headers of the next request are there: proxies keep connections for a minute."""
    write_seconds: float = 30.0
    """For which a client may take next to nothing of what it asked for."""


def fitting(connections: int) -> int:
    """Return how many connections the process may have, after raising its limit of descriptors as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_DESCRIPTORS
    if soft < wanted:
        soft = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft < wanted:
        log.warning("connections.few_descriptors", limit=soft, wanted=wanted, advice="raise `ulimit -n`")
    return max(1, min(connections, soft - _OTHER_DESCRIPTORS))


@dataclass(eq=False)
class Connections:
    """The open connections of one server; calling it makes the protocol of the next one."""

    server: web.Server
    limits: Limits
    on_closed: OnClosed
    error_answer: ErrorAnswer | None
    refusal: web.Response = _REFUSAL
    _open: "set[_Connection]" = field(default_factory=set)
    _logged_at: float = float("-inf")

    def __call__(self) -> asyncio.Protocol:
        """Return what serves a connection."""
        return _Connection(self, asyncio.get_running_loop())

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: "_Connection") -> bool:
        """Take a connection in, if there is or can be made room."""
        if len(self._open) >= self.limits.connections:
            self._say_full()
            self._make_room()
        if len(self._open) >= self.limits.connections:
            self.on_closed("refused")
            return False
        self._open.add(connection)
        return True

    def forget(self, connection: "_Connection") -> None:
        """Note that a connection is closed."""
        self._open.discard(connection)

    def _make_room(self) -> None:
        """Close those that wait for a request longest; several at once, so that not each newcomer costs a search."""
        waiting = [each for each in self._open if each.is_waiting]
        several = max(1, self.limits.connections // 64)
        for each in heapq.nsmallest(several, waiting, key=lambda connection: connection.waiting_since):
            self.drop(each, "made_room")

    def drop(self, connection: "_Connection", reason: Reason) -> None:
        """Close a connection at once."""
        self.on_closed(reason)
        self.forget(connection)
        connection.abort()

    def _say_full(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._logged_at >= _LOG_EVERY_SECONDS:
            self._logged_at = now
            log.warning("connections.full", limit=self.limits.connections, then="those that wait longest are closed")

    async def opened(self) -> None:
        """Wait for the first request of each connection that was opened just now: it is on its way."""
        now = asyncio.get_running_loop().time
        for _ in range(_LOOKS):
            if not any(each.was_just_opened(now()) for each in self._open):
                return
            await asyncio.sleep(_OPENING_SECONDS / _LOOKS)

    async def sweep(self) -> None:
        """Close what keeps the server waiting, for ever."""
        loop, limits = asyncio.get_running_loop(), self.limits
        pause = min(SWEEP_SECONDS, limits.first_request_seconds / 4, limits.write_seconds / 4)
        while True:
            await asyncio.sleep(pause)
            now = loop.time()
            for each in [*self._open]:
                if reason := each.overdue(now):
                    self.drop(each, reason)


class _Connection(web.RequestHandler):
    """One connection. What a plain subclass may look at of aiohttp's handler is little, so this looks further."""

    __slots__ = ("_buffered", "_connections", "_header_bytes", "_opened_at", "_requests", "_taken_at", "_wire")

    def __init__(self, connections: Connections, loop: asyncio.AbstractEventLoop) -> None:
        # aiohttp's own timer covers the headers of a next request too: a trickle does not wind it up again.
        timeout = connections.limits.idle_seconds
        super().__init__(connections.server, loop=loop, keepalive_timeout=timeout, access_log=None)  # type: ignore[arg-type] # as AppRunner does
        self._connections = connections
        self._opened_at = self._taken_at = loop.time()
        self._buffered = self._requests = self._header_bytes = 0
        self._wire: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = wire = cast("asyncio.Transport", transport)
        if self._connections.admit(self):
            wire.max_size = _READ_BYTES  # type: ignore[attr-defined] # of asyncio's own transports
            super().connection_made(transport)
        else:
            wire.write(_serialised(self._connections.refusal))
            wire.close()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._wire = None
        self._connections.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._request_count != self._requests:
            self._requests, self._header_bytes = self._request_count, 0
        elif self._waiter is not None:
            self._header_bytes += len(data)
            if self._header_bytes > _MOST_HEADER_BYTES:
                self._connections.drop(self, "long_headers")

    @property
    def is_waiting(self) -> bool:
        """Whether no request is being answered."""
        return self._current_request is None and not self._messages

    @property
    def waiting_since(self) -> float:
        """When the last answer was ready, or the connection opened."""
        return max(self._opened_at, self._next_keepalive_close_time - self._connections.limits.idle_seconds)

    def was_just_opened(self, now: float) -> bool:
        """Whether its first request may still come."""
        return self._request_count == 0 and now - self._opened_at < _OPENING_SECONDS

    def overdue(self, now: float) -> Reason | None:
        """Say why the connection should be closed, if it should."""
        limits = self._connections.limits
        buffered = self._wire.get_write_buffer_size() if self._wire else 0
        if buffered == 0 or buffered <= self._buffered - _LEAST_TAKEN_BYTES or self._buffered == 0:
            self._buffered, self._taken_at = buffered, now
        elif now - self._taken_at > limits.write_seconds:
            return "not_reading"
        if self._request_count == 0 and now - self._opened_at > limits.first_request_seconds:
            return "no_request"
        return None

    def abort(self) -> None:
        """Close at once: a polite end would wait until what was written is read."""
        wire = self._wire
        self.force_close()
        if wire is not None:
            wire.abort()

    def handle_error(
        self, request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what cannot be read in the application's own words, without a traceback for each such request."""
        answer = self._connections.error_answer
        if answer is None or status >= 500 or request.writer.output_size > 0:  # noqa: PLR2004 - a fault of ours
            return super().handle_error(request, status, exc, message)
        response = answer(status, (message or "").strip().partition("\n")[0])
        response.force_close()
        return response


def _serialised(response: web.Response) -> bytes:
    """Return the bytes of an answer that no request was read for."""
    body = response.body if isinstance(response.body, bytes) else b""
    own = {"Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"{name}: {value}" for name, value in {**response.headers, **own}.items()]
    return "\r\n".join([f"HTTP/1.1 {response.status} {response.reason}", *lines, "", ""]).encode("latin-1") + body


def _accepted(listening: socket.socket) -> Iterator[socket.socket]:
    """Accept whoever waits for it now."""
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listening.accept()
            connection.settimeout(0)
            yield connection


@contextlib.asynccontextmanager
async def serving(
    app: web.Application,
    address: tuple[str, int],
    limits: Limits,
    *,
    settings: str = "HOST, PORT",
    shutdown_seconds: float = 60.0,
    on_closed: OnClosed = lambda _: None,
    error_answer: ErrorAnswer | None = None,
    refusal: web.Response = _REFUSAL,
) -> AsyncIterator[tuple[int, Connections]]:
    """Serve until the block ends; yield the port really bound (0 asks for a free one), and the connections."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=shutdown_seconds)
    await runner.setup()
    connections = Connections(cast("web.Server", runner.server), limits, on_closed, error_answer, refusal)
    loop = asyncio.get_running_loop()
    try:
        sockets = addresses.listen(*address, _BACKLOG)
    except OSError as error:
        await runner.cleanup()
        where, reason = addresses.shown(*address), (error.strerror or str(error)).partition(" (")[0]
        raise StartupError(f"cannot listen on {where} ({settings}): {reason}") from error
    bound = int(sockets[0].getsockname()[1])
    listeners = [await loop.create_server(connections, sock=each, backlog=_BACKLOG) for each in sockets]
    sweeping = loop.create_task(connections.sweep())
    try:
        yield bound, connections
    finally:
        # Closing resets who has connected and was not accepted yet, and a proxy cannot tell whether that was served.
        waiting = [each for listening in sockets for each in _accepted(listening)]
        for listener in listeners:
            listener.close()
        for each in waiting:
            await loop.connect_accepted_socket(connections, each)
        await connections.opened()
        sweeping.cancel()
        await runner.cleanup()
