"""A version computed anew: its rows one by one, then its verdicts and figures."""

import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import asyncpg
from common.arc.rules import RULES_VERSION

from ingester.store.locked_model import HEAVY_SECONDS, LockedModel
from ingester.store.statements import version_scores as sql
from ingester.store.statements.explanations import VERDICT_COLUMNS
from ingester.submission.aggregate import Aggregates, AttemptScore, TaskResult

# Answers are up to megabytes: so many are in memory.
_PREFETCH = 50


@dataclass(frozen=True)
class ScoredVersion:
    """A current version's figures, and what they were computed under; None: not known."""

    id: int
    source: str
    rules_version: int | None
    task_set_version: str | None
    status: str
    errors: int
    figures: Aggregates


class StoredAnswer(NamedTuple):
    """A row of `explanations`: the answer to each of the pairs that the task had, and the verdict on each."""

    id: int
    task_id: str
    answers: tuple[Any, ...] | None
    """None where they could not be stored."""
    right: tuple[bool, ...]
    dimensions: tuple[Any, ...] = ()
    """What each pair asked for."""


class Verdict(NamedTuple):
    """The columns of a row that say what was answered and what of it is right: some of VERDICT_COLUMNS."""

    id: int
    columns: Mapping[str, Any]


async def current_models(pool: asyncpg.Pool, dataset: str | None, model: str | None) -> list[tuple[str, str]]:
    """Return dataset and model of the current versions, of one dataset or one model where it is named."""
    return [(row["hf_dataset"], row["model"]) for row in await pool.fetch(sql.CURRENT_MODELS, dataset, model)]


@dataclass(frozen=True)
class RescoreStatements(LockedModel):
    """What a rescore reads, and what it replaces, within one transaction."""

    async def scored_version(self) -> ScoredVersion | None:
        """Return the current version, locked until the transaction ends."""
        row = await self.connection.fetchrow(sql.SCORED_VERSION, *self.key)
        if row is None:
            return None
        columns = dict(row)
        figures = {name: columns.pop(name) for name in Aggregates.__dataclass_fields__}
        figures["attempts"] = tuple(AttemptScore(**each) for each in json.loads(figures["attempts"]))
        return ScoredVersion(**columns, figures=Aggregates(**figures))

    async def results_of(self, version_id: int) -> list[TaskResult]:
        """Return a version's task results."""
        return [TaskResult(*row) for row in await self.connection.fetch(sql.RESULTS, version_id)]

    async def stored_answers(self, names: Collection[str]) -> AsyncIterator[StoredAnswer]:
        """Yield the current rows of these attempts."""
        async for row in self.connection.cursor(sql.STORED_ANSWERS, self.dataset, list(names), prefetch=_PREFETCH):
            yield _stored_answer(row)

    async def replace(
        self, version_id: int, task_set_version: str, status: str, figures: Aggregates, results: Iterable[TaskResult]
    ) -> None:
        """Give a version its new figures; those it had go to its history."""
        await self.connection.execute(sql.KEEP_SCORES, version_id)
        await self.connection.execute(sql.DELETE_VERIFICATIONS, version_id)
        columns = asdict(figures) | {"attempts": json.dumps([asdict(each) for each in figures.attempts])}
        arguments = (version_id, RULES_VERSION, task_set_version, status, *columns.values())
        await self.connection.execute(sql.UPDATE_SCORES, *arguments)
        changed = [(version_id, each.puzzle_id, each.pairs_total, each.pairs_solved) for each in results]
        await self.connection.executemany(sql.UPDATE_RESULT, changed, timeout=HEAVY_SECONDS)

    async def update_verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Bring rows to what is right now."""
        rows = ((each.id, *map(each.columns.get, VERDICT_COLUMNS)) for each in verdicts)
        await self.connection.executemany(sql.UPDATE_VERDICT, rows, timeout=HEAVY_SECONDS)


def _stored_answer(row: asyncpg.Record) -> StoredAnswer:
    grid, outputs, results = (
        json.loads(row[name] or "null")
        for name in ("predicted_output_grid", "multiple_predicted_outputs", "multi_test_results")
    )
    right, dimensions = verdicts_in(results)
    if not row["has_multiple_predictions"]:
        outputs, right = outputs or [grid], (bool(row["is_prediction_correct"]),)
    return StoredAnswer(row["id"], row["puzzle_id"], outputs and tuple(outputs), right, dimensions)


def verdicts_in(results: Sequence[Mapping[str, Any]] | None) -> tuple[tuple[bool, ...], tuple[Any, ...]]:
    """Return what multi_test_results say of each pair: whether it is right, and the dimensions that were asked for."""
    found = results or ()
    right = tuple(bool(each["isPredictionCorrect"]) for each in found)
    return right, tuple(each.get("expectedDimensions") for each in found)
