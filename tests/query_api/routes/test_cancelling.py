"""An admin cancels a run that runs or a request that waits; what has ended is told so."""

import asyncpg
from common.bus import bus as events
from common.events import ModelDiscovered
from nats.aio.client import Client

from tests.query_api.conftest import TOKEN
from tests.support.api import Api
from tests.support.cli import arcwatch
from tests.support.writer import DATASET

BEARER = {"Authorization": f"Bearer {TOKEN}"}
BEGIN = """
INSERT INTO ingestion_runs (hf_dataset, dataset_name, base_url, status, trigger, total_puzzles, successful, failed,
    skipped, duration_ms, dry_run, started_at, completed_at)
VALUES ($1, 'm', '', $2, 'manual', 0, 0, 0, 0, 0, false, now(), now()) RETURNING id
"""


async def test_a_run_and_a_request_are_cancelled_and_it_is_written_down_by_whom(
    api: Api, bus: Client, pool: asyncpg.Pool
) -> None:
    going, done = [await pool.fetchval(BEGIN, DATASET, status) for status in ("running", "completed")]
    await events.publish(bus, ModelDiscovered(dataset=DATASET, model="m", request_ids=("waits",)), "test")
    runs, requests = "/api/admin/ingestion-history", "/api/admin/ingestion-requests"
    assert (await api.post(f"{runs}/{going}/cancel", **BEARER))[0] == 202
    assert (await arcwatch("runs", "cancel", "waits", "--url", api.url, env={"ADMIN_TOKEN": TOKEN})).status == 0
    for path, status in {
        f"{runs}/{done}/cancel": 422,
        f"{runs}/77/cancel": 404,
        f"{runs}/{2**31}/cancel": 400,
        f"{requests}/unknown/cancel": 404,
    }.items():
        assert (await api.post(path, **BEARER))[0] == status, path
        assert (await api.post(path))[0] == 401, path
    found = [
        tuple(row) for row in await pool.fetch("SELECT run_id, request_id, asked_by FROM cancellations ORDER BY id")
    ]
    assert found == [(going, None, "admin"), (None, "waits", "admin")]
    deeds = (await api.get("/api/admin/audit", **BEARER))[1]["data"]
    assert [(each["action"], each["target"]) for each in deeds] == [
        ("requests.cancel", {"requestId": "waits", "dataset": DATASET, "model": "m"}),
        ("runs.cancel", {"run": going}),
    ]
