"""What a deployment consists of, and in which order it starts: servers, schema and topology, services."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nats.errors
from common.bus import topology
from common.bus.topology import Drift
from common.process.addresses import local_url
from nats.js import JetStreamContext

from arcwatch import ports
from arcwatch.clients import database
from arcwatch.clients.bus import connected
from arcwatch.data_dir import DataDir
from arcwatch.embedded import nats_conf
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.embedded.postgres import PostgresServer
from arcwatch.embedded.processes import Command
from arcwatch.embedded.supervisor import Service, Supervisor
from arcwatch.errors import DeploymentError, explained
from arcwatch.terminal import Terminal

# A service drains for up to 20 s: its handlers' 15 s and the connection's 5 s.
_DRAIN_SECONDS = 30.0
# Of each service: the pool's 4 connections, and one for what is done by hand.
_CONNECTIONS_PER_SERVICE = 5
_CONNECTIONS_AT_LEAST = 60
# How long a deleted stream or durable goes unnoticed.
_TOPOLOGY_SECONDS = 2.0

# Commands must ask the same Hub as the services, in the same way.
_HUB = ("HF_ENDPOINT", "HF_DATASETS", "HF_TRANSPORT")

_NATS_ERRORS = (DeploymentError, nats.errors.Error, OSError)

Ask = Callable[[JetStreamContext, int], Awaitable[list[Drift]]]


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    `environment` is what the services get, in addition to what we set. `fresh` drops the data of the last time.
    Servers in NATS_URL and DATABASE_URL may be starting at the same moment: `patience_seconds`.
    """

    data_dir: DataDir
    port: int = 8080
    ingesters: int = 1
    host: str = ports.LOOPBACK
    fresh: bool = False
    patience_seconds: float = 30.0
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)


@dataclass(frozen=True, repr=False)
class Addresses:
    """Where a running deployment is found."""

    url: str
    nats_url: str
    database_url: str
    admin_token: str
    # What is set of `_HUB` for the services.
    hub: Mapping[str, str]


class Extras:
    """What a demo adds to a deployment; in itself nothing."""

    async def setup(self, deployment: "Deployment") -> Mapping[str, str]:  # noqa: ARG002 - for those who add something
        """Run while the servers start, and return more environment for the services."""
        return {}

    async def when_ready(self, addresses: Addresses) -> None:
        """Run once everything is ready."""


@dataclass
class Deployment:
    """One deployment being started; the supervisor stops it."""

    options: Options
    supervisor: Supervisor
    terminal: Terminal
    lock: int
    ports: dict[str, int] = field(default_factory=dict, init=False)
    services: list[Service] = field(default_factory=list, init=False)
    _nats: NatsServer | None = field(default=None, init=False)
    _database: PostgresServer | None = field(default=None, init=False)
    _said_of_topology: list[str] = field(default_factory=list, init=False)
    _nats_url: str = field(default="", init=False, repr=False)

    async def start(self, extras: Extras) -> Addresses:
        """Start everything, wait until every service is ready, and return where it is."""
        self.ports = self._choose_ports()
        self.supervisor.mend = self.apply_topology
        self._secrets = self.options.data_dir.secrets(tuple(nats_conf.PERMISSIONS))
        async with asyncio.TaskGroup() as group:
            nats_task = group.create_task(self._start_nats())
            database_task = group.create_task(self._start_database())
            more_task = group.create_task(extras.setup(self))
        more = more_task.result()
        addresses = self._addresses(nats_task.result(), database_task.result(), more)
        self.services = self._services(addresses, more)
        # The query API first: it loads its view before it is ready.
        for service in reversed(self.services):
            self.supervisor.run(service)
        async with asyncio.TaskGroup() as group:
            for service in self.services:
                group.create_task(self.until_ready(service))
        return addresses

    def log_of(self, name: str) -> Path:
        """Return the log file of a child."""
        return self.options.data_dir.logs / f"{name}.log"

    async def until_ready(self, service: Service) -> None:
        """Wait for one service, and say so."""
        await self.supervisor.until_ready(service)
        self.terminal.say(f"{service.name} is ready")

    @property
    def _ingesters(self) -> list[str]:
        return [f"ingester-{number}" for number in range(1, self.options.ingesters + 1)]

    def _choose_ports(self) -> dict[str, int]:
        names = ["nats", "nats-monitoring", "watcher", "query-api", "notifier", *self._ingesters, "hub"]
        remembered: Mapping[str, int] = self.options.data_dir.state().get("ports") or {}
        if not self.options.port:
            names.append("http")
        chosen = ports.choose(names, remembered)
        self.options.data_dir.remember(ports={**remembered, **chosen})
        return {"http": self.options.port, **chosen}

    async def _start_nats(self) -> str:
        url = self.options.environment.get("NATS_URL")
        if not url:
            self._nats = NatsServer(
                self.options.data_dir.path / "nats",
                self.ports["nats"],
                self.ports["nats-monitoring"],
                self._secrets.nats,
                self.log_of("nats"),
                hold=(self.lock,),
            )
            self.supervisor.watch(self._nats, await self._nats.start())
            self.terminal.say("NATS is ready")
            url = self._nats.url(nats_conf.ADMIN)
        self._nats_url = url
        drift = await self._topology_drift(topology.apply, self.options.patience_seconds)
        self.terminal.say(f"topology is in place{f' ({len(drift)} changes)' if drift else ''}")
        return url

    async def apply_topology(self) -> None:
        """Make NATS match the table of streams and durables again, and say what did not, or why it cannot be done."""
        try:
            mended = await self._topology_drift(topology.apply, self.options.patience_seconds)
            lines = [f"mended on NATS: {each}" for each in mended]
        except _NATS_ERRORS as error:
            lines = [f"cannot mend the topology on NATS: {explained(error) or error}"]
        if lines != self._said_of_topology:
            for line in lines:
                self.terminal.say(line)
        self._said_of_topology = lines

    async def keep_servers(self) -> None:
        """Every two seconds, end a server that is stuck, and mend streams and durables; never returns."""
        while True:
            await asyncio.sleep(_TOPOLOGY_SECONDS)
            if self._database and await self._database.end_if_stuck():
                self.terminal.say("PostgreSQL said that it recovers, and did not, as after a full disk")
            # While NATS is away or starting, there is nothing to see.
            with contextlib.suppress(*_NATS_ERRORS):
                if self._nats and await self._nats.end_if_stuck():
                    self.terminal.say("NATS had no room on its disk, and stores nothing since: there is room now")
                elif await self._topology_drift(topology.drift):
                    await self.apply_topology()
                else:
                    self._said_of_topology = []

    async def _topology_drift(self, ask: Ask, patience_seconds: float = 0.0) -> list[Drift]:
        # A cluster keeps its replicas: without the setting, a start would scale its streams down to one.
        replicas = int(self.options.environment.get("NATS_REPLICAS") or 1) if self._nats is None else 1
        say = self.terminal.say
        async with connected(self._nats_url, patience_seconds=patience_seconds, say=say) as client:
            return await ask(client.jetstream(timeout=10), replicas)

    async def _start_database(self) -> str:
        url = self.options.environment.get("DATABASE_URL")
        if not url:
            wanted = _CONNECTIONS_PER_SERVICE * (self.options.ingesters + 3)
            self._database = server = PostgresServer(
                self.options.data_dir.path / "postgres",
                {"max_connections": str(max(_CONNECTIONS_AT_LEAST, 2 * wanted))},
                self.log_of("postgresql"),
                self.terminal.say,
                hold=(self.lock,),
            )
            self.supervisor.watch(server, await server.start())
            self.terminal.say("PostgreSQL is ready")
            url = server.url()
        applied = await database.migrate(url, self.options.patience_seconds, self.terminal.say)
        self.terminal.say(f"schema is up to date{f' ({len(applied)} migrations applied)' if applied else ''}")
        return url

    def _addresses(self, nats_url: str, database_url: str, more: Mapping[str, str]) -> Addresses:
        environment = {**self.options.environment, **more}
        return Addresses(
            url=local_url(self.options.host, self.ports["http"]),
            nats_url=nats_url,
            database_url=database_url,
            admin_token=self.options.environment.get("ADMIN_TOKEN") or self._secrets.admin_token,
            hub={name: environment[name] for name in _HUB if name in environment},
        )

    def _services(self, addresses: Addresses, more: Mapping[str, str]) -> list[Service]:
        port = str(self.ports["http"])
        api = {"HOST": self.options.host, "PORT": port, "ADMIN_TOKEN": addresses.admin_token}
        shared = {**self.options.environment, **self._no_proxy(), "DATABASE_URL": addresses.database_url, **more}
        # It asks the database alone, and has nothing to do without channels.
        notifier = [self._service("notifier", "notifier", {}, shared)] if shared.get("NOTIFICATIONS_FILE") else []
        return [
            self._on_nats("watcher", "watcher", addresses, shared),
            *(self._on_nats(name, "ingester", addresses, shared) for name in self._ingesters),
            self._on_nats("query-api", "query-api", addresses, {**shared, **api}),
            *notifier,
        ]

    def _on_nats(self, name: str, user: str, addresses: Addresses, env: Mapping[str, str]) -> Service:
        return self._service(name, user, {"NATS_URL": self._nats.url(user) if self._nats else addresses.nats_url}, env)

    def _service(self, name: str, kind: str, more: Mapping[str, str], env: Mapping[str, str]) -> Service:
        own = {
            **more,
            "OPS_HOST": ports.LOOPBACK,
            "OPS_PORT": str(self.ports[name]),
            "ARCWATCH_INSTANCE": name,
            "PYTHONUNBUFFERED": "1",
        }
        return self.service(name, (sys.executable, "-m", kind.replace("-", "_")), {**env, **own}, self.ports[name])

    def _no_proxy(self) -> Mapping[str, str]:
        """Return the setting that keeps what goes to this machine off a proxy."""
        known = self.options.environment.get("NO_PROXY") or self.options.environment.get("no_proxy")
        hosts = ",".join(filter(None, (known, ports.LOOPBACK)))
        return {"NO_PROXY": hosts, "no_proxy": hosts}

    def service(self, name: str, argv: tuple[str, ...], env: Mapping[str, str], port: int, **more: Any) -> Service:
        """Return a service to supervise; its lines go to its log and to the terminal."""
        command = Command(name, argv, env=env, stop_seconds=_DRAIN_SECONDS)
        return Service(command, self.log_of(name), port, self.terminal.of(name), **more)
