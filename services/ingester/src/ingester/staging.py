"""From a file's proven bytes to staged rows: made by the transform, written by COPY while the next files arrive."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.arc_tasks import TaskSet
from common.hub import RemoteFile

from ingester.documents import Bytes
from ingester.limits import Limits
from ingester.store import Session
from ingester.transform import transform

Records = Sequence[Sequence[Any]]
# Task id, listing entry, proven bytes -> rows in STAGED_COLUMNS order. Never raises for bad content.
Transform = Callable[[str, RemoteFile, Bytes], Records]

# Bytes of files whose rows are made and not yet written, those in a COPY included. Rows take about twice their file.
UNWRITTEN_BYTES = 4 * 1024 * 1024


def staged_records(dataset: str, model: str, tasks: TaskSet, limits: Limits) -> Transform:
    """Return the transform of a run's files."""

    def records(task_id: str, file: RemoteFile, body: Bytes) -> Records:
        rows = transform(body, tasks.tasks[task_id], model, limits).staged
        return [(dataset, model, file.blob_oid, *row) for row in rows]

    return records


@dataclass
class Stage:
    """Rows on their way to `staged_rows`: whenever the run's connection is free, all that wait go into one COPY."""

    session: Session
    _records: list[Sequence[Any]] = field(default_factory=list)
    _bytes: int = 0
    _writing: bool = False
    _written: asyncio.Event = field(default_factory=asyncio.Event)

    async def room(self, size: int) -> None:
        """Wait until the rows of a file of `size` bytes may come; a large file's come alone."""
        while self._bytes and self._bytes + size > UNWRITTEN_BYTES:
            self._written.clear()
            await self._written.wait()

    def add(self, records: Records, size: int) -> None:
        """Take the rows of a file of `size` bytes."""
        self._records.extend(records)
        self._bytes += size

    async def write(self) -> None:
        """Write until nothing waits, unless somebody does so already."""
        if self._writing:
            return
        self._writing = True
        try:
            while self._records:
                size = self._bytes
                records, self._records = self._records, []
                await self.session.stage(records)
                del records
                self._bytes -= size
                self._written.set()
        finally:
            self._writing = False
