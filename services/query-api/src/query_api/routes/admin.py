"""Admin writes: they write down who asks, and publish a request on the bus."""

from dataclasses import replace
from functools import partial

import asyncpg
import structlog
from aiohttp import web
from common.arc.task_sets import detect_source
from common.events import ModelDiscovered, SyncRequested, fresh_id
from common.hub.client import HubClient
from common.process.choices import not_watched, watched
from nats.aio.client import Client

from query_api.probes import hub_checks
from query_api.probes.hub_urls import dataset_of
from query_api.routes.console.audited import audited, deed_of, who
from query_api.routes.endpoint import Endpoint
from query_api.routes.publish import publish
from query_api.schemas.ingestion import IngestionAccepted, IngestionBody, IngestionConfig, SyncAccepted, SyncBody
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.store.admin_actions import Deed

log = structlog.get_logger(__name__)


@partial(
    Endpoint,
    "/api/admin/start-ingestion",
    "Admin",
    method="POST",
    status=202,
    problems=(422, 503),
    secured="adminToken",
)
async def start_ingestion(
    *,
    settings: Settings,
    client: Client,
    pool: asyncpg.Pool,
    hub: HubClient,
    folders: hub_checks.Folders,
    request: web.Request,
    body: IngestionBody,
) -> IngestionAccepted:
    """Ingest one model now."""
    dataset = dataset_of(body.base_url, settings.endpoint, settings.hf_datasets)
    source = detect_source(dataset)
    if body.source not in {None, "", "auto", source}:
        raise ProblemError(422, f"{dataset} is of {source}, not of {body.source}; leave source at auto")
    verified = await hub_checks.is_there(hub, folders, dataset, body.dataset_name)
    event = ModelDiscovered(
        dataset=dataset,
        model=body.dataset_name,
        trigger="manual",
        force=body.force_overwrite,
        dry_run=body.dry_run,
        requested_by=who(request),
        request_ids=((request_id := fresh_id()),),
    )
    await _publish(pool, client, deed_of(request, "start_ingestion"), event)
    log.info("admin.start_ingestion", by=who(request), published=_published(event))
    return IngestionAccepted(
        message=f"Ingestion requested; /api/admin/ingestion-requests/{request_id} tells how it goes.",
        request_id=request_id,
        verified=verified,
        config=IngestionConfig(
            dataset_name=body.dataset_name,
            base_url=body.base_url,
            source=source,
            dry_run=body.dry_run,
            force_overwrite=body.force_overwrite,
            dataset=dataset,
        ),
    )


@partial(Endpoint, "/api/admin/sync", "Admin", method="POST", status=202, problems=(422, 503), secured="adminToken")
async def start_sync(
    settings: Settings, client: Client, pool: asyncpg.Pool, request: web.Request, body: SyncBody
) -> SyncAccepted:
    """Compare the Hub with the database now."""
    dataset = body.dataset and watched(body.dataset, settings.hf_datasets)
    if body.dataset is not None and dataset is None:
        raise ProblemError(422, not_watched(body.dataset, settings.hf_datasets))
    event = SyncRequested(
        dataset=dataset, auto_ingest=body.auto_ingest, requested_by=who(request), request_id=fresh_id()
    )
    await _publish(pool, client, deed_of(request, "sync"), event)
    log.info("admin.sync", by=who(request), published=_published(event))
    return SyncAccepted(message="Sync requested; /api/events tells what it found.", request_id=event.request_id or "")


def _published(event: ModelDiscovered | SyncRequested) -> dict[str, object]:
    return event.model_dump(mode="json", exclude_none=True)


async def _publish(pool: asyncpg.Pool, client: Client, deed: Deed, event: ModelDiscovered | SyncRequested) -> None:
    target = {name: value for name, value in _published(event).items() if name not in {"trigger", "requested_by"}}
    async with audited(pool, replace(deed, target=target)):
        await publish(client, event)


ENDPOINTS = (start_ingestion, start_sync)
