"""From files to staged rows: made by the transform, written by COPY while the next files arrive and are transformed."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from common.arc.task_sets import TaskSet
from common.hub.downloads import RemoteFile
from common.outcomes import TransientError

from ingester.download.byte_queue import Arrival, ByteQueue
from ingester.download.held import MANY_ROWS, HeldFiles, Transform, is_heavy, to_its_end
from ingester.download.progress import Progress
from ingester.store.session import Session
from ingester.submission.documents import Bytes
from ingester.submission.folder import rows_of_file
from ingester.submission.limits import Limits
from ingester.submission.staged_row import StagedRow

# A COPY costs about a millisecond besides its rows. 400 files of 40 kB took 0.39 s with 13 of them, 0.45 s with 179.
COPY_BYTES = 512 * 1024
# What is not written is fetched again after a crash, so that files which come slowly do not wait for many.
COPY_SECONDS = 0.1

# A crash loses what is held. A pack is asked for again at once; more requests than these are worth two writes of a row.
HELD_REQUESTS = 3


def staged_rows(
    session: Session, run_id: int, tasks: TaskSet, limits: Limits, count: Callable[[int], object]
) -> Transform:
    """Return the transform of a run's files; `count` gets the number of rows of each file."""

    def rows_of(key: str, file: RemoteFile, body: Bytes) -> Sequence[StagedRow]:
        # Those of a file for all tasks in one batch: whoever goes on with the run finds all of its rows, or none.
        rows = rows_of_file(key, body, tasks, session.model, limits)
        count(len(rows))
        return [(run_id, *session.key, file.blob_oid, *row) for row in rows]

    return rows_of


@dataclass
class Writer:
    """Takes files in the order of arrival; the rows of those that come at about the same time go into one COPY.

    Files are held until all are, one is broken, or HELD_REQUESTS are not enough.
    """

    session: Session
    queue: ByteQueue
    transform: Transform
    progress: Progress
    held: HeldFiles
    broken: dict[str, TransientError] = field(default_factory=dict)
    _requests: int = 0
    _batch: deque[StagedRow] = field(default_factory=deque)
    _batch_bytes: int = 0
    _written_at: float = field(default_factory=time.monotonic)
    _group: asyncio.TaskGroup | None = None
    _copying: asyncio.Task[None] | None = None

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Stage or hold files until the queue is closed, by COPYs in `group`; note by task id which are broken."""
        self._group = group
        while not self.queue.is_done:
            await self._take(await self.queue.get())
        if not self.held.is_complete:
            await self.held.stage()
        await self._write()
        await self._copied()

    async def drain(self) -> None:
        """Stage what arrived and is held, however the run ended; the group has ended by now."""
        self._group = None
        await self.held.stage()
        while arrival := self.queue.get_nowait():
            await self._take(arrival)
        await self._write()

    async def _take(self, arrival: Arrival | None) -> None:
        if arrival is None:
            await self._write()
            await self._copied()
            return
        self._requests += not arrival.from_pack
        if isinstance(arrival.content, TransientError):
            self.broken[arrival.task_id] = arrival.content
            self.queue.release(arrival.file.size)
            await self.held.stage()
        elif self.held.holds:
            self.held.add(arrival.task_id, arrival.file, arrival.content)
            self.queue.release(arrival.file.size)
            if self._requests > HELD_REQUESTS:
                await self.held.stage()
        else:
            await self._add(arrival, arrival.content)
        del arrival  # or a large file is in memory once more while its rows are written
        if self._is_due():
            await self._write()
        await self.progress.advance()
        await asyncio.sleep(0)  # one file per turn of the event loop: downloads go on meanwhile

    async def _add(self, arrival: Arrival, body: Bytes) -> None:
        if is_heavy(body):
            try:
                await self._write()
                await self._copied()
            except asyncio.CancelledError:
                self.queue.put_back(arrival)  # for `drain`
                raise
        self._batch.extend(self.transform(arrival.task_id, arrival.file, body))
        self._batch_bytes += arrival.file.size

    def _is_due(self) -> bool:
        if self._batch_bytes >= COPY_BYTES or len(self._batch) >= MANY_ROWS:
            return True
        return bool(self._batch) and time.monotonic() - self._written_at >= COPY_SECONDS

    async def _write(self) -> None:
        """Begin the COPY of the batch when the one before it has ended."""
        if not self._batch:
            return
        await self._copied()
        batch, self._batch = self._batch, deque()
        size, self._batch_bytes = self._batch_bytes, 0
        copying = to_its_end(self._copy(batch, size))
        if self._group is None:
            await copying
        else:
            self._copying = self._group.create_task(copying)

    async def _copied(self) -> None:
        if self._copying is not None:
            await asyncio.wait([self._copying])  # which does not cancel it when this is cancelled

    async def _copy(self, batch: deque[StagedRow], size: int) -> None:
        await self.session.stage(_emptied(batch))
        self.queue.release(size)
        self._written_at = time.monotonic()


def _emptied(rows: deque[StagedRow]) -> Iterator[StagedRow]:
    """Yield rows and let go of them: those of a large file are not kept in memory along with their encoded form."""
    while rows:
        yield rows.popleft()
