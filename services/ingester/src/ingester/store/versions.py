"""A model's versions: which one is current, what it solved, and which models have the same content."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from common.arc.rules import RULES_VERSION
from common.events import ModelIngested, RunStatus

from ingester.store.locked_model import HEAVY_SECONDS, LockedModel
from ingester.store.statements import models
from ingester.store.statements import submission_versions as sql
from ingester.submission.aggregate import Aggregates, TaskResult


@dataclass(frozen=True)
class CurrentVersion:
    """The version that the database holds as the model's current one; files as task id -> blob oid."""

    id: int
    tree_oid: str
    run_id: int
    ingested_at: datetime
    results: dict[str, str]
    failures: dict[str, str]
    complete: bool


@dataclass(frozen=True)
class VersionRow:
    """A version that becomes the current one: its content, its figures, and the run that brought it."""

    tree_oid: str
    revision: str
    source: str
    display_name: str
    published_at: datetime | None
    run_id: int
    status: RunStatus
    errors: int
    totals: Aggregates
    task_set_version: str


@dataclass(frozen=True)
class VersionStatements(LockedModel):
    """The version that is current, and the one that becomes it."""

    async def current(self, judged_again: Collection[str]) -> CurrentVersion | None:
        """Return the current version; errors of the kinds that are judged again are no failures for good."""
        row = await self.connection.fetchrow(sql.CURRENT_VERSION, *self.key)
        if row is None:
            return None
        results = await self.connection.fetch(sql.KNOWN_BLOBS, row["id"])
        failures = await self.connection.fetch(sql.KNOWN_FAILURES, row["run_id"], list(judged_again))
        return CurrentVersion(
            id=row["id"],
            tree_oid=row["tree_oid"],
            run_id=row["run_id"],
            ingested_at=row["ingested_at"],
            results={each["puzzle_id"]: each["hf_blob_oid"] for each in results},
            failures={each["puzzle_id"]: each["hf_blob_oid"] for each in failures},
            complete=row["complete"],
        )

    async def same_content(self, tree_oid: str) -> list[str]:
        """Return the other models whose current content is the same, where this one has no history."""
        return [row["model"] for row in await self.connection.fetch(sql.MODELS_OF_SAME_CONTENT, *self.key, tree_oid)]

    async def rename_from(self, old: str, display_name: str) -> bool:
        """Give a renamed model's whole history to this one; False when another ingester holds the old name's lock."""
        if not await self.connection.fetchval(models.TRY_LOCK, self.dataset, old):
            return False
        async with self.connection.transaction():
            names = await self.attempt_names(old)
            await self.connection.execute(sql.RENAME_ROWS, *self.key, old, names)
            await self.connection.execute(sql.RENAME_VERSIONS, *self.key, old, display_name)
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
        content = (version.tree_oid, version.revision, version.source, version.display_name, version.published_at)
        run = (at, version.run_id, version.status)
        judged_by = (RULES_VERSION, version.task_set_version)
        arguments = (*self.key, *content, *run, *_figures(version.totals), version.errors, *judged_by)
        row = await self.row(sql.UPSERT_VERSION, *arguments)
        await self.connection.execute(sql.DELETE_TASK_RESULTS, row["id"])
        await self.connection.copy_records_to_table(
            "task_results",
            records=[(row["id"], *result) for result in results],
            columns=sql.TASK_RESULT_COLUMNS,
        )

    async def has_history(self) -> bool:
        """Tell whether the model was ever ingested."""
        found: bool = await self.connection.fetchval(sql.HAS_HISTORY, *self.key)
        return found

    async def announcement(self) -> ModelIngested:
        """Return `model.ingested` for the current version."""
        return ModelIngested.model_validate(dict(await self.row(sql.ANNOUNCE_VERSION, *self.key)))


def _figures(totals: Aggregates) -> tuple[object, ...]:
    """Return the figures in the order of UPSERT_VERSION."""
    tasks = (totals.tasks_total, totals.tasks_submitted, totals.tasks_solved)
    pairs = (totals.pairs_total, totals.pairs_solved)
    attempts = json.dumps([asdict(attempt) for attempt in totals.attempts])
    sums = (totals.total_cost, totals.total_tokens, totals.total_time_ms)
    return (*tasks, *pairs, totals.score, totals.score_submitted, attempts, *sums)
