"""An outage is logged in a few lines: what is away, which work waits for it, and what happens next. No traceback."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.embedded.postgres import PostgresServer
from common.bus import bus, topology
from common.database.schema import migrate
from common.events import ModelDiscovered, SyncRequested
from nats.aio.client import Client

from tests.support.deployments import clean_environment
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.ports import free_port
from tests.support.postgres import FAST
from tests.support.submissions import V2, solved, submission, tasks

MODULES = {"watcher": "watcher", "ingester": "ingester", "query-api": "query_api"}
FOUR = tasks()[:4]
# Of one service, from the beginning of an outage until everything is done after it: before, there were up to 357.
MOST_LINES = 12


@dataclass
class World:
    """Every service as a process, and what they need."""

    hub: TestHub
    nats: NatsServer
    postgres: PostgresServer
    client: Client
    logs: dict[str, Path]
    ops: dict[str, str]

    def lines(self) -> dict[str, list[str]]:
        return {name: log.read_text().splitlines() for name, log in self.logs.items()}

    async def ready(self) -> bool:
        async with aiohttp.ClientSession() as http:
            for url in self.ops.values():
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"{url}/readyz") as answer:
                        if answer.status == 200:
                            continue
                return False
        return True

    async def landed(self, model: str) -> bool:
        connection = await asyncpg.connect(self.postgres.url())
        try:
            found = await connection.fetchval("SELECT count(*) FROM submission_versions WHERE model = $1", model)
        finally:
            await connection.close()
        return bool(found)


@asynccontextmanager
async def services(world: World, folder: Path) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        for name, module in MODULES.items():
            port = free_port()
            env = {
                "DATABASE_URL": world.postgres.url(),
                "NATS_URL": world.nats.url(),
                "HF_ENDPOINT": world.hub.url,
                "HF_DATASETS": V2,
                "OPS_PORT": str(port),
                "PORT": str(free_port()),
            }
            world.ops[name] = f"http://127.0.0.1:{port}"
            world.logs[name] = folder / f"{name}.log"
            output = stack.enter_context(world.logs[name].open("wb"))
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", module, env={**clean_environment(), **env}, stdout=output, stderr=output
            )
            stack.push_async_callback(process.wait)
            stack.callback(process.terminate)
        await eventually(world.ready, 90)
        yield


@pytest.fixture
async def world(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[World]:
    postgres = PostgresServer(tmp_path / "pg", FAST)
    await postgres.start()
    await migrate(postgres.url())
    try:
        async with TestHub(tmp_path / "hub") as hub, bus.connect(nats_server.url(), "test") as client:
            hub.commit(V2, submission("first", {FOUR[0]: solved(FOUR[0])}))
            await topology.apply(client.jetstream())
            world = World(hub, nats_server, postgres, client, {}, {})
            async with services(world, tmp_path):
                await eventually(lambda: world.landed("first"), 60)
                yield world
    finally:
        await postgres.stop()


async def stop(world: World, which: str) -> None:
    await {"postgres": world.postgres.stop, "nats": world.nats.stop, "hub": world.hub.stop}[which]()


async def start(world: World, which: str) -> None:
    await {"postgres": world.postgres.start, "nats": world.nats.start, "hub": world.hub.start}[which]()


async def ask(world: World) -> None:
    await bus.publish(world.client, ModelDiscovered(dataset=V2, model="m"), "test")
    await bus.publish(world.client, SyncRequested(), "test")


# When the outage may end: line, by which service, how often. By then much more has been tried than is logged.
LOGGED_BY_THEN = {
    "postgres": ("outage.began", "watcher", 1),  # after up to 15 s
    "nats": ("delivery.retry", "ingester", 1),
    "hub": ("sync.dataset_failed", "watcher", 2),
}


@pytest.mark.parametrize("which", LOGGED_BY_THEN)
async def test_an_outage_is_logged_in_a_few_lines(world: World, which: str) -> None:
    world.hub.commit(V2, submission("m", {task: solved(task) for task in FOUR}))
    before = {name: len(lines) for name, lines in world.lines().items()}

    def logged(service: str, *words: str) -> list[str]:
        return [line for line in world.lines()[service][before[service] :] if all(word in line for word in words)]

    if which != "hub":
        world.hub.latency = 1.0
        await ask(world)
        await eventually(lambda: logged("ingester", "ingestion.started", "model=m"), 30)
    await stop(world, which)
    world.hub.latency = 0.0
    if which == "hub":
        await ask(world)
    line, service, times = LOGGED_BY_THEN[which]
    await eventually(lambda: len(logged(service, line)) >= times, 60)
    await start(world, which)
    await eventually(lambda: world.landed("m"), 120)
    await eventually(world.ready, 60)
    for name in MODULES:
        everything = logged(name)
        assert len(everything) <= MOST_LINES, "\n".join(everything)
        assert [each for each in everything if "Traceback" in each] == []
    for each in logged("ingester", "delivery.retry"):
        assert all(word in each for word in ("model=m", f"dataset={V2}", "reason=", "again_in_seconds="))
    if which != "hub":
        what = "what=nats" if which == "nats" else "what=database"
        for name in ("watcher", "ingester") if which == "postgres" else MODULES:
            assert len(logged(name, "outage.began", what, "what_next=")) == 1, name
            await eventually(partial(logged, name, "outage.ended", what), 60)
