"""What `arcwatch doctor` looks at in the database: does it answer, are the tables there, is its clock right."""

from collections.abc import Iterable
from datetime import UTC, datetime

import asyncpg
from common.database import poolers
from common.database import url as database_url
from common.database.connect import CLOSE_SECONDS, Connector
from common.database.parameters import UrlError
from common.database.schema import pending_migrations
from common.process.outage import DATABASE_ERRORS
from notifier.store.statements import COUNT_UNSENT

from arcwatch.doctor.checks import Finding, Verdict, clock, ok
from arcwatch.errors import explained

_TIMEOUT_SECONDS = 5.0
# As the alert ArcwatchChannelFails has it.
_LATE_SECONDS = 3_600.0
# Each service takes up to eight connections when it is busy.
_CONNECTIONS_SPARE = 8
_SERVER = """
SELECT current_setting('server_version') AS version, clock_timestamp() AS now,
    current_setting('transaction_read_only') = 'on' AS read_only,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
    current_setting('max_connections')::int AS max_connections
"""


async def database(url: str) -> Iterable[Finding]:
    """Connect once, and look at everything over that connection."""
    try:
        target = database_url.parse(url)
    except UrlError as error:
        return [Finding("database", Verdict.PROBLEM, f"DATABASE_URL: {error}", "docs/database.md says what is read")]
    connector = Connector(target, command_seconds=_TIMEOUT_SECONDS, seconds=_TIMEOUT_SECONDS, writes=True)
    try:
        return await _looked(connector)
    except (*DATABASE_ERRORS, ValueError) as error:
        found = f"{target.where} does not answer as it should: {explained(error) or error}"
        return [Finding("database", Verdict.PROBLEM, found, "is it running, and is DATABASE_URL right?")]


async def _looked(connector: Connector) -> Iterable[Finding]:
    shared = await poolers.shares_sessions(connector)
    connection = await connector(statement_cache_size=0)
    try:
        missing = await pending_migrations(connection)
        (seen,) = await connection.fetch(_SERVER)
        unsent = [] if missing else await connection.fetch(COUNT_UNSENT)
        ours = datetime.now(UTC)
    finally:
        await connection.close(timeout=CLOSE_SECONDS)
    connections = _connections(seen["connections"], seen["max_connections"])
    sessions = _sessions(shared=shared, read_only=seen["read_only"])
    of_schema, of_clock = _schema(missing, seen["version"]), clock("the database", seen["now"], ours)
    return [*sessions, of_schema, of_clock, connections, *map(_channel, unsent)]


def _sessions(*, shared: bool, read_only: bool) -> Iterable[Finding]:
    if read_only:
        advice = "name the primary, or several hosts with target_session_attrs=read-write"
        yield Finding("database", Verdict.PROBLEM, "takes no writes: it is a standby, or was demoted", advice)
    if shared:
        advice = "only the query API works behind it: give the others its session mode, or the database's own port"
        yield Finding("database", Verdict.PROBLEM, "is behind a pooler in transaction mode", advice)


def _channel(row: asyncpg.Record) -> Finding:
    """Say of a channel of notifications with unsent messages whether its receiver takes them."""
    check, found = f"notifications to {row['channel']}", f"{row['waiting']} wait, {row['dead']} are dead"
    if not row["dead"] and row["late_seconds"] < _LATE_SECONDS:
        return ok(check, found)
    advice = "arcwatch notify ls says why; then arcwatch notify replay, or arcwatch notify rm"
    return Finding(check, Verdict.WARNING, found, advice)


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
