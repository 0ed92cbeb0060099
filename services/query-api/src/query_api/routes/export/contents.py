"""The rows of each table, of one snapshot: attempt by attempt, so that memory does not grow with the database."""

import math
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from common.names.fields import FIELDS
from common.names.registry import ModelNames

from query_api.routes.export.export_shapes import Table
from query_api.routes.export.text_files import Row
from query_api.store import export_statements as sql
from query_api.store.exports import DatabaseSnapshot, ExportedVersion
from query_api.view.standings import score_intervals

ROWS_AT_ONCE: Final = 500
# What a model wrote may be a thousand times as long.
TEXTS_AT_ONCE: Final = 16

Batches = AsyncGenerator[Sequence[Row], None]


@dataclass(frozen=True)
class Contents:
    """What is exported of a snapshot: the versions, in order, and what their models are called."""

    snapshot: DatabaseSnapshot
    versions: Sequence[ExportedVersion]
    names: ModelNames

    def rows(self, table: Table, *, with_text: bool) -> Batches:
        """Yield a table's rows, in the order of its columns."""
        if table == "submissions":
            return self._submissions()
        return self._tasks() if table == "tasks" else self._attempts(with_text=with_text)

    async def _submissions(self) -> Batches:
        for start in range(0, len(self.versions), ROWS_AT_ONCE):
            yield [_submission(each, self.names) for each in self.versions[start : start + ROWS_AT_ONCE]]

    async def _tasks(self) -> Batches:
        for version in self.versions:
            rows = self.snapshot.rows(sql.TASKS_OF_VERSION, version.id, at_once=ROWS_AT_ONCE)
            async with aclosing(rows):
                async for found in rows:
                    yield [_task(version, each) for each in found]

    async def _attempts(self, *, with_text: bool) -> Batches:
        statement = sql.ANSWERS_WITH_TEXT if with_text else sql.ANSWERS_OF_ATTEMPT
        at_once = TEXTS_AT_ONCE if with_text else ROWS_AT_ONCE
        for version, name in self._names_of_attempts():
            rows = self.snapshot.rows(statement, version.submission.dataset, name, at_once=at_once)
            which = (*_which(version), name, _number(name))
            async with aclosing(rows):
                async for found in rows:
                    yield [_attempt(which, each) for each in found]

    def _names_of_attempts(self) -> Iterator[tuple[ExportedVersion, str]]:
        for version in self.versions:
            for name in dict.fromkeys(each.model_name for each in version.submission.attempts):
                yield version, name


def _which(version: ExportedVersion) -> tuple[str, str, str]:
    return version.submission.dataset, version.submission.model, version.submission.source


def _submission(version: ExportedVersion, names: ModelNames) -> Row:
    of = version.submission
    fields = names.of(of.model).fields
    intervals = score_intervals(of)
    score, submitted = intervals["score_interval"], intervals["score_submitted_interval"]
    accuracies = ",".join(each.model_dump_json() for each in of.attempts)
    return (
        *_which(version), of.status, *(getattr(fields, name) for name in FIELDS),
        of.score, score and score.low, score and score.high,
        of.score_submitted, submitted and submitted.low, submitted and submitted.high,
        of.tasks_total, of.tasks_submitted, of.tasks_solved, of.pairs_total, of.pairs_solved, f"[{accuracies}]",
        of.total_cost, of.total_tokens, version.total_time_ms, of.published_at, of.ingested_at, of.landed_at,
        of.revision, of.tree_oid, version.rules_version, version.task_set_version, of.run_id,
        of.errors, of.warnings, of.verified and of.verified.verdict, of.verified and of.verified.at,
    )  # fmt: skip


def _task(version: ExportedVersion, row: asyncpg.Record) -> Row:
    task, total, solved, path, blob_oid = row
    return (
        *_which(version), task, total, solved, solved == total, path, blob_oid,
        version.submission.revision, version.rules_version, version.task_set_version,
    )  # fmt: skip


def _attempt(which: Sequence[Any], row: asyncpg.Record) -> Row:
    task, pairs, answers, cost, *rest = row
    right = sum(pairs)
    known = cost if cost is not None and math.isfinite(cost) else None
    return (*which, task, pairs, len(pairs), right, right == len(pairs) > 0, answers, known, *rest)


def _number(model_name: str) -> int | None:
    digits = model_name.rpartition("-attempt")[2]
    return int(digits) if digits.isdecimal() and len(digits) < 10 else None  # noqa: PLR2004 - what an integer holds
