"""Promise: services of the release before run beside this one's, forward and back, and nothing is lost.

`make test-upgrade` runs it: it installs that release with what it locked (`tests/support/previous_release.py` says
which it is).
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from common.bus import bus
from localhub import LocalHub

from tests.support import previous_release
from tests.support.database_users import Urls, users_of
from tests.support.eventually import eventually
from tests.support.postgres import TestPostgres
from tests.support.service_process import MODULES, ServiceProcess, service_process
from tests.support.submissions import V2, solved, submission, tasks, unsolved

pytestmark = [pytest.mark.upgrade, pytest.mark.timeout(1200)]

BEFORE, BACKLOG = 12, 300
SECONDS = 300.0
TOKEN = "t" * 40
ROUTES = (
    *("/api/models?limit=500", "/api/tasks", "/api/metrics/latest-model", "/api/admin/ingestion-history"),
    *("/api/admin/cron-status", "/api/model-dataset/datasets", "/feed.atom", "/healthz", "/readyz"),
)
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Deployment:
    """Services of both releases on one database, one NATS and one Hub."""

    folder: Path
    pythons: dict[str, Path]
    urls: Urls
    environment: dict[str, str]
    stack: AsyncExitStack
    answers: Counter[tuple[str, int | str]] = field(default_factory=Counter)

    async def migrate(self, release: str) -> None:
        """Run the job `migrate` of a release."""
        urls = {f"DATABASE_{role.upper()}_URL": url for role, url in asdict(self.urls).items() if role != "owner"}
        log = self.folder / f"migrate-{release}.log"
        environment = self.environment | urls | {"DATABASE_URL": self.urls.owner}
        async with service_process("common.provision", log, python=self.pythons[release], **environment) as job:
            assert await job.process.wait() == 0, log.read_text()

    async def start(self, release: str, service: str, number: int = 1) -> ServiceProcess:
        """Start a service of a release, and return it when it is ready."""
        name = f"{release}-{service}-{number}"
        url = {"watcher": self.urls.watcher, "ingester": self.urls.writer, "query-api": self.urls.reader}[service]
        environment = self.environment | {"DATABASE_URL": url, "ARCWATCH_INSTANCE": name}
        log = self.folder / f"{name}.log"
        started = service_process(MODULES[service], log, python=self.pythons[release], **environment)
        running = await self.stack.enter_async_context(started)
        await eventually(running.ready, 90, what=f"{name} is ready")
        return running

    @asynccontextmanager
    async def asked(self, **apis: ServiceProcess) -> AsyncIterator[None]:
        """Ask every API for everything, again and again."""

        async def ask(release: str, api: ServiceProcess) -> None:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{api.port}") as http:
                while True:
                    for route in ROUTES:
                        async with http.get(route) as answer:
                            await answer.read()
                            self.answers[release, answer.status] += 1
                        await asyncio.sleep(0.05)

        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(ask(release, api)) for release, api in apis.items()]
            yield
            for task in asking:
                task.cancel()


async def sync(api: ServiceProcess) -> None:
    """Ask for a sync by the API of either release."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{api.port}", headers=HEADERS) as http:
        assert (await http.post("/api/admin/sync", json={})).status == 202


async def listed(api: ServiceProcess) -> list[dict[str, Any]]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{api.port}") as http, http.get("/api/models?limit=500") as said:
        found: list[dict[str, Any]] = (await said.json())["data"]
    return sorted(found, key=lambda row: str(row["model"]))


def models(numbers: range) -> dict[str, bytes | None]:
    """Return the files of models that solve one, two or three of three tasks."""
    files: dict[str, bytes | None] = {}
    for number in numbers:
        answers = {task: solved(task) if at <= number % 3 else unsolved(task) for at, task in enumerate(tasks()[:3])}
        files |= submission(f"model-{number:03}", answers)
    return files


@pytest.fixture
async def deployment(
    tmp_path: Path, postgres: TestPostgres, empty_database_url: str, nats_url: str, hub: LocalHub
) -> AsyncIterator[Deployment]:
    pythons = {"old": await asyncio.to_thread(previous_release.installed, tmp_path), "new": Path(sys.executable)}
    environment = {
        "NATS_URL": nats_url,
        "HF_ENDPOINT": hub.url,
        "HF_DATASETS": V2,
        "ADMIN_TOKEN": TOKEN,
        "ENABLE_CRON_JOBS": "false",
        "HF_SYNC_CATCH_UP": "false",
    }
    async with users_of(postgres, empty_database_url) as urls, AsyncExitStack() as stack:
        yield Deployment(tmp_path, pythons, urls, environment, stack)


@pytest.mark.neighbour(
    "the release before",
    "its services beside this one's on the migrated tables in a backlog of 300; back to it, and forward again",
    "every model is ingested once, there is no dead letter, and every answer of both APIs is a 200",
)
async def test_a_backlog_is_done_by_both_releases(deployment: Deployment, hub: LocalHub, nats_url: str) -> None:
    start = deployment.start
    pool = await deployment.stack.enter_async_context(asyncpg.create_pool(deployment.urls.owner, min_size=0))

    async def done(count: int) -> bool:
        return bool(await pool.fetchval("SELECT count(*) FROM submission_versions") >= count)

    await deployment.migrate("old")
    old_watcher, old_api = await start("old", "watcher"), await start("old", "query-api")
    await start("old", "ingester")
    hub.commit(V2, models(range(BEFORE)))
    await sync(old_api)
    await eventually(lambda: done(BEFORE), SECONDS)

    await deployment.migrate("new")
    new_api, new_ingester = await start("new", "query-api"), await start("new", "ingester")
    async with deployment.asked(old=old_api, new=new_api):
        hub.commit(V2, models(range(BEFORE, BEFORE + BACKLOG // 2)))
        await sync(new_api)
        await eventually(lambda: done(BEFORE + BACKLOG // 4), SECONDS)
        await new_ingester.stop()
        await start("old", "ingester", 2)
        await old_watcher.stop()
        await start("new", "watcher")
        hub.commit(V2, models(range(BEFORE + BACKLOG // 2, BEFORE + BACKLOG)))
        await sync(old_api)
        await eventually(lambda: done(BEFORE + BACKLOG * 3 // 4), SECONDS)
        await start("new", "ingester", 2)
        await eventually(lambda: done(BEFORE + BACKLOG), SECONDS)

        async def all_listed() -> bool:
            return [len(await listed(api)) for api in (old_api, new_api)] == [BEFORE + BACKLOG] * 2

        await eventually(all_listed, SECONDS)

    runs = await pool.fetch("SELECT dataset_name, status, split_part(ingester, '-', 1) AS release FROM ingestion_runs")
    assert Counter((run["dataset_name"], run["status"]) for run in runs) == {
        (f"model-{number:03}", "completed"): 1 for number in range(BEFORE + BACKLOG)
    }
    assert {run["release"] for run in runs} == {"old", "new"}
    async with bus.connect(nats_url, "test") as client:
        dead = await client.jetstream().stream_info("ARCWATCH_DEAD")
        told = await client.jetstream().stream_info("ARCWATCH", subjects_filter="model.ingested")
    assert (dead.state.messages, told.state.subjects) == (0, {"model.ingested": BEFORE + BACKLOG})
    assert {status for _, status in deployment.answers} == {200}, deployment.answers
    assert min(deployment.answers.values()) > 100
    by_old, by_new = await listed(old_api), await listed(new_api)
    assert [{name: row[name] for name in of_old} for row, of_old in zip(by_new, by_old, strict=True)] == by_old
