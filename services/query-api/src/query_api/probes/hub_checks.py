"""Asks the Hub on an admin's behalf: which folders there are, and whether one of them could be ingested."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, TypeVar

import asyncpg
from common.arc.file_names import is_json, is_whole_submission, stem_of
from common.hub.client import HubClient
from common.hub.responses import FolderGoneError
from common.outcomes import TransientError
from common.process.choices import no_such
from common.process.outage import DATABASE_ERRORS

from query_api.schemas.ingestion import FolderRow, SamplePuzzle
from query_api.schemas.problems import ProblemError
from query_api.store import runs, submissions
from query_api.store.rows import Key, Submission

# A person waits at a page. The client itself would go on retrying for minutes.
TIMEOUT_SECONDS = 20.0
# A request is accepted without an answer, too: the ingester asks again.
CHECK_SECONDS = 5.0
MAX_SAMPLE_BYTES = 16 * 1024 * 1024
LISTING_KEPT_SECONDS = 30.0

T = TypeVar("T")
Folders = Callable[[str], Awaitable[Mapping[str, str]]]
"""Folder name -> tree oid of a dataset."""


async def with_deadline(answer: Awaitable[T], seconds: float = TIMEOUT_SECONDS) -> T:
    """Return what the Hub answers; raises a ProblemError when it does not."""
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError as error:
        raise ProblemError(502, f"the Hub did not answer within {seconds:.0f} s; try again later") from error
    except TransientError as error:
        raise ProblemError(502, str(error) or "the Hub does not answer") from error


async def is_there(hub: HubClient, folders: Folders, dataset: str, folder: str) -> bool:
    """Tell whether the Hub lists a folder, False where it cannot be asked; raise a ProblemError where it lists others.

    A listing that was kept may be too old for a folder that has just come: before one is refused, the Hub is asked.
    """
    try:
        listed = await with_deadline(folders(dataset), CHECK_SECONDS)
        if folder not in listed:
            listed = await with_deadline(hub.folders(dataset), CHECK_SECONDS)
    except ProblemError:
        return False
    if folder not in listed:
        raise ProblemError(422, no_such("folder", folder, listed.keys(), dataset))
    return True


async def folder_rows(
    folders: Folders, pool: asyncpg.Pool, ingested: Mapping[Key, Submission], dataset: str
) -> list[FolderRow]:
    """Return the Hub's folders, and what is known of each."""
    listed = await with_deadline(folders(dataset))
    without_tasks: Collection[tuple[str, str]] = ()
    with contextlib.suppress(*DATABASE_ERRORS):  # the view tells the rest of it
        without_tasks = await runs.without_tasks(pool, dataset)
    known = {name: ingested.get((dataset, name)) for name in sorted(listed)}
    return [
        FolderRow(
            name=name,
            ingested=each is not None and each.listed_tree_oid == listed[name],
            attempts_found=len(each.attempts) if each else 0,
            without_tasks=each is None and (name, listed[name]) in without_tasks,
        )
        for name, each in known.items()
    ]


async def sample(
    hub: HubClient, pool: asyncpg.Pool, key: Key, known: Submission | None, task_ids: Collection[str] | None
) -> SamplePuzzle:
    """Fetch one task of a folder at the present commit; `task_ids` is None where its task set is not installed."""
    dataset, folder = key
    if not folder:
        raise ProblemError(422, "datasetName is empty; choose a model's folder")
    sha = await hub.head(dataset)
    try:
        files = await hub.files(dataset, folder, sha)
    except FolderGoneError as error:
        raise ProblemError(422, no_such("folder", folder, (await hub.folders(dataset, sha)).keys(), dataset)) from error
    ids = None if task_ids is None else {each.casefold(): each for each in task_ids}
    answers = [each for each in files if _may_answer(each.path, ids)]
    if not answers:
        raise ProblemError(502, f"{folder} holds no <task id>.json of the task set among its {len(files)} files")
    first = min(answers, key=lambda each: (is_whole_submission(each.path), each.size, each.path))
    if first.size > MAX_SAMPLE_BYTES:
        raise ProblemError(502, f"{first.path} is larger than any task file")
    try:
        document = json.loads(await hub.download(dataset, sha, first))
    except (ValueError, RecursionError) as error:
        raise ProblemError(502, f"{first.path} is not JSON") from error
    name, pairs = _first_task(document, ids) if is_whole_submission(first.path) else (stem_of(first.path), document)
    count = len(pairs) if isinstance(pairs, list) else 0
    puzzle_id = (ids or {}).get(name.casefold(), name)
    existing = await _stored(pool, dataset, known, puzzle_id) if known else 0
    return SamplePuzzle(id=puzzle_id, has_data=count > 0, test_cases=count, existing_entries=existing)


async def _stored(pool: asyncpg.Pool, dataset: str, known: Submission, puzzle_id: str) -> int:
    try:
        return await submissions.count_answers(pool, dataset, [each.model_name for each in known.attempts], puzzle_id)
    except DATABASE_ERRORS:
        return 0  # the check of the database says so


def _may_answer(path: str, ids: Collection[str] | None) -> bool:
    return is_json(path) and (ids is None or stem_of(path) in ids or is_whole_submission(path))


def _first_task(document: Any, ids: Collection[str] | None) -> tuple[str, Any]:
    """Return the first task of the set in a file for all tasks, and what it says of it."""
    tasks = document.items() if isinstance(document, dict) else ()
    return next(((key, pairs) for key, pairs in tasks if ids is None or key.casefold() in ids), ("", None))
