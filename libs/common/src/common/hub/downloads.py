"""Files of the Hub: each pinned to a commit, read whole within bounds, and verified by its git or LFS hash.

`hf_hub_download` takes two requests per file and does not notice a corruption of the same length, so bytes come by one
plain GET per file.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import aiohttp
import stamina

from common.git.oids import oid_of
from common.hub.responses import (
    CorruptFileError,
    FileMissingError,
    HubRefusedError,
    RequestOutcome,
    RevisionGoneError,
    outcome_of,
    passing_error,
    worth_retrying,
)
from common.hub.session import MAX_REDIRECTS, Session, reason_of
from common.outcomes import TransientError

FILES: Final = "resolvers"
ATTEMPTS = 4
CHUNK_BYTES = 256 * 1024
# A trickle slower than this is a dead connection; with the fixed part, a 16 MiB file gets six minutes.
SLOWEST_BYTES_PER_SECOND = 50_000
FIXED_SECONDS = 30.0


@dataclass(frozen=True)
class RemoteFile:
    """A file of a listing. `path` is relative to the repository; `sha256` is set for LFS files only."""

    path: str
    size: int
    blob_oid: str
    sha256: str | None = None


@dataclass
class Downloads:
    """Fetches files of one Hub over its HTTP session."""

    session: Session
    on_outcome: Callable[[RequestOutcome], None]
    on_bytes: Callable[[int], None]

    async def fetch(self, dataset: str, revision: str, file: RemoteFile) -> bytearray:
        """Return a file's verified bytes; raise TransientError when several tries did not give them."""
        try:
            return await self._try(dataset, revision, file)
        except TransientError as error:
            failed = error
        # Only now: to set this up takes 40 µs, a tenth of what a small file takes as a whole.
        async for attempt in stamina.retry_context(
            on=worth_retrying, attempts=ATTEMPTS, timeout=None, wait_initial=0.2, wait_max=5.0, wait_jitter=0.5
        ):
            with attempt:
                if attempt.num == 1:
                    raise failed
                return await self._try(dataset, revision, file)
        raise AssertionError("stamina returns or raises")

    async def _try(self, dataset: str, revision: str, file: RemoteFile) -> bytearray:
        limit = FIXED_SECONDS + file.size / SLOWEST_BYTES_PER_SECOND
        try:
            async with self.session.quota.request(FILES), asyncio.timeout(limit):
                return await self._once(dataset, revision, file)
        except (aiohttp.TooManyRedirects, aiohttp.RedirectClientError) as error:
            too_many = isinstance(error, aiohttp.TooManyRedirects)
            line = f"more than {MAX_REDIRECTS} times" if too_many else f"to no URL: {error}"
            raise TransientError(f"the Hub redirects {line}", kind="hub_error") from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            self.on_outcome("connection_lost")
            reason = reason_of(error) or f"no end within {limit:.0f} s"
            raise TransientError(f"{file.path}: {reason}", kind="hub_unreachable") from error

    async def _once(self, dataset: str, revision: str, file: RemoteFile) -> bytearray:
        url = self.session.url(dataset, f"resolve/{revision}/{quote(file.path)}")
        async with self.session.http.get(url, max_redirects=MAX_REDIRECTS) as response:
            self._judge(response, dataset, file)
            body = await _read(response, file)
        verify(file, body)
        self.on_bytes(len(body))
        return body

    def _judge(self, response: aiohttp.ClientResponse, dataset: str, file: RemoteFile) -> None:
        outcome = outcome_of(response.status)
        self.on_outcome(outcome)
        if outcome == "ok":
            return
        if response.headers.get("X-Error-Code") == "RevisionNotFound":
            raise RevisionGoneError(f"{dataset}: the commit is gone, the history was rewritten")
        if outcome == "not_found":
            raise FileMissingError(file.path)
        if outcome == "unauthorized":
            hint = "HF_TOKEN may not read it" if self.session.token else "set HF_TOKEN if it is private or gated"
            line = f"{dataset}: the Hub answers {response.status} for a file; {hint}"
            raise HubRefusedError(line, response.status)
        raise passing_error(response.status, response.headers, f"{file.path}: ")


async def _read(response: aiohttp.ClientResponse, file: RemoteFile) -> bytearray:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > file.size:
            break
    return body


def verify(file: RemoteFile, body: bytes | bytearray) -> None:
    """Raise CorruptFileError unless the bytes have the listing's size and hash: git's, or LFS' plain sha256."""
    if len(body) != file.size:
        raise CorruptFileError(file.path, f"{len(body)} bytes came instead of {file.size}")
    if file.sha256 is not None:
        found, wanted = hashlib.sha256(body).hexdigest(), file.sha256
    else:
        found, wanted = oid_of(b"blob", body), file.blob_oid
    if found != wanted:
        raise CorruptFileError(file.path, f"its hash is {found}, the listing says {wanted}")
