"""The calls of the official Hub client: each is bounded in time, requests and bytes.

The client runs in a thread, follows every `Link: next`, reads whatever comes, passes no timeout on, and cannot be
stopped from outside. So the bounds are here, within each request, and hold for what is still under way after the call
was cancelled.
"""

import contextvars
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import httpx2
import huggingface_hub
from yarl import URL

from common.hub.network import Network, certificate_problem
from common.hub.responses import UnboundedAnswerError
from common.outcomes import TransientError

# Seconds of silence after which a connection is lost.
_TIMEOUTS: Final = {"connect": 10.0, "read": 30.0, "write": 30.0, "pool": 30.0}
# A page holds 1,000 entries and takes 200 kB. The largest dataset known has 38,600 files in all.
MAX_REQUESTS: Final = 60
MAX_BYTES: Final = 32 * 1024 * 1024


@dataclass
class Call:
    """One call of the official client: its connections, what is called for requests and answers, what is left to it.

    `on_request` and `on_response` may raise to end the call. All three run in the client's thread.
    """

    connections: httpx2.Client
    on_request: Callable[[httpx2.Request], None]
    on_response: Callable[[httpx2.Response], None]
    on_connection_lost: Callable[[httpx2.Request], None]
    seconds: float
    requests_left: int = MAX_REQUESTS
    bytes_left: int = MAX_BYTES
    abandoned: bool = False
    _began: float = field(default_factory=monotonic)

    def seconds_left(self) -> float:
        """Return the time that is left; raise TransientError when there is none, or the call was abandoned."""
        seconds = self._began + self.seconds - monotonic()
        if self.abandoned or seconds <= 0:
            raise TransientError(f"no whole answer within {self.seconds:.0f} s", kind="hub_unreachable")
        return seconds

    def admit(self, request: httpx2.Request) -> None:
        """Let a request go, with what is left of the time; raise when it must not."""
        seconds = self.seconds_left()
        if self.requests_left <= 0:
            raise UnboundedAnswerError(f"the Hub's answer does not end within {MAX_REQUESTS} pages")
        self.requests_left -= 1
        self.on_request(request)
        timeouts = request.extensions.get("timeout", {})
        request.extensions["timeout"] = {
            name: min(timeouts.get(name) or longest, longest, seconds) for name, longest in _TIMEOUTS.items()
        }

    def count(self, size: int) -> None:
        """Take note of bytes of a body; raise when there are too many, or they come too late."""
        self.seconds_left()
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise UnboundedAnswerError(f"the Hub's answer does not end within {MAX_BYTES // 1024 // 1024} MiB")


CALL: Final[contextvars.ContextVar[Call]] = contextvars.ContextVar("arcwatch_hub_call")
_INSTALLED = threading.Lock()


class _BoundedBody(httpx2.SyncByteStream):
    """A body as it was before any compression, counted while it is read: few bytes can become many."""

    def __init__(self, response: httpx2.Response, call: Call) -> None:
        self._plain = httpx2.Response(response.status_code, headers=response.headers, stream=response.stream)
        self._call = call

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._plain.iter_bytes():
            self._call.count(len(chunk))
            yield chunk

    def close(self) -> None:
        self._plain.close()


def _on_request(request: httpx2.Request) -> None:
    CALL.get().admit(request)


def _on_response(response: httpx2.Response) -> None:
    call = CALL.get()
    call.on_response(response)
    response.stream = _BoundedBody(response, call)
    response.headers.pop("Content-Encoding", None)


class _Routes(httpx2.BaseTransport):
    """Sends each request by the proxy for its URL."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._pools = {proxy: _pool(network, proxy) for proxy in {None, *network.proxies.values()}}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._pools[self._network.proxy_for(URL(str(request.url)))].handle_request(request)

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()


def _pool(network: Network, proxy: str | None) -> httpx2.HTTPTransport:
    # A separate SSL context may only be given for a proxy that speaks TLS.
    tls = network.tls if proxy and proxy.startswith("https:") else None
    by = httpx2.Proxy(proxy, ssl_context=tls) if proxy else None
    return httpx2.HTTPTransport(verify=network.tls, proxy=by, trust_env=False)


class _Connections(httpx2.Client):
    """Raises lost connections as TransientError: the official client would sleep in its thread, not cancellable."""

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        try:
            return super().send(request, **options)
        except httpx2.RequestError as error:
            CALL.get().on_connection_lost(request)
            line = f"the Hub is unreachable: {_reason_of(error)}"
            raise TransientError(line, kind="hub_unreachable") from error


def _reason_of(error: httpx2.RequestError) -> str:
    """Return what a request met, without what it sent."""
    # A protocol error quotes the header that it refuses, and with it the token.
    message = "" if isinstance(error, httpx2.ProtocolError) else str(error)
    return certificate_problem(error) or message or type(error).__name__


class _Shared(httpx2.Client):
    """The one that the official client keeps for all calls: passes each on to the connections of its HubClient."""

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        call = CALL.get(None)
        return super().send(request, **options) if call is None else call.connections.send(request, **options)


def connections(network: Network) -> httpx2.Client:
    """Return the connections for the calls of one HubClient, which closes them."""
    if _INSTALLED.acquire(blocking=False):
        huggingface_hub.set_client_factory(lambda: _Shared(follow_redirects=True))
    return _Connections(
        transport=_Routes(network),
        follow_redirects=True,
        event_hooks={"request": [_on_request], "response": [_on_response]},
        trust_env=False,
    )
