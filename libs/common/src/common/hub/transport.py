"""The transport under the official Hub client: each call of it is bounded in time, requests and bytes.

The client runs in a thread, follows every `Link: next`, reads whatever comes, passes no timeout on, and cannot be
stopped from outside. So the bounds are here, within each request, and hold for what is still on its way when nobody
waits for the call any more.
"""

import contextvars
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import httpx2
import huggingface_hub

from common.outcomes import TransientError

# Seconds of silence after which a connection is lost.
_TIMEOUTS: Final = {"connect": 10.0, "read": 30.0, "write": 30.0, "pool": 30.0}
# A page holds 1,000 entries and takes 200 kB. The largest dataset known has 38,600 files in all.
MAX_REQUESTS: Final = 60
MAX_BYTES: Final = 32 * 1024 * 1024


class UnboundedAnswerError(TransientError):
    """An answer that does not end within the bounds. Asked again at once, it would only cost the same again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, kind="hub_error")


@dataclass
class Call:
    """One call of the client: what is called for its requests and answers, and what is left to it.

    `on_request` and `on_response` may raise to end the call. All three run in the client's thread.
    """

    on_request: Callable[[httpx2.Request], None]
    on_response: Callable[[httpx2.Response], None]
    on_connection_lost: Callable[[httpx2.Request], None]
    seconds: float
    requests_left: int = MAX_REQUESTS
    bytes_left: int = MAX_BYTES
    left: bool = False
    _began: float = field(default_factory=monotonic)

    def seconds_left(self) -> float:
        """Return the time that is left; raise TransientError when there is none, or nobody waits any more."""
        seconds = self._began + self.seconds - monotonic()
        if self.left or seconds <= 0:
            raise TransientError(f"no whole answer within {self.seconds:.0f} s", kind="hub_unreachable")
        return seconds

    def admit(self, request: httpx2.Request) -> None:
        """Let a request go, with what is left of the time; raise when it must not."""
        seconds = self.seconds_left()
        if self.requests_left <= 0:
            raise UnboundedAnswerError(f"the Hub's answer does not end within {MAX_REQUESTS} pages")
        self.requests_left -= 1
        self.on_request(request)
        asked = request.extensions.get("timeout", {})
        request.extensions["timeout"] = {
            name: min(asked.get(name) or longest, longest, seconds) for name, longest in _TIMEOUTS.items()
        }

    def count(self, size: int) -> None:
        """Take note of bytes of a body; raise when there are too many, or they come too late."""
        self.seconds_left()
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise UnboundedAnswerError(f"the Hub's answer does not end within {MAX_BYTES // 1024 // 1024} MiB")


CALL: Final[contextvars.ContextVar[Call | None]] = contextvars.ContextVar("arcwatch_hub_call", default=None)
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
    if call := CALL.get():
        call.admit(request)


def _on_response(response: httpx2.Response) -> None:
    if call := CALL.get():
        call.on_response(response)
        response.stream = _BoundedBody(response, call)
        response.headers.pop("Content-Encoding", None)


class _Client(httpx2.Client):
    """Raises lost connections as `TransientError`: the official client would sleep in its thread, not cancellable."""

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        try:
            return super().send(request, **options)
        except httpx2.RequestError as error:
            if call := CALL.get():
                call.on_connection_lost(request)
            # A protocol error quotes the header that it refuses, and with it the token.
            told = "" if isinstance(error, httpx2.ProtocolError) else str(error)
            raise TransientError(
                f"the Hub is unreachable: {told or type(error).__name__}", kind="hub_unreachable"
            ) from error


def _client() -> httpx2.Client:
    return _Client(follow_redirects=True, event_hooks={"request": [_on_request], "response": [_on_response]})


def install() -> None:
    """Give the official client our transport, once per process: the client keeps one for all."""
    if _INSTALLED.acquire(blocking=False):
        huggingface_hub.set_client_factory(_client)
