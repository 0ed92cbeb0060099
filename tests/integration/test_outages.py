"""While NATS or PostgreSQL is away, services say so and lose nothing; a wrong secret stops them and is not shown."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from arcwatch.embedded.nats_server import NatsServer
from common import outcomes
from common.bus import dead_letters, topology
from common.process.settings import EX_CONFIG
from localhub import LocalHub

from tests.support.deployments import clean_environment
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.support.postgres import TestPostgres, database_away
from tests.support.submissions import V2, solved, submission, tasks
from tests.support.system import System, whole

MODULES = {"watcher": "watcher", "ingester": "ingester", "query-api": "query_api"}
SECRET = "SecretThatNobodyMaySee"
TASK = tasks()[0]


async def asked(url: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.json(content_type=None)


async def unready(system: System, check: str) -> bool:
    """Tell whether every service says that this is away; all live, and the query API goes on serving its view."""
    for service, url in system.ops.items():
        assert (await asked(f"{url}/healthz"))[0] == 200
        status, body = await asked(f"{url}/readyz")
        if check not in body["checks"]:
            assert service == "notifier", "it alone needs no bus"
            assert (status, body["status"]) == (200, "ready")
            continue
        if body["checks"][check] == "ok":
            return False
        assert (status, body["status"]) == ((200, "ready") if service == "query-api" else (503, "unready"))
        others = body["checks"].keys() & {"database", "consumer"} - {check}
        assert {body["checks"][other] for other in others} <= {"ok"}, (service, body)
        assert await system.value(service, "arcwatch_check_up", check=check) == 0
    return True


async def ready(system: System) -> bool:
    return all([(await asked(f"{url}/readyz"))[0] == 200 for url in system.ops.values()])


async def synced(system: System) -> bool:
    return (await asked(f"{system.api}/api/admin/cron-status"))[1]["lastStatus"] is not None


async def test_the_ops_ports_tell_which_server_is_away_and_when_it_is_back(
    hub: LocalHub, database_url: str, nats_server: NatsServer, postgres: TestPostgres
) -> None:
    async with whole(hub, database_url, nats_server.url()) as system:
        async with database_away(postgres, database_url):
            await eventually(lambda: unready(system, "database"), 20)
        await eventually(lambda: ready(system), 30)
        await nats_server.stop()
        await eventually(lambda: unready(system, "consumer"), 20)
        await nats_server.start()
        await eventually(lambda: ready(system), 30)


async def test_a_message_that_fails_for_good_while_the_database_is_away_is_a_dead_letter_and_can_be_replayed(
    hub: LocalHub, database_url: str, nats_url: str, postgres: TestPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "RETRY_DELAYS_SECONDS", (0.05,) * 5)
    async with whole(hub, database_url, nats_url) as system:
        # Or the first sync finds the model, too, and there are two messages.
        await eventually(lambda: synced(system), 30)
        async with database_away(postgres, database_url):
            hub.commit(V2, submission("m", {TASK: solved(TASK)}))
            await system.ask_for("m")
            (dead,) = await eventually(lambda: dead_letters.listed(system.client), 60)
            assert (dead.letter.service, dead.letter.delivery_count, dead.what) == (
                "ingester",
                topology.MAX_DELIVER,
                f"m of {V2}",
            )
        await eventually(lambda: ready(system), 30)
        await dead_letters.replay(system.client, [dead.sequence])

        async def landed() -> bool:
            _, found = await asked(f"{system.api}/api/models")
            return [row["model"] for row in found["data"]] == ["m"]

        await eventually(landed, 60)
        assert await dead_letters.listed(system.client) == []


@asynccontextmanager
async def process(name: str, log: Path, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    own = {"OPS_PORT": str(free_port()), "PORT": str(free_port()), "LOG_LEVEL": "debug"}
    env = {**clean_environment(), **own, **environment}
    with log.open("wb") as output:
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULES[name], env=env, stdout=output, stderr=output
        )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("DATABASE_URL", f"postgresql://me:{SECRET}@127.0.0.1:port/x", "DATABASE_URL"),
        ("DATABASE_URL", f"postgresql://me:{SECRET}/1@127.0.0.1/x", "DATABASE_URL"),
        ("NATS_URL", f"nats://me:{SECRET}@[127.0.0.1", "NATS_URL"),
        ("HF_TOKEN", f"hf_{SECRET}\nAuthorization: other", "HF_TOKEN"),
        ("HF_TOKEN", f"hf_{SECRET} and more", "HF_TOKEN"),
    ],
)
async def test_a_wrong_secret_stops_a_service_with_one_line_that_does_not_show_it(
    database_url: str, tmp_path: Path, name: str, setting: str, value: str, words: str
) -> None:
    log = tmp_path / "service.log"
    async with process(name, log, **{"DATABASE_URL": database_url, "HF_DATASETS": V2, setting: value}) as running:
        assert await asyncio.wait_for(running.wait(), 60) == EX_CONFIG
    last = log.read_text().splitlines()[-1]
    assert last.startswith("arcwatch: ")
    assert words in last
    assert SECRET not in log.read_text()
    assert "Traceback" not in log.read_text()
