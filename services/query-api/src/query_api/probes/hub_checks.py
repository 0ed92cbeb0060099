"""Asks the Hub on an admin's behalf: which folders there are, and whether one of them could be ingested."""

import asyncio
import json
from collections.abc import Awaitable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

import asyncpg
from common.hub.client import HubClient
from common.hub.downloads import RemoteFile
from common.outcomes import TransientError
from common.process.outage import DATABASE_ERRORS

from query_api.probes.hub_folders import HubFolders
from query_api.schemas.ingestion import FolderRow, SamplePuzzle
from query_api.schemas.problems import ProblemError
from query_api.store import submissions
from query_api.store.rows import Key, Submission

# A person waits at a page. The client itself would go on retrying for minutes.
TIMEOUT_SECONDS = 20.0
MAX_SAMPLE_BYTES = 16 * 1024 * 1024

T = TypeVar("T")


async def with_deadline(answer: Awaitable[T]) -> T:
    """Return what the Hub answers; raises a ProblemError when it does not."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await answer
    except TimeoutError as error:
        raise ProblemError(502, f"the Hub did not answer within {TIMEOUT_SECONDS:.0f} s; try again later") from error
    except TransientError as error:
        raise ProblemError(502, str(error) or "the Hub does not answer") from error


async def folders(hub_folders: HubFolders, ingested: Mapping[Key, Submission], dataset: str) -> list[FolderRow]:
    """Return the Hub's folders, and what is known of each."""
    listed = await with_deadline(hub_folders.of(dataset))
    rows = []
    for name, tree_oid in sorted(listed.items()):
        known = ingested.get((dataset, name))
        rows.append(
            FolderRow(
                name=name,
                ingested=known is not None and known.tree_oid == tree_oid,
                attempts_found=len(known.attempts) if known else 0,
            )
        )
    return rows


@dataclass(frozen=True)
class FolderCheck:
    """Looks into the folders of a dataset; `task_ids` is None where its task set is not installed."""

    hub: HubClient
    pool: asyncpg.Pool
    ingested: Mapping[Key, Submission]
    dataset: str
    task_ids: Collection[str] | None

    async def sample(self, folder: str) -> SamplePuzzle:
        """Fetch one file of a folder at the present commit."""
        sha = await self.hub.head(self.dataset)
        files = await self.hub.files(self.dataset, folder, sha)
        tasks = [each for each in files if self._is_task(each)]
        if not tasks:
            raise ProblemError(502, f"{folder} holds no <task id>.json of the task set among its {len(files)} files")
        first = min(tasks, key=lambda each: (each.size, each.path))
        pairs = await self._fetch(sha, first)
        puzzle_id = _stem(first)
        return SamplePuzzle(
            id=puzzle_id,
            has_data=bool(pairs),
            test_cases=len(pairs),
            existing_entries=await self._existing(folder, puzzle_id),
        )

    def _is_task(self, file: RemoteFile) -> bool:
        return file.path.endswith(".json") and (self.task_ids is None or _stem(file) in self.task_ids)

    async def _fetch(self, sha: str, file: RemoteFile) -> list[object]:
        if file.size > MAX_SAMPLE_BYTES:
            raise ProblemError(502, f"{file.path} is larger than any task file")
        try:
            pairs = json.loads(await self.hub.download(self.dataset, sha, file))
        except (ValueError, RecursionError) as error:
            raise ProblemError(502, f"{file.path} is not JSON") from error
        return pairs if isinstance(pairs, list) else []

    async def _existing(self, folder: str, puzzle_id: str) -> int:
        known = self.ingested.get((self.dataset, folder))
        if known is None:
            return 0
        names = [each.model_name for each in known.attempts]
        try:
            return await submissions.count_answers(self.pool, self.dataset, names, puzzle_id)
        except DATABASE_ERRORS:
            return 0  # the check of the database says so


def _stem(file: RemoteFile) -> str:
    return file.path.rpartition("/")[2].removesuffix(".json")
