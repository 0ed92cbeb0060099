"""Ends the process when its connection to NATS is gone for good: whoever started it starts it again.

The client's callbacks are not enough: an error raised in one of them kills the task that reconnects, and the
process is not told. So a thread looks at the client's tasks. It is a thread because the pull loop over a closed
connection never gives the event loop back: no task, no signal and no probe runs any more.
"""

import asyncio
import contextvars
import os
import threading
from dataclasses import dataclass, field
from functools import partial

import structlog
from nats.aio.client import Client
from nats.errors import NoServersError, StaleConnectionError, UnexpectedEOF

from common.bus.connecting import refuses
from common.process.outage import Outage, reason_of

log = structlog.get_logger(__name__)

EXIT_CLOSED = 1
# Between two states of the client something may be missing for a moment: only what two checks find counts.
LOOK_SECONDS = 1.0
_TASKS = ("_reading_task", "_flusher_task", "_ping_interval_task")
_LOST = (OSError, TimeoutError, UnexpectedEOF, StaleConnectionError, NoServersError)


@dataclass
class Watchdog:
    """Watches one connection; `stop` it before it is closed on purpose."""

    _stopped: threading.Event = field(default_factory=threading.Event)
    _watching: bool = False
    outage: Outage = field(default_factory=partial(Outage, "nats", "connecting again for ever; events wait there"))

    def watch(self, client: Client) -> None:
        """Begin to check a connected client, from a thread."""
        self._watching = True
        loop = asyncio.get_running_loop()
        # In this context: the last line of a service names it.
        work = partial(contextvars.copy_context().run, self._watch, client, loop)
        threading.Thread(target=work, name="nats-watchdog", daemon=True).start()

    def stop(self) -> None:
        """Note that the connection ends on purpose."""
        self._stopped.set()

    async def on_closed(self) -> None:
        """Take note that the connection is closed: of one that never was, a try has failed."""
        if self._watching:
            self._end("the connection is closed")

    async def on_error(self, error: Exception) -> None:
        """Take note of an error; a refusal of our password is fatal."""
        reason = reason_of(error)
        if refuses(error):
            self._end(f"the server refuses this user: {reason}")
        if isinstance(error, _LOST) or self.outage.goes_on:
            self.outage.failed(error)
            return
        # Denied permissions show nowhere else: the call itself only times out.
        log.error("nats.error", reason=reason)

    async def on_disconnected(self) -> None:
        """Take note that the connection is lost, or closed by ourselves."""
        if self._watching and not self._stopped.is_set():
            self.outage.failed(ConnectionError("the connection ended"))

    async def on_reconnected(self) -> None:
        """Take note that there is a connection again."""
        self.outage.worked()

    def _watch(self, client: Client, loop: asyncio.AbstractEventLoop) -> None:
        before = None
        while not self._stopped.wait(LOOK_SECONDS) and not loop.is_closed():
            found = what_died(client)
            if found and before:
                self._end(found)
            before = found

    def _end(self, reason: str) -> None:
        if not self._stopped.is_set():
            self._stopped.set()
            log.critical("nats.closed", reason=reason, what_to_do="is NATS_URL still right? this process starts anew")
            os._exit(EXIT_CLOSED)


def what_died(client: Client) -> str | None:
    """Say which part of the client's own machinery has ended, or None."""
    if client.is_closed:
        return "the connection is closed"
    reconnecting: asyncio.Task[None] | None = getattr(client, "_reconnection_task", None)
    if reconnecting and reconnecting.done() and not reconnecting.cancelled() and reconnecting.exception():
        return f"reconnecting failed: {reconnecting.exception()}"
    if not client.is_connected:
        return None if reconnecting and not reconnecting.done() else "not connected, and no longer reconnecting"
    for name in _TASKS:
        task: asyncio.Task[None] | None = getattr(client, name, None)
        if task is None or task.done():
            return f"connected, but {name.strip('_')} has ended"
    return None
