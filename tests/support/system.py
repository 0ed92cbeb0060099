"""Watcher, ingester and query API running in the test's own event loop, on one Hub, NATS and PostgreSQL."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from common.bus import bus, topology
from common.events import ModelDiscovered, Trigger
from ingester import app as ingester_app
from ingester.settings import Settings as IngesterSettings
from localhub import LocalHub
from nats.aio.client import Client
from notifier import app as notifier_app
from notifier.settings import Settings as NotifierSettings
from prometheus_client.parser import text_string_to_metric_families
from query_api import app as query_app
from query_api.settings import Settings as QuerySettings
from watcher import app as watcher_app
from watcher.settings import Settings as WatcherSettings

from tests.support.ports import free_port
from tests.support.services import running
from tests.support.submissions import V1, V2


@dataclass(frozen=True)
class System:
    """Where everything is. `ops` maps a service to its ops URL."""

    hub: LocalHub
    client: Client
    ops: dict[str, str]
    api: str

    async def ask_for(self, model: str, dataset: str = V2, trigger: Trigger = "manual") -> None:
        """Publish `model.discovered`."""
        event = ModelDiscovered(dataset=dataset, model=model, trigger=trigger)
        await bus.publish(self.client, event, "test", key=event.idempotency_key())

    async def metrics(self, service: str) -> str:
        """Return what Prometheus would get."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.ops[service]}/metrics") as answer:
            return await answer.text()

    async def value(self, of: str, sample: str, /, **labels: str) -> float:
        """Return one sample of a service; NaN, which equals nothing, when it is not there."""
        for family in text_string_to_metric_families(await self.metrics(of)):
            for each in family.samples:
                if each.name == sample and labels.items() <= each.labels.items():
                    return each.value
        return float("nan")


@contextlib.asynccontextmanager
async def whole(hub: LocalHub, database_url: str, nats_url: str, **settings: Any) -> AsyncIterator[System]:
    """Yield the system once every service is ready. No sync runs by itself after the one at start."""
    port = free_port()
    shared = {
        "hf_endpoint": hub.url,
        "hf_datasets": (V1, V2),
        "database_url": database_url,
        "nats_url": nats_url,
        **settings,
    }
    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(bus.connect(nats_url, "test"))
        await topology.apply(client.jetstream())
        ops = {
            "query-api": await stack.enter_async_context(
                running(query_app.run, QuerySettings(**{**shared, "port": port}))
            ),
            "ingester": await stack.enter_async_context(running(ingester_app.run, IngesterSettings(**shared))),
            "watcher": await stack.enter_async_context(running(watcher_app.run, WatcherSettings(**shared))),
            "notifier": await stack.enter_async_context(
                running(notifier_app.run, NotifierSettings(**shared, notifications_file=_channels(stack)))
            ),
        }
        yield System(hub, client, ops, f"http://127.0.0.1:{port}")


def _channels(stack: contextlib.ExitStack | contextlib.AsyncExitStack) -> Path:
    """Write the file of a channel that no news reaches."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="arcwatch-channels-")))
    file = folder / "notifications.toml"
    file.write_text(
        '[[channels]]\nname = "team"\nkind = "slack"\nmodels = ["none"]\n'
        'url = "https://hooks.slack.com/services/T1/B2/c3"\n'
    )
    return file
