"""From a file's verified bytes to staged rows: made by the transform, written by COPY while the next files arrive."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.arc_tasks import TaskSet
from common.hub.downloads import RemoteFile

from ingester.store import Session
from ingester.submission.documents import Bytes
from ingester.submission.limits import Limits
from ingester.submission.transform import transform

# A COPY costs about a millisecond besides its rows. 400 files of 40 kB took 0.39 s with 13 of them, 0.45 s with 179.
COPY_BYTES = 512 * 1024
# What is not written is fetched again after a crash, so that files which come slowly do not wait for many.
COPY_SECONDS = 0.1
# A row takes about a kilobyte however little is in it, and a small file may hold ten thousand attempts.
MANY_ROWS = 10_000

Records = Sequence[Sequence[Any]]
# Task id, listing entry, verified bytes -> rows in STAGED_COLUMNS order. Never raises for bad content.
Transform = Callable[[str, RemoteFile, Bytes], Records]


def staged_records(session: Session, run_id: int, tasks: TaskSet, limits: Limits) -> Transform:
    """Return the transform of a run's files."""
    dataset, model = session.key

    def records(task_id: str, file: RemoteFile, body: Bytes) -> Records:
        rows = transform(body, tasks.tasks[task_id], model, limits).staged
        return [(run_id, dataset, model, file.blob_oid, *row) for row in rows]

    return records


@dataclass
class Stage:
    """Rows on their way to `staged_rows`: those that came at about the same time go into one COPY.

    `written` is called with the bytes of files whose rows are in the database.
    """

    session: Session
    written: Callable[[int], None]
    _records: deque[Sequence[Any]] = field(default_factory=deque)
    _bytes: int = 0
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _written_at: float = field(default_factory=time.monotonic)

    def add(self, records: Records, size: int) -> None:
        """Take the rows of a file of `size` bytes."""
        self._records.extend(records)
        self._bytes += size

    @property
    def is_full(self) -> bool:
        """Tell whether so many rows wait that no more may come before they are written."""
        return len(self._records) >= MANY_ROWS

    async def write_many(self) -> None:
        """Write while many rows wait, or when the last COPY was a while ago; what came meanwhile may wait for more."""
        if not self._writing.locked():
            async with self._writing:
                while self._is_due():
                    await self._write()

    async def write(self) -> None:
        """Write until nothing waits, unless that is going on already."""
        if not self._writing.locked():
            await self.write_all()

    async def write_all(self) -> None:
        """Write until nothing waits, and wait for a write that is going on: no row is in memory then."""
        async with self._writing:
            while self._records:
                await self._write()

    def _is_due(self) -> bool:
        waited = time.monotonic() - self._written_at
        return self._bytes >= COPY_BYTES or (waited >= COPY_SECONDS and bool(self._records))

    async def _write(self) -> None:
        records, self._records = self._records, deque()
        size, self._bytes = self._bytes, 0
        await _to_its_end(self.session.stage(_emptied(records)))
        self.written(size)
        self._written_at = time.monotonic()


async def _to_its_end(copying: Coroutine[Any, Any, None]) -> None:
    """Wait for a COPY even when cancelled: cut off, its rows would be neither in the database nor here."""
    task = asyncio.create_task(copying)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def _emptied(records: deque[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Yield rows and let go of them: those of a large file are not kept in memory along with their encoded form."""
    while records:
        yield records.popleft()
