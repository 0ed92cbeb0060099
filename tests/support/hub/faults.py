"""Ways in which a Hub fails: what a request gets instead of the right answer."""

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web
from localhub.quota import kind_of, rate_limit_headers
from localhub.web.download import CDN, body_of, redirect_to_cdn

TRICKLE_PAUSE_SECONDS = 0.02


class ConnectionCut(Exception):  # noqa: N818 - nothing went wrong here: the cut is what was asked for
    """The connection was cut on purpose; there is no client to answer any more."""


@dataclass(frozen=True)
class Exchange:
    """A request, and the way to get the Hub's right answer to it."""

    request: web.Request
    answer: Callable[[], Awaitable[web.Response]]


class Fault(Protocol):
    """Answers a request in place of the Hub, or spoils the Hub's own answer."""

    async def respond(self, exchange: Exchange, /) -> web.StreamResponse: ...


@dataclass(frozen=True)
class Status:
    """A plain error, such as 500 or 503."""

    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)

    async def respond(self, _exchange: Exchange) -> web.StreamResponse:
        return web.json_response({"error": "Internal Error"}, status=self.status, headers=self.headers)


@dataclass(frozen=True)
class RateLimited:
    """429, with the seconds until the quota is filled again."""

    reset: int = 1

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        headers = rate_limit_headers(kind_of(exchange.request.path), left=0, reset=self.reset, limit=500, window=300)
        return web.json_response({"error": "Too Many Requests"}, status=429, headers=headers)


@dataclass(frozen=True)
class ConnectionReset:
    """The connection is reset before a byte of the answer."""

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        cut(exchange.request)
        raise ConnectionCut


@dataclass(frozen=True)
class Delay:
    """The answer is right, but late."""

    seconds: float

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        await asyncio.sleep(self.seconds)
        return await exchange.answer()


@dataclass(frozen=True)
class Stall:
    """A part of the body comes, none by default, and then nothing more; without `headers` not even those."""

    keep: float = 0.0
    headers: bool = True

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        if self.headers:
            whole = await exchange.answer()
            stream = await _start(exchange.request, whole)
            await stream.write(body_of(whole)[: int(len(body_of(whole)) * self.keep)])
        await until_gone(exchange.request)
        raise ConnectionCut


@dataclass(frozen=True)
class Trickle:
    """The body comes in small pieces, spread over this many seconds."""

    seconds: float

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        body = body_of(whole)
        steps = max(1, round(self.seconds / TRICKLE_PAUSE_SECONDS))
        size = max(1, -(-len(body) // steps))
        stream = await _start(exchange.request, whole)
        for start in range(0, len(body), size):
            await asyncio.sleep(TRICKLE_PAUSE_SECONDS)
            await stream.write(body[start : start + size])
        return stream


@dataclass(frozen=True)
class Truncate:
    """The headers promise the whole body; the connection ends after a part of it."""

    keep: float = 0.5

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        body = body_of(whole)
        if exchange.request.method == "HEAD" or not body:
            return whole
        stream = await _start(exchange.request, whole)
        await stream.write(body[: int(len(body) * self.keep)])
        cut(exchange.request, reset=False)
        raise ConnectionCut


@dataclass(frozen=True)
class Corrupt:
    """One digit in the middle is another one: the same length, and still JSON."""

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        body = bytearray(body_of(whole))
        digits = [position for position, byte in enumerate(body) if chr(byte).isdigit()]
        if digits:
            middle = digits[len(digits) // 2]
            body[middle] = ord("0") + (body[middle] - ord("0") + 1) % 10
            whole.body = bytes(body)
        return whole


@dataclass(frozen=True)
class HtmlPage:
    """A page of some proxy, with status 200."""

    text: str = "<!doctype html><title>Sign in</title><p>Please sign in to the network."

    async def respond(self, _exchange: Exchange) -> web.StreamResponse:
        return web.Response(text=self.text, content_type="text/html")


@dataclass(frozen=True)
class Redirect:
    """The same path on another host, as if the dataset had moved there."""

    origin: str
    status: int = 307

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        return web.Response(status=self.status, headers={"Location": self.origin + exchange.request.raw_path})


@dataclass(frozen=True)
class RedirectToCdn:
    """The file is on another host, which must not see the token."""

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        if whole.status >= web.HTTPMultipleChoices.status_code:
            return whole
        redirect = redirect_to_cdn(exchange.request, whole)
        redirect.headers.update({name: value for name, value in whole.headers.items() if name.startswith("RateLimit")})
        return redirect


@dataclass(frozen=True)
class ForeignNextPage:
    """The link to the next page leads to another host."""

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        if link := whole.headers.get("Link"):
            whole.headers["Link"] = link.replace(str(exchange.request.url.origin()), exchange.request.config_dict[CDN])
        return whole


@dataclass(frozen=True)
class OtherSchemeNextPage:
    """The link to the next page leads to the same host and port by http instead of https, or the other way round."""

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        scheme = exchange.request.url.scheme
        other = "http" if scheme == "https" else "https"
        if link := whole.headers.get("Link"):
            whole.headers["Link"] = link.replace(f"<{scheme}:", f"<{other}:")
        return whole


@dataclass(frozen=True)
class EndlessPages:
    """Every page has a next one, with the same entries again."""

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        whole.headers["Link"] = f'<{exchange.request.url}>; rel="next"'
        return whole


@dataclass(frozen=True)
class Shortened:
    """A list without its last entries: whole JSON, and no sign that something is missing."""

    left_out: int = 1

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        entries = json.loads(body_of(whole))
        whole.body = json.dumps(entries[: max(0, len(entries) - self.left_out)]).encode()
        return whole


@dataclass(frozen=True)
class Bomb:
    """A body of spaces that takes a thousandth of its size on the way."""

    size: int

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        whole.body = gzip.compress(b" " * self.size)
        whole.headers["Content-Encoding"] = "gzip"
        return whole


@dataclass(frozen=True)
class Replace:
    """Another body under the same headers: a listing that lies, a file of another length."""

    body: bytes

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        whole.body = self.body
        return whole


@dataclass(frozen=True)
class Endless:
    """No length is sent, and the body begins anew for ever."""

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        stream = web.StreamResponse(status=whole.status)
        await stream.prepare(exchange.request)
        try:
            while True:
                await stream.write(body_of(whole))
        except ConnectionError as gone:
            raise ConnectionCut from gone


async def until_gone(request: web.Request) -> None:
    """Wait until the client has closed the connection."""
    while not is_gone(request):  # noqa: ASYNC110 - aiohttp tells nobody of it
        await asyncio.sleep(TRICKLE_PAUSE_SECONDS)


def is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def cut(request: web.Request, *, reset: bool = True) -> None:
    """Close the connection at once: with a reset, or as if the other side had gone."""
    transport = request.transport
    if transport is None:
        return
    if reset:
        raw: socket.socket = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()


async def _start(request: web.Request, whole: web.Response) -> web.StreamResponse:
    stream = web.StreamResponse(status=whole.status, headers=whole.headers)
    stream.content_length = len(body_of(whole))
    await stream.prepare(request)
    return stream
