"""The servers that a soak breaks, each on a small disk, started again as `arcwatch up` does it."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import psutil
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.embedded.postgres import PostgresServer
from arcwatch.embedded.processes import Part
from arcwatch.embedded.supervisor import RestartPolicy, Supervisor
from arcwatch.errors import DeploymentError

from tests.soak.plan import SERVERS
from tests.support.small_disk import MEBIBYTE, SmallDisk, small_disk

_DISK_BYTES: Final = 256 * MEBIBYTE
_FITS_ON_IT: Final = {"shared_buffers": "32MB", "min_wal_size": "32MB", "max_wal_size": "64MB"}
# However often they are killed here, they are started again.
_ALWAYS_AGAIN: Final = RestartPolicy(0.5, 2.0, quick_deaths=sys.maxsize)
_LOOKS_EVERY_SECONDS = 1.0

Say = Callable[[str], None]


@dataclass
class Servers:
    """NATS and PostgreSQL, and the disk of each."""

    nats: NatsServer
    postgres: PostgresServer
    disks: Mapping[str, SmallDisk]

    def kill(self, server: str) -> None:
        """End a server as a power cut would."""
        child = self._part(server).child
        if child is not None and not child.ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)

    def pids(self, server: str) -> list[int]:
        """Return a server's processes."""
        child = self._part(server).child
        if child is None or child.ended:
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(child.pid)
            return [parent.pid, *(each.pid for each in parent.children(recursive=True))]
        return []

    def _part(self, server: str) -> Part:
        return self.nats if server == "nats" else self.postgres


@contextlib.asynccontextmanager
async def servers(logs: Path, say: Say) -> AsyncIterator[Servers]:
    """Yield both, started; what is said of them is said, and their logs are in that folder."""
    async with contextlib.AsyncExitStack() as stack:
        # Not below pytest's folder, which PostgreSQL's own user cannot reach.
        disks = {server: stack.enter_context(_disk()) for server in SERVERS}
        nats = NatsServer(disks["nats"].path / "nats", log=logs / "nats.log")
        postgres = PostgresServer(disks["postgres"].path / "pg", _FITS_ON_IT, log=logs / "postgres.log")
        supervisor = Supervisor(say, _ALWAYS_AGAIN)
        stack.push_async_callback(supervisor.stop)
        for part in (nats, postgres):
            supervisor.watch(part, await part.start())
        mending = asyncio.create_task(_end_what_is_stuck(nats, postgres, say))
        try:
            yield Servers(nats, postgres, disks)
        finally:
            mending.cancel()


async def _end_what_is_stuck(nats: NatsServer, postgres: PostgresServer, say: Say) -> NoReturn:
    """Do what the runbook ArcwatchDiskFull says, as `arcwatch up` does: the supervisor starts again what ends."""
    while True:
        await asyncio.sleep(_LOOKS_EVERY_SECONDS)
        with contextlib.suppress(DeploymentError, OSError):
            if await nats.end_if_stuck():
                say("NATS had no room, and has some now: it is restarted")
            if await postgres.end_if_stuck():
                say("PostgreSQL only says that it recovers: it is restarted")


@contextlib.contextmanager
def _disk() -> Iterator[SmallDisk]:
    if os.geteuid() == 0:
        with small_disk(_DISK_BYTES) as disk:
            yield disk
    else:
        with tempfile.TemporaryDirectory(prefix="arcwatch-soak-") as folder:
            yield SmallDisk(Path(folder))
