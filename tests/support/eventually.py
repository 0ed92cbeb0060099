"""Waiting for a condition: poll it until a deadline, never sleep and hope."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast, overload

T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.005
_LONGEST_PAUSE_SECONDS = 0.1


@overload
async def eventually(condition: Callable[[], Awaitable[T]], timeout: float = ..., *, what: str = ...) -> T: ...  # noqa: ASYNC109
@overload
async def eventually(condition: Callable[[], T], timeout: float = ..., *, what: str = ...) -> T: ...  # noqa: ASYNC109
async def eventually(
    condition: Callable[[], T | Awaitable[T]],
    timeout: float = 10.0,  # noqa: ASYNC109 - the last failure is worth more than a TimeoutError
    *,
    what: str = "",
) -> T:
    """Return the first truthy value of `condition`, plain or awaitable.

    An AssertionError inside counts as "not yet", and is what the test fails with at the deadline.
    """
    deadline = time.monotonic() + timeout
    pause = _FIRST_PAUSE_SECONDS
    while True:
        last: AssertionError | None = None
        found: object = None
        try:
            found = condition()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return cast("T", found)
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            raise last or AssertionError(f"not within {timeout:g} s: {what or condition!r}; it is {found!r}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)


def eventually_sync(condition: Callable[[], T], timeout: float = 10.0, *, what: str = "") -> T:
    """Do the same where no event loop runs."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what or condition!r}; it is {found!r}")
        time.sleep(0.02)
    return found
