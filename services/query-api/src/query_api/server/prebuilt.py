"""Sends a cached response as bytes made beforehand.

aiohttp builds and serialises each response's headers anew, which costs a third of a small answer. Those of a cached
response are the same for all clients, so only the date and the request's own headers are added here. Anything but a
plain GET on a kept HTTP/1.1 connection goes through aiohttp's own response.
"""

import time
from email.utils import formatdate
from functools import lru_cache

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_request import BaseRequest

from query_api.server.response_cache import CachedResponse

# Past this, a client does not read what it asked for: wait until it does.
_BUFFERED_BYTES = 256 * 1024


class PrebuiltResponse(web.StreamResponse):
    """A 200 whose bytes are known. `headers` holds only what is added to the cached response's own."""

    def __init__(self, cached: CachedResponse) -> None:
        super().__init__()
        self._cached = cached

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        """Write the whole answer."""
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client is gone")
        self._keep_alive = True
        self._eof_sent = True
        own = "".join([f"{name}: {value}\r\n" for name, value in self.headers.items()])
        date = _date_line(int(time.time()))
        transport.write(b"".join((self._cached.head, date, own.encode("latin-1"), b"\r\n", self._cached.body)))
        if transport.get_write_buffer_size() > _BUFFERED_BYTES:
            await request.writer.drain()
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing: all is written."""


def is_plain(request: web.Request) -> bool:
    """Tell whether a request may be answered with a PrebuiltResponse."""
    return request.method == "GET" and request.version == HttpVersion11 and request.keep_alive


@lru_cache(maxsize=1)
def _date_line(second: int) -> bytes:
    return f"Date: {formatdate(second, usegmt=True)}\r\n".encode()
