"""What counts as an outage; its log, a line when it begins and one when it ends; and work that it only delays.

A disk without room is one of its own kind: what waits for it must not be given up, however long it takes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

import asyncpg
import nats.errors
import structlog
from nats.js.errors import APIError

from common.storable import storable

log = structlog.get_logger(__name__)

# What asyncpg raises apart from PostgreSQL's errors: the second when it is used in the moment in which PostgreSQL has
# ended an idle connection ("cannot switch to state 11; another operation (2) is in progress").
DRIVER_ERRORS = (asyncpg.InterfaceError, asyncpg.InternalClientError)
# Whatever can go wrong between us and PostgreSQL.
DATABASE_ERRORS = (asyncpg.PostgresError, *DRIVER_ERRORS, OSError, TimeoutError)

# What PostgreSQL and NATS raise while they are away, or come back.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    *DRIVER_ERRORS,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.TransactionRollbackError,
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.ReadOnlySQLTransactionError,
    nats.errors.Error,
)

# Between two tries of what found no room: work goes on within a minute of there being some.
ROOM_PAUSE_SECONDS = 30.0
# Of PostgreSQL that crashed, nothing but its last words says why.
_NO_ROOM = "no space left on device"
# JSStorageResourcesExceededErr, JSInsufficientResourcesErr and JSStreamStoreFailedF (its max_bytes) of nats-server.
_JETSTREAM_IS_FULL = frozenset({10_047, 10_023, 10_077})

T = TypeVar("T")

# In the driver's words, its connection is no more.
_LOST = ("released back to the pool", "another operation (", 'protocol is in the "failed" state', "not connected")


class BusFullError(nats.errors.Error):
    """NATS answers and stores nothing: its disk is full, or was, and no one has restarted it since."""


def has_no_room(error: BaseException) -> bool:
    """Tell whether a server had no room on its disk, or within its limit."""
    if isinstance(error, APIError):
        return error.err_code in _JETSTREAM_IS_FULL
    if isinstance(error, BusFullError | asyncpg.DiskFullError):
        return True
    return isinstance(error, AWAY) and _NO_ROOM in str(error).lower()


@dataclass
class Outage:
    """Of one thing, such as `database`; `what_next` says what happens while it is away."""

    thing: str
    what_next: str
    goes_on: bool = field(default=False, init=False)

    def failed(self, error: BaseException) -> None:
        """Take note of a failure."""
        if self.goes_on:
            log.debug("outage.goes_on", what=self.thing, reason=reason_of(error))
        else:
            log.warning("outage.began", what=self.thing, reason=reason_of(error), what_next=self.what_next)
        self.goes_on = True

    def worked(self) -> None:
        """Take note of a success."""
        if self.goes_on:
            log.info("outage.ended", what=self.thing)
        self.goes_on = False


def reason_of(error: BaseException) -> str:
    """Return an error's words; of a lost connection what was lost, not which call met it."""
    if isinstance(error, DRIVER_ERRORS) and any(words in str(error) for words in _LOST):
        return "the connection to PostgreSQL was lost"
    if isinstance(error, APIError):
        said = error.description
        return f"JetStream says: {said}" if said else "JetStream is not enabled on the NATS that answers"
    return storable(str(error)) or ("no answer in time" if isinstance(error, TimeoutError) else type(error).__name__)


@dataclass
class Room:
    """Whether there is room on the disks of PostgreSQL and NATS, as this process last met it."""

    reason: str | None = None
    outage: Outage = field(default_factory=lambda: Outage("disk", "work waits, and goes on once there is room"))
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def check(self) -> str | None:
        """Say what is wrong, for readiness."""
        return self.reason

    async def patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Return what some work gives; where there was no room it is done again, until there is.

        A server that met a full disk may have crashed by it, or be restarted: while it is away, the wait goes on.
        """
        waits = False
        while True:
            try:
                done = await work()
            except Exception as error:
                if not has_no_room(error) and not (waits and isinstance(error, AWAY)):
                    self._is_there()
                    raise
                waits = True
                self.reason = f"no room: {reason_of(error)}"
                self.outage.failed(error)
            else:
                self._is_there()
                return done
            await self.sleep(ROOM_PAUSE_SECONDS)

    def _is_there(self) -> None:
        self.reason = None
        self.outage.worked()


# A statement that the database refuses ends no service either: its other work goes on.
FAILURES = (*AWAY, asyncpg.PostgresError)


async def periodically(
    name: str, work: Callable[[], Awaitable[object]], every_seconds: float, outage: Outage | None = None
) -> NoReturn:
    """Work for ever; what is away now is asked the next time. One of a service's loops logs the outage."""
    while True:
        try:
            await work()
        except FAILURES as error:
            log.debug("periodic.failed", work=name, reason=reason_of(error))
            if outage:
                outage.failed(error)
        else:
            if outage:
                outage.worked()
        await asyncio.sleep(every_seconds)
