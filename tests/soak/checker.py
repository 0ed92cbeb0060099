"""Compares what everybody says once all is calm: Hub, rows, versions, API, events, dead letters, news."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
import asyncpg
from common.arc.task_sets import load_task_set
from common.bus import bus, dead_letters, topology
from common.bus.stored import stored as stored_messages
from common.events import ModelIngested

from tests.soak.faults import Breaker
from tests.soak.listener import Listener
from tests.soak.receiver import CHANNELS
from tests.soak.upstream import DATASETS, SETS, Upstream
from tests.soak.world import World
from tests.support.stored import committed, expected_of_folder, scored, stored

_CURRENT = """
SELECT id, hf_dataset, model, run_id, score, coalesce(listed_tree_oid, tree_oid) AS tree_oid, landed_at
FROM submission_versions WHERE superseded_at IS NULL AND removed_upstream_at IS NULL
"""
_LEFT_OVER = {
    "runs that still run": "SELECT count(*) FROM ingestion_runs WHERE status = 'running'",
    "syncs that still run": "SELECT count(*) FROM sync_runs WHERE status = 'running'",
    "staged rows": "SELECT count(*) FROM staged_rows",
    "requests that wait": "SELECT count(*) FROM waiting_requests",
    "messages to webhooks that were not sent": "SELECT count(*) FROM notification_messages WHERE status <> 'sent'",
}
# Of a renamed model both versions have the instant at which its answers landed.
_LANDINGS = "SELECT DISTINCT hf_dataset, landed_at FROM submission_versions WHERE attempts <> '[]'"
_FAILURES = "SELECT id FROM ingestion_runs WHERE status = 'failed' AND dry_run IS NOT TRUE AND hf_dataset IS NOT NULL"


@dataclass
class Checker:
    """Says what does not agree, in words; nothing is what a run is for."""

    world: World
    upstream: Upstream
    breaker: Breaker
    listener: Listener

    async def problems(self) -> list[str]:
        """Return everything that does not agree."""
        async with asyncpg.create_pool(self.world.servers.postgres.url(), min_size=1, max_size=2) as pool:
            found = [problem async for problem in self._of_database(pool)]
            found += [problem async for problem in self._of_events(pool)]
            found += [problem async for problem in self._of_news(pool)]
            async with aiohttp.ClientSession(self.world.api) as http:
                return found + [problem async for problem in self._of_api(pool, http)]

    async def _of_database(self, pool: asyncpg.Pool) -> AsyncIterator[str]:
        there = {(row["hf_dataset"], row["model"]): row["tree_oid"] for row in await pool.fetch(_CURRENT)}
        wanted = {
            (dataset, model): self.world.hub.oid(dataset, model)
            for dataset in DATASETS
            for model in self.upstream.models(dataset)
        }
        for key in sorted(wanted.keys() | there.keys()):
            if wanted.get(key) != there.get(key):
                yield f"{' '.join(key)}: the Hub has {wanted.get(key)}, the current version is {there.get(key)}"
            else:
                for problem in await self._of_version(pool, *key):
                    yield f"{' '.join(key)}: {problem}"
        for what, statement in _LEFT_OVER.items():
            if count := await pool.fetchval(statement):
                yield f"{count} {what}"

    async def _of_version(self, pool: asyncpg.Pool, dataset: str, model: str) -> list[str]:
        files, tasks = self.upstream.files(dataset, model), load_task_set(SETS[dataset])
        same_rows = await stored(pool, dataset, model) == expected_of_folder(files, model, tasks)
        same_figures = (await committed(pool, dataset, model)).figures == scored(files, model, tasks).figures
        found = {"other rows or results than its files have": same_rows, "other figures than they give": same_figures}
        return [problem for problem, is_same in found.items() if not is_same]

    async def _of_events(self, pool: asyncpg.Pool) -> AsyncIterator[str]:
        versions = await pool.fetch("SELECT run_id, ingested_at FROM submission_versions")
        ingested = {row["run_id"]: row["ingested_at"] for row in versions}
        async with bus.connect(self.world.servers.nats.url(), "soak") as client:
            announced = {
                ModelIngested.model_validate_json(message.body).run_id
                async for message in stored_messages(client, topology.STREAM, 0, subject=ModelIngested.subject)
            }
            for dead in await dead_letters.listed(client):
                yield f"a dead letter of the {dead.letter.service}: {dead.letter.reason}"
        # A version that is ingested again, as after a revert, is of its last run.
        ended = "SELECT id FROM ingestion_runs WHERE status IN ('completed', 'partial')"
        if unknown := announced - {row["id"] for row in await pool.fetch(ended)}:
            yield f"events tell of runs that did not end well: {_some(unknown)}"
        # What was told before the stream was deleted, or the page had to begin anew, went with it.
        if silent := _since(self.breaker.stream_began, ingested) - announced:
            yield f"no event tells of the versions of runs {_some(silent)}"
        if unheard := _since(self.listener.reset_at, ingested) - self.listener.runs:
            yield f"the page was not told of runs {_some(unheard)}"

    async def _of_news(self, pool: asyncpg.Pool) -> AsyncIterator[str]:
        landings = {(row["hf_dataset"], row["landed_at"]) for row in await pool.fetch(_LANDINGS)}
        failures = {row["id"] for row in await pool.fetch(_FAILURES)}
        receiver = self.world.receiver
        for channel in CHANNELS:
            told = Counter(
                (each["dataset"], datetime.fromisoformat(each["happenedAt"]))
                for each in receiver.told(channel)
                if each["kind"] == "landing"
            )
            for dataset, at in sorted(landings - told.keys()):
                yield f"the channel {channel} was not told of what landed in {dataset} at {at}"
            for dataset, at in sorted(each for each, times in told.items() if times > 1):
                yield f"the channel {channel} was told twice of what landed in {dataset} at {at}"
            failed = {each["runId"] for each in receiver.told(channel) if each["kind"] == "failure"}
            if silent := failures - failed:
                yield f"the channel {channel} was not told of the failed runs {_some(silent)}"
        if receiver.forged:
            yield f"{receiver.forged} messages to webhooks are signed wrongly"
        if changed := [wire_id for (_, wire_id), bodies in receiver.bodies.items() if len(bodies) > 1]:
            yield f"{len(changed)} messages to webhooks came again with another body"

    async def _of_api(self, pool: asyncpg.Pool, http: aiohttp.ClientSession) -> AsyncIterator[str]:
        async with http.get("/api/models") as answer:
            shown = {(row["dataset"], row["model"]): row for row in (await answer.json())["data"]}
        current = {(row["hf_dataset"], row["model"]): row for row in await pool.fetch(_CURRENT)}
        for key in sorted(current.keys() | {key for key, row in shown.items() if row["status"] != "removed"}):
            said, true = _figures(shown.get(key)), _figures(current.get(key))
            if said != true:
                yield f"{' '.join(key)}: the API says {said}, the database {true}"
        async with http.get("/api/metrics/latest-model") as answer:
            latest = (await answer.json())["data"]
        newest, _ = max(current.items(), key=lambda item: item[1]["landed_at"], default=(None, None))
        shown_as = latest and (latest["dataset"], latest["model"])
        if newest != shown_as:
            yield f"the latest model is {newest}, the API says {shown_as}"


def _figures(row: Any) -> float | None:
    return None if row is None else float(row["score"])


def _since(moment: datetime | None, runs: Mapping[int, datetime]) -> set[int]:
    return {run for run, at in runs.items() if moment is None or at > moment}


def _some(numbers: Iterable[int]) -> str:
    listed = sorted(numbers)
    return ", ".join(map(str, listed[:10])) + (" ..." if len(listed) > 10 else "")
