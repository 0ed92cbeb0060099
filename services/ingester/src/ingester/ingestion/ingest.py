"""One ingestion, from an event to committed rows. Called by the handler, and by tests, once per delivery.

What is ingested is what the Hub has now; an event only says where to look. Every publisher can name any commit, oid and
date in an event, and an old event names old ones: only the Hub's own answers reach the database. Of an event's words
only the trigger and the requester do, as labels.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

import asyncpg
import structlog
from common.arc.task_sets import TaskSet, detect_source, load_task_set
from common.bus.topology import MAX_DELIVER
from common.events import IngestionProgress, ModelDiscovered, ModelIngested
from common.hub.client import HubClient
from common.names.folders import attempt_model_name, is_plain_folder_name
from common.names.registry import ModelNames
from common.outcomes import PermanentError, TransientError
from common.process import tracing

from ingester.download.pipeline import Download, DownloadPipeline
from ingester.download.plan import Plan, make_plan
from ingester.download.progress import Progress
from ingester.download.writer import staged_rows
from ingester.ingestion.commit import Commit
from ingester.ingestion.report import Report
from ingester.ingestion.upstream import Target, Upstream
from ingester.metrics import Metrics
from ingester.settings import Settings
from ingester.store.runs import Origin, RunOpened, RunResult, RunStart, end_event
from ingester.store.session import LockHeldError, Session, locked
from ingester.store.versions import CurrentVersion
from ingester.submission.attempts import MAX_ATTEMPT_NUMBER
from ingester.submission.error_kinds import JUDGED_BY_LISTING, RETRYABLE
from ingester.submission.limits import Limits

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Ingester:
    """Everything an ingestion needs; one per process."""

    settings: Settings
    pool: asyncpg.Pool
    hub: HubClient
    downloads: DownloadPipeline
    limits: Limits
    longest_model_name: int | None
    holds: bool
    names: ModelNames
    metrics: Metrics
    publish: Callable[[ModelIngested], Awaitable[object]]
    announce: Callable[[IngestionProgress], Awaitable[None]]

    async def ingest(
        self, event: ModelDiscovered, delivery_count: int = 1, sequence: int | None = None
    ) -> ModelIngested | None:
        """Bring the database to the folder's content and publish `model.ingested`; None for a dry run.

        `sequence` is the event's on the stream. Raises TransientError and PermanentError as the outcomes table says.
        """
        tasks = self._task_set(event)
        async with locked(self.pool, event.dataset, event.model) as session:
            with (
                self.metrics.running.track_inprogress(),
                tracing.span("ingestion", dataset=event.dataset, model=event.model, trigger=event.trigger),
            ):
                instance = self.settings.arcwatch_instance or "ingester"
                origin = Origin(event, sequence, delivery_count, instance)

                async def announce(progress: IngestionProgress) -> None:
                    await self.announce(progress.model_copy(update={"request_ids": event.request_ids}))

                report = Report(self.metrics, announce, event)
                landed = await _Ingestion(self, session, origin, tasks, report).run()
            if not landed or event.dry_run:
                return None
            announced = await session.announcement()
            # Where another event's run brought these answers, that one told of it.
            landed = announced.landed and announced.event_sequence == sequence
            announced = announced.model_copy(update={"request_ids": event.request_ids, "landed": landed})
            await self.publish(announced)
            return announced

    def _task_set(self, event: ModelDiscovered) -> TaskSet:
        if event.dataset not in self.settings.hf_datasets:
            configured = ", ".join(self.settings.hf_datasets)
            raise PermanentError(
                f"dataset {event.dataset} is not in HF_DATASETS ({configured})", kind="unknown_dataset"
            )
        if not is_plain_folder_name(event.model):
            raise PermanentError(f"{event.model!r} is not a plain folder name", kind="invalid_event")
        if (
            self.longest_model_name
            and len(attempt_model_name(event.model, MAX_ATTEMPT_NUMBER)) > self.longest_model_name
        ):
            hint = "ALTER TABLE explanations ALTER COLUMN model_name TYPE text"
            raise PermanentError(
                f"the name {event.model} does not fit into this database; {hint}", kind="name_too_long"
            )
        return load_task_set(detect_source(event.dataset) or "", self.settings.arc_tasks_dir)


@dataclass(frozen=True)
class _Ingestion:
    """One delivery of one event, under the model's lock."""

    ingester: Ingester
    session: Session
    origin: Origin
    tasks: TaskSet
    report: Report

    @property
    def event(self) -> ModelDiscovered:
        return self.origin.event

    @property
    def _upstream(self) -> Upstream:
        return Upstream(self.ingester.hub, *self.session.key, self.tasks)

    async def run(self) -> bool:
        """Commit the folder's content, unless the database has it already; tell whether it has it now."""
        current = await self.session.current(RETRYABLE | JUDGED_BY_LISTING)
        if self._is_done(current, self.event.tree_oid):
            # Before the Hub is asked: this may be a redelivery whose folder is gone meanwhile.
            await self._note_unneeded()
            return True
        # A redelivery has the listing prove the commit, too: the first one may have failed for a wrong one.
        first = current is None and self.origin.delivery_count == 1
        revision, target = await self._upstream.find(lists=first)
        if target is None:
            await self._not_there(revision, current)
            return False
        if current is None and not self.event.dry_run:
            current = await self._renamed(target)
        if self._is_done(current, target.tree_oid):
            await self._end_unneeded()
            return True
        return await self._ingest(target, current)

    async def _ingest(self, target: Target, current: CurrentVersion | None) -> bool:
        target, files = await self._upstream.files(target)
        # Results of other rules, or of another edition of the task set, are none of this version: all is judged anew.
        judged = current if current and current.is_scored_by(self.tasks.version) else None
        known = {} if judged is None or self.event.force else judged.failures | judged.results
        limit = self.ingester.settings.ingest_max_file_bytes
        plan = make_plan(self.event.model, files, self.tasks, known, limit)
        run = await self._open(target, plan)
        self.report.started(run.id, plan, self.origin.delivery_count)
        if current is None and not plan.means_answers:
            await self._no_submission(run, plan)
            return False
        commit = Commit(self.session, self.event, target, plan, run, self.tasks, current, self._display_name())
        if current and not plan.fetch and commit.is_same_version:
            return await self._keep(commit, current)
        # Before the download: what is held of it waits for its commit, not for one more answer of the Hub.
        commit = replace(commit, target=await self._upstream.dated(target, plan))
        async with await self._downloading(commit) as download:
            done = await commit.write_held(download.held)
            if done is None:
                commit, broken = self._without(await download.staged(), commit, judged)
                done = await commit.write(broken)
        self.ingester.metrics.files.observe(download.held.expected)
        result, duration_ms = done
        kinds = await self.session.error_kinds(run.id)
        await self.report.ended(run.id, commit.plan, result, duration_ms, kinds)
        return True

    def _without(
        self, broken: Mapping[str, TransientError], commit: Commit, judged: CurrentVersion | None
    ) -> tuple[Commit, Mapping[str, TransientError]]:
        """Return the commit without the files that stay broken: on the last delivery they only cost themselves."""
        if broken and self.origin.delivery_count < MAX_DELIVER:
            raise _stay_broken(broken)
        plan = commit.plan.keeping(broken, judged.results if judged else {})
        if kept := broken.keys() - plan.fetch.keys():
            log.warning("ingestion.kept", run_id=commit.run.id, files=len(kept), reason=str(broken[min(kept)]))
        return replace(commit, plan=plan), {key: error for key, error in broken.items() if key in plan.fetch}

    async def _keep(self, commit: Commit, version: CurrentVersion) -> bool:
        """End the run of a commit that touched no file of a task; tell whether the model is back, which is news."""
        result, duration_ms = await commit.keep(version)
        await self.report.skipped(commit.run.id, result.error_log or "", duration_ms)
        return version.removed

    def _is_done(self, current: CurrentVersion | None, tree_oid: str | None) -> bool:
        if current is None or self.event.force or not current.complete or current.listed_tree_oid != tree_oid:
            return False
        log.info("ingestion.already_done", dataset=self.event.dataset, model=self.event.model)
        return True

    async def _end_unneeded(self) -> None:
        """End this event's run for content that the Hub replaced, before it was done, by what the database has."""
        reason = "its content was replaced upstream by what had been ingested before"
        for run in await self.session.skip_running(self.event, self.origin.sequence, reason):
            await self.report.skipped(run.id, reason, run.duration_ms)
        await self._note_unneeded()

    async def _note_unneeded(self) -> None:
        """Have those who follow a request by its id see that there was nothing to do."""
        if self.event.request_ids and not await self.session.has_run(self.event, self.origin.sequence):
            reason = "its present content is ingested already"
            await end_event(self.session.connection, self.origin, "skipped", reason)

    async def _not_there(self, revision: str, current: CurrentVersion | None) -> None:
        """End the run of a folder that was deleted or renamed since its event: news, which the next sync marks.

        A folder that a person asked for, that nobody listed and that was never ingested, is a wrong name: that is an
        error. Whoever has listed a folder says its tree oid.
        """
        reason = f"{self.event.dataset} has no folder {self.event.model} (at commit {revision[:12]})"
        if self.event.trigger == "manual" and self.event.tree_oid is None and current is None:
            raise PermanentError(reason, kind="folder_gone")
        run = await end_event(self.session.connection, self.origin, "skipped", reason)
        await self.report.skipped(run.id, reason, run.duration_ms)

    async def _no_submission(self, run: RunOpened, plan: Plan) -> None:
        """End the run of a folder that holds no answers, such as one of pictures: it is no submission."""
        reason = "the folder holds no file of a task"
        skipped = len(plan.skipped)
        result = RunResult("skipped", successful=0, failed=0, skipped=skipped, total_puzzles=0, error_log=reason)
        duration_ms = await self.session.close_run(run.id, result)
        await self.report.skipped(run.id, reason, duration_ms)

    async def _renamed(self, target: Target) -> CurrentVersion | None:
        """Take over the history of a model of the same content whose folder is gone upstream."""
        gone = await self._upstream.missing(await self.session.same_content(target.tree_oid))
        old = next(iter(gone), None)
        if old is None:
            return None
        if not await self.session.rename_from(old, self._display_name(), target.revision):
            raise LockHeldError(self.event.dataset, old)
        log.info("ingestion.renamed", dataset=self.event.dataset, model=self.event.model, old_name=old)
        return await self.session.current(RETRYABLE | JUDGED_BY_LISTING)

    def _display_name(self) -> str:
        return self.ingester.names.of(self.event.model).display_name

    async def _open(self, target: Target, plan: Plan) -> RunOpened:
        start = RunStart(
            self.origin,
            base_url=f"{self.ingester.settings.endpoint}/datasets/{self.event.dataset}",
            source=self.tasks.source,
            revision=target.revision,
            tree_oid=target.tree_oid,
            total_puzzles=plan.files,
            task_set_version=self.tasks.version,
        )
        run = await self.session.open_run(start)
        if not run.judged_alike or (run.resumed and self.event.force and run.begun_for != self.origin.sequence):
            # Force asks for every file, fetched and judged again: what another event's run staged does not count.
            # Nor does what an ingester staged that had other rules, or another edition of the task set.
            await self.session.drop_staged(run.id)
        return run

    async def _downloading(self, commit: Commit) -> AbstractAsyncContextManager[Download]:
        """Return the download of what is missing: files of a submission that is new as a whole may be held."""
        run, plan = commit.run, commit.plan
        staged = await self.session.staged(run.id) if run.resumed else set()
        missing = {key: file for key, file in plan.fetch.items() if (key, file.blob_oid) not in staged}
        progress = Progress(
            run.id, self.event.dataset, self.event.model, total=plan.files, announce=self.report.announce
        )
        await progress.advance(plan.files - len(missing))
        count = self.ingester.metrics.rows.inc
        transform = staged_rows(self.session, run.id, self.tasks, self.ingester.limits, count)
        may_hold = self.ingester.holds and commit.previous is None and len(missing) == len(plan.fetch)
        return self.ingester.downloads.run(
            self.session, commit.target.revision, missing, transform, progress, may_hold=may_hold
        )


def _stay_broken(broken: Mapping[str, TransientError]) -> TransientError:
    first = next(iter(broken.values()))
    delays = [error.retry_after_seconds for error in broken.values() if error.retry_after_seconds is not None]
    return TransientError(
        f"{len(broken)} files stay broken, first {first}",
        kind=first.kind,
        retry_after_seconds=max(delays, default=None),
    )
