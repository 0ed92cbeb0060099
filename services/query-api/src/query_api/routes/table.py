"""Every route of the API, in the order in which the documentation shows them, and what its handlers work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic

import asyncpg
from common.bus import topology
from common.hub.client import HubClient
from nats.aio.client import Client

from query_api.probes.hub_folders import HubFolders
from query_api.probes.hub_probe import HubProbe
from query_api.probes.worker_probe import WorkerProbe
from query_api.routes import admin, analytics, feed, history, hub, live, models, overview, status, tasks, webhook
from query_api.routes.endpoint import Endpoint, Handle, NeedsT
from query_api.settings import Settings
from query_api.view.broadcaster import Broadcaster
from query_api.view.projection import ViewProjector
from query_api.view.snapshot import View
from query_api.view.task_sets import TaskIndex


@dataclass(frozen=True)
class Services:
    """What the application is made of; each module of routes gets of it what it needs."""

    settings: Settings
    pool: asyncpg.Pool
    client: Client
    hub: HubClient
    projector: ViewProjector
    broadcaster: Broadcaster
    task_sets: Mapping[str, TaskIndex]

    def view(self) -> View:
        """Return the present view."""
        return self.projector.state.view


@dataclass(frozen=True)
class _Group(Generic[NeedsT]):
    endpoints: tuple[Endpoint[NeedsT], ...]
    needs: Callable[[Services], NeedsT]

    def handlers(self, services: Services) -> list[tuple[Endpoint[Any], Handle | None]]:
        needs = self.needs(services)
        return [(each, partial(each.handle, needs) if each.handle else None) for each in self.endpoints]


def _hub(services: Services) -> hub.Needs:
    folders = HubFolders(services.hub.folders)
    return hub.Needs(services.settings, services.pool, services.hub, folders, services.view, services.task_sets)


def _status(services: Services) -> status.Needs:
    settings, client, dataset = services.settings, services.client, services.settings.hf_datasets[0]
    return status.Needs(
        settings,
        client,
        services.projector,
        ingesters=WorkerProbe(client, topology.INGESTER),
        watchers=WorkerProbe(client, topology.WATCHER),
        hub=HubProbe(settings.endpoint, partial(services.hub.head, dataset), services.hub.quota),
    )


_GROUPS: Final = (
    _Group(overview.ENDPOINTS, lambda _: None),
    _Group(models.ENDPOINTS, lambda services: models.Needs(services.pool, services.task_sets)),
    _Group(
        tasks.ENDPOINTS, lambda services: tasks.Needs(services.pool, services.view, services.settings.arc_tasks_dir)
    ),
    _Group(analytics.ENDPOINTS, lambda services: analytics.Needs(services.pool, services.view, services.task_sets)),
    _Group(history.ENDPOINTS, lambda services: services.pool),
    _Group(hub.ENDPOINTS, _hub),
    _Group(admin.ENDPOINTS, lambda services: admin.Needs(services.settings, services.client)),
    _Group(live.ENDPOINTS, lambda services: live.Needs(services.broadcaster, services.settings.max_event_clients)),
    _Group(feed.ENDPOINTS, lambda _: None),
    _Group(webhook.ENDPOINTS, lambda services: webhook.Needs(services.client, services.settings.hf_datasets)),
    _Group(status.ENDPOINTS, _status),
)

ENDPOINTS: Final[tuple[Endpoint[Any], ...]] = tuple(each for group in _GROUPS for each in group.endpoints)


def handlers(services: Services) -> list[tuple[Endpoint[Any], Handle | None]]:
    """Return every endpoint with its handler; None where the cached view answers."""
    return [each for group in _GROUPS for each in group.handlers(services)]
