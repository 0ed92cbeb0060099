"""`arcwatch up`: one terminal, everything in it; started together, stopped together."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from arcwatch import ports
from arcwatch.embedded.deployment import Addresses, Deployment, Options, SetupHook, no_setup
from arcwatch.embedded.supervisor import Supervisor
from arcwatch.errors import DeploymentError, explained
from arcwatch.terminal import Terminal

# make, timeout and terminals may deliver one wish to stop twice: only what comes later is impatience.
_ONE_PRESS_SECONDS = 0.3


@dataclass(frozen=True)
class Extras:
    """What a demo adds: a part of the start, and what runs in the background as long as the services do."""

    setup_hook: SetupHook = no_setup
    background: Callable[[Addresses], Coroutine[Any, Any, None]] | None = None


def up(options: Options, terminal: Terminal, extras: Extras = Extras()) -> None:
    """Run a deployment until a signal ends it; raise DeploymentError when it cannot go on."""
    ports.check_free(options.port, options.environment.get("HOST") or ports.LOOPBACK)
    options.data_dir.prepare()
    with options.data_dir.locked() as lock:
        if options.fresh:
            options.data_dir.clear()
        asyncio.run(_run(options, terminal, extras, lock))


async def _run(options: Options, terminal: Terminal, extras: Extras, lock: int) -> None:
    supervisor = Supervisor(terminal.say)
    stopping = asyncio.Event()
    _on_signals(stopping, supervisor.hurry)
    why = ""
    try:
        async with _started(options, terminal, supervisor, extras, lock) as work:
            await _first(work, supervisor.failed, stopping)
    except DeploymentError as error:
        why = f" because {str(error).splitlines()[0]}"
        raise
    finally:
        terminal.say(f"stopping{why}; Ctrl-C{' again' if stopping.is_set() else ''} hurries")
        # First the stop: what is remembered may be unreadable, or the disk full.
        await supervisor.stop()
        options.data_dir.remember(running=None)
        terminal.say("stopped")


@contextlib.asynccontextmanager
async def _started(
    options: Options, terminal: Terminal, supervisor: Supervisor, extras: Extras, lock: int
) -> AsyncIterator[asyncio.Task[None]]:
    """Yield the task that starts everything and then runs in the background; end it before anything is stopped."""
    deployment = Deployment(options, supervisor, terminal, lock)
    work = asyncio.create_task(_start(deployment, extras))
    try:
        yield work
    finally:
        work.cancel()
        await asyncio.wait([work])


async def _start(deployment: Deployment, extras: Extras) -> None:
    data_dir, terminal = deployment.options.data_dir, deployment.terminal
    terminal.say(f"starting; data is in {data_dir.path}, logs in {data_dir.logs}")
    addresses = await deployment.start(extras.setup_hook)
    data_dir.remember(
        running={**asdict(addresses), "ready_at": datetime.now(UTC).isoformat()}, services=deployment.ops_ports()
    )
    terminal.result(f"arcwatch is ready: {addresses.url}")
    if not deployment.options.environment.get("ADMIN_TOKEN"):
        terminal.say(f"the admin token, for what changes something, is in {data_dir.secrets_file}")
    if not deployment.options.environment.get("NATS_URL"):
        terminal.say("any NATS client may publish events: `arcwatch nats-url` prints the URL to use")
    terminal.say("Ctrl-C stops everything")
    async with asyncio.TaskGroup() as group:
        group.create_task(deployment.keep_topology())
        if extras.background is not None:
            group.create_task(extras.background(addresses))


async def _first(work: asyncio.Task[None], failed: asyncio.Future[DeploymentError], stopping: asyncio.Event) -> None:
    """Return when a signal came; raise what went wrong when something did before."""
    signalled = asyncio.create_task(stopping.wait())
    ends: list[asyncio.Future[Any]] = [work, failed, signalled]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        signalled.cancel()
    if stopping.is_set():
        return
    # A server that died explains why the work failed, so it comes first.
    if failed.done():
        raise failed.result()
    if error := work.exception():
        raise explained(error) or error


def _on_signals(stopping: asyncio.Event, hurry: asyncio.Event) -> None:
    first: list[float] = []

    def stop() -> None:
        first.append(time.monotonic())
        stopping.set()
        if first[-1] - first[0] > _ONE_PRESS_SECONDS:
            hurry.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    # Under nohup the hang-up is ignored, and stays so.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        loop.add_signal_handler(signal.SIGHUP, stop)
