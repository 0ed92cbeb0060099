"""The one transaction that makes a version current: rows, version, task results, errors and run, or none of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from common.arc.task_sets import TaskSet
from common.error_kinds import ErrorKind
from common.events import ModelDiscovered, RunStatus
from common.model_names import display_name
from common.outcomes import TransientError

from ingester.download.plan import Plan
from ingester.store.runs import RunOpened, RunResult
from ingester.store.session import Session
from ingester.store.versions import CurrentVersion, VersionRow
from ingester.submission.aggregate import Aggregates, aggregate
from ingester.submission.error_kinds import UnfetchedFile


@dataclass(frozen=True)
class Target:
    """A folder's content: the commit to read it at, its tree oid, and when it was committed."""

    revision: str
    tree_oid: str
    published_at: datetime | None


class _RollbackError(Exception):
    """Rolls the transaction of a dry run back."""


@dataclass(frozen=True)
class Commit:
    """Everything the transaction needs."""

    session: Session
    event: ModelDiscovered
    target: Target
    plan: Plan
    run: RunOpened
    tasks: TaskSet
    previous: CurrentVersion | None

    async def write(self, broken: Mapping[str, TransientError]) -> tuple[RunResult, int]:
        """Commit the version (or, for a dry run, only its figures in the run's row); return what the run came to.

        The number is the run's duration in ms.
        """
        try:
            async with self.session.connection.transaction():
                result = await self._write(broken)
                if self.event.dry_run:
                    raise _RollbackError  # noqa: TRY301 - only leaving the block rolls back
                duration_ms = await self.session.close_run(self.run.id, result)
        except _RollbackError:
            duration_ms = await self.session.close_run(self.run.id, result)
        return result, duration_ms

    async def _write(self, broken: Mapping[str, TransientError]) -> RunResult:
        session, run_id = self.session, self.run.id
        files = {**self.plan.fetch, **self.plan.known}
        await session.create_wanted(run_id, {task_id: file.blob_oid for task_id, file in files.items()})
        await session.write_rows(run_id, self.target.revision)
        await session.write_errors(run_id, self.previous.run_id if self.previous else None, set(self.plan.known))
        await session.add_errors(run_id, self._unfetched(broken))
        results = await session.task_results(self.previous.id if self.previous else None, self.plan.known)
        names = await session.attempt_names(session.model)
        await session.mark_removed({each.puzzle_id: each.hf_blob_oid for each in results}, names)
        totals = aggregate(self.tasks, results, await session.attempt_sums(names))
        failed = await session.count_failed(run_id)
        if totals.tasks_submitted + failed != self.plan.files:
            raise TransientError(f"{self.plan.files} files were staged, and not all of them are there any more")
        await session.drop_staged(run_id)
        await session.write_version(self._version(totals, failed), results)
        return self._result(totals, failed)

    def _unfetched(self, broken: Mapping[str, TransientError]) -> Iterator[UnfetchedFile]:
        yield from self.plan.refused
        for task_id, error in broken.items():
            yield UnfetchedFile(task_id, _kind_of(error), str(error), self.plan.fetch[task_id].blob_oid)

    def _version(self, totals: Aggregates, failed: int) -> VersionRow:
        return VersionRow(
            tree_oid=self.target.tree_oid,
            revision=self.target.revision,
            source=self.tasks.source,
            display_name=display_name(self.event.model),
            published_at=self.target.published_at,
            run_id=self.run.id,
            status=_status(failed),
            errors=failed,
            totals=totals,
            task_set_version=self.tasks.version,
        )

    def _result(self, totals: Aggregates, failed: int) -> RunResult:
        submitted = totals.score_submitted
        return RunResult(
            status=_status(failed),
            successful=totals.tasks_submitted,
            failed=failed,
            skipped=len(self.plan.skipped),
            total_puzzles=self.plan.files,
            accuracy_percent=None if submitted is None else round(submitted * 100, 2),
            score=totals.score,
            error_log=f"{failed} of {self.plan.files} files could not be used" if failed else None,
        )


def _status(failed: int) -> RunStatus:
    return "partial" if failed else "completed"


def _kind_of(error: TransientError) -> ErrorKind:
    return ErrorKind.INTEGRITY if error.kind == ErrorKind.INTEGRITY else ErrorKind.UNAVAILABLE
