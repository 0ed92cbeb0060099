"""What every service's start and stop have in common: signals, logs, and one line when it cannot work."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from typing import Any, Literal, TypeVar

import structlog

from common.outcomes import AwayError, StartupError
from common.process import logs, tracing
from common.process.outage import AWAY, reason_of
from common.process.settings import EX_TEMPFAIL, ServiceSettings, load, stop
from common.process.task_group import task_group

log = structlog.get_logger(__name__)

CANCEL_AGAIN_SECONDS = 0.5

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


def main(
    name: str,
    settings_type: type[SettingsT],
    run: Callable[[SettingsT, asyncio.Event], Awaitable[None]],
) -> None:
    """Run a service until SIGTERM or SIGINT; exit 0 then, EX_CONFIG or EX_TEMPFAIL when it cannot start."""
    settings = load(settings_type)
    logs.configure(settings.log_level, settings.log_format, name, settings.arcwatch_instance)
    try:
        tracing.configure(name, settings.arcwatch_instance)
        asyncio.run(until_signalled(settings, run))
    except AwayError as error:
        stop(f"{name}: {error}", EX_TEMPFAIL)
    except StartupError as error:
        stop(f"{name}: {error}")
    finally:
        tracing.shutdown()


async def until_signalled(settings: SettingsT, run: Callable[[SettingsT, asyncio.Event], Awaitable[None]]) -> None:
    """Run a service until a signal; raise AwayError where a server that it had reached is lost while it starts."""
    stopping = _Stop()
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(run(settings, stopping))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    while not (stopping.awaited or running.done()):
        if stopping.is_set():
            running.cancel()  # it still waits for a server
        await asyncio.wait([running], timeout=CANCEL_AGAIN_SECONDS)
    await asyncio.wait([running])
    error = None if running.cancelled() else running.exception()
    if error is not None:
        if _is_lost_server(error) and not stopping.awaited:
            raise AwayError(f"a server was lost during the start: {reason_of(error)}") from error
        raise error
    log.info("service.stopped")


def _is_lost_server(error: BaseException) -> bool:
    # Of the system's errors those of connections alone: a file that is not there, say, is another matter.
    return isinstance(error, AWAY) and (
        not isinstance(error, OSError) or isinstance(error, ConnectionError | TimeoutError)
    )


class _Stop(asyncio.Event):
    """Knows whether the service has come so far that it awaits its end."""

    awaited = False

    async def wait(self) -> Literal[True]:
        self.awaited = True
        return await super().wait()


@contextlib.asynccontextmanager
async def background(*forever: Coroutine[Any, Any, object]) -> AsyncIterator[None]:
    """Run loops in the background of the block; one that fails ends the block with its error."""
    async with task_group() as group:
        tasks = [group.create_task(each) for each in forever]
        try:
            yield
        finally:  # a task may swallow the one cancellation of the group
            await cancel_all(tasks)


async def cancel_all(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancel tasks until they have ended.

    Once is not enough: before Python 3.12, `wait_for` swallows a cancellation that comes with what it waits for.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_SECONDS)
