"""A whole deployment of real processes to break: each service reaches each server by a relay, and is kept alive."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from common.bus import bus, topology
from common.database.schema import migrate
from localhub.web.webhooks import Watched, Webhook

from tests.soak.plan import SERVERS, SERVICES
from tests.soak.receiver import Receiver, receiver
from tests.soak.servers import Say, Servers, servers
from tests.soak.services import Clock, Kept
from tests.soak.upstream import DATASETS
from tests.support.hub import TestHub
from tests.support.ports import free_port
from tests.support.relay import Relay
from tests.support.service_process import MODULES
from tests.support.standby import socket_folder

_SLOW_HUB_SECONDS = 0.01
_SECRET = "a-secret-of-this-run"
# What happened before the notifier's first start is no news; a run begins with it.
_NEWS_BEGINS = "INSERT INTO notification_reader VALUES (true, now(), now())"


@dataclass
class World:
    """Everything that runs, by its name."""

    hub: TestHub
    servers: Servers
    services: dict[str, Kept]
    relays: dict[tuple[str, str], Relay]
    clocks: dict[str, Clock]
    receiver: Receiver
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def api(self) -> str:
        """The query API's address."""
        return f"http://127.0.0.1:{self.services['query-api'].environment['PORT']}"


@contextlib.asynccontextmanager
async def world(folder: Path, say: Say, planted: Mapping[str, str] | None = None) -> AsyncIterator[World]:
    """Yield a deployment with every service started; `planted` is Python that runs in a service before its own."""
    async with contextlib.AsyncExitStack() as stack:
        hub = await stack.enter_async_context(TestHub(folder / "hub"))
        hub.latency = _SLOW_HUB_SECONDS
        for dataset in DATASETS:
            hub.commit(dataset, {"README.md": b"Submissions.\n"})
        both = await stack.enter_async_context(servers(folder, say))
        await _prepare(both)
        relays = await _relays(stack, both)
        hook = await stack.enter_async_context(receiver())
        clocks = {name: Clock(folder / f"{name}.clock") for name in SERVICES}
        about = {"HF_ENDPOINT": hub.url, "NOTIFICATIONS_FILE": str(hook.channels(folder))}
        services = {
            name: _kept(name, folder, {**about, **clocks[name].environment, **_servers_of(name, relays)}, planted or {})
            for name in SERVICES
        }
        made = World(hub, both, services, relays, clocks, hook)
        watched = tuple(Watched(type="dataset", name=dataset) for dataset in DATASETS)
        url = f"{made.api}/webhooks/huggingface"
        hub.webhooks.register(Webhook(url=url, watched=watched, domains=("repo",), secret=_SECRET))
        for each in services.values():
            task = asyncio.create_task(each.keep())
            stack.push_async_callback(_ended, task)
        yield made
        await _ended(*made.tasks)


async def _prepare(both: Servers) -> None:
    await migrate(both.postgres.url())
    connection = await asyncpg.connect(both.postgres.url())
    await connection.execute(_NEWS_BEGINS)
    await connection.close()
    async with bus.connect(both.nats.url(), "soak") as client:
        await topology.apply(client.jetstream())


async def _relays(stack: contextlib.AsyncExitStack, both: Servers) -> dict[tuple[str, str], Relay]:
    behind: dict[str, Path | int] = {
        "nats": both.nats.port,
        "postgres": socket_folder(both.postgres.url()) / ".s.PGSQL.5432",
    }
    relays = {(service, server): Relay(behind[server]) for service in SERVICES for server in SERVERS}
    for relay in relays.values():
        await stack.enter_async_context(relay)
        await relay.let_through()
    return relays


def _servers_of(service: str, relays: Mapping[tuple[str, str], Relay]) -> dict[str, str]:
    nats, postgres = (relays[service, server].port for server in SERVERS)
    return {
        "NATS_URL": f"nats://127.0.0.1:{nats}",
        "DATABASE_URL": f"postgresql://arcwatch@127.0.0.1:{postgres}/arcwatch",
    }


def _kept(name: str, folder: Path, environment: Mapping[str, str], planted: Mapping[str, str]) -> Kept:
    kind = name.rstrip("-12")
    environment = {
        **environment,
        "HF_DATASETS": ",".join(DATASETS),
        "PORT": str(free_port()),
        "ARCWATCH_INSTANCE": name,
        "HF_WEBHOOK_SECRET": _SECRET,
        # By the minute, or what was missed would wait for the night.
        "HF_SYNC_SCHEDULE": "* * * * *",
        "RECONCILE_INTERVAL_SECONDS": "15",
    }
    module = {**MODULES, "notifier": "notifier"}[kind]
    return Kept(module, lambda start: folder / f"{name}.{start}.log", environment, planted.get(kind, ""))


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
