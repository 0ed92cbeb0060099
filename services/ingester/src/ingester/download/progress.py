"""Announces how far a run is, at most four times a second, so that thousands of files do not flood the bus."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from common.events import IngestionProgress

MIN_INTERVAL_SECONDS = 0.25


@dataclass
class Progress:
    """Counts the files of one run and announces the count, the first at once; the last is the report's."""

    run_id: int
    dataset: str
    model: str
    total: int
    announce: Callable[[IngestionProgress], Awaitable[None]]
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    _announced_at: float = field(default=float("-inf"))

    async def advance(self, files: int = 1) -> None:
        """Count files, and announce unless it was done a moment ago."""
        self.done += files
        if self.clock() - self._announced_at < MIN_INTERVAL_SECONDS:
            return
        self._announced_at = self.clock()
        await self.announce(
            IngestionProgress(
                run_id=self.run_id, dataset=self.dataset, model=self.model, done=self.done, total=self.total
            )
        )
