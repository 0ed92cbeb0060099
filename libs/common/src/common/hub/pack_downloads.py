"""Many files of a dataset in few requests of git, as long as packs go on; who asks fetches the others by file."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, TypeAlias

import structlog

from common.hub.downloads import RemoteFile
from common.hub.packs import Packs
from common.hub.quota import GIT, Quota
from common.hub.transports import PackError, Transports

log = structlog.get_logger(__name__)

# What is asked for at once: a broken connection costs no more than this, and a server no more memory.
BATCH_BYTES: Final = 128 * 1024 * 1024
# Processes that share a quota wait for each other meanwhile: that costs less than a request for each file.
PATIENCE_SECONDS: Final = 5.0
# Of a batch: a server may close a connection that it kept open just when it is used again, and git refuses the whole
# request for a blob that it lacks.
_TRIES: Final = 3
# What a listing calls otherwise is not git's, or of a repository of another kind.
_OID: Final = re.compile(r"[0-9a-f]{40}")

Admit: TypeAlias = Callable[[int], Awaitable[None]]


@dataclass
class PackDownloads:
    """Downloads files of one Hub by packs, and remembers of which datasets it cannot."""

    packs: Packs
    transports: Transports
    on_bytes: Callable[[int], None]

    async def fetch(
        self, dataset: str, files: Collection[RemoteFile], admit: Admit
    ) -> AsyncGenerator[tuple[RemoteFile, bytes], None]:
        """Yield those files that packs bring, verified. With HF_TRANSPORT=pack, raise PackError where they cannot."""
        by_oid = _by_oid(files)
        if not self.transports.takes_packs(dataset, len(by_oid)):
            return
        try:
            for batch in _batches(by_oid):
                async with aclosing(self._blobs(dataset, batch)) as blobs:
                    async for oid, body in blobs:
                        for file in by_oid[oid]:
                            await admit(file.size)
                            self.on_bytes(file.size)
                            self.transports.count("pack", file.size)
                            yield file, body
        except PackError as error:
            if self.transports.choice == "pack":
                raise
            self.transports.avoid(dataset, error)

    async def _blobs(self, dataset: str, wanted: Mapping[str, int]) -> AsyncGenerator[tuple[str, bytes], None]:
        """Yield the blobs of a batch; raise PackError where packs of this dataset do not go on."""
        missing, asked_for = dict(wanted), dict(wanted)
        for tries_left in reversed(range(_TRIES)):
            try:
                async with aclosing(self._request(dataset, dict(asked_for))) as blobs:
                    async for oid, body in blobs:
                        del missing[oid], asked_for[oid]
                        yield oid, body
                break
            except PackError as error:
                asked_for.pop(error.lacks, None)
                if not tries_left or not asked_for or not (error.lacks or error.reason == "connection_lost"):
                    raise
        if missing:
            self._lacks(dataset, len(missing), len(wanted))
        self.transports.worked(dataset)

    async def _request(self, dataset: str, wanted: Mapping[str, int]) -> AsyncGenerator[tuple[str, bytes], None]:
        if self.transports.choice == "auto":
            await self._wait_a_moment(self.packs.session.quota)
        lacking = len(wanted)
        try:
            async with aclosing(self.packs.blobs(dataset, wanted)) as blobs:
                async for blob in blobs:
                    lacking -= 1
                    yield blob
        except PackError as error:
            self.transports.requests[error.reason] += 1
            raise
        self.transports.requests["incomplete" if lacking else "ok"] += 1

    async def _wait_a_moment(self, quota: Quota) -> None:
        """Wait until git may be asked; raise PackError where files can go on long before."""
        patience = PATIENCE_SECONDS
        while (seconds := quota.wait_seconds(GIT)) > 0:
            if seconds > patience:
                raise PackError("rate_limited", "the Hub's quota is used up", seconds)
            patience -= seconds
            await asyncio.sleep(seconds)

    def _lacks(self, dataset: str, missing: int, of: int) -> None:
        """Let single blobs come by file that a whole pack lacks; raise PackError where that is no use."""
        if missing == of or self.transports.choice == "pack":
            raise PackError("incomplete", f"the pack lacks {missing} of {of} blobs")
        self.transports.fell_back("incomplete")
        log.info("hub.pack_incomplete", dataset=dataset, missing=missing, of=of)


async def admit_all(_: int) -> None:
    """Admit each file at once: for who lets go of it before the next one comes."""


def _by_oid(files: Iterable[RemoteFile]) -> dict[str, list[RemoteFile]]:
    """Return the files that a pack may hold, by their blob's oid: one blob may be several files."""
    found: dict[str, list[RemoteFile]] = {}
    for file in files:
        if file.sha256 is None and _OID.fullmatch(file.blob_oid):
            same = found.setdefault(file.blob_oid, [])
            if not same or same[0].size == file.size:
                same.append(file)
    return found


def _batches(by_oid: Mapping[str, Sequence[RemoteFile]]) -> Iterator[dict[str, int]]:
    """Yield oid -> size of blobs, as many as fit into one request."""
    batch: dict[str, int] = {}
    left = BATCH_BYTES
    for oid, (file, *_) in by_oid.items():
        if batch and file.size > left:
            yield batch
            batch, left = {}, BATCH_BYTES
        batch[oid] = file.size
        left -= file.size
    if batch:
        yield batch
