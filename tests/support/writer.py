"""Writes to the database and the bus what the ingester and the watcher write, for tests of those who read it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from common.bus import bus
from common.events import Event, ModelIngested, ModelIngestionFailed, SyncCompleted
from common.names.folders import attempt_model_name
from common.names.registry import ModelNames
from nats.aio.client import Client
from query_api.schemas.cached import AttemptRow
from query_api.store.rows import Submission

DATASET = "arcprize/arc_agi_v2_public_eval"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)

_RUN = """
INSERT INTO ingestion_runs (dataset_name, base_url, source, total_puzzles, successful, failed, skipped, duration_ms,
    accuracy_percent, started_at, completed_at, status, trigger, auto_triggered, hf_dataset, tree_oid, revision, score)
VALUES ($1, 'https://huggingface.co', $2, $3, $4, $5, 0, 1500, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
RETURNING id
"""

_SUPERSEDE = """
UPDATE submission_versions SET superseded_at = $3
WHERE hf_dataset = $1 AND model = $2 AND superseded_at IS NULL AND tree_oid <> $4
"""

_VERSION = """
INSERT INTO submission_versions (hf_dataset, model, tree_oid, revision, source, display_name, published_at,
    ingested_at, run_id, status, tasks_total, tasks_submitted, tasks_solved, pairs_total, pairs_solved, score,
    score_submitted, attempts, total_cost, total_tokens, total_time_ms, errors)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
ON CONFLICT (hf_dataset, model, tree_oid) DO UPDATE SET ingested_at = excluded.ingested_at,
    landed_at = excluded.landed_at, superseded_at = NULL, removed_upstream_at = NULL, run_id = excluded.run_id,
    score = excluded.score, revision = excluded.revision
RETURNING id
"""

_SYNC = """
INSERT INTO sync_runs (trigger, status, started_at, completed_at, models_seen, new_models_found, changed)
VALUES ($1, $2, $3, $4, $5, $6, 0) RETURNING id
"""

_ANSWER = """
INSERT INTO explanations (puzzle_id, pattern_description, solving_strategy, model_name, prompt_template_id, hf_dataset,
    is_prediction_correct, has_multiple_predictions, multi_test_all_correct, multi_test_results, num_test_pairs,
    estimated_cost, total_tokens, api_processing_time_ms, ingested_at, run_id)
VALUES ($1, '', '', $2, 'external-huggingface', $3, $4, $5, $6, $7, $8, $9, $10, $11, now(), $12)
"""


def _display_name(model: str) -> str:
    return ModelNames().of(model).display_name


def oid(*parts: object) -> str:
    """Return a git oid made of anything."""
    return hashlib.sha1(repr(parts).encode(), usedforsecurity=False).hexdigest()


def submission(model: str, content: int, run_id: int, **changes: Any) -> Submission:
    """Return a submission as the view holds it."""
    values: dict[str, Any] = {
        "dataset": DATASET,
        "model": model,
        "source": "ARC2-Eval",
        "status": "completed",
        "tree_oid": oid(content),
        "revision": oid(run_id),
        "run_id": run_id,
        "published_at": START,
        "ingested_at": START + timedelta(seconds=run_id),
        "score": content / 10,
        "score_submitted": content / 10,
        "tasks_total": 120,
        "tasks_submitted": 120,
        "tasks_solved": content,
        "pairs_total": 167,
        "pairs_solved": content,
        "attempts": (AttemptRow(model_name=f"{model}-attempt1", accuracy_percent=40.0),),
        "total_cost": 1.0,
        "total_tokens": 100,
        "errors": 0,
    }
    values |= changes
    landed = {"landed_at": values["ingested_at"], "landed_as": f"{values['model']}@{values['tree_oid']}"}
    return Submission(**landed | {"listed_tree_oid": values["tree_oid"]} | values)


@dataclass
class Writer:
    """Counts instants up, so that what is written later is newer."""

    pool: asyncpg.Pool
    client: Client
    now: datetime = START

    def tick(self) -> datetime:
        """Return the next instant."""
        self.now += timedelta(seconds=1)
        return self.now

    async def ingest(self, model: str, dataset: str = DATASET, **values: Any) -> ModelIngested:
        """Commit a submission as the ingester does; return what it announces, unpublished."""
        at = values.get("ingested_at") or self.tick()
        source = values.get("source", "ARC2-Eval")
        total = values.get("tasks_total", 120)
        submitted = values.get("tasks_submitted", total)
        score = values.get("score", 0.5)
        failed = values.get("failed", 0)
        status = "partial" if failed else "completed"
        trigger = values.get("trigger", "schedule")
        tree_oid = values.get("tree_oid") or oid(dataset, model, values.get("content", 1))
        revision = values.get("revision") or oid("commit", at)
        published_at = values.get("published_at", at - timedelta(days=1))
        attempts = [attempt_model_name(model, number) for number in range(1, values.get("attempts", 2) + 1)]
        score_submitted = score * total / submitted if submitted else None
        percent = None if score_submitted is None else round(score_submitted * 100, 2)
        async with self.pool.acquire() as connection, connection.transaction():
            run_id = await connection.fetchval(
                _RUN, model, source, total, submitted, failed, percent, at - timedelta(seconds=2), at, status, trigger,
                trigger != "manual", dataset, tree_oid, revision, score,
            )  # fmt: skip
            await connection.execute(_SUPERSEDE, dataset, model, at, tree_oid)
            percent_right = values.get("accuracy_percent", 40.0)
            figures = [{"model_name": name, "accuracy_percent": percent_right} for name in attempts]
            version_id = await connection.fetchval(
                _VERSION, dataset, model, tree_oid, revision, source, _display_name(model), published_at, at, run_id,
                status, total, submitted, int(score * total), 167, int(score * 167), score, score_submitted,
                json.dumps(figures), values.get("cost", 1.25), values.get("tokens", 5000), 60_000, failed,
            )  # fmt: skip
            del version_id
        return ModelIngested(
            run_id=run_id, dataset=dataset, model=model, source=source, revision=revision, tree_oid=tree_oid,
            attempts=tuple(attempts), display_name=_display_name(model), tasks_total=total, tasks_submitted=submitted,
            successful=submitted, failed=failed, skipped=0, score=score, score_submitted=score_submitted,
            accuracy_percent=percent, cost=1.25, published_at=published_at, ingested_at=at, duration_ms=1500,
            auto_triggered=trigger != "manual", trigger=trigger,
        )  # fmt: skip

    async def rename(self, old: str, new: str, dataset: str = DATASET) -> None:
        """Give a model's history to another name."""
        await self.pool.execute(
            "UPDATE submission_versions SET model = $3, display_name = $4 WHERE hf_dataset = $1 AND model = $2",
            dataset, old, new, _display_name(new),
        )  # fmt: skip

    async def remove(self, model: str, dataset: str = DATASET) -> None:
        """Mark a model's folder as gone upstream."""
        await self.pool.execute(
            "UPDATE submission_versions SET removed_upstream_at = $3 "
            "WHERE hf_dataset = $1 AND model = $2 AND superseded_at IS NULL",
            dataset, model, self.tick(),
        )  # fmt: skip

    async def sync(self, *, trigger: str = "schedule", status: str = "completed", new: int = 0) -> SyncCompleted:
        """Record a sync; return what it announces, unpublished."""
        started, ended = self.tick(), self.tick()
        sync_id = await self.pool.fetchval(_SYNC, trigger, status, started, ended, 3, new)
        return SyncCompleted.model_validate(
            {
                "sync_id": sync_id, "trigger": trigger, "status": status, "started_at": started,
                "completed_at": ended, "datasets": (), "models_seen": 3, "new_models_found": new, "changed": 0,
            }
        )  # fmt: skip

    def failure(self, model: str, dataset: str = DATASET) -> ModelIngestionFailed:
        """Return the event of an ingestion that failed for good."""
        return ModelIngestionFailed(
            run_id=None, dataset=dataset, model=model, kind="folder_gone", reason="no such folder", delivery_count=6,
            failed_at=self.tick(),
        )  # fmt: skip

    async def answer(
        self, model_name: str, puzzle_id: str, pairs: Sequence[bool], dataset: str = DATASET, **figures: Any
    ) -> None:
        """Write one attempt's answer to one task; `pairs` says which pairs are right."""
        several = len(pairs) > 1
        results = json.dumps([{"index": index, "isPredictionCorrect": right} for index, right in enumerate(pairs)])
        await self.pool.execute(
            _ANSWER, puzzle_id, model_name, dataset, None if several else pairs[0], several,
            all(pairs) if several else None, results if several else None, len(pairs),
            figures.get("cost"), figures.get("tokens"), figures.get("time_ms"), figures.get("run_id"),
        )  # fmt: skip

    async def answers(self, model_name: str, results: Mapping[str, Sequence[bool]], **figures: Any) -> None:
        """Write one attempt's answers to several tasks."""
        for puzzle_id, pairs in results.items():
            await self.answer(model_name, puzzle_id, pairs, **figures)

    async def publish(self, *events: Event) -> None:
        """Put events on the stream, each as a new message."""
        for event in events:
            await bus.publish(self.client, event, "test", key=oid(event, self.tick()))
