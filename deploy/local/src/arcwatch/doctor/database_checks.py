"""What `arcwatch doctor` looks at in the database: does it answer, are the tables there, is its clock right."""

from collections.abc import Iterable
from datetime import UTC, datetime

import asyncpg
from common.database.schema import pending_migrations
from common.process.outage import DATABASE_ERRORS

from arcwatch.doctor.checks import Finding, Verdict, clock, ok
from arcwatch.errors import explained, without_password

_TIMEOUT_SECONDS = 5.0
# Each service takes up to eight connections when it is busy.
_CONNECTIONS_SPARE = 8
_SERVER = """
SELECT current_setting('server_version') AS version, clock_timestamp() AS now,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
    current_setting('max_connections')::int AS max_connections
"""


async def database(url: str) -> Iterable[Finding]:
    """Connect once, and look at everything over that connection."""
    try:
        connection = await asyncpg.connect(url, timeout=_TIMEOUT_SECONDS)
    except (*DATABASE_ERRORS, ValueError) as error:
        # What is no URL is quoted by the error, with its password.
        reason = "that is no URL" if isinstance(error, ValueError) else explained(error) or error
        found = f"{without_password(url)} refuses us: {reason}"
        return [Finding("database", Verdict.PROBLEM, found, "is it running, and is DATABASE_URL right?")]
    try:
        missing = await pending_migrations(connection)
        (seen,) = await connection.fetch(_SERVER)
        ours = datetime.now(UTC)
    finally:
        await connection.close()
    connections = _connections(seen["connections"], seen["max_connections"])
    return [_schema(missing, seen["version"]), clock("the database", seen["now"], ours), connections]


def _schema(missing: list[str], version: str) -> Finding:
    if missing:
        return Finding("database", Verdict.PROBLEM, f"lacks {', '.join(missing)}", "arcwatch migrate")
    return ok("database", f"PostgreSQL {version}; the schema is up to date")


def _connections(used: int, most: int) -> Finding:
    found = f"{used} of {most} in use"
    if most - used >= _CONNECTIONS_SPARE:
        return ok("connections", found)
    advice = "raise max_connections, or run fewer replicas (docs/sizing.md)"
    return Finding("connections", Verdict.WARNING, found, advice)
