"""Reports on runs: log lines, metrics, and the end on the bus. A dry run is reported, but counts as no ingestion."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from common.bus import bus
from common.events import IngestionProgress, ModelDiscovered, ModelIngestionFailed, RunStatus
from nats.aio.client import Client

from ingester.download.plan import Plan
from ingester.metrics import Metrics
from ingester.store.runs import Origin, RunEnded, RunResult

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Report:
    """Reports on the runs of one event."""

    metrics: Metrics
    announce: Callable[[IngestionProgress], Awaitable[None]]
    event: ModelDiscovered

    def started(self, run_id: int, plan: Plan, delivery_count: int) -> None:
        """Log what a run is going to do."""
        about = {"trigger": self.event.trigger, "delivery_count": delivery_count}
        self._log("ingestion.started", run_id, **about, files=plan.files, to_fetch=len(plan.fetch))

    async def skipped(self, run_id: int, reason: str, duration_ms: int, *, cancelled: bool = False) -> None:
        """Report a run that ended without a version, and without a failure."""
        if not self.event.dry_run:
            self.metrics.ingestions.labels("cancelled" if cancelled else "skipped").inc()
        self._log("ingestion.ended", run_id, outcome="skipped", reason=reason, duration_ms=duration_ms)
        await self._announce_end(run_id, "skipped", files=0)

    async def ended(
        self, run_id: int, plan: Plan, result: RunResult, duration_ms: int, error_kinds: Mapping[str, int]
    ) -> None:
        """Report a run that came to a score."""
        await self._announce_end(run_id, result.status, plan.files)
        if not self.event.dry_run:
            self._count(plan, result, duration_ms, error_kinds)
        about = {"outcome": result.status, "score": result.score, "files": plan.files, "failed": result.failed}
        self._log("ingestion.ended", run_id, **about, duration_ms=duration_ms)

    def _count(self, plan: Plan, result: RunResult, duration_ms: int, error_kinds: Mapping[str, int]) -> None:
        metrics = self.metrics
        metrics.ingestions.labels(result.status).inc()
        metrics.duration.observe(duration_ms / 1000)
        metrics.size.observe(sum(file.size for file in plan.fetch.values()))
        metrics.settled_files.labels("used").inc(result.successful)
        metrics.settled_files.labels("failed").inc(result.failed)
        metrics.settled_files.labels("no_task").inc(len(plan.skipped))
        for kind, files in error_kinds.items():
            metrics.file_errors.labels(kind).inc(files)

    def _log(self, what: Literal["ingestion.started", "ingestion.ended"], run_id: int, **about: object) -> None:
        event = self.event
        names = {"dataset": event.dataset, "model": event.model, "dry_run": event.dry_run}
        log.info(what, run_id=run_id, **names, **about)

    async def _announce_end(self, run_id: int, status: RunStatus, files: int) -> None:
        """Announce that the run is over, so that progress bars end."""
        dataset, model = self.event.dataset, self.event.model
        await self.announce(
            IngestionProgress(run_id=run_id, dataset=dataset, model=model, done=files, total=files, status=status)
        )


async def publish_failure(
    client: Client, source: str, origin: Origin, run: RunEnded, *, kind: str, reason: str
) -> None:
    """Log that a run failed, and publish it; published twice, it is stored once."""
    event = origin.event
    about: dict[str, Any] = {"run_id": run.id, "dataset": event.dataset, "model": event.model}
    about |= {"dry_run": event.dry_run, "kind": kind, "reason": reason}
    log.error("ingestion.ended", **about, outcome="failed", duration_ms=run.duration_ms)
    failed = ModelIngestionFailed(
        **about,
        delivery_count=origin.delivery_count,
        failed_at=run.ended_at,
        event_sequence=origin.sequence,
        request_ids=event.request_ids,
    )
    await bus.publish(client, failed, source, key=ModelIngestionFailed.key_of(run.id, run.started_at))
