"""A task group whose failure leaves as the error itself, on every Python.

Never raise inside `except*`: Python 3.11.0 to 3.11.3 wrap what is raised there in a group again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """Run tasks together; the first that fails cancels the others and leaves as it was raised.

    The others' errors are its echoes: they end for the same reason.
    """
    failed: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        failed = first_of(errors)
    # Outside of the handler, so that the error keeps its own cause and gets no other context.
    if failed is not None:
        raise failed


def first_of(error: BaseException) -> BaseException:
    """Return the first plain exception of a group, however deep."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
