"""The run's PostgreSQL as tests see it: a fresh database each, copied from a migrated template."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from arcwatch.embedded.postgres import PostgresServer
from common.database.schema import migrate

TEMPLATE = "arcwatch"
# Settings of a server whose data need not survive a power cut.
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
_START_SECONDS = 60.0
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class TestPostgres:
    """Where the run's server is."""

    __test__ = False

    superuser: str
    owner: str

    def url(self, database: str) -> str:
        """Return the URL of a database as its owner: the same role that the services have."""
        return self.owner.replace("%7Bdatabase%7D", database).replace("{database}", database)

    def superuser_url(self, database: str = "postgres") -> str:
        """Return the same for the superuser."""
        return self.superuser.replace("{database}", database)

    async def create(self, template: str = TEMPLATE) -> str:
        """Make a database and return its name; `template0` gives one without our tables."""
        name = f"test_{uuid.uuid4().hex}"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER arcwatch STRATEGY file_copy")
        return name

    async def drop(self, name: str) -> None:
        """Remove a database and whoever is still connected to it."""
        await self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.superuser_url())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@asynccontextmanager
async def own_server() -> AsyncIterator[PostgresServer]:
    """Lend a PostgreSQL of the test's own, migrated."""
    # Not pytest's folder: another run closes it to other users than root, such as PostgreSQL's.
    with tempfile.TemporaryDirectory(prefix="arcwatch-pg-") as folder:
        server = PostgresServer(Path(folder) / "pg", FAST)
        await server.start()
        try:
            await migrate(server.url())
            yield server
        finally:
            await server.stop()


@asynccontextmanager
async def database_away(postgres: TestPostgres, url: str) -> AsyncIterator[None]:
    """Refuse connections to one database, and end those that are open."""
    name = urlsplit(url).path.lstrip("/")
    connection = await asyncpg.connect(postgres.superuser_url())
    try:
        await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        yield
        await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    finally:
        await connection.close()


def attach(run: Path) -> TestPostgres:
    """Return the run's server, starting it when this is the first process that asks."""
    with (run / "starting").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (run / "postgres.json").exists():
            _start(run)
        return TestPostgres(**json.loads((run / "postgres.json").read_text()))


def use(run: Path) -> int:
    """Count this process among the run's users, until it ends; return the descriptor that says so."""
    descriptor = os.open(run / "users", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _start(run: Path) -> None:
    with (run / "keeper.log").open("ab") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.support.postgres_keeper", str(run)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # It outlives this process on purpose, so this process does not wait for its end.
    keeper.returncode = 0
    deadline = time.monotonic() + _START_SECONDS
    while not (run / "postgres.json").exists():
        if os.waitpid(keeper.pid, os.WNOHANG)[0] or time.monotonic() > deadline:
            raise RuntimeError(f"the tests' PostgreSQL did not start:\n{(run / 'keeper.log').read_text()}")
        time.sleep(0.02)
