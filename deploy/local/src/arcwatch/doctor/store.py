"""Every SQL statement of the command: what a PostgreSQL server tells of itself."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

_SERVER = """
SELECT current_setting('server_version') AS version, clock_timestamp() AS now,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
    current_setting('max_connections')::int AS max_connections
"""


@dataclass(frozen=True)
class Server:
    """A server at one instant."""

    version: str
    now: datetime
    connections: int
    max_connections: int


async def server(connection: asyncpg.Connection) -> Server:
    """Ask the server behind a connection."""
    return Server(**(await connection.fetch(_SERVER))[0])
