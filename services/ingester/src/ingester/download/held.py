"""Files of a new submission that are held in memory for its commit, which writes their rows once, without staging."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from common.hub.downloads import RemoteFile
from common.process.task_group import task_group

from ingester.store.session import Session
from ingester.submission.documents import Bytes
from ingester.submission.limits import estimate_memory
from ingester.submission.staged_row import FileResults, StagedRow

# A commit that waits for files holds locks behind which the existing app's start waits, and everybody behind that.
PATIENCE_SECONDS = 5.0

# PostgreSQL compresses the rows of a binary COPY when it ends, or after 1,000 of them: one COPY of all would wait for
# the last file. Of 23 MB, COPYs of 512 kB took 7% longer than these, one of all 2%.
COPY_BYTES = 2 * 1024 * 1024
# A row takes about a kilobyte however little is in it, and a small file may hold ten thousand attempts.
MANY_ROWS = 10_000
# A file that takes more memory is read when the rows of those before it are out of it.
HEAVY_BYTES = 32 * 1024 * 1024

# Task id or path (see Plan), listing entry, verified bytes -> its rows. Never raises for bad content.
Transform = Callable[[str, RemoteFile, Bytes], Sequence[StagedRow]]


class NotHeldError(Exception):
    """Not all files are held, or not in time: those that came are to be staged."""


@dataclass
class HeldFiles:
    """The verified bytes of files, `expected` in all, in the order of arrival.

    One task adds them, and stages them where it `holds` them no more; another may commit them as they come. Only one of
    both uses the connection: whoever commits says so by `in_use`.
    """

    session: Session
    transform: Transform
    expected: int
    holds: bool
    _files: list[tuple[str, RemoteFile, Bytes]] = field(default_factory=list)
    _from_pack: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _free: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._free.set()

    @property
    def is_complete(self) -> bool:
        """Tell whether every file is here."""
        return self.holds and len(self._files) == self.expected

    def add(self, task_id: str, file: RemoteFile, body: Bytes, *, from_pack: bool) -> None:
        """Hold a file."""
        self._files.append((task_id, file, body))
        self._from_pack |= from_pack
        self._changed.set()

    def stop(self) -> None:
        """Hold no more files: those that came are to be staged."""
        self.holds = False
        self._changed.set()

    async def stage(self) -> None:
        """Stage what is held, once nobody commits it: it survives this delivery. Nothing is held afterwards."""
        await self._free.wait()
        if self._files:
            await to_its_end(self._copy())

    async def begun(self) -> bool:
        """Wait for a pack's first file, or for all where none comes in one; return False where none is held."""
        while self.holds and not self._from_pack and not self.is_complete:
            await self._wait()
        return self.holds and bool(self._files)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep the files from being staged."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    async def commit(self, revision: str) -> FileResults:
        """Write the rows of answers, within the transaction of a commit; return what else the files say.

        Raise NotHeldError where not all of them come. They are held until `clear`: the transaction may fail yet.
        """
        found, instants = FileResults(), await self.session.instants()
        copying: asyncio.Task[None] | None = None
        async with task_group() as group:
            async for rows in self._answers(found):
                if copying is not None:
                    await copying
                copying = group.create_task(self.session.copy_answers(rows, revision, instants)) if rows else None
        return found

    def clear(self) -> None:
        """Let go of the files: they are as good as committed."""
        self._files.clear()
        self.holds = False

    async def _answers(self, found: FileResults) -> AsyncIterator[list[StagedRow]]:
        """Yield rows as files come and are transformed, several files' at once where more are here already.

        No rows at all are yielded where all those before are to be written first.
        """
        taken, deadline = 0, asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while not self.is_complete or taken < self.expected:
            if not self.holds:
                raise NotHeldError
            if taken == len(self._files):
                await self._wait_until(deadline)
                continue
            rows: list[StagedRow] = []
            size = 0
            while taken < len(self._files) and size < COPY_BYTES and len(rows) < MANY_ROWS:
                if is_heavy(self._files[taken][2]):
                    yield rows
                    yield (rows := [])
                rows.extend(found.answers_in(self.transform(*self._files[taken])))
                size += self._files[taken][1].size
                taken += 1
                await asyncio.sleep(0)  # one file per turn of the event loop
            yield rows

    async def _copy(self) -> None:
        await self.session.stage(self._rows_so_far())
        self._files.clear()

    async def _rows_so_far(self) -> AsyncIterator[StagedRow]:
        for each in self._files:
            for row in self.transform(*each):
                yield row
            await asyncio.sleep(0)

    async def _wait_until(self, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await self._wait()
        except TimeoutError:
            self.stop()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()


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
