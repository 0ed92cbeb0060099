"""Asks the Hub on an admin's behalf: which folders there are, and whether one of them could be ingested."""

import asyncio
import json
from collections.abc import Awaitable
from typing import TypeVar

import aiohttp
from common.hub import FolderGone, RemoteFile, RevisionGone
from common.hub_files import Fetcher, proxy_for
from common.outage import DATABASE_ERRORS
from common.outcomes import Transient

from query_api import store
from query_api.endpoints import Services
from query_api.problems import Problem
from query_api.schemas_admin import FolderRow, SamplePuzzle

# Somebody waits at a page. The client itself would go on retrying for minutes.
PATIENCE_SECONDS = 20.0
MAX_SAMPLE_BYTES = 16 * 1024 * 1024

T = TypeVar("T")


async def patiently(asking: Awaitable[T]) -> T:
    """Return what the Hub answers; raises a Problem when it does not."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await asking
    except TimeoutError as error:
        raise Problem(502, f"the Hub did not answer within {PATIENCE_SECONDS:.0f} s; try again later") from error
    except (Transient, RevisionGone, FolderGone, aiohttp.ClientError) as error:
        raise Problem(502, str(error) or "the Hub does not answer") from error


async def folders(services: Services, dataset: str) -> list[FolderRow]:
    """Return the Hub's folders, and what is known of each."""
    listed = await patiently(services.folders.of(dataset))
    view = services.keeper.state.view
    rows = []
    for name, tree_oid in sorted(listed.items()):
        known = view.submissions.get((dataset, name))
        rows.append(
            FolderRow(
                name=name,
                ingested=known is not None and known.tree_oid == tree_oid,
                attempts_found=len(known.attempts) if known else 0,
            )
        )
    return rows


async def sample(services: Services, dataset: str, folder: str) -> SamplePuzzle:
    """Fetch one file of a folder at the present commit."""
    sha = await services.hub.head(dataset)
    files = await services.hub.files(dataset, folder, sha)
    tasks = [each for each in files if _is_task(services, each, dataset)]
    if not tasks:
        raise Problem(502, f"{folder} holds no <task id>.json of the task set among its {len(files)} files")
    first = min(tasks, key=lambda each: (each.size, each.path))
    pairs = await _fetch(services, dataset, sha, first)
    puzzle_id = _stem(first)
    return SamplePuzzle(
        id=puzzle_id,
        has_data=bool(pairs),
        test_cases=len(pairs),
        existing_entries=await _existing(services, dataset, folder, puzzle_id),
    )


def _stem(file: RemoteFile) -> str:
    return file.path.rpartition("/")[2].removesuffix(".json")


def _is_task(services: Services, file: RemoteFile, dataset: str) -> bool:
    known = services.tasks_of(dataset)
    return file.path.endswith(".json") and (known is None or _stem(file) in known.pairs)


async def _fetch(services: Services, dataset: str, sha: str, file: RemoteFile) -> list[object]:
    if file.size > MAX_SAMPLE_BYTES:
        raise Problem(502, f"{file.path} is larger than any task file")
    async with aiohttp.ClientSession(proxy=proxy_for(services.hub.endpoint)) as http:
        body = await Fetcher(services.hub, http).bytes_of(dataset, sha, file)
    try:
        pairs = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(502, f"{file.path} is not JSON") from error
    return pairs if isinstance(pairs, list) else []


async def _existing(services: Services, dataset: str, folder: str, puzzle_id: str) -> int:
    known = services.keeper.state.view.submissions.get((dataset, folder))
    if known is None:
        return 0
    try:
        return await store.count_answers(
            services.pool, dataset, [each.model_name for each in known.attempts], puzzle_id
        )
    except DATABASE_ERRORS:
        return 0  # the check of the database tells it
