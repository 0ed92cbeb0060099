"""A whole deployment of real processes to break: each service reaches each server by a relay, and is kept alive."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.embedded.postgres import PostgresServer
from common.bus import bus, topology
from common.database.schema import migrate
from localhub.web.webhooks import Watched, Webhook

from tests.soak.plan import SERVERS, SERVICES
from tests.soak.upstream import DATASETS
from tests.support.hub import TestHub
from tests.support.ports import free_port
from tests.support.relay import Relay
from tests.support.service_process import MODULES, ServiceProcess, service_process
from tests.support.standby import socket_folder

# As compose does with what has ended.
_RESTART_SECONDS = 0.5
_SLOW_HUB_SECONDS = 0.01
_SECRET = "a-secret-of-this-run"
# Debian's package libfaketime; the folder before it is named by the machine.
_FAKETIME: Final = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


@dataclass
class Kept:
    """A service that is started again whenever it ends, on the same port."""

    module: str
    log: Callable[[int], Path]
    environment: dict[str, str]
    before: str = ""
    starts: int = 0
    running: ServiceProcess | None = None

    async def keep(self) -> None:
        """Run it until cancelled."""
        while True:
            self.starts += 1
            async with service_process(self.module, self.log(self.starts), self.before, **self.environment) as running:
                self.running = running
                await running.process.wait()
            self.running = None
            await asyncio.sleep(_RESTART_SECONDS)

    @property
    def pid(self) -> int | None:
        """The running process, if there is one at this moment."""
        return self.running.process.pid if self.running and self.running.process.returncode is None else None

    def skew(self, hours: int) -> None:
        """Let its clock be wrong from its next start on; how long something takes stays right."""
        assert _FAKETIME, "clocks are set by Debian's package libfaketime: apt-get install libfaketime"
        fake = {"LD_PRELOAD": str(_FAKETIME), "FAKETIME": f"{hours:+d}h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.environment |= fake


@dataclass
class World:
    """Everything that runs, by its name."""

    hub: TestHub
    nats: NatsServer
    postgres: PostgresServer
    services: dict[str, Kept]
    relays: dict[tuple[str, str], Relay]
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _restarting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def api(self) -> str:
        """The query API's address."""
        return f"http://127.0.0.1:{self.services['query-api'].environment['PORT']}"

    def pids(self, server: str) -> list[int]:
        """Return a server's processes."""
        child = (self.nats if server == "nats" else self.postgres).child
        if child is None or child.returncode is not None:
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(child.pid)
            return [parent.pid, *(each.pid for each in parent.children(recursive=True))]
        return []

    async def restart(self, server: str) -> None:
        """Kill a server as a power cut would, and start it again where it was."""
        part = self.nats if server == "nats" else self.postgres
        async with self._restarting:  # who starts one waits until it answers
            assert part.child is not None
            with contextlib.suppress(ProcessLookupError):
                os.kill(part.child.pid, signal.SIGKILL)
            await part.stop()
            await part.start()


@contextlib.asynccontextmanager
async def world(folder: Path, planted: Mapping[str, str] | None = None) -> AsyncIterator[World]:
    """Yield a deployment with every service started; `planted` is Python that runs in a service before its own."""
    async with contextlib.AsyncExitStack() as stack:
        # Not below pytest's folder, which PostgreSQL's own user cannot reach.
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="arcwatch-soak-")))
        hub = await stack.enter_async_context(TestHub(folder / "hub"))
        hub.latency = _SLOW_HUB_SECONDS
        for dataset in DATASETS:
            hub.commit(dataset, {"README.md": b"Submissions.\n"})
        postgres, nats = PostgresServer(data / "pg"), NatsServer(folder / "nats")
        for part in (postgres, nats):
            await part.start()
            stack.push_async_callback(part.stop)
        await migrate(postgres.url())
        async with bus.connect(nats.url(), "soak") as client:
            await topology.apply(client.jetstream())
        relays = await _relays(stack, nats, postgres)
        services = {name: _kept(name, folder, hub, relays, planted or {}) for name in SERVICES}
        made = World(hub, nats, postgres, services, relays)
        watched = tuple(Watched(type="dataset", name=dataset) for dataset in DATASETS)
        url = f"{made.api}/webhooks/huggingface"
        hub.webhooks.register(Webhook(url=url, watched=watched, domains=("repo",), secret=_SECRET))
        for each in services.values():
            task = asyncio.create_task(each.keep())
            stack.push_async_callback(_ended, task)
        yield made
        await _ended(*made.tasks)


async def _relays(
    stack: contextlib.AsyncExitStack, nats: NatsServer, postgres: PostgresServer
) -> dict[tuple[str, str], Relay]:
    behind: dict[str, Path | int] = {"nats": nats.port, "postgres": socket_folder(postgres.url()) / ".s.PGSQL.5432"}
    relays = {(service, server): Relay(behind[server]) for service in SERVICES for server in SERVERS}
    for relay in relays.values():
        await stack.enter_async_context(relay)
        await relay.let_through()
    return relays


def _kept(
    name: str, folder: Path, hub: TestHub, relays: Mapping[tuple[str, str], Relay], planted: Mapping[str, str]
) -> Kept:
    kind = name.rstrip("-12")
    nats, postgres = (relays[name, server].port for server in SERVERS)
    environment = {
        "HF_ENDPOINT": hub.url,
        "HF_DATASETS": ",".join(DATASETS),
        "NATS_URL": f"nats://127.0.0.1:{nats}",
        "DATABASE_URL": f"postgresql://arcwatch@127.0.0.1:{postgres}/arcwatch",
        "PORT": str(free_port()),
        "ARCWATCH_INSTANCE": name,
        "HF_WEBHOOK_SECRET": _SECRET,
        # By the minute, or what was missed would wait for the night.
        "HF_SYNC_SCHEDULE": "* * * * *",
        "RECONCILE_INTERVAL_SECONDS": "15",
    }
    return Kept(MODULES[kind], lambda start: folder / f"{name}.{start}.log", environment, planted.get(kind, ""))


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
