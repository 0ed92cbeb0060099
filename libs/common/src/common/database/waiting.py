"""Waiting for a database that is not there yet: what is worth another try, and what is not."""

import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import asyncpg
import structlog

from common.database import url
from common.database.connect import unsupported
from common.database.parameters import UrlError
from common.database.url import DatabaseUrl
from common.outcomes import StartupError
from common.process.outage import DRIVER_ERRORS
from common.process.patience import OnWait, Server, until_there

log = structlog.get_logger(__name__)

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
    """Try until the database is there, as `until_there` does."""
    problem = f"cannot reach the database at {where} (DATABASE_URL)"
    failures = (asyncpg.PostgresError, *DRIVER_ERRORS, OSError, ValueError)
    server = Server(where, problem, failures, partial(_refusal, where=where))
    return await until_there(attempt, server, wait_seconds, on_wait)


def _refusal(error: Exception, where: str) -> str | None:
    """Return what to say of an error that no waiting ends."""
    database = f"the database at {where} (DATABASE_URL)"
    if words := unsupported(error):
        return f"{database} refuses us: {words}"
    if isinstance(error, ssl.SSLCertVerificationError):
        asked = "sslmode or channel_binding asks for a trusted certificate; see sslrootcert"
        return f"{database} is not trusted: {error}; {asked}"
    if isinstance(error, ConnectionError) and _NO_TLS in str(error):
        return f"{database} takes no TLS, and sslmode asks for it"
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return f"DATABASE_URL: {error}"
    return None if isinstance(error, _AWAY) else f"{database} refuses us: {error}"
