"""Waiting for a database that is not there yet: told now and then, and ended by one line."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import asyncpg
import structlog

from common.database import url
from common.database.connect import UNSUPPORTED
from common.database.parameters import UrlError
from common.database.url import DatabaseUrl
from common.outcomes import AwayError, StartupError
from common.process.outage import DRIVER_ERRORS, reason_of

log = structlog.get_logger(__name__)

# As the setting DATABASE_WAIT_SECONDS by default: recovery after a crash, and a failover with its DNS, take less.
WAIT_SECONDS = 60.0
_PAUSE_SECONDS = 0.2
_SECONDS_BETWEEN_LINES = 5.0

# Not there yet, starting, stopping, full, demoted, or a proxy in front of one that is: worth another try. OSError
# covers names that do not resolve and time-outs.
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.exceptions.AdminShutdownError,
    asyncpg.exceptions.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.exceptions.ReadOnlySQLTransactionError,
    asyncpg.exceptions.TargetServerAttributeNotMatched,
)
# The driver's words where the server answers that it speaks no TLS.
_NO_TLS = "rejected SSL upgrade"

T = TypeVar("T")
# Takes host, reason and gives_up_in_seconds.
OnWait = Callable[..., object]
log_wait: OnWait = partial(log.warning, "database.waiting")


def parsed(text: str, setting: str = "DATABASE_URL") -> DatabaseUrl:
    """Return what a URL asks for; raise StartupError naming the setting and what is wrong."""
    try:
        return url.parse(text)
    except UrlError as error:
        raise StartupError(f"{setting}: {error}") from error


async def with_retries(
    attempt: Callable[[], Awaitable[T]], where: str, wait_seconds: float | None, on_wait: OnWait
) -> T:
    """Try until the database is there, for WAIT_SECONDS by default; say now and then what is waited for.

    Raises AwayError where it does not come, StartupError where waiting would not help.
    """
    now = asyncio.get_running_loop().time
    wait_seconds = WAIT_SECONDS if wait_seconds is None else wait_seconds
    deadline, next_line = now() + wait_seconds, now()
    while True:
        try:
            return await attempt()
        except (asyncpg.PostgresError, *DRIVER_ERRORS, OSError, ValueError) as error:
            if refused := _refusal(error, where):
                raise StartupError(refused) from error
            reason = reason_of(error)
            if now() >= deadline:
                line = f"cannot reach the database at {where} (DATABASE_URL) within {wait_seconds:.0f} s: {reason}"
                raise AwayError(line) from error
            if now() >= next_line:
                next_line = now() + _SECONDS_BETWEEN_LINES
                on_wait(host=where, reason=reason, gives_up_in_seconds=round(deadline - now()))
            await asyncio.sleep(_PAUSE_SECONDS)


def _refusal(error: Exception, where: str) -> str | None:
    """Return what to say of an error that no waiting ends."""
    database = f"the database at {where} (DATABASE_URL)"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of {database} is not trusted, which sslmode asks for; see sslrootcert: {error}"
    if isinstance(error, ConnectionError) and _NO_TLS in str(error):
        return f"{database} takes no TLS, which sslmode asks for"
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return f"DATABASE_URL: {error}"
    if isinstance(error, _AWAY) and UNSUPPORTED not in str(error):
        return None
    return f"{database} refuses us: {error}"
