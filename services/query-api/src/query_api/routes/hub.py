"""Admin reads that ask the Hub."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import asyncpg
from aiohttp import web
from common.arc.task_sets import detect_source
from common.database import answers
from common.hub.client import HubClient
from common.process.outage import DATABASE_ERRORS

from query_api.probes import hub_checks
from query_api.probes.hub_folders import HubFolders
from query_api.probes.hub_urls import dataset_of
from query_api.routes.endpoint import Endpoint
from query_api.schemas.base import BodyQuery
from query_api.schemas.ingestion import Checks, FoldersAnswer, FoldersQuery, ValidationAnswer, ValidationBody
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.view.snapshot import View
from query_api.view.task_sets import NAMES, TaskIndex


@dataclass(frozen=True)
class Needs:
    """What these routes work with."""

    settings: Settings
    pool: asyncpg.Pool
    hub: HubClient
    folders: HubFolders
    view: Callable[[], View]
    task_sets: Mapping[str, TaskIndex]

    def tasks_of(self, dataset: str) -> TaskIndex | None:
        """Return the task set that a dataset answers, where it is installed."""
        return self.task_sets.get(NAMES.get(detect_source(dataset) or "", ""))


async def hf_folders(needs: Needs, _request: web.Request, query: FoldersQuery) -> FoldersAnswer:
    """Answer with the Hub's folders."""
    settings = needs.settings
    dataset = settings.hf_datasets[0]
    if query.base_url is not None:
        dataset = dataset_of(query.base_url, settings.endpoint, settings.hf_datasets)
    return FoldersAnswer(folders=tuple(await hub_checks.folders(needs.folders, needs.view().submissions, dataset)))


async def validate_ingestion(needs: Needs, _request: web.Request, query: BodyQuery[ValidationBody]) -> ValidationAnswer:
    """Answer whether an ingestion would work; each check is made."""
    errors: list[str] = []
    settings = needs.settings
    dataset = source = sample = tasks = None
    try:
        dataset = dataset_of(query.body.base_url, settings.endpoint, settings.hf_datasets)
        source, tasks = detect_source(dataset), needs.tasks_of(dataset)
        task_ids = tasks.pairs if tasks else None
        check = hub_checks.FolderCheck(needs.hub, needs.pool, needs.view().submissions, dataset, task_ids)
        sample = await hub_checks.with_deadline(check.sample(query.body.dataset_name))
    except ProblemError as problem:
        errors.append(problem.details.detail)
    if dataset and tasks is None:
        errors.append(f"the name {dataset} names no task set that is installed; see ARC_TASKS_DIR")
    if wanted := _mismatch(query.body.source, source):
        errors.append(wanted)
    connected = await _database_answers(needs)
    if not connected:
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


def _mismatch(wanted: str | None, detected: str | None) -> str | None:
    if wanted in {None, "", "auto", detected} or detected is None:
        return None
    return f"the dataset is of {detected}, not of {wanted}"


async def _database_answers(needs: Needs) -> bool:
    try:
        await answers(needs.pool)
    except DATABASE_ERRORS:
        return False
    return True


ENDPOINTS: tuple[Endpoint[Needs], ...] = (
    Endpoint(
        path="/api/admin/hf-folders",
        name="listHubFolders",
        summary="The model folders on the Hub, and which of them are ingested",
        tag="Admin",
        query=FoldersQuery,
        answer=FoldersAnswer,
        problems=frozenset({422, 502}),
        limited=True,
        handle=hf_folders,
    ),
    Endpoint(
        method="POST",
        path="/api/admin/validate-ingestion",
        name="validateIngestion",
        summary="Check that an ingestion would work",
        tag="Admin",
        query=BodyQuery[ValidationBody],
        answer=ValidationAnswer,
        secured="adminToken",
        handle=validate_ingestion,
    ),
)
