"""Files on their way from the producers to the writer, bounded by their bytes."""

import asyncio
from collections import deque
from dataclasses import dataclass

from common.hub.downloads import RemoteFile
from common.outcomes import TransientError

from ingester.submission.documents import Bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file's verified bytes, or why they did not come; `from_pack`: along with others, in answer to one request."""

    task_id: str
    file: RemoteFile
    content: Bytes | TransientError
    from_pack: bool = False


class ByteQueue:
    """Holds as many bytes of files as fit, each from before its download until its rows are written.

    A file larger than the bound is admitted alone.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._reserved = 0
        self._taken = 0  # the writer's share of what is reserved
        self._waiting = 0  # producers
        self._closed = False
        self._arrived: deque[Arrival] = deque()
        self._released = asyncio.Event()
        self._changed = asyncio.Event()

    @property
    def is_done(self) -> bool:
        """Tell whether the writer took all that will ever arrive."""
        return self._closed and not self._arrived

    async def reserve(self, size: int) -> None:
        """Wait until `size` bytes fit."""
        self._waiting += 1
        self._changed.set()
        while self._reserved and self._reserved + size > self._limit:
            self._released.clear()
            await self._released.wait()
        self._waiting -= 1
        self._reserved += size

    def give_back(self, size: int) -> None:
        """Give back the room of files that were waited for, and did not come."""
        self._reserved -= size
        self._released.set()

    def put(self, arrival: Arrival) -> None:
        """Hand over a file for which room was reserved."""
        self._arrived.append(arrival)
        self._changed.set()

    def close(self) -> None:
        """Let the writer know that no more files will arrive."""
        self._closed = True
        self._changed.set()

    async def get(self) -> Arrival | None:
        """Return the file that arrived first; None when producers wait for the room of what the writer took."""
        while not (self._arrived or self._closed or (self._waiting and self._taken)):
            self._changed.clear()
            await self._changed.wait()
        return self.get_nowait()

    def get_nowait(self) -> Arrival | None:
        """Return the file that arrived first, None where there is none."""
        if not self._arrived:
            return None
        arrival = self._arrived.popleft()
        self._taken += arrival.file.size
        return arrival

    def put_back(self, arrival: Arrival) -> None:
        """Have the file that was taken last be the first again."""
        self._arrived.appendleft(arrival)
        self._taken -= arrival.file.size

    def release(self, size: int) -> None:
        """Give the room of files back that the writer is done with."""
        self._taken -= size
        self.give_back(size)
