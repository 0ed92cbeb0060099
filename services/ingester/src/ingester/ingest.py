"""One ingestion, from an event to committed rows. Called by the handler, and by tests, once per delivery."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import structlog
from common import tracing
from common.arc_tasks import TaskSet, detect_source, load_task_set
from common.events import IngestionProgress, ModelDiscovered, ModelIngested
from common.hub import FolderGone, Hub, RemoteFile, RevisionGone
from common.model_names import attempt_model_name, display_name, is_plain_folder_name
from common.outcomes import Permanent, Transient
from common.topology import MAX_DELIVER

from ingester import store, target
from ingester.collect import Collector
from ingester.commit import Commit, Committed
from ingester.documents import Bytes
from ingester.kinds import JUDGED_BY_LISTING, RETRYABLE
from ingester.limits import Limits
from ingester.metrics import Metrics
from ingester.plan import Plan, make_plan
from ingester.progress import Progress
from ingester.settings import Settings
from ingester.staging import Records, staged_records
from ingester.store import CurrentVersion, LockHeldError, RunOpened, Session
from ingester.submission import LARGEST_NUMBER
from ingester.target import Target

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Ingester:
    """Everything an ingestion needs; one per process."""

    settings: Settings
    pool: asyncpg.Pool
    hub: Hub
    collector: Collector
    limits: Limits
    longest_model_name: int | None
    metrics: Metrics
    publish: Callable[[ModelIngested], Awaitable[object]]
    announce: Callable[[IngestionProgress], Awaitable[None]]

    async def ingest(self, event: ModelDiscovered, delivery_count: int = 1) -> ModelIngested | None:
        """Bring the database to the folder's content and publish `model.ingested`; None for a dry run.

        Raises Transient and Permanent as the outcomes table means them.
        """
        tasks = self._task_set(event)
        async with store.locked(self.pool, event.dataset, event.model) as session:
            with (
                self.metrics.running.track_inprogress(),
                tracing.span("ingestion", dataset=event.dataset, model=event.model, trigger=event.trigger),
            ):
                ingestion = _Ingestion(self, session, event, delivery_count, tasks)
                await ingestion.run()
            if event.dry_run:
                return None
            if not await session.has_version():
                return None
            announced = ModelIngested(**await session.announcement())
            await self.publish(announced)
            return announced

    def _task_set(self, event: ModelDiscovered) -> TaskSet:
        if event.dataset not in self.settings.hf_datasets:
            configured = ", ".join(self.settings.hf_datasets)
            raise Permanent(f"dataset {event.dataset} is not in HF_DATASETS ({configured})", kind="unknown_dataset")
        if not is_plain_folder_name(event.model):
            raise Permanent(f"{event.model!r} is not a plain folder name", kind="invalid_event")
        if self.longest_model_name and len(attempt_model_name(event.model, LARGEST_NUMBER)) > self.longest_model_name:
            hint = "ALTER TABLE explanations ALTER COLUMN model_name TYPE text"
            raise Permanent(f"the name {event.model} does not fit into this database; {hint}", kind="name_too_long")
        return load_task_set(detect_source(event.dataset) or "", self.settings.arc_tasks_dir)


@dataclass(frozen=True)
class _Ingestion:
    """One delivery of one event, under the model's lock."""

    ingester: Ingester
    session: Session
    event: ModelDiscovered
    delivery_count: int
    tasks: TaskSet

    async def run(self) -> None:
        """Commit the folder's content, unless the database has it already."""
        current = await self.session.current(RETRYABLE, JUDGED_BY_LISTING)
        if self._is_done(current, self.event.tree_oid):
            # Before the Hub is asked: this may be a redelivery whose folder is gone meanwhile.
            return
        goal = await self._goal(current)
        if current is None and not self.event.dry_run:
            current = await self._renamed(goal)
        if self._is_done(current, goal.tree_oid):
            await self._end_unneeded()
            return
        goal, files = await self._listed(goal)
        plan = self._plan(files, current)
        run = await self._open(goal, plan)
        log.info(
            "ingestion.started",
            run_id=run.id,
            dataset=self.event.dataset,
            model=self.event.model,
            trigger=self.event.trigger,
            delivery_count=self.delivery_count,
            files=plan.files,
            to_fetch=len(plan.fetch),
        )
        if current is None and not plan.files:
            await self._skip(run, plan)
            return
        broken = await self._collect(goal, plan, run)
        plan = plan.keeping(broken, current.results if current else {})
        if kept := broken.keys() - plan.fetch.keys():
            log.warning("ingestion.kept", run_id=run.id, files=len(kept), reason=str(broken[min(kept)]))
            broken = {task_id: error for task_id, error in broken.items() if task_id not in kept}
        commit = Commit(self.session, self.event, goal, plan, run, self.tasks, current, datetime.now(UTC))
        committed = await commit.write(broken)
        await self._tell_end(run, plan, committed)
        await self._report(run, plan, committed)

    def _is_done(self, current: CurrentVersion | None, tree_oid: str | None) -> bool:
        if current is None or self.event.force or not current.complete or current.tree_oid != tree_oid:
            return False
        log.info("ingestion.already_done", dataset=self.event.dataset, model=self.event.model)
        return True

    async def _end_unneeded(self) -> None:
        """End the runs for content that the Hub replaced, before they were done, by what the database has."""
        reason = "its content was replaced upstream by what had been ingested before"
        for run in await self.session.skip_running(reason):
            await self.session.drop_staged(run.id)
            self._tell_skipped(run.id, reason, run.duration_ms)

    async def _skip(self, run: RunOpened, plan: Plan) -> None:
        """End the run of a folder that holds no task file, such as one of pictures: it is no submission."""
        reason = "the folder holds no file of a task"
        duration_ms = await self.session.close_run(
            run.id,
            status="skipped",
            completed_at=datetime.now(UTC),
            successful=0,
            failed=0,
            skipped=len(plan.skipped),
            total_puzzles=0,
            accuracy_percent=None,
            score=None,
            error_log=reason,
        )
        self._tell_skipped(run.id, reason, duration_ms)

    def _tell_skipped(self, run_id: int, reason: str, duration_ms: int) -> None:
        self.ingester.metrics.ingestions.labels("skipped").inc()
        log.info(
            "ingestion.ended",
            run_id=run_id,
            dataset=self.event.dataset,
            model=self.event.model,
            outcome="skipped",
            reason=reason,
            duration_ms=duration_ms,
        )

    async def _goal(self, current: CurrentVersion | None) -> Target:
        """Trust a watcher's event the first time it comes for a new model; otherwise something may have happened since.

        An old event must not bring an old version back.
        """
        pinned = target.from_event(self.event)
        if pinned and current is None and self.delivery_count == 1:
            return pinned
        return await target.from_hub(self.ingester.hub, self.event.dataset, self.event.model)

    async def _renamed(self, goal: Target) -> CurrentVersion | None:
        old = await self._old_name(goal)
        if old is None:
            return None
        if not await self.session.take_over(old, display_name(self.event.model)):
            raise LockHeldError(self.event.dataset, old)
        log.info("ingestion.renamed", dataset=self.event.dataset, model=self.event.model, old_name=old)
        return await self.session.current(RETRYABLE, JUDGED_BY_LISTING)

    async def _old_name(self, goal: Target) -> str | None:
        """Return the model of the same content whose folder is gone upstream."""
        candidates = await self.session.same_content(goal.tree_oid)
        if not candidates:
            return None
        try:
            there = await self.ingester.hub.describe(self.event.dataset, candidates, goal.revision)
        except RevisionGone as error:
            # The next delivery asks the Hub what is there now.
            raise Transient(str(error), kind="revision_gone", retry_after_seconds=1.0) from error
        return next((name for name in candidates if name not in there), None)

    async def _listed(self, goal: Target) -> tuple[Target, list[RemoteFile]]:
        hub, dataset, model = self.ingester.hub, self.event.dataset, self.event.model
        try:
            return goal, await hub.files(dataset, model, goal.revision, goal.tree_oid)
        except (RevisionGone, FolderGone):
            # The history was squashed or rewritten since the event was made: what is there now?
            goal = await target.from_hub(hub, dataset, model)
        try:
            return goal, await hub.files(dataset, model, goal.revision, goal.tree_oid)
        except (RevisionGone, FolderGone) as error:
            raise Transient(f"the history changes under our hands: {error}", kind="revision_gone") from error

    def _plan(self, files: list[RemoteFile], current: CurrentVersion | None) -> Plan:
        known = {} if current is None or self.event.force else current.failures | current.results
        limit = self.ingester.settings.ingest_max_file_bytes
        return make_plan(self.event.model, files, self.tasks.tasks, known, limit)

    async def _open(self, goal: Target, plan: Plan) -> RunOpened:
        settings, event = self.ingester.settings, self.event
        run = await self.session.open_run(
            delivery_count=self.delivery_count,
            ingester=settings.arcwatch_instance or "ingester",
            revision=goal.revision,
            tree_oid=goal.tree_oid,
            total_puzzles=plan.files,
            dry_run=event.dry_run,
            base_url=f"{settings.endpoint}/datasets/{event.dataset}",
            source=self.tasks.source,
            trigger=event.trigger,
            auto_triggered=event.trigger != "manual",
        )
        if run.resumed and event.force and self.delivery_count == 1:
            # What an earlier event's run had staged is not what force asks for: every file, fetched and judged again.
            await self.session.drop_staged(run.id)
        return run

    async def _collect(self, goal: Target, plan: Plan, run: RunOpened) -> dict[str, Transient]:
        """Fetch and stage what is missing; on the last delivery, files that stay broken only cost themselves."""
        staged = await self.session.staged(run.id) if run.resumed else set()
        missing = {task_id: file for task_id, file in plan.fetch.items() if (task_id, file.blob_oid) not in staged}
        progress = Progress(
            run.id, self.event.dataset, self.event.model, total=plan.files, announce=self.ingester.announce
        )
        await progress.advance(plan.files - len(missing))
        transform = staged_records(self.session, run.id, self.tasks, self.ingester.limits)

        def counted(task_id: str, file: RemoteFile, body: Bytes) -> Records:
            records = transform(task_id, file, body)
            self.ingester.metrics.rows.inc(len(records))
            return records

        broken = await self.ingester.collector.run(
            self.session, goal.revision, missing, transform=counted, progress=progress
        )
        self.ingester.metrics.files.observe(len(missing))
        if broken and self.delivery_count < MAX_DELIVER:
            first = next(iter(broken.values()))
            asked = [error.retry_after_seconds for error in broken.values() if error.retry_after_seconds is not None]
            raise Transient(
                f"{len(broken)} files stay broken, first {first}",
                kind=first.kind,
                retry_after_seconds=max(asked, default=None),
            )
        return broken

    async def _tell_end(self, run: RunOpened, plan: Plan, committed: Committed) -> None:
        """Announce that the run is over, so that progress bars end."""
        await self.ingester.announce(
            IngestionProgress(
                run_id=run.id,
                dataset=self.event.dataset,
                model=self.event.model,
                done=plan.files,
                total=plan.files,
                status=committed.status,
            )
        )

    async def _report(self, run: RunOpened, plan: Plan, committed: Committed) -> None:
        metrics = self.ingester.metrics
        metrics.ingestions.labels(committed.status).inc()
        metrics.duration.observe(committed.duration_ms / 1000)
        metrics.size.observe(sum(file.size for file in plan.fetch.values()))
        metrics.settled_files.labels("used").inc(committed.successful)
        metrics.settled_files.labels("failed").inc(committed.failed)
        metrics.settled_files.labels("no_task").inc(len(plan.skipped))
        for kind, files in (await self.session.error_kinds(run.id)).items():
            metrics.file_errors.labels(kind).inc(files)
        log.info(
            "ingestion.ended",
            run_id=run.id,
            dataset=self.event.dataset,
            model=self.event.model,
            outcome=committed.status,
            score=committed.score,
            files=plan.files,
            failed=committed.failed,
            duration_ms=committed.duration_ms,
        )
