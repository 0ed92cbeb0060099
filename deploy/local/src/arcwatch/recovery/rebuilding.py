"""Rebuilds what the Hub alone can bring back: a sync now, and then waiting until all that it lists is here."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import asyncpg
from common import roles
from common.database.pool import open_pool
from common.events import SyncCompleted
from watcher.settings import Settings

from arcwatch.clients import syncing
from arcwatch.errors import DeploymentError

_LOOK_SECONDS: Final = 1.0
_ENDED: Final = frozenset({"completed", "partial", "failed", "skipped"})

Key = tuple[str, str]

# Tables whose rows come anew with an ingestion, or are of use to unfinished ones only.
FROM_THE_HUB: Final = frozenset(
    {"explanations", "submission_versions", "task_results", "ingestion_errors", "staged_rows", "waiting_requests"}
)
# What only a backup brings back, by the table that holds it.
NOT_FROM_THE_HUB: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ingestion_runs": "the history of runs, with their errors and requests",
        "sync_runs": "the history of syncs",
        "model_names": "what admins said of models (arcwatch names set)",
        "verifications": "verdicts of earlier verifications; those of current versions are made anew",
        "admin_actions": "the audit log of what admins did",
        "dataset_pauses": "which datasets admins have paused: pause them again first",
        "cancellations": "runs and requests that were to be cancelled",
        "overtaken_events": "which manual requests were done ahead of their turn",
        "notification_events": "which events notifications were made of",
        "notification_messages": "notifications that waited to be sent, and the record of those sent",
        "notification_channels": "when messages of each channel were last taken and refused",
        "notification_tests": "test messages that admins asked for",
        "notification_reader": "how far the notifier has read the events",
        "version_scores": "figures that a rescoring had replaced",
    }
)
# Of tables that come back, what does not.
NOT_FROM_THE_HUB_EITHER: Final = (
    "superseded versions, and models that left the Hub",
    "when each answer came here (ingestedAt): what is rebuilt is ingested now, the oldest commit first",
    "rows of the existing app, and what refers to them",
    "on NATS: dead letters, and requests that waited",
)

STATES: Final = """
SELECT k.dataset, k.model, v.id IS NOT NULL AS there, r.status, r.error_log
FROM unnest($1::text[], $2::text[]) AS k (dataset, model)
LEFT JOIN submission_versions v ON v.hf_dataset = k.dataset AND v.model = k.model AND v.superseded_at IS NULL
LEFT JOIN LATERAL (
    SELECT status, error_log FROM ingestion_runs
    WHERE hf_dataset = k.dataset AND dataset_name = k.model AND started_at >= $3 AND dry_run IS NOT TRUE
    ORDER BY started_at DESC, id DESC LIMIT 1
) r ON true
"""


@dataclass
class Rebuilt:
    """What came of it: how many submissions the Hub lists, and of each that is not here why."""

    listed: int
    sent: int
    missing: dict[Key, str] = field(default_factory=dict)
    no_submissions: int = 0
    """Folders without a file of a task."""
    waiting: int = 0

    @property
    def here(self) -> int:
        """How many of those sent are here now."""
        return self.sent - self.waiting - self.no_submissions - len(self.missing)


async def rebuild(settings: Settings, timeout_seconds: float, on_progress: Callable[[int, int], object]) -> Rebuilt:
    """Have everything ingested that the Hub lists and the database lacks; return once all is here or has failed."""
    completed = await syncing.sync(settings, (), auto_ingest=True, by="cli:rebuild")
    if failed := [f"{each.dataset}: {each.error}" for each in completed.datasets if each.error]:
        raise DeploymentError(f"the Hub could not be listed whole, try again: {'; '.join(failed)}")
    expected = _expected(completed)
    rebuilt = Rebuilt(listed=completed.models_seen, sent=len(expected), waiting=len(expected))
    async with open_pool(settings.database_url.get_secret_value(), wait_seconds=0) as pool:
        try:
            async with asyncio.timeout(timeout_seconds):
                while await _look(pool, expected, completed, rebuilt):
                    on_progress(rebuilt.sent - rebuilt.waiting, rebuilt.sent)
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            pass
    return rebuilt


def _expected(completed: SyncCompleted) -> dict[Key, bool]:
    """Return what was sent to be ingested, and of each whether there was no version of it before."""
    found: dict[Key, bool] = {}
    for each in completed.datasets:
        found |= {(each.dataset, name): True for name in each.new}
        found |= {(each.dataset, name): False for name in each.changed}
        found |= {(each.dataset, name): True for _, name in each.renamed}
    return found


async def _look(pool: asyncpg.Pool, expected: Mapping[Key, bool], completed: SyncCompleted, rebuilt: Rebuilt) -> int:
    """Count those that are neither here nor have ended otherwise."""
    datasets, models = [dataset for dataset, _ in expected], [model for _, model in expected]
    rows = await pool.fetch(STATES, datasets, models, completed.started_at)
    rebuilt.missing, rebuilt.no_submissions, rebuilt.waiting = {}, 0, 0
    for row in rows:
        key = row["dataset"], row["model"]
        if row["there"] and (expected[key] or row["status"] in _ENDED):
            continue
        if row["status"] == "skipped":
            rebuilt.no_submissions += 1
        elif row["status"] in _ENDED:
            rebuilt.missing[key] = row["error_log"] or row["status"]
        else:
            rebuilt.waiting += 1
    return rebuilt.waiting


def lost() -> list[str]:
    """Return what only a backup brings back."""
    others = [name for name in roles.tables() if name not in FROM_THE_HUB | NOT_FROM_THE_HUB.keys()]
    return [*NOT_FROM_THE_HUB_EITHER, *NOT_FROM_THE_HUB.values(), *(f"the rows of {name}" for name in others)]
