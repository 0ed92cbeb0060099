"""The whole system with a dashboard, whose API can be taken away and brought back at the same address."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from common.arc.task_sets import Task
from common.bus import bus, topology
from common.events import SyncRequested
from ingester import app as ingester_app
from ingester.settings import Settings as IngesterSettings
from nats.aio.client import Client
from pydantic import SecretStr
from query_api import app as query_app
from query_api.server.dashboard import BUILT
from query_api.settings import Settings as QuerySettings
from watcher import app as watcher_app
from watcher.settings import Settings as WatcherSettings

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.ports import free_port
from tests.support.services import running
from tests.support.submissions import V1, V2, answer_file, solved, submission, tasks, unsolved

TOKEN = "the-admin-token"
LISTENERS = "arcwatch_query_api_event_clients{"


@dataclass
class Running:
    """What a test does to the system behind the page."""

    hub: TestHub
    client: Client
    url: str
    settings: QuerySettings
    ops: str = ""
    _api: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def start_api(self) -> None:
        """Serve, always at the same address."""
        self.ops = await self._api.enter_async_context(running(query_app.run, self.settings))

    async def listeners(self) -> float:
        """Return how many pages listen to events."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.ops}/metrics") as answer:
            text = await answer.text()
        return float(next(line for line in text.splitlines() if line.startswith(LISTENERS)).rpartition(" ")[2])

    async def stop_api(self) -> None:
        """Take the API away."""
        await self._api.aclose()

    async def land(self, model: str, files: Mapping[Task, bytes], dataset: str = V2) -> None:
        """Upload a submission, and let the watcher see it as a webhook would."""
        self.hub.commit(dataset, submission(model, files))
        event = SyncRequested(dataset=dataset, trigger="webhook")
        await bus.publish(self.client, event, "test", key=event.idempotency_key())

    async def holds(self, submissions: int) -> None:
        """Wait until so many have landed: a list on a page holds what was there, and shows the rest at a click."""

        async def there() -> bool:
            async with aiohttp.ClientSession() as http, http.get(f"{self.url}/api/models") as answer:
                return bool((await answer.json())["total"] == submissions)

        await eventually(there, 30, what=f"{submissions} submissions landed")


@contextlib.asynccontextmanager
async def system(
    folder: Path,
    database_url: str,
    nats_url: str,
    *,
    workers: bool = True,
    origins: tuple[str, ...] = (),
    datasets: tuple[str, ...] = (V1, V2),
    public_url: str = "",
) -> AsyncIterator[Running]:
    """Yield the system once all of it is ready; the Hub holds no submission yet.

    Without `workers` there is neither an ingester nor a watcher: what the page then says is part of its promise.
    """
    assert (BUILT / "index.html").exists(), "the dashboard is not built: run `make install`"
    async with contextlib.AsyncExitStack() as stack:
        hub = await stack.enter_async_context(TestHub(folder / "hub"))
        for dataset in datasets:
            hub.commit(dataset, {"README.md": b"A dataset of submissions.\n"})
        client = await stack.enter_async_context(bus.connect(nats_url, "test"))
        await topology.apply(client.jetstream())
        shared = {
            "hf_endpoint": hub.url,
            "hf_datasets": datasets,
            "database_url": database_url,
            "nats_url": nats_url,
            "log_level": "warning",
        }
        port = free_port()
        own = {"port": port, "admin_token": SecretStr(TOKEN), "cors_origins": origins, "public_url": public_url}
        settings = QuerySettings.model_validate({**shared, **own})
        found = Running(hub, client, f"http://127.0.0.1:{port}", settings)
        await found.start_api()
        stack.push_async_callback(found.stop_api)
        if workers:
            await stack.enter_async_context(running(ingester_app.run, IngesterSettings.model_validate(shared)))
            await stack.enter_async_context(running(watcher_app.run, WatcherSettings.model_validate(shared)))
        yield found


def files(right: int, wrong: int, *, half: int = 0) -> dict[Task, bytes]:
    """Return files for the first tasks of ARC-AGI-2: some solved, some not, some in half of their pairs."""
    known = tasks()
    several = [task for task in known if len(task.test) > 1][:half]
    single = [task for task in known if task not in several]
    return {
        **{task: solved(task) for task in single[:right]},
        **{task: unsolved(task) for task in single[right : right + wrong]},
        **{task: answer_file(task, right=[0]) for task in several},
    }
