"""How commands reach a deployment: the services' settings, the event loop, NATS. Each is loaded when it is used."""

from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from arcwatch.commands.console.signals import ending, status_of
from arcwatch.errors import DeploymentError

if TYPE_CHECKING:
    from nats.aio.client import Client

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, and return what came of it.

    SIGTERM and SIGHUP let the work clean up first, as Ctrl-C does; a second one ends that, too.
    """
    import asyncio

    signals: list[int] = []
    try:
        return asyncio.run(_stoppable(work, signals))
    except asyncio.CancelledError:
        if not signals:
            raise
        raise SystemExit(status_of(signals[0])) from None


async def _stoppable(work: Coroutine[Any, Any, T], signals: list[int]) -> T:
    import asyncio
    import threading

    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop(number: int) -> None:
        signals.append(number)
        if task is not None:
            task.cancel()

    if threading.current_thread() is threading.main_thread():
        for number in ending():
            loop.add_signal_handler(number, stop, number)
    try:
        return await work
    except Exception as error:
        if task is not None and task.cancelling():  # a library's words about being cut off
            raise asyncio.CancelledError from error
        raise


def on_nats(
    ask: "Callable[[Client], Awaitable[T]]",
    data_dir: Path | None,
    nats_url: str | None,
    patience_seconds: float = 0.0,
    say: Callable[[str], object] = lambda _: None,
) -> T:
    """Ask over one connection to the NATS that was named, or else to that of the running deployment."""
    from arcwatch.clients.bus import connected
    from arcwatch.clients.running import url_of

    async def asked() -> T:
        url = url_of("nats_url", data_dir, nats_url)
        async with connected(url, patience_seconds=patience_seconds, say=say) as client:
            return await ask(client)

    return run(asked())


def read(make: Callable[[], T]) -> T:
    """Return settings; raise DeploymentError naming the first variable that is wrong."""
    from common.process.settings import first_wrong
    from pydantic import ValidationError

    try:
        return make()
    except ValidationError as error:
        raise DeploymentError("bad setting {}: {}".format(*first_wrong(error))) from error
