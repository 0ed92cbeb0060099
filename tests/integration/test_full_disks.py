"""A disk without room is told from a server that is away; work is held, and goes on by itself once there is room.

What PostgreSQL raises for a full disk, a trigger raises here. A NATS whose disk was full leaves messages without an
answer, as a stream without acks does. The servers themselves on small disks: test_small_disks.py.
"""

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import asyncpg
import pytest
from common.bus import bus, topology
from common.events import ModelIngested, SyncRequested
from ingester import app as ingester_app
from ingester.settings import Settings as IngesterSettings
from nats.aio.client import Client
from pydantic import SecretStr
from watcher import app as watcher_app
from watcher.settings import Settings as WatcherSettings

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline
from tests.support.services import running
from tests.support.submissions import V2, solved, submission, tasks

ONE = tasks()[0]
WORDS = 'could not extend file "base/16385/16389": No space left on device'


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.process.outage.ROOM_PAUSE_SECONDS", 0.1)
    monkeypatch.setattr("common.bus.bus.PUBLISH_TIMEOUT_SECONDS", 0.5)


@contextlib.asynccontextmanager
async def full_database(url: str) -> AsyncIterator[None]:
    """Have PostgreSQL say that it has no room for answers, until the block ends."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        f"""CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = '{WORDS}'; END; $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON task_results EXECUTE FUNCTION full_disk()"""
    )
    try:
        yield
    finally:
        await connection.execute("DROP FUNCTION full_disk CASCADE")
        await connection.close()


@contextlib.asynccontextmanager
async def full_bus(client: Client, **limits: Any) -> AsyncIterator[None]:
    """Have the stream take nothing, until the block ends."""
    js = client.jetstream()
    (config,) = [each for each in topology.streams(1) if each.name == topology.STREAM]
    await js.update_stream(replace(config, **limits))
    yield
    await js.update_stream(config)


async def is_noticed(ops: str, words: str) -> None:
    """Wait until readiness names the disk, and the metric of which the alert is made is 0."""
    async with aiohttp.ClientSession(ops) as http:

        async def says_so() -> bool:
            async with http.get("/readyz") as answer:
                return answer.status == 503 and words in (await answer.json())["checks"].get("disk", "")

        await eventually(says_so, 30)
        async with http.get("/metrics") as answer:
            assert re.search(r'^arcwatch_check_up\{check="disk".*\} 0\.0$', await answer.text(), re.MULTILINE)


async def is_ready(ops: str) -> bool:
    async with aiohttp.ClientSession(ops) as http, http.get("/readyz") as answer:
        return answer.status == 200


async def nothing_failed(pipeline: Pipeline) -> None:
    """Find every message settled at its first delivery, and no dead letter."""
    js = pipeline.client.jetstream()

    async def settled() -> bool:
        info = await js.consumer_info(topology.STREAM, topology.INGESTER.name)
        return (info.num_ack_pending, info.num_pending, info.num_redelivered) == (0, 0, 0)

    await eventually(settled, 30)
    assert (await js.stream_info(topology.DEAD_STREAM)).state.messages == 0
    assert await pipeline.pool.fetchval("SELECT array_agg(DISTINCT status) FROM ingestion_runs") == ["completed"]


@pytest.mark.parametrize("full", ["database", "bus", "stuck bus"])
async def test_an_ingestion_without_room_is_held_and_goes_on(
    full: str, pipeline: Pipeline, hub: TestHub, database_url: str, nats_url: str
) -> None:
    hub.commit(V2, submission("m", {ONE: solved(ONE)}))
    settings = IngesterSettings(
        database_url=SecretStr(database_url), nats_url=SecretStr(nats_url), hf_endpoint=hub.url, log_level="error"
    )
    noticed = {
        "database": (full_database(database_url), WORDS),
        "bus": (full_bus(pipeline.client, max_bytes=1), "NATS stores nothing on ARCWATCH"),
        "stuck bus": (full_bus(pipeline.client, no_ack=True), "NATS answers, and stores nothing on ARCWATCH"),
    }
    disk, words = noticed[full]
    js = pipeline.client.jetstream()
    async with running(ingester_app.run, settings) as ops:
        later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        await js.pause_consumer(topology.STREAM, topology.INGESTER.name, later)
        await pipeline.sync()
        async with disk:
            await js.resume_consumer(topology.STREAM, topology.INGESTER.name)
            await is_noticed(ops, words)
        await nothing_failed(pipeline)
        await eventually(lambda: is_ready(ops), 30)
    assert (await pipeline.version("m"))["score"] > 0
    assert (await js.get_last_msg(topology.STREAM, ModelIngested.subject)).data is not None


async def test_a_sync_without_room_goes_on_and_is_not_begun_anew(
    pipeline: Pipeline, hub: TestHub, database_url: str, nats_url: str
) -> None:
    hub.commit(V2, submission("m", {ONE: solved(ONE)}))
    settings = WatcherSettings(
        database_url=SecretStr(database_url),
        nats_url=SecretStr(nats_url),
        hf_endpoint=hub.url,
        log_level="error",
        hf_sync_catch_up=False,
        enable_cron_jobs=False,
    )
    async with running(watcher_app.run, settings) as ops:
        await bus.publish(pipeline.client, SyncRequested(), "test")
        async with full_bus(pipeline.client, max_bytes=1):
            await is_noticed(ops, "NATS stores nothing on ARCWATCH")
        await eventually(lambda: is_ready(ops), 30)
    assert await pipeline.pool.fetchval("SELECT array_agg(status) FROM sync_runs") == ["completed"]
