"""Fetches, verifies, transforms and stages the files of a run, within bounds of number and bytes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from common.hub.client import HubClient
from common.hub.downloads import RemoteFile
from common.hub.quota import MAX_WAIT_SECONDS
from common.hub.responses import HubRefusedError, RevisionGoneError
from common.outcomes import TransientError
from common.process.cleanup import afterwards
from common.process.task_group import task_group

from ingester.download.progress import Progress
from ingester.download.staging import Stage, Transform
from ingester.store import Session
from ingester.submission.documents import Bytes
from ingester.submission.memory_estimate import estimate_memory

# A file that takes more memory is read when the rows of those before it are out of it.
HEAVY_BYTES = 32 * 1024 * 1024


@dataclass
class ByteBudget:
    """Admits as many bytes of files as fit, from their download until their rows are written.

    A file larger than the whole budget is admitted alone.
    """

    limit: int
    used: int = 0
    waiting: int = 0
    _given_back: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, size: int, make_room: Callable[[], Awaitable[None]]) -> None:
        """Wait for room for `size` bytes; `make_room` writes the rows that wait for others to come."""
        self.waiting += 1
        while self.used and self.used + size > self.limit:
            self._given_back.clear()
            await make_room()
            await self._given_back.wait()
        self.waiting -= 1
        self.used += size

    def give_back(self, size: int) -> None:
        """Let others have the room."""
        self.used -= size
        self._given_back.set()


@dataclass(frozen=True)
class Collector:
    """One ingester's way through a run's files."""

    hub: HubClient
    concurrency: int
    bytes_in_flight: int

    async def run(
        self,
        session: Session,
        revision: str,
        files: Mapping[str, RemoteFile],
        transform: Transform,
        progress: Progress,
    ) -> dict[str, TransientError]:
        """Stage every file; return the files that stayed broken, by task id.

        Raises a fatal answer, which every other file would get too: HubRefusedError, RevisionGoneError,
        or TransientError for a rate limit that lasts. The rows of all files that came are staged by then.
        """
        budget = ByteBudget(self.bytes_in_flight)
        stage = Stage(session, written=budget.give_back)
        fetch = partial(self._bytes_of, asyncio.Semaphore(self.concurrency), session.dataset, revision)
        collection = _Collection(files, fetch, transform, progress=progress, budget=budget, stage=stage)
        async with afterwards(stage.write), task_group() as group:
            # One more than may download: one of them is writing.
            for _ in range(min(self.concurrency + 1, len(files))):
                group.create_task(collection.work())
        if collection.fatal:
            raise collection.fatal[0]
        return collection.broken

    async def _bytes_of(
        self, downloading: asyncio.Semaphore, dataset: str, revision: str, file: RemoteFile
    ) -> bytearray:
        """Fetch when it is this file's turn: a wait for a free connection would count as a slow download."""
        async with downloading:
            return await self.hub.download(dataset, revision, file)


class _Collection:
    """One run's files, on their way through several workers."""

    def __init__(
        self,
        files: Mapping[str, RemoteFile],
        fetch: Callable[[RemoteFile], Awaitable[Bytes]],
        transform: Transform,
        *,
        progress: Progress,
        budget: ByteBudget,
        stage: Stage,
    ) -> None:
        self.broken: dict[str, TransientError] = {}
        self.fatal: list[TransientError] = []
        # After such an answer no other file is asked for, and those under way end.
        self._queue = (item for item in files.items() if not self.fatal)
        self._fetch = fetch
        self._transform = transform
        self._progress = progress
        self._budget = budget
        self._stage = stage
        self._turn = asyncio.Lock()

    async def work(self) -> None:
        """Take files until there are none."""
        for task_id, file in self._queue:
            await self._budget.take(file.size, make_room=self._stage.write)
            try:
                await self._collect(task_id, file)
            except TransientError as error:
                if _is_fatal(error):
                    self.fatal.append(error)
                self.broken[task_id] = error
                self._budget.give_back(file.size)
            await (self._stage.write() if self._budget.waiting else self._stage.write_many())
            await self._progress.advance()

    async def _collect(self, task_id: str, file: RemoteFile) -> None:
        body = await self._fetch(file)
        async with self._turn:
            if estimate_memory(body, HEAVY_BYTES) > HEAVY_BYTES:
                await self._stage.write_all()
            self._stage.add(self._transform(task_id, file, body), file.size)
            del body  # or a large file is in memory once more while its rows are written
            if self._stage.is_full:
                await self._stage.write_all()
            # One file per turn of the event loop: a COPY that is going on sends 200 kB in each.
            await asyncio.sleep(0)


def _is_fatal(error: TransientError) -> bool:
    """Tell whether every other file would get this answer too: each more request is one of a quota that is used up."""
    lasting = error.kind == "rate_limited" and (error.retry_after_seconds or 0.0) > MAX_WAIT_SECONDS
    return lasting or isinstance(error, HubRefusedError | RevisionGoneError)
