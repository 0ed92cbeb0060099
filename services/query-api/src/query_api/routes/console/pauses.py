"""Datasets: which are paused, so that nothing of them is ingested by itself."""

from functools import partial

import asyncpg
import structlog
from aiohttp import web
from common.process.choices import not_watched, watched

from query_api.routes.console.audited import deed_of
from query_api.routes.endpoint import Endpoint
from query_api.schemas.console.dataset_shapes import (
    DatasetAnswer,
    DatasetBody,
    DatasetsAnswer,
    DatasetState,
    Pause,
    PauseBody,
)
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.store import dataset_pauses

log = structlog.get_logger(__name__)
_POST = partial(Endpoint, method="POST", problems=(422, 503), secured="adminToken")


@partial(Endpoint, "/api/admin/datasets", "Admin", problems=(503,))
async def list_datasets(settings: Settings, pool: asyncpg.Pool) -> DatasetsAnswer:
    """The datasets that are watched, and which of them are paused."""
    pauses = await dataset_pauses.read(pool)
    return DatasetsAnswer(data=tuple(_state(dataset, pauses.get(dataset)) for dataset in settings.hf_datasets))


@partial(_POST, "/api/admin/datasets/pause", "Admin")
async def pause_dataset(settings: Settings, pool: asyncpg.Pool, request: web.Request, body: PauseBody) -> DatasetAnswer:
    """Have no new or changed model of a dataset ingested by itself; what is asked for by hand goes on."""
    dataset = _watched(settings, body.dataset)
    deed = deed_of(request, "dataset.pause", dataset=dataset, reason=body.reason, until=body.until)
    pause = await dataset_pauses.put(pool, dataset, body.reason, body.until, deed)
    if pause is None:
        raise ProblemError(422, "`until` is over already")
    log.info("admin.dataset_paused", by=deed.actor, dataset=dataset, reason=body.reason)
    return DatasetAnswer(data=_state(dataset, pause))


@partial(_POST, "/api/admin/datasets/resume", "Admin")
async def resume_dataset(
    settings: Settings, pool: asyncpg.Pool, request: web.Request, body: DatasetBody
) -> DatasetAnswer:
    """Let a dataset's models be ingested by themselves again: the next sync finds what came meanwhile."""
    dataset = _watched(settings, body.dataset)
    deed = deed_of(request, "dataset.resume", dataset=dataset)
    if not await dataset_pauses.delete(pool, dataset, deed):
        raise ProblemError(422, f"{dataset} is not paused")
    log.info("admin.dataset_resumed", by=deed.actor, dataset=dataset)
    return DatasetAnswer(data=_state(dataset, None))


def _watched(settings: Settings, name: str) -> str:
    dataset = watched(name, settings.hf_datasets)
    if dataset is None:
        raise ProblemError(422, not_watched(name, settings.hf_datasets))
    return dataset


def _state(dataset: str, pause: Pause | None) -> DatasetState:
    return DatasetState(dataset=dataset, pause=pause)


ENDPOINTS = (list_datasets, pause_dataset, resume_dataset)
