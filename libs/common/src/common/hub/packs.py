"""One request of git's protocol: blobs in one pack, read as it comes. It tries once, and remembers nothing.

The body is never compressed: the Hub refuses that ("expected packfile"). It asks for the pack alone, which has no
name of a commit: any may be asked for, as long as the blobs are there.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Final

import aiohttp

from common.git.errors import BadPackError
from common.git.fetch import FetchAnswer, fetch_request
from common.git.pack_reader import PackReader
from common.hub.quota import GIT, reset_seconds, retry_after_seconds
from common.hub.responses import RequestOutcome, outcome_of
from common.hub.session import MAX_REDIRECTS, UPLOAD_PACK, Session, reason_of
from common.hub.transports import PackError

# While git looks for deltas it sends a sign of life every 5 s.
IDLE_SECONDS = 12.0
# What an answer may keep us waiting in all: this, and the time that its pack takes at the slowest rate. A pack takes
# about an eighth of its files' bytes.
FIXED_SECONDS = 30.0
SLOWEST_BYTES_PER_SECOND = 10_000
# What an answer may have besides the bytes of the blobs: for each, and in all.
_EXTRA_PER_BLOB: Final = 256
_EXTRA_BYTES: Final = 1024 * 1024
# The time between two reads is ours to bound: who stops reading for a while has not lost the connection.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=None)
_LACKS: Final = re.compile(r"not our ref (?P<oid>[0-9a-f]{40})\b")
_HEADERS: Final = {
    "Git-Protocol": "version=2",
    "Content-Type": f"application/x-{UPLOAD_PACK}-request",
    "Accept": f"application/x-{UPLOAD_PACK}-result",
    # A pack is compressed already.
    "Accept-Encoding": "identity",
    # Servers know git by the beginning of this.
    "User-Agent": "git/arcwatch",
}


@dataclass
class Packs:
    """Asks one Hub for packs, over its HTTP session."""

    session: Session
    on_outcome: Callable[[RequestOutcome], None]

    async def blobs(self, dataset: str, wanted: Mapping[str, int]) -> AsyncGenerator[tuple[str, bytes], None]:
        """Yield those blobs that come, verified, of those wanted (oid -> size); raise PackError where no more can."""
        answer, reader = FetchAnswer(), PackReader(wanted)
        pace = _Pace(sum(wanted.values()) + _EXTRA_PER_BLOB * len(wanted) + _EXTRA_BYTES)
        try:
            async with await self._ask(dataset, fetch_request(wanted)) as response:
                while data := await pace.read(response.content):
                    for part in answer.feed(data):
                        pace.useful_bytes += len(part)
                        for blob in reader.feed(part):
                            yield blob
            answer.close()
            reader.close()
        except BadPackError as error:
            raise _bad_pack(error, is_git=answer.begun) from error
        except (aiohttp.TooManyRedirects, aiohttp.RedirectClientError) as error:
            raise PackError("not_git", "the Hub redirects without end, or to no URL") from error
        except TimeoutError as error:  # which is a ClientError, too, while the connection is made
            self.on_outcome("connection_lost")
            raise PackError("stalled", "no answer in time, or one that comes too slowly") from error
        except (aiohttp.ClientError, ConnectionError) as error:
            self.on_outcome("connection_lost")
            raise PackError("connection_lost", reason_of(error) or type(error).__name__) from error

    async def _ask(self, dataset: str, body: bytes) -> aiohttp.ClientResponse:
        """Send the request, and return its answer where that is one of git."""
        url = self.session.url(dataset, UPLOAD_PACK)
        limit = IDLE_SECONDS + len(body) / SLOWEST_BYTES_PER_SECOND
        async with self.session.quota.request(GIT), asyncio.timeout(limit):
            response = await self.session.http.post(
                url, data=body, headers=_HEADERS, timeout=_TIMEOUT, max_redirects=MAX_REDIRECTS
            )
        self.on_outcome(outcome_of(response.status))
        if response.status >= HTTPStatus.BAD_REQUEST:
            response.close()
            raise _refusal(response)
        return response


@dataclass
class _Pace:
    """Bounds the time that an answer keeps us waiting, and its bytes. What its reader does meanwhile is not counted."""

    bytes_left: int
    useful_bytes: int = 0
    _waited: float = 0.0

    async def read(self, content: aiohttp.StreamReader) -> bytes:
        """Return what came, nothing at the end; raise TimeoutError where it comes too slowly."""
        left = FIXED_SECONDS + self.useful_bytes / SLOWEST_BYTES_PER_SECOND - self._waited
        began = monotonic()
        async with asyncio.timeout(min(IDLE_SECONDS, left)):
            data = await content.readany()
        self._waited += monotonic() - began
        self.bytes_left -= len(data)
        if self.bytes_left < 0:
            raise PackError("too_large", "the answer is longer than what was wanted")
        return data


def _bad_pack(error: BadPackError, *, is_git: bool) -> PackError:
    """Return the error for an answer with status 200 that is not what was asked for."""
    if not is_git and error.fault != "refused":
        return PackError("not_git", str(error))
    lacks = _LACKS.search(str(error)) if error.fault == "refused" else None
    return PackError(error.fault, str(error), lacks=lacks["oid"] if lacks else "")


def _refusal(response: aiohttp.ClientResponse) -> PackError:
    """Return the error for an answer that is none of git."""
    status, headers = response.status, response.headers
    line = f"the Hub answers {status}"
    outcome = outcome_of(status)
    if outcome in {"unauthorized", "not_found"}:
        return PackError("denied", line)
    if outcome == "rate_limited":
        return PackError("rate_limited", "the Hub's rate limit is reached", reset_seconds(headers))
    if outcome == "server_error":
        return PackError("server_error", line, retry_after_seconds(headers))
    return PackError("not_git", line)
