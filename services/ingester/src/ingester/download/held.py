"""Files of a new submission that wait in memory for its commit, which writes their rows once, without staging them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from common.hub.downloads import RemoteFile
from common.process.task_group import task_group

from ingester.store.session import Session
from ingester.submission.documents import Bytes
from ingester.submission.limits import estimate_memory
from ingester.submission.staged_row import FileResults, StagedRow

# PostgreSQL compresses the rows of a binary COPY when it ends, or after 1,000 of them: with one COPY of all it begins
# when the last file is read. Of 23 MB, COPYs of 512 kB took 7% longer than these, one of all 2%.
COPY_BYTES = 2 * 1024 * 1024
# A row takes about a kilobyte however little is in it, and a small file may hold ten thousand attempts.
MANY_ROWS = 10_000
# A file that takes more memory is read when the rows of those before it are out of it.
HEAVY_BYTES = 32 * 1024 * 1024

# Task id or path (see Plan), listing entry, verified bytes -> its rows. Never raises for bad content.
Transform = Callable[[str, RemoteFile, Bytes], Sequence[StagedRow]]


@dataclass
class HeldFiles:
    """The verified bytes of files, `expected` in all, in the order of arrival.

    Their transaction does not begin before: it holds locks behind which the existing app's start waits, and everybody
    behind that. From then on it has the connection to itself: no file comes any more that might be staged.
    """

    session: Session
    transform: Transform
    expected: int
    holds: bool
    _files: list[tuple[str, RemoteFile, Bytes]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_complete(self) -> bool:
        """Tell whether every file is here."""
        return self.holds and len(self._files) == self.expected

    def add(self, task_id: str, file: RemoteFile, body: Bytes) -> None:
        """Hold a file."""
        self._files.append((task_id, file, body))
        self._changed.set()

    async def completed(self) -> bool:
        """Wait until every file is here, or no more are held; tell whether all may be committed."""
        while self.holds and not self.is_complete:
            self._changed.clear()
            await self._changed.wait()
        return self.is_complete

    async def stage(self) -> None:
        """Hold no more files, and stage those that came: they survive this delivery."""
        self.holds = False
        self._changed.set()
        if self._files:
            await to_its_end(self._copy())

    async def commit(self, revision: str) -> FileResults:
        """Write the rows of answers, within the transaction of a commit; return what else the files say.

        The files are held until `clear`: the transaction may fail yet.
        """
        found, instants = FileResults(), await self.session.instants()
        copying: asyncio.Task[None] | None = None
        async with aclosing(self._answers(found)) as batches, task_group() as group:
            async for rows in batches:
                if copying is not None:
                    await copying
                copying = group.create_task(self.session.copy_answers(rows, revision, instants)) if rows else None
        return found

    def clear(self) -> None:
        """Let go of the files: they are as good as committed."""
        self._files.clear()
        self.holds = False

    async def _answers(self, found: FileResults) -> AsyncGenerator[list[StagedRow], None]:
        """Yield the rows of several files at once; none at all where those before are to be written first."""
        rows: list[StagedRow] = []
        size = 0
        for task_id, file, body in self._files:
            if is_heavy(body):
                yield rows
                yield []
                rows, size = [], 0
            rows.extend(found.answers_in(self.transform(task_id, file, body)))
            size += file.size
            if size >= COPY_BYTES or len(rows) >= MANY_ROWS:
                yield rows
                rows, size = [], 0
            await asyncio.sleep(0)  # one file per turn of the event loop
        yield rows

    async def _copy(self) -> None:
        async with aclosing(self._rows()) as rows:
            await self.session.stage(rows)
        self._files.clear()

    async def _rows(self) -> AsyncGenerator[StagedRow, None]:
        for each in self._files:
            for row in self.transform(*each):
                yield row
            await asyncio.sleep(0)


def is_heavy(body: Bytes) -> bool:
    """Tell whether it takes much memory to read a file."""
    return estimate_memory(body, HEAVY_BYTES) > HEAVY_BYTES


async def to_its_end(copying: Coroutine[Any, Any, None]) -> None:
    """Wait for a COPY even when cancelled: cut off, its rows would be neither in the database nor here."""
    task = asyncio.create_task(copying)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
