"""A call whose result is kept for a while: many ask at once, and what is asked counts requests."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class CachedCall(Generic[T]):
    """Makes one call at a time; a result is handed out again until it is too old. An error is not kept."""

    def __init__(self, call: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._call = call
        self._seconds = seconds
        self._lock = asyncio.Lock()
        self._last: tuple[float, T] | None = None

    async def __call__(self) -> T:
        """Return the result, at most so old."""
        async with self._lock:
            if self._last is None or time.monotonic() - self._last[0] >= self._seconds:
                result = await self._call()
                self._last = (time.monotonic(), result)
            return self._last[1]
