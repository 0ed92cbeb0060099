"""Fetches and stages the files of a run: producers -> one byte-bounded queue -> one writer."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

from common.hub.client import HubClient
from common.hub.downloads import RemoteFile
from common.hub.quota import MAX_WAIT_SECONDS
from common.hub.responses import HubRefusedError, RevisionGoneError
from common.outcomes import TransientError
from common.process.cleanup import afterwards
from common.process.task_group import task_group

from ingester.download.byte_queue import Arrival, ByteQueue
from ingester.download.held import HeldFiles, Transform
from ingester.download.progress import Progress
from ingester.download.writer import Writer
from ingester.store.session import Session
from ingester.submission.documents import Bytes

# Held are bytes alone, each file's rows only while they are written: twice the bytes in flight, which count six times.
HELD_SHARE = 2


@dataclass(frozen=True)
class Download:
    """The files of a run on their way: committed where all of them are held, or once they are `staged`."""

    held: HeldFiles
    _writer: Writer
    _producers: "_Producers"
    _tasks: Collection[asyncio.Task[None]]

    async def staged(self) -> Mapping[str, TransientError]:
        """Wait until the rows of all files that came are staged; return those that stayed broken, by task id.

        Raises a fatal answer, which every other file would get too: HubRefusedError, RevisionGoneError, TransientError
        for a rate limit that lasts, or, with HF_TRANSPORT=pack, for a pack that does not come.
        """
        await asyncio.wait(self._tasks)
        await self.held.stage()
        if self._producers.fatal:
            raise self._producers.fatal[0]
        return self._writer.broken


@dataclass(frozen=True)
class DownloadPipeline:
    """One ingester's way through a run's files, within bounds of number and bytes."""

    hub: HubClient
    concurrency: int
    bytes_in_flight: int

    @asynccontextmanager
    async def run(
        self,
        session: Session,
        revision: str,
        files: Mapping[str, RemoteFile],
        transform: Transform,
        progress: Progress,
        *,
        may_hold: bool = False,
    ) -> AsyncIterator[Download]:
        """Fetch every file while the block goes on. Files that fit are held for it, if it `may_hold` them.

        Whatever is raised, here or in the block, the rows of all files that came are staged by then.
        """
        queue = ByteQueue(self.bytes_in_flight)
        fits = sum(file.size for file in files.values()) <= HELD_SHARE * self.bytes_in_flight
        held = HeldFiles(session, transform, len(files), holds=may_hold and fits)
        writer = Writer(session, queue, transform, progress, held)
        producers = _Producers(self.hub, session.dataset, revision, files, queue)
        async with afterwards(writer.drain), task_group() as group:
            tasks = group.create_task(writer.run(group)), group.create_task(producers.run(self.concurrency))
            yield Download(held, writer, producers, tasks)


@dataclass
class _Producers:
    """Fetch the files of one run: as many as a pack brings, the others one by one, several at once."""

    hub: HubClient
    dataset: str
    revision: str
    files: Mapping[str, RemoteFile]
    queue: ByteQueue
    fatal: list[TransientError] = field(default_factory=list)

    async def run(self, concurrency: int) -> None:
        """Put every file into the queue, then close it."""
        left = dict(self.files)
        await self._by_pack(left)
        # After a fatal answer no other file is asked for, and those under way end.
        files = (item for item in left.items() if not self.fatal)
        async with task_group() as group:
            for _ in range(min(concurrency, len(left))):
                group.create_task(self._produce(files))
        self.queue.close()

    async def _by_pack(self, left: dict[str, RemoteFile]) -> None:
        """Put the files that a pack brings, and take them out of `left`."""
        keys = {file: key for key, file in left.items()}
        admitted = 0

        async def admit(size: int) -> None:
            nonlocal admitted
            await self.queue.reserve(size)
            admitted += size

        try:
            async with aclosing(self.hub.download_pack(self.dataset, keys, admit)) as pack:
                async for file, body in pack:
                    key = keys[file]
                    del left[key]
                    admitted -= file.size
                    self.queue.put(Arrival(key, file, body, from_pack=True))
                    del body  # or it is in memory until the next one is
        except TransientError as error:
            self.fatal.append(error)
        finally:
            self.queue.give_back(admitted)

    async def _produce(self, files: Iterator[tuple[str, RemoteFile]]) -> None:
        for task_id, file in files:
            await self.queue.reserve(file.size)
            self.queue.put(Arrival(task_id, file, await self._fetch(file)))

    async def _fetch(self, file: RemoteFile) -> Bytes | TransientError:
        try:
            return await self.hub.download(self.dataset, self.revision, file)
        except TransientError as error:
            if _is_fatal(error):
                self.fatal.append(error)
            return error


def _is_fatal(error: TransientError) -> bool:
    """Tell whether every other file would get this answer too: each more request is one of a quota that is used up."""
    lasting = error.kind == "rate_limited" and (error.retry_after_seconds or 0.0) > MAX_WAIT_SECONDS
    return lasting or isinstance(error, HubRefusedError | RevisionGoneError)
