"""The one transaction that makes a version current: rows, version, task results, errors and run, or none of them."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from common.arc.task_sets import TaskSet
from common.error_kinds import ErrorKind
from common.events import ModelDiscovered
from common.outcomes import TransientError

from ingester.download.held import HeldFiles
from ingester.download.plan import Plan
from ingester.ingestion.upstream import Target
from ingester.store.runs import RunOpened, RunResult
from ingester.store.session import Session
from ingester.store.versions import CurrentVersion, VersionRow
from ingester.submission.aggregate import Aggregates, TaskResult, aggregate
from ingester.submission.error_kinds import (
    SHOWN_TEST_IDS,
    ListedFinding,
    is_name_in_doubt,
    nothing_usable,
    with_test_ids,
)
from ingester.submission.folder import status_of


class _Written(NamedTuple):
    """What the rows of a version say, once they are written; `lands`: an answer is another one than before."""

    results: Sequence[TaskResult]
    names: Collection[str]
    lands: bool
    tasks_beyond_files: int


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
    display_name: str

    @property
    def is_same_version(self) -> bool:
        """Tell whether the folder holds just the files of tasks, at the same paths, that the current version is of."""
        previous, plan = self.previous, self.plan
        return (
            previous is not None
            and previous.complete
            and plan.is_of(previous.failures | previous.results, previous.refused)
            and all(plan.paths.get(key) == path for key, path in previous.paths.items())
        )

    async def write(self, broken: Mapping[str, TransientError]) -> tuple[RunResult, int]:
        """Commit the version (or, for a dry run, only its figures in the run's row); return what the run came to.

        The number is the run's duration in ms.
        """
        return await self._write(self._write_staged, broken)

    async def write_held(self, held: HeldFiles) -> tuple[RunResult, int] | None:
        """Do the same with a new submission, once all of its files are held; None where they are to be staged."""
        if not await held.completed() or await self.session.has_rows():
            return None
        return await self._write(partial(self._write_held, held), {}, held.clear)

    async def keep(self, version: CurrentVersion) -> tuple[RunResult, int]:
        """Note that a version's files of tasks are all that the folder holds now; return what the run came to.

        What is said of the other files is brought up to date. A dry run only ends its run.
        """
        since = f"no file of a task has changed since commit {version.revision[:12]}, only what lies beside them"
        skipped = RunResult("skipped", 0, 0, len(self.plan.skipped), self.plan.files, error_log=since)
        async with self.session.transaction(dry_run=self.event.dry_run):
            await self._keep(version)
            if not self.event.dry_run:
                return skipped, await self.session.close_run(self.run.id, skipped)
        return skipped, await self.session.close_run(self.run.id, skipped)

    async def _keep(self, version: CurrentVersion) -> None:
        session = self.session
        await session.drop_listed(version.run_id)
        listed = await self._listed(await session.attempt_names(session.model))
        await self._add_findings(version.run_id, listed, usable=version.usable)
        _, warnings = await session.count_findings(version.run_id)
        await session.keep(version, self.target.tree_oid, self.target.revision, warnings)

    async def _add_findings(self, run_id: int, findings: Sequence[ListedFinding], *, usable: bool) -> None:
        await self.session.add_findings(run_id, findings)
        if not usable:
            why = nothing_usable(await self.session.error_kinds(run_id), self.plan.findings)
            await self.session.add_findings(run_id, [why])

    async def _write(
        self,
        write_rows: Callable[[], Awaitable[_Written]],
        broken: Mapping[str, TransientError],
        on_written: Callable[[], object] = lambda: None,
    ) -> tuple[RunResult, int]:
        async with self.session.transaction(dry_run=self.event.dry_run):
            result = await self._write_version(await write_rows(), broken)
            duration_ms = None if self.event.dry_run else await self.session.close_run(self.run.id, result)
            # Before the COMMIT: whether one that is cut off came through is not known, and for a run that has ended
            # nothing is to be staged.
            on_written()
        if duration_ms is None:
            duration_ms = await self.session.close_run(self.run.id, result)
        return result, duration_ms

    async def _write_version(self, written: _Written, broken: Mapping[str, TransientError]) -> RunResult:
        session, run_id = self.session, self.run.id
        totals = aggregate(self.tasks, written.results, await session.attempt_sums(written.names))
        findings = [*self._unfetched(broken), *await self._listed(written.names)]
        await self._add_findings(run_id, findings, usable=bool(totals.attempts))
        failed, warnings = await session.count_findings(run_id)
        claimed = self.plan.files + written.tasks_beyond_files
        if totals.tasks_submitted + failed != claimed:
            raise TransientError(f"{claimed} answers were staged, and not all of them are there any more")
        results = self._with_paths(written.results)
        await session.write_version(self._version(totals, failed, warnings, lands=written.lands), results)
        return self._result(totals, failed, claimed)

    async def _write_held(self, held: HeldFiles) -> _Written:
        """Write the rows of a submission that is new as a whole: there are no others of it."""
        found = await held.commit(self.target.revision)
        await self.session.copy_errors(self.run.id, found.errors)
        tasks = found.tasks.get(self.plan.whole) if self.plan.whole else None
        return _Written(found.results, found.model_names, lands=True, tasks_beyond_files=_beyond_one(tasks))

    async def _write_staged(self) -> _Written:
        session, run_id, plan, previous = self.session, self.run.id, self.plan, self.previous
        known = plan.answers(plan.known, self.tasks.tasks)
        wanted = {**plan.answers(plan.fetch, self.tasks.tasks), **known}
        await session.create_wanted(run_id, {key: file.blob_oid for key, file in wanted.items()})
        names = await session.attempt_names(session.model)
        lands = await self._lands(names)
        await session.write_rows(run_id, self.target.revision, names)
        await session.write_errors(run_id, previous.run_id if previous else None, known)
        results = await session.task_results(previous.id if previous else None, known)
        await session.mark_removed({each.puzzle_id: each.hf_blob_oid for each in results}, names)
        return _Written(results, names, lands, await self._tasks_beyond_files())

    def _with_paths(self, results: Sequence[TaskResult]) -> list[TaskResult]:
        paths = self.plan.paths
        whole = paths.get(self.plan.whole) if self.plan.whole else None
        return [each._replace(hf_path=paths.get(each.puzzle_id, whole)) for each in results]

    async def _lands(self, names: Collection[str]) -> bool:
        """Tell whether an answer changes, before its row is written.

        Where the content is the same it was judged anew, unless the Hub did not give all of it before.
        """
        if self.previous is None:
            return True
        if self.previous.listed_tree_oid == self.target.tree_oid and self.previous.complete:
            return False
        return await self.session.answers_change(names)

    async def _tasks_beyond_files(self) -> int:
        """Return how many tasks more than files are answered: a file for all tasks counts once for each."""
        whole, tasks = self.plan.whole, None
        if whole and whole in self.plan.fetch:
            tasks = await self.session.staged_tasks(whole)
        elif whole and whole in self.plan.known and self.previous:
            tasks = self.previous.whole.get(whole)
        return _beyond_one(tasks)

    def _unfetched(self, broken: Mapping[str, TransientError]) -> Iterator[ListedFinding]:
        yield from self.plan.refused
        for key, error in broken.items():
            yield ListedFinding(key, _kind_of(error), str(error), self.plan.fetch[key].blob_oid)

    async def _listed(self, names: Collection[str]) -> Sequence[ListedFinding]:
        """Return what the listing says; where the model's name is in doubt, along with what the files say it is."""
        findings = self.plan.findings
        if not is_name_in_doubt(findings):
            return findings
        return with_test_ids(findings, await self.session.test_ids(names, SHOWN_TEST_IDS + 1))

    def _version(self, totals: Aggregates, failed: int, warnings: int, *, lands: bool) -> VersionRow:
        target, previous = self.target, self.previous
        since = None if lands else previous
        # The same files of tasks, all judged anew: the version is the same, whatever lies beside them now.
        same = previous if previous and self.is_same_version else None
        is_relisted = same is not None and same.tree_oid != target.tree_oid
        return VersionRow(
            tree_oid=(same or target).tree_oid,
            revision=(same or target).revision,
            listed_tree_oid=target.tree_oid if is_relisted else None,
            listed_revision=target.revision if is_relisted else None,
            source=self.tasks.source,
            display_name=self.display_name,
            published_at=(since and since.published_at) or target.published_at,
            landed_at=since.landed_at if since else None,
            landed_as=since.landed_as if since else f"{self.event.model}@{target.tree_oid}",
            run_id=self.run.id,
            status=status_of(totals, failed),
            errors=failed,
            warnings=warnings,
            totals=totals,
            task_set_version=self.tasks.version,
        )

    def _result(self, totals: Aggregates, failed: int, claimed: int) -> RunResult:
        submitted = totals.score_submitted
        return RunResult(
            status=status_of(totals, failed),
            successful=totals.tasks_submitted,
            failed=failed,
            skipped=len(self.plan.skipped),
            total_puzzles=claimed,
            accuracy_percent=None if submitted is None else round(submitted * 100, 2),
            score=totals.score,
            error_log=f"{failed} of {claimed} files could not be used" if failed else None,
        )


def _beyond_one(tasks: int | None) -> int:
    return 0 if tasks is None else tasks - 1


def _kind_of(error: TransientError) -> ErrorKind:
    return ErrorKind.INTEGRITY if error.kind == ErrorKind.INTEGRITY else ErrorKind.UNAVAILABLE
