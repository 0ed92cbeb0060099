"""Admin reads that ask the Hub."""

from collections.abc import Callable, Mapping
from functools import partial

import asyncpg
from common.arc.task_sets import detect_source
from common.database.pool import answers
from common.hub.client import HubClient
from common.process.outage import DATABASE_ERRORS

from query_api.probes import hub_checks
from query_api.probes.hub_urls import dataset_of
from query_api.routes.endpoint import Endpoint
from query_api.schemas.ingestion import Checks, FoldersAnswer, FoldersQuery, ValidationAnswer, ValidationBody
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.view.snapshot import View
from query_api.view.task_sets import NAMES, TaskIndex


@partial(Endpoint, "/api/admin/hf-folders", "Admin", problems=(422, 502), limited=True)
async def list_hub_folders(
    settings: Settings,
    folders: hub_checks.Folders,
    pool: asyncpg.Pool,
    view: Callable[[], View],
    query: FoldersQuery,
) -> FoldersAnswer:
    """The model folders on the Hub, and which of them are ingested."""
    dataset = settings.hf_datasets[0]
    if query.base_url is not None:
        dataset = dataset_of(query.base_url, settings.endpoint, settings.hf_datasets)
    return FoldersAnswer(folders=tuple(await hub_checks.folder_rows(folders, pool, view().submissions, dataset)))


@partial(Endpoint, "/api/admin/validate-ingestion", "Admin", method="POST", secured="adminToken")
async def validate_ingestion(
    *,
    settings: Settings,
    pool: asyncpg.Pool,
    hub: HubClient,
    view: Callable[[], View],
    task_sets: Mapping[str, TaskIndex],
    body: ValidationBody,
) -> ValidationAnswer:
    """Check that an ingestion would work."""
    errors: list[str] = []
    dataset = source = sample = tasks = None
    try:  # each check is made, whatever the others found
        dataset = dataset_of(body.base_url, settings.endpoint, settings.hf_datasets)
        source = detect_source(dataset)
        tasks = task_sets.get(NAMES.get(source or "", ""))
        key = (dataset, body.dataset_name)
        known, task_ids = view().submissions.get(key), tasks.pairs if tasks else None
        sample = await hub_checks.with_deadline(hub_checks.sample(hub, pool, key, known, task_ids))
    except ProblemError as problem:
        errors.append(problem.details.detail)
    if dataset and tasks is None:
        errors.append(f"the name {dataset} names no task set that is installed; see ARC_TASKS_DIR")
    if source is not None and body.source not in {None, "", "auto", source}:
        errors.append(f"the dataset is of {source}, not of {body.source}")
    try:
        await answers(pool)
        connected = True
    except DATABASE_ERRORS:
        connected = False
        errors.append("the database does not answer; check DATABASE_URL")
    checks = Checks(
        url_accessible=sample is not None,
        token_present=settings.token is not None,
        database_connected=connected,
        source_detected=source,
        puzzle_count=len(tasks.pairs) if tasks else 0,
        sample_puzzle=sample,
    )
    return ValidationAnswer(valid=not errors, checks=checks, errors=tuple(errors))


ENDPOINTS = (list_hub_folders, validate_ingestion)
