"""Sends one GET over and over on a few kept connections, as cheaply as Python can."""

import asyncio
import time
from functools import partial
from urllib.parse import urlsplit


class _Connection(asyncio.Protocol):
    """One connection: the next request goes out when the answer is in."""

    def __init__(self, request: bytes, wanted: int, done: "asyncio.Future[None]") -> None:
        self._request = request
        self._left = wanted
        self._done = done
        self._buffer = b""
        self._sent_at = 0.0
        self.seconds: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        assert head.startswith(b"HTTP/1.1 200"), head
        self.seconds.append(time.perf_counter() - self._sent_at)
        self._buffer = rest[length:]
        self._left -= 1
        if self._left:
            self._send()
        else:
            self._transport.close()
            self._done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionResetError("the server hung up"))


def _same(client: _Connection) -> _Connection:
    return client


async def load(url: str, requests: int, connections: int = 16) -> tuple[float, list[float]]:
    """Return the seconds that all requests took together, and those of each."""
    where = urlsplit(url)
    target = f"{where.path}?{where.query}" if where.query else where.path
    request = f"GET {target} HTTP/1.1\r\nHost: {where.netloc}\r\nAccept: application/json\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    clients = [_Connection(request, requests // connections, loop.create_future()) for _ in range(connections)]
    began = time.perf_counter()
    for client in clients:
        await loop.create_connection(partial(_same, client), where.hostname or "", where.port or 80)
    await asyncio.gather(*(client._done for client in clients))
    return time.perf_counter() - began, [each for client in clients for each in client.seconds]
