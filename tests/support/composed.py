"""The whole deployment in containers, as its users see it; `tests/e2e/compose` starts it once."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from common.arc.task_sets import Task

from tests.support.compose import Compose
from tests.support.eventually import eventually
from tests.support.stored import expected, stored
from tests.support.submissions import V2, solved, submission, tasks, unsolved

INGESTERS, REPLICAS = 3, 2
# A message whose holder died comes back after `ack_wait`, 30 s; Docker waits before it starts a container again.
LANDING_SECONDS = 180.0
MODELS = 9


class System:
    """The deployment, and the folder that its Hub serves."""

    def __init__(self, compose: Compose, hub: Path) -> None:
        self.compose = compose
        self.hub = hub

    def publish(self, model: str, files: Mapping[Task, bytes]) -> None:
        """Lay a submission into the Hub."""
        for path, body in submission(model, files).items():
            file = self.hub / V2 / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body or b"")


class Client:
    """The system as its users see it."""

    def __init__(self, system: System, http: aiohttp.ClientSession, pool: asyncpg.Pool) -> None:
        self.system = system
        self.http = http
        self.pool = pool

    async def get(self, path: str, base: str = "") -> Any:
        async with self.http.get(base + path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def sync(self) -> None:
        """Ask for a sync; while NATS is away the answer is to try again soon."""
        headers = {"Authorization": f"Bearer {self.system.compose.secret('admin_token')}"}

        async def accepted() -> bool:
            async with self.http.post("/api/admin/sync", json={}, headers=headers) as answer:
                assert answer.status == 202, await answer.text()
                return True

        await eventually(accepted, LANDING_SECONDS)

    async def models(self) -> set[str]:
        return {each["model"] for each in (await self.get("/api/models?limit=500"))["data"]}

    async def land(self, model: str, files: Mapping[Task, bytes]) -> None:
        """Publish a model, ask for a sync, and wait until it is the latest, stored exactly once."""

        async def latest() -> bool:
            found = (await self.get("/api/metrics/latest-model"))["data"]
            return bool(found and found["modelName"] == f"{model}-attempt1")

        self.system.publish(model, files)
        await self.sync()
        await eventually(latest, LANDING_SECONDS, what=f"{model} is the latest")
        await self.landed_once(model, files)

    async def landed_once(self, model: str, files: Mapping[Task, bytes]) -> None:
        assert await stored(self.pool, V2, model) == expected(files, model)
        ended = "SELECT count(*) FROM ingestion_runs WHERE dataset_name = $1 AND status = 'completed'"
        assert await self.pool.fetchval(ended, model) == 1


def files_of(number: int, *, of: int = 40) -> dict[Task, bytes]:
    """Return a submission that solves as many tasks as its number says."""
    return {task: solved(task) if index < number else unsolved(task) for index, task in enumerate(tasks()[:of])}


@asynccontextmanager
async def client_of(system: System) -> AsyncIterator[Client]:
    database = system.compose.url_in_network("database_url_superuser", "postgres")
    async with (
        aiohttp.ClientSession(system.compose.url("proxy", 8080)) as http,
        asyncpg.create_pool(database, min_size=0) as pool,
    ):
        yield Client(system, http, pool)
