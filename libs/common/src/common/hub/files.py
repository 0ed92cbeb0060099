"""Files of the Hub: each pinned to a commit, read whole within bounds, and verified by its git or LFS hash.

`hf_hub_download` takes two requests per file and does not notice a corruption of the same length, so bytes come by one
plain GET per file.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import stamina
from yarl import URL

from common.hub.client import (
    HubClient,
    HubRefusedError,
    RemoteFile,
    RequestOutcome,
    RevisionGoneError,
    outcome_of,
    worth_retrying,
)
from common.hub.quota import reset_seconds, retry_after_seconds
from common.outcomes import TransientError

FILES: Final = "resolvers"
ATTEMPTS = 4
CHUNK_BYTES = 256 * 1024
# A trickle slower than this is a dead connection; with the fixed part, a 16 MiB file gets six minutes.
SLOWEST_BYTES_PER_SECOND = 50_000
TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)
FIXED_SECONDS = 30.0


class FileMissingError(TransientError):
    """The Hub has no such file at the commit. A copy of it may lag behind: the next delivery sees."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path}: the Hub has no such file at the commit", kind="unavailable")


class CorruptFileError(TransientError):
    """The bytes are not those that the listing named, whatever the status says."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}", kind="integrity")


@dataclass(frozen=True)
class Fetcher:
    """Fetches files of one Hub over one HTTP session."""

    hub: HubClient
    http: aiohttp.ClientSession
    fetched: Callable[[int], None] = lambda _: None

    async def download(self, dataset: str, revision: str, file: RemoteFile) -> bytearray:
        """Return a file's verified bytes; raise TransientError when several tries did not give them."""
        try:
            return await self._try(dataset, revision, file)
        except TransientError as error:
            failed = error
        # Only now: to set this up takes 40 µs, a tenth of what a small file takes as a whole.
        async for attempt in stamina.retry_context(
            on=_worth_retrying, attempts=ATTEMPTS, timeout=None, wait_initial=0.2, wait_max=5.0, wait_jitter=0.5
        ):
            with attempt:
                if attempt.num == 1:
                    raise failed
                return await self._try(dataset, revision, file)
        raise AssertionError("stamina returns or raises")

    async def _try(self, dataset: str, revision: str, file: RemoteFile) -> bytearray:
        limit = FIXED_SECONDS + file.size / SLOWEST_BYTES_PER_SECOND
        try:
            async with self.hub.quota.request(FILES), asyncio.timeout(limit):
                return await self._once(dataset, revision, file)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            self.hub.on_outcome("connection_lost")
            reason = str(error) or f"no end within {limit:.0f} s"
            raise TransientError(f"{file.path}: {reason}", kind="hub_unreachable") from error

    async def _once(self, dataset: str, revision: str, file: RemoteFile) -> bytearray:
        url = f"{self.hub.endpoint}/datasets/{dataset}/resolve/{revision}/{quote(file.path)}"
        # aiohttp drops the Authorization header when a redirect leaves the origin: the CDN never sees the token.
        headers = {"Authorization": f"Bearer {self.hub.token}"} if self.hub.token else {}
        async with self.http.get(URL(url, encoded=True), headers=headers, timeout=TIMEOUT) as response:
            self._judge(response, dataset, file)
            body = await _read(response, file)
        verify(file, body)
        self.fetched(len(body))
        return body

    def _judge(self, response: aiohttp.ClientResponse, dataset: str, file: RemoteFile) -> None:
        self.hub.quota.learn(response.headers)
        outcome: RequestOutcome = outcome_of(response.status)
        self.hub.on_outcome(outcome)
        if outcome == "ok":
            return
        if outcome == "rate_limited":
            seconds = reset_seconds(response.headers)
            raise TransientError("the Hub's rate limit is reached", kind="rate_limited", retry_after_seconds=seconds)
        if response.headers.get("X-Error-Code") == "RevisionNotFound":
            raise RevisionGoneError(f"{dataset}: the commit is gone, the history was rewritten")
        if outcome == "not_found":
            raise FileMissingError(file.path)
        if outcome == "unauthorized":
            hint = "HF_TOKEN may not read it" if self.hub.token else "set HF_TOKEN if it is private or gated"
            raise HubRefusedError(f"{dataset}: the Hub answers {response.status} for a file; {hint}")
        asked = retry_after_seconds(response.headers)
        line = f"{file.path}: the Hub answers {response.status}"
        raise TransientError(line, kind="hub_error", retry_after_seconds=asked)


async def _read(response: aiohttp.ClientResponse, file: RemoteFile) -> bytearray:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > file.size:
            break
    return body


def verify(file: RemoteFile, body: bytes | bytearray) -> None:
    """Raise CorruptFileError unless the bytes have the size and the hash of the listing.

    Git names a blob by the sha1 of "blob", the size, a NUL byte and the bytes; LFS by their sha256 alone.
    """
    if len(body) != file.size:
        raise CorruptFileError(file.path, f"{len(body)} bytes came instead of {file.size}")
    if file.sha256 is not None:
        found, wanted = hashlib.sha256(body).hexdigest(), file.sha256
    else:
        digest = hashlib.sha1(b"blob %d\0" % len(body), usedforsecurity=False)
        digest.update(body)
        found, wanted = digest.hexdigest(), file.blob_oid
    if found != wanted:
        raise CorruptFileError(file.path, f"its hash is {found}, the listing says {wanted}")


def proxy_for(endpoint: str) -> str | None:
    """Return the environment's proxy for the Hub. aiohttp's own way would also send passwords of ~/.netrc to it."""
    parts = urlsplit(endpoint)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def _worth_retrying(error: Exception) -> bool | float:
    return False if isinstance(error, FileMissingError) else worth_retrying(error)
