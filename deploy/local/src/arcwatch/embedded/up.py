"""`arcwatch up`: one terminal, everything in it; started together, stopped together."""

import asyncio
import contextlib
import signal
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from arcwatch import ports
from arcwatch.embedded.deployment import Deployment, Extras, Options
from arcwatch.embedded.supervisor import Supervisor
from arcwatch.errors import DeploymentError, explained
from arcwatch.terminal import Terminal

# make, timeout and terminals may deliver one wish to stop twice: only what comes later is impatience.
_ONE_PRESS_SECONDS = 0.3


def up(options: Options, extras: Extras) -> None:
    """Run a deployment until a signal ends it; raise DeploymentError when it cannot go on."""
    ports.check_free(options.port, options.host)
    options.data_dir.prepare()
    with options.data_dir.locked() as lock, contextlib.closing(Terminal()) as terminal:
        if options.fresh:
            options.data_dir.clear()
        asyncio.run(_run(options, terminal, extras, lock))


async def _run(options: Options, terminal: Terminal, extras: Extras, lock: int) -> None:
    supervisor = Supervisor(terminal.say)
    stopping = _on_signals(supervisor.hurry)
    work = asyncio.create_task(_start(Deployment(options, supervisor, terminal, lock), extras))
    why = ""
    try:
        await _first(work, supervisor.failed, stopping)
    except DeploymentError as error:
        why = f" because {str(error).splitlines()[0]}"
        raise
    finally:
        terminal.say(f"stopping{why}; Ctrl-C{' again' if stopping.done() else ''} hurries")
        work.cancel()
        await asyncio.wait([work])
        # First the stop: what is remembered may be unreadable, or the disk full.
        await supervisor.stop()
        options.data_dir.remember(running=None)
        terminal.say("stopped")


async def _start(deployment: Deployment, extras: Extras) -> None:
    data_dir, terminal = deployment.options.data_dir, deployment.terminal
    terminal.say(f"starting; data is in {data_dir.path}, logs in {data_dir.logs}")
    addresses = await deployment.start(extras)
    data_dir.remember(
        running={**asdict(addresses), "ready_at": datetime.now(UTC).isoformat()},
        services={service.name: service.port for service in deployment.services},
    )
    terminal.result(f"arcwatch is ready: {addresses.url}")
    if not deployment.options.environment.get("ADMIN_TOKEN"):
        terminal.say(f"the admin token, for what changes something, is in {data_dir.secrets_file}")
    if not deployment.options.environment.get("NATS_URL"):
        terminal.say("any NATS client may publish events: `arcwatch nats-url` prints the URL to use")
    terminal.say("Ctrl-C stops everything")
    await extras.when_ready(addresses)
    await deployment.keep_servers()


async def _first(
    work: asyncio.Task[None], failed: asyncio.Future[DeploymentError], stopping: asyncio.Future[float]
) -> None:
    """Return when a signal came; raise what went wrong when something did before."""
    ends: list[asyncio.Future[Any]] = [work, failed, stopping]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    if stopping.done():
        return
    # A server that died explains why the work failed, so it comes first.
    if failed.done():
        raise failed.result()
    if error := work.exception():
        raise explained(error) or error


def _on_signals(hurry: asyncio.Event) -> asyncio.Future[float]:
    """Return what completes, with its instant, at the first signal; a later one sets `hurry`."""
    loop = asyncio.get_running_loop()
    stopping: asyncio.Future[float] = loop.create_future()

    def stop() -> None:
        if not stopping.done():
            stopping.set_result(loop.time())
        elif loop.time() - stopping.result() > _ONE_PRESS_SECONDS:
            hurry.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    # Under nohup the hang-up is ignored, and stays so.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        loop.add_signal_handler(signal.SIGHUP, stop)
    return stopping
