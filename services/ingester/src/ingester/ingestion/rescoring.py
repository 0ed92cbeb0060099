"""Computes a current version anew from its stored rows, by the present rules and task set: without the Hub.

What was asked of the models stays as it was read: which files count, and tokens, costs and times, are read anew only by
an ingestion.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import asyncpg
from common.arc.rules import FILES_READ_ANEW, RULES_VERSION
from common.arc.task_sets import TaskSet, TaskSetError, load_task_set

from ingester.store.session import LockHeldError, Session, locked
from ingester.store.stored_scores import (
    RescoreStatements,
    ScoredVersion,
    StoredAnswer,
    Verdict,
    current_models,
    verdicts_in,
)
from ingester.submission.aggregate import Aggregates, TaskResult, aggregate
from ingester.submission.folder import status_of
from ingester.submission.transform import judge_stored

_INGEST = "ingest it with --force"


@dataclass(frozen=True)
class Rescored:
    """What became of one model. `reason` says why it could not be rescored from its rows."""

    dataset: str
    model: str
    outcome: Literal["unchanged", "rescored", "impossible", "busy", "gone"]
    before: Aggregates | None = None
    after: Aggregates | None = None
    rows: int = 0
    """How many rows have another verdict."""
    reason: str | None = None


class _ImpossibleError(Exception):
    """The stored rows do not say enough."""


async def scored_models(pool: asyncpg.Pool) -> list[tuple[str, str]]:
    """Return dataset and model of every current version."""
    return await current_models(pool, None, None)


async def rescore_all(
    pool: asyncpg.Pool,
    dataset: str | None,
    model: str | None,
    tasks_dir: Path | None,
    *,
    dry_run: bool = False,
    on_begin: Callable[[str, str, int, int], object] = lambda *_: None,
) -> AsyncIterator[Rescored]:
    """Rescore the current versions, of one dataset or one model where it is named; a model each in a transaction.

    `on_begin` gets the dataset, the model, its place and how many there are.
    """
    keys = await current_models(pool, dataset, model)
    for place, key in enumerate(keys, 1):
        on_begin(*key, place, len(keys))
        try:
            yield await rescore(pool, *key, tasks_dir, dry_run=dry_run)
        except LockHeldError as error:
            yield Rescored(*key, "busy", reason=str(error))


async def rescore(
    pool: asyncpg.Pool, dataset: str, model: str, tasks_dir: Path | None, *, dry_run: bool = False
) -> Rescored:
    """Rescore one model under its lock, in one transaction; raise LockHeldError where an ingester works on it."""
    async with locked(pool, dataset, model) as session:
        store = RescoreStatements(session.connection, dataset, model)
        try:
            async with session.transaction(dry_run=dry_run):
                return await _Rescore(session, store).run(tasks_dir)
        except (_ImpossibleError, TaskSetError) as error:
            return Rescored(dataset, model, "impossible", reason=str(error))


@dataclass(frozen=True)
class _Rescore:
    session: Session
    store: RescoreStatements

    async def run(self, tasks_dir: Path | None) -> Rescored:
        dataset, model = self.session.key
        version = await self.store.scored_version()
        if version is None:
            return Rescored(dataset, model, "gone")
        tasks = load_task_set(version.source, tasks_dir)
        results = await self.store.results_of(version.id)
        _check(results, tasks, version)
        names = await self.session.attempt_names(model)
        solved, changed = await self._judge(names, tasks)
        results = [each._replace(pairs_solved=len(solved[each.puzzle_id])) for each in results]
        await self.store.update_verdicts(changed)
        after = aggregate(tasks, results, await self.session.attempt_sums(names))
        status = status_of(after, version.errors)
        present = (RULES_VERSION, tasks.version, status, after)
        if (
            present == (version.rules_version, version.task_set_version, version.status, version.figures)
            and not changed
        ):
            return Rescored(dataset, model, "unchanged", version.figures, after)
        await self.store.replace(version.id, tasks.version, status, after, results)
        return Rescored(dataset, model, "rescored", version.figures, after, rows=len(changed))

    async def _judge(self, names: list[str], tasks: TaskSet) -> tuple[Mapping[str, set[int]], list[Verdict]]:
        """Return the pairs that any attempt solved, by task, and the rows whose verdict is another one now."""
        solved: dict[str, set[int]] = defaultdict(set)
        changed: list[Verdict] = []
        async for row in self.store.stored_answers(names):
            right, verdict = _verdict(row, tasks)
            solved[row.task_id].update(pair for pair, is_right in enumerate(right) if is_right)
            if verdict and (right != row.right or _asks_for_others(verdict, row)):
                changed.append(verdict)
        return solved, changed


def _check(results: list[TaskResult], tasks: TaskSet, version: ScoredVersion) -> None:
    """Raise where only the files say what is needed."""
    if (version.rules_version or 0) < FILES_READ_ANEW:
        raise _ImpossibleError(f"since version {FILES_READ_ANEW} of the rules more of its files is read; {_INGEST}")
    unknown = [each.puzzle_id for each in results if each.puzzle_id not in tasks.tasks]
    others = [
        each.puzzle_id
        for each in results
        if each.puzzle_id in tasks.tasks and each.pairs_total != len(tasks.tasks[each.puzzle_id].test)
    ]
    if unknown or others:
        first = (unknown or others)[0]
        raise _ImpossibleError(
            f"{len(unknown)} of its tasks are not in {version.source} any more, and {len(others)} have another number "
            f"of pairs (first {first}): which answer is to which pair only the files say; {_INGEST}"
        )


def _asks_for_others(verdict: Verdict, row: StoredAnswer) -> bool:
    """Tell whether the task asks for other dimensions than it did; rows of earlier releases may not say them."""
    _, dimensions = verdicts_in(json.loads(verdict.columns["multi_test_results"]))
    return any(before is not None and before != now for before, now in zip(row.dimensions, dimensions, strict=False))


def _verdict(row: StoredAnswer, tasks: TaskSet) -> tuple[tuple[bool, ...], Verdict | None]:
    task = tasks.tasks.get(row.task_id)
    pairs = row.right if row.answers is None else row.answers
    if task is None or len(pairs) != len(task.test):
        raise _ImpossibleError(f"the row of {row.task_id} has answers to {len(pairs)} pairs, not to its own; {_INGEST}")
    if row.answers is None:  # so deep that they could not be stored, and so never right
        return row.right, None
    right, columns = judge_stored(row.answers, task)
    return right, Verdict(row.id, columns)
