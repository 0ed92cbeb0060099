"""While NATS is away, hangs or has no JetStream, services go on, say so, and afterwards have lost nothing."""

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from arcwatch.embedded.nats_server import NatsServer, program
from common.bus import bus, connecting, topology
from common.process.settings import EX_TEMPFAIL

from tests.support.eventually import eventually
from tests.support.frozen import frozen
from tests.support.hub import TestHub
from tests.support.service_process import ServiceProcess, service_process
from tests.support.submissions import V2, solved, submission, tasks
from tests.support.system import System, whole

TASK = tasks()[0]
TOKEN = "the-admin-token"
# In ten minutes, a service that tries every 2 s has tried so often.
TRIES_OF_TEN_MINUTES = 300


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_TOKEN", TOKEN)


@pytest.fixture
async def system(hub: TestHub, database_url: str, nats_server: NatsServer) -> AsyncIterator[System]:
    async with whole(hub, database_url, nats_server.url()) as running:
        await eventually(lambda: synced(running), 60)
        yield running


async def synced(system: System) -> bool:
    return (await asked(f"{system.api}/api/admin/cron-status"))[1]["lastStatus"] is not None


async def asked(url: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.json()


async def asked_for_a_sync(system: System) -> int:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{system.api}/api/admin/sync", headers=headers, json={}) as answer,
    ):
        assert answer.status == 202 or "Retry-After" in answer.headers
        return answer.status


async def unready_because(system: System, words: str) -> bool:
    """Tell whether watcher and ingester say so, while all live and the query API goes on."""
    for service in ("watcher", "ingester"):
        assert (await asked(f"{system.ops[service]}/healthz"))[0] == 200
        status, body = await asked(f"{system.ops[service]}/readyz")
        if status != 503 or words not in body["checks"]["consumer"]:
            return False
    assert (await asked(f"{system.api}/api/models"))[0] == 200
    return True


async def goes_on(system: System, *models: str) -> None:
    """Wait until every service is ready, and these models are ingested, once."""

    async def ready() -> bool:
        return all([(await asked(f"{url}/readyz"))[0] == 200 for url in system.ops.values()])

    async def landed() -> bool:
        _, found = await asked(f"{system.api}/api/models")
        return sorted(row["model"] for row in found["data"]) == sorted(models)

    async def takes_requests() -> bool:
        return await asked_for_a_sync(system) == 202

    await eventually(ready, 60)
    # The query API is ready without NATS, too, and connects again within seconds.
    await eventually(takes_requests, 30)
    await eventually(landed, 60)
    _, history = await asked(f"{system.api}/api/admin/ingestion-history")
    assert sorted(run["datasetName"] for run in history["runs"]) == sorted(models)


@pytest.mark.neighbour(
    "NATS",
    "away while services run, for as many tries to connect as there are in ten minutes",
    "reads go on, what asks for something gets 503 with Retry-After, watcher and ingester are not ready; then all go "
    "on, and every model is ingested, once",
)
async def test_away_for_ten_minutes(
    hub: TestHub, database_url: str, nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "RECONNECT_PAUSE_SECONDS", 0.02)
    async with whole(hub, database_url, nats_server.url()) as system:
        await eventually(lambda: synced(system), 60)
        hub.commit(V2, submission("early", {TASK: solved(TASK)}))
        hub.latency = 0.5
        await system.ask_for("early")
        await nats_server.stop()
        hub.latency = 0.0
        hub.commit(V2, submission("meanwhile", {TASK: solved(TASK)}))
        await eventually(lambda: unready_because(system, "not connected to NATS"), 30)
        assert await asked_for_a_sync(system) == 503
        # One of four clients that all connect alike.
        await eventually(lambda: system.client._server_pool[0].reconnects > TRIES_OF_TEN_MINUTES, 90)
        await nats_server.start()
        await goes_on(system, "early", "meanwhile")


@pytest.mark.neighbour(
    "NATS",
    "hangs (SIGSTOP) while services run",
    "reads go on, what asks for something gets 503 with Retry-After, watcher and ingester are not ready, and connect "
    "anew after three pings without an answer (30 s); then all go on",
)
async def test_a_nats_that_hangs(
    hub: TestHub, database_url: str, nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "PING_SECONDS", 0.5)
    async with whole(hub, database_url, nats_server.url()) as system:
        await eventually(lambda: synced(system), 60)
        assert nats_server.child is not None
        with frozen(nats_server.child.pid):
            hub.commit(V2, submission("meanwhile", {TASK: solved(TASK)}))
            assert await asked_for_a_sync(system) == 503
            await eventually(lambda: unready_because(system, "not connected to NATS"), 30)
        await goes_on(system, "meanwhile")


@contextlib.asynccontextmanager
async def without_jetstream(server: NatsServer) -> AsyncIterator[None]:
    """Have a server without JetStream in the place of one until the block ends."""
    await server.stop()
    plain = await asyncio.create_subprocess_exec(
        str(program()), "-a", "127.0.0.1", "-p", str(server.port), stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        yield
    finally:
        plain.kill()
        await plain.wait()
        await server.start()


@pytest.mark.neighbour(
    "NATS",
    "started anew without JetStream while services run",
    "watcher and ingester are not ready, and say why; with JetStream, all go on",
)
async def test_jetstream_is_switched_off(hub: TestHub, system: System, nats_server: NatsServer) -> None:
    async with without_jetstream(nats_server):
        hub.commit(V2, submission("meanwhile", {TASK: solved(TASK)}))
        await eventually(lambda: unready_because(system, "JetStream is not enabled on the NATS that answers"), 60)
        assert await asked_for_a_sync(system) == 503
    await goes_on(system, "meanwhile")


# Every 30 s in earnest.
LOOK_OFTEN = "from common.bus import bus; bus.watch_durables.__defaults__ = (0.3,)"


@pytest.mark.neighbour(
    "NATS",
    "a durable or a whole stream deleted while services run, and `topology apply` afterwards",
    "watcher and ingester end with one line that says so, and status 75, so that their supervisor starts them again; "
    "they wait for the topology, and a model that came meanwhile is ingested",
)
@pytest.mark.parametrize(
    ("lost", "ending"),
    [
        ("durable ingester", ("ingester",)),
        ("stream ARCWATCH", ("watcher", "ingester")),
        ("stream ARCWATCH_DEAD", ("watcher", "ingester")),
    ],
)
async def test_what_is_deleted_ends_services_and_is_mended(
    hub: TestHub, database_url: str, nats_url: str, tmp_path: Path, lost: str, ending: tuple[str, ...]
) -> None:
    environment = {"HF_ENDPOINT": hub.url, "HF_DATASETS": V2, "DATABASE_URL": database_url, "NATS_URL": nats_url}
    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(bus.connect(nats_url, "test"))
        js = client.jetstream()
        await topology.apply(js)

        async def started(name: str, log: str) -> ServiceProcess:
            running = service_process(name, tmp_path / f"{name}-{log}.log", LOOK_OFTEN, **environment)
            return await stack.enter_async_context(running)

        running = {name: await started(name, "before") for name in ("watcher", "ingester")}
        for each in running.values():
            await eventually(each.ready, 60)
        kind, _, thing = lost.partition(" ")
        await (js.delete_consumer(topology.STREAM, thing) if kind == "durable" else js.delete_stream(thing))
        for name in ending:
            assert await asyncio.wait_for(running[name].process.wait(), 60) == EX_TEMPFAIL
            said = running[name].log.read_text()
            last = said.splitlines()[-1]
            assert last == f"arcwatch: {name}: the {lost} is missing on NATS; run `arcwatch topology apply`"
            assert "Traceback" not in said
        hub.commit(V2, submission("meanwhile", {TASK: solved(TASK)}))
        again = {each: await started(each, "again") for each in ending}
        for service in again.values():
            await eventually(partial(service.says, f"the {lost} is missing"), 60)
        await topology.apply(js)
        ingested = await client.subscribe("model.ingested")
        await js.publish("sync.requested", b"{}", stream=topology.STREAM)
        event = await ingested.next_msg(timeout=60)
        assert b'"meanwhile"' in event.data
