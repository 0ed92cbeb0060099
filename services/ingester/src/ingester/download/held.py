"""Files of a new submission that wait in memory for the commit, which writes their rows once, without staging them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.hub.downloads import RemoteFile

from ingester.store.session import Session
from ingester.submission.documents import Bytes
from ingester.submission.staged_row import FileResults, StagedRow

# Task id or path (see Plan), listing entry, verified bytes -> its rows. Never raises for bad content.
Transform = Callable[[str, RemoteFile, Bytes], Sequence[StagedRow]]


@dataclass
class HeldFiles:
    """Their verified bytes, in the order of arrival; empty where all that came is staged, or committed."""

    session: Session
    transform: Transform
    _files: list[tuple[str, RemoteFile, Bytes]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self._files)

    def add(self, task_id: str, file: RemoteFile, body: Bytes) -> None:
        """Hold a file."""
        self._files.append((task_id, file, body))

    async def stage(self) -> None:
        """Stage what is held: it survives this delivery. Nothing is held afterwards."""
        if self._files:
            await to_its_end(self.session.stage(self._rows()))
            self._files.clear()

    async def commit(self, revision: str) -> FileResults:
        """Write the rows of answers, within the transaction of a commit; return what else the files say.

        The files are held until `clear`: the transaction may fail yet.
        """
        found = FileResults()
        await self.session.copy_answers(self._rows(found), revision)
        return found

    def clear(self) -> None:
        """Let go of the files: they are committed."""
        self._files.clear()

    async def _rows(self, found: FileResults | None = None) -> AsyncIterator[StagedRow]:
        """Yield the rows of files as they are transformed, while the database takes those before them."""
        for each in self._files:
            rows = self.transform(*each)
            for row in found.answers_in(rows) if found else rows:
                yield row
            await asyncio.sleep(0)  # one file per turn of the event loop


async def to_its_end(copying: Coroutine[Any, Any, None]) -> None:
    """Wait for a COPY even when cancelled: cut off, its rows would be neither in the database nor here."""
    task = asyncio.create_task(copying)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
