"""A model's versions: which one is current, what it solved, and which models have the same content."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from common.arc.file_names import is_whole_submission
from common.arc.rules import RULES_VERSION
from common.events import ModelIngested, RunStatus

from ingester.store.locked_model import HEAVY_SECONDS, LockedModel
from ingester.store.statements import models
from ingester.store.statements import submission_versions as sql
from ingester.submission.aggregate import Aggregates, TaskResult
from ingester.submission.error_kinds import JUDGED_BY_LISTING


@dataclass(frozen=True)
class CurrentVersion:
    """The version that the database holds as the model's current one.

    `results` and `failures` hold key -> blob oid of the files that were judged: the key is a task id, and of a file for
    all tasks its path. Of such files `whole` holds the number of tasks that were judged. `refused` holds those that the
    listing alone refuses, and `paths` where the results came from.

    `listed_tree_oid` is the folder's own where only files that answer no task have changed since. Its answers landed at
    `landed_at`, as `landed_as`.
    """

    id: int
    tree_oid: str
    listed_tree_oid: str
    revision: str
    run_id: int
    published_at: datetime | None
    landed_at: datetime
    landed_as: str
    results: dict[str, str]
    failures: dict[str, str]
    refused: dict[str, str | None]
    paths: dict[str, str | None]
    usable: bool
    removed: bool
    complete: bool
    whole: Mapping[str, int]
    rules_version: int | None
    task_set_version: str | None

    def is_scored_by(self, task_set_version: str) -> bool:
        """Tell whether today's rules and this edition judged it, so that its results may stand in a new version."""
        return (self.rules_version, self.task_set_version) == (RULES_VERSION, task_set_version)


@dataclass(frozen=True)
class VersionRow:
    """A version that becomes the current one, by its columns: its content, the run that brought it, its figures.

    `landed_at` is None where its answers land with it.
    """

    tree_oid: str
    revision: str
    listed_tree_oid: str | None
    listed_revision: str | None
    source: str
    display_name: str
    published_at: datetime | None
    landed_at: datetime | None
    landed_as: str
    run_id: int
    status: RunStatus
    errors: int
    warnings: int
    totals: Aggregates
    task_set_version: str


@dataclass(frozen=True)
class VersionStatements(LockedModel):
    """The version that is current, and the one that becomes it."""

    async def current(self, judged_again: Collection[str]) -> CurrentVersion | None:
        """Return the current version; errors of the kinds that are judged again are no failures for good."""
        row = await self.connection.fetchrow(
            sql.CURRENT_VERSION, *self.key, list(judged_again), list(JUDGED_BY_LISTING)
        )
        if row is None:
            return None
        found = {name: json.loads(row[name]) for name in ("results", "failures", "refused")}
        return _current_version(**{**row, **found})

    async def keep(self, version: CurrentVersion, tree_oid: str, revision: str, warnings: int) -> None:
        """Note that the folder holds a version's files of tasks under another tree oid, or again."""
        await self.connection.execute(sql.KEEP_VERSION, version.id, tree_oid, revision, warnings)

    async def same_content(self, tree_oid: str) -> list[str]:
        """Return the other models whose current content is the same, where this one has no history."""
        return [row["model"] for row in await self.connection.fetch(sql.MODELS_OF_SAME_CONTENT, *self.key, tree_oid)]

    async def rename_from(self, old: str, display_name: str, revision: str) -> bool:
        """Give a renamed model's whole history to this one; False when another ingester holds the old name's lock.

        At `revision` its current content is there under the new name.
        """
        if not await self.connection.fetchval(models.TRY_LOCK, self.dataset, old):
            return False
        async with self.transaction(dry_run=False):
            names = await self.attempt_names(old)
            await self.connection.execute(sql.RENAME_ROWS, *self.key, old, names)
            await self.connection.execute(sql.RENAME_VERSIONS, *self.key, old, display_name, revision)
            await self.connection.execute(sql.RENAME_RUNS, *self.key, old)
        return True

    async def task_results(self, previous_version_id: int | None, known: Collection[str]) -> list[TaskResult]:
        """Return the wanted files' results: those fetched now, and those known from the previous version."""
        arguments = (*self.key, previous_version_id, list(known))
        rows = await self.connection.fetch(sql.WANTED_TASK_RESULTS, *arguments, timeout=HEAVY_SECONDS)
        return [TaskResult(*row) for row in rows]

    async def write_version(self, version: VersionRow, results: Collection[TaskResult]) -> None:
        """Make the version the current one, with its task results."""
        at = await self.connection.fetchval(sql.CLOCK)
        await self.connection.execute(sql.SUPERSEDE_VERSION, *self.key, at, version.tree_oid)
        content = asdict(version)
        figures = content.pop("totals")
        figures["attempts"] = json.dumps(figures["attempts"])
        arguments = (*self.key, at, RULES_VERSION, *content.values(), *figures.values())
        version_id = await self.connection.fetchval(sql.UPSERT_VERSION, *arguments)
        await self.connection.execute(sql.DELETE_TASK_RESULTS, version_id)
        records = [(version_id, *result) for result in results]
        await self.connection.copy_records_to_table("task_results", records=records, columns=sql.TASK_RESULT_COLUMNS)

    async def announcement(self) -> ModelIngested:
        """Return `model.ingested` for the current version."""
        rows = await self.connection.fetch(sql.ANNOUNCE_VERSION, *self.key)
        return ModelIngested.model_validate(dict(rows[0]))


def _current_version(
    *, results: Mapping[str, tuple[str, str | None]], failures: dict[str, str], **others: Any
) -> CurrentVersion:
    files: dict[str, str] = {}
    paths: dict[str, str | None] = {}
    tasks: Counter[str] = Counter()
    for task_id, (blob_oid, path) in results.items():
        # Versions from before there were paths held no file for all tasks.
        key = path if path and is_whole_submission(path) else task_id
        files[key] = blob_oid
        paths[key] = path
        tasks[key] += key == path
    whole = {
        path: judged + sum(oid == files[path] for key, oid in failures.items() if key != path)
        for path, judged in tasks.items()
        if judged
    }
    return CurrentVersion(results=files, failures=failures, paths=paths, whole=whole, **others)
