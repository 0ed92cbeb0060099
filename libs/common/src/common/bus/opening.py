"""A service's connection to NATS from its first try to its end: waited for, watched, and drained."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import nats.errors
import structlog

from common.bus import connecting
from common.bus.access import Access, BusClient
from common.bus.watchdog import Watchdog
from common.outcomes import StartupError
from common.process.outage import reason_of
from common.process.patience import OnWait, until_there

log = structlog.get_logger(__name__)

log_wait: OnWait = partial(log.warning, "nats.waiting")
# Between two tries of what need not be there.
PAUSE_SECONDS = 2.0


class Opening:
    """One connection; `client` is of use once `wait` or `join` has returned, or `try_once` with True."""

    def __init__(self, access: Access, name: str) -> None:
        self.client = BusClient(access)
        self.server = connecting.server(access)
        self.jetstream = connecting.jetstream(access.url)
        self._name = name
        self._watchdog = Watchdog()
        self._opened = False

    async def wait(self, wait_seconds: float | None, on_wait: OnWait) -> None:
        """Wait for the server; raise AwayError where it does not come, StartupError where it refuses."""
        await until_there(self._open, self.server, wait_seconds, on_wait)

    async def try_once(self) -> bool:
        """Try now, and tell whether there is a connection; raise StartupError where the server refuses."""
        try:
            await self._open()
        except connecting.FAILURES as error:
            if refused := self.server.refusal(error):
                raise StartupError(refused) from error
            self._watchdog.outage.failed(ConnectionError(f"{self.server.host}: {reason_of(error)}"))
            return False
        self._watchdog.outage.worked()
        return True

    async def join(self, then: Callable[[], Awaitable[object]]) -> None:
        """Try until there is a connection, however long that takes, and then do something with it, once."""
        while not (self._opened or await self.try_once()):  # noqa: ASYNC110 - nothing tells of a server that comes
            await asyncio.sleep(PAUSE_SECONDS)
        await then()

    async def _open(self) -> None:
        await connecting.open_once(self.client, self._name, self._watchdog)
        self._opened = True
        self._watchdog.watch(self.client)

    @contextlib.asynccontextmanager
    async def watched(self, end: Callable[[], Awaitable[None]], end_seconds: float) -> AsyncIterator[None]:
        """Bring the connection to a good end when the block ends."""
        try:
            yield
        finally:
            self._watchdog.stop()
            with contextlib.suppress(nats.errors.Error, OSError):
                await asyncio.wait_for(end(), timeout=end_seconds)
