"""The system's state tells who is at work, and when a sync is overdue."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from common.bus.topology import INGESTER, STREAM
from common.schedule import Window
from nats.aio.client import Client
from pydantic import SecretStr

from tests.query_api.conftest import Start
from tests.support.api import Api
from tests.support.writer import Writer


async def test_no_service_at_work_is_shown(api: Api) -> None:
    data = await api.data("/api/status")

    assert data["ingesters"] == {"alive": False, "idle": 0, "busy": 0, "waiting": 0}
    assert data["busConnected"]
    assert not data["hub"]["reachable"]
    assert data["hub"]["reason"]


async def test_an_ingester_that_asks_for_work_counts_as_alive(api: Api, bus: Client) -> None:
    await bus.publish(
        f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{INGESTER.name}", b'{"batch": 1, "expires": 30000000000}', "_INBOX.nobody"
    )
    subscription = await bus.subscribe("_INBOX.nobody")

    data = (await api.until("/api/status", lambda found: found["data"]["ingesters"]["alive"]))["data"]

    assert data["ingesters"]["idle"] == 1
    await subscription.unsubscribe()


async def test_a_watcher_that_waits_for_the_end_of_a_blackout_is_not_silent(start: Start, writer: Writer) -> None:
    now = datetime.now(UTC)
    window = Window((now - timedelta(hours=4)).time(), (now + timedelta(hours=4)).time())
    last = now - timedelta(hours=4, minutes=30)
    writer.now = last - timedelta(seconds=1)
    await writer.sync()
    changes = {"hf_sync_schedule": f"{now.minute} * * * *", "enable_cron_jobs": True}
    async with start(**changes) as api:
        watcher = (await api.data("/api/status"))["watcher"]
        assert (watcher["silent"], watcher["overdueSince"] is not None) == (True, True)
    async with start(**changes, hf_sync_blackout=(window,)) as api:
        watcher = (await api.data("/api/status"))["watcher"]
        assert (watcher["silent"], watcher["overdueSince"]) == (False, None)


@pytest.mark.parametrize("hours", [-2, 2], ids=["behind", "ahead"])
async def test_what_is_due_is_read_off_the_databases_clock(
    start: Start, writer: Writer, pool: asyncpg.Pool, database_url: str, hours: int
) -> None:
    await pool.execute(_SET_APART.format(hours=hours))
    separator = "&" if "?" in database_url else "?"
    url = SecretStr(f"{database_url}{separator}search_path=apart,pg_catalog,public")
    now = datetime.now(UTC) + timedelta(hours=hours)
    tick = (now - timedelta(minutes=45)).replace(second=0, microsecond=0)
    changes = {"hf_sync_schedule": f"{tick.minute} * * * *", "enable_cron_jobs": True, "database_url": url}
    for last, silent in ((tick - timedelta(minutes=30), True), (tick + timedelta(seconds=9), False)):
        writer.now = last - timedelta(seconds=1)
        await writer.sync()
        async with start(**changes) as api:
            watcher = (await api.data("/api/status"))["watcher"]
            assert (watcher["silent"], watcher["overdueSince"] is not None) == (silent, silent)
            next_run = (await api.get("/api/admin/cron-status"))[1]["nextRun"]
            assert datetime.fromisoformat(next_run) == tick + timedelta(hours=1)


_SET_APART = """
CREATE SCHEMA apart;
CREATE FUNCTION apart.clock_timestamp() RETURNS timestamptz LANGUAGE sql
    AS $$ SELECT pg_catalog.clock_timestamp() + interval '{hours} hours' $$;
"""
