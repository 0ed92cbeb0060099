"""Every route of the API, in the order in which the documentation shows them, and what its handlers work with."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

import asyncpg
from async_lru import alru_cache
from common.hub.client import HubClient
from nats.aio.client import Client
from prometheus_client import Counter

from query_api.client_address import ClientAddress
from query_api.probes import hub_checks, worker_probe
from query_api.probes.hub_probe import HubProbe
from query_api.routes import admin, analytics, history, hub, live, model_names, models, status, tasks, webhook
from query_api.routes.console import audit_log, cancel_routes, dead_letter_routes, notifications, pauses
from query_api.routes.export import export_routes
from query_api.routes.export.sending import ExportLimits
from query_api.routes.syndication import badge, feed
from query_api.settings import Settings
from query_api.store.exports import export_connector
from query_api.view.projection import ViewProjector
from query_api.view.snapshot import View
from query_api.view.stream.broadcaster import Broadcaster
from query_api.view.task_sets import TaskIndex


@dataclass(frozen=True)
class Services:
    """What the application is made of; each handler gets of it what it names."""

    settings: Settings
    pool: asyncpg.Pool
    client: Client
    hub: HubClient
    projector: ViewProjector
    broadcaster: Broadcaster
    task_sets: Mapping[str, TaskIndex]
    deliveries: Counter
    """Of webhooks, by what became of them."""
    export_limits: ExportLimits

    def view(self) -> View:
        """Return the present view."""
        return self.projector.state.view

    @cached_property
    def folders(self) -> hub_checks.Folders:
        """The Hub's listings: any reader may ask for them, and the Hub counts requests."""
        return alru_cache(ttl=hub_checks.LISTING_KEPT_SECONDS)(self.hub.folders)

    @cached_property
    def workers(self) -> worker_probe.WorkerProbe:
        """Who works behind a durable."""
        return alru_cache(ttl=worker_probe.KEPT_SECONDS)(partial(worker_probe.state, self.client))

    @cached_property
    def hub_probe(self) -> HubProbe:
        """Whether the Hub answers."""
        return HubProbe(self.settings.endpoint, partial(self.hub.head, self.settings.hf_datasets[0]), self.hub.quota)

    @cached_property
    def exporter(self) -> export_routes.Exporter:
        """What exports are made with."""
        client_of = ClientAddress(self.settings.trusted_proxies).of
        connector = export_connector(self.settings.database_url.get_secret_value())
        return export_routes.Exporter(connector, self.export_limits, self.view, client_of)


ENDPOINTS: Final = (
    *models.ENDPOINTS,
    *tasks.ENDPOINTS,
    *analytics.ENDPOINTS,
    *history.ENDPOINTS,
    *hub.ENDPOINTS,
    *admin.ENDPOINTS,
    *model_names.ENDPOINTS,
    *dead_letter_routes.ENDPOINTS,
    *pauses.ENDPOINTS,
    *cancel_routes.ENDPOINTS,
    *notifications.ENDPOINTS,
    *audit_log.ENDPOINTS,
    *live.ENDPOINTS,
    *export_routes.ENDPOINTS,
    *feed.ENDPOINTS,
    *badge.ENDPOINTS,
    *webhook.ENDPOINTS,
    *status.ENDPOINTS,
)
