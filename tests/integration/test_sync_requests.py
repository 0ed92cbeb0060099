"""A sync that a request asked for is not lost, and is not done twice, whatever the Hub does meanwhile."""

from collections.abc import Iterator
from typing import Any

import pytest
import stamina
from common import outcomes
from common.bus import topology
from common.events import DeadLetter, SyncCompleted
from common.outcomes import TransientError
from nats.js import JetStreamContext
from watcher import app as watcher_app
from watcher.settings import Settings as WatcherSettings
from watcher.sync import Request

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.hub.faults import RateLimited, Replace, Status
from tests.support.pipeline import Pipeline
from tests.support.services import running
from tests.support.submissions import V1, V2, solved, submission, tasks

TASK = tasks()[0]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(outcomes, "RETRY_DELAYS_SECONDS", (0.05,) * 5)
    with stamina.set_testing(True, attempts=1):
        yield


@pytest.fixture
def settings(pipeline: Pipeline, hub: TestHub, database_url: str, nats_url: str) -> WatcherSettings:
    """Return the settings of a watcher that syncs only when asked. The pipeline has applied the topology."""
    shared: dict[str, Any] = {"hf_endpoint": hub.url, "database_url": database_url, "nats_url": nats_url}
    return WatcherSettings(**shared, hf_datasets=(V1, V2), enable_cron_jobs=False)


async def settled(js: JetStreamContext) -> bool:
    """Tell whether every request for a sync is dealt with."""
    info = await js.consumer_info(topology.STREAM, topology.WATCHER.name)
    return (info.num_pending, info.num_ack_pending) == (0, 0)


async def dead_letters(js: JetStreamContext) -> int:
    info = await js.stream_info(topology.DEAD_STREAM, subjects_filter="dead.>")
    return sum((info.state.subjects or {}).values())


async def test_a_request_that_met_a_503_is_served_later_for_what_is_left(
    pipeline: Pipeline, hub: TestHub, settings: WatcherSettings
) -> None:
    js = pipeline.client.jetstream()
    hub.commit(V2, submission("m", {TASK: solved(TASK)}))
    hub.faults.add(Status(503), f"datasets/{V2}/tree", times=2)
    async with running(watcher_app.run, settings):
        asked = await js.publish("sync.requested", b'{"trigger": "webhook"}')
        found = await eventually(lambda: pipeline.pool.fetch("SELECT * FROM sync_runs WHERE status = 'completed'"), 30)
        await eventually(lambda: settled(js))
    assert (found[0]["trigger"], found[0]["new_models_found"]) == ("webhook", 1)
    completed = SyncCompleted.model_validate_json(
        (await js.get_last_msg(topology.STREAM, SyncCompleted.subject)).data or b""
    )
    assert completed.event_sequence == asked.seq
    statuses = await pipeline.pool.fetch("SELECT status FROM sync_runs ORDER BY id")
    assert [row["status"] for row in statuses] == ["partial", "failed", "completed"]
    assert hub.requests.count(f"datasets/{V1}/tree") == 1
    assert await dead_letters(js) == 0


async def test_a_request_that_is_never_served_is_one_dead_letter_with_the_reason(
    pipeline: Pipeline, hub: TestHub, settings: WatcherSettings
) -> None:
    js = pipeline.client.jetstream()
    hub.faults.add(Status(503), f"datasets/{V2}/tree", times=None)
    async with running(watcher_app.run, settings):
        await js.publish("sync.requested", b'{"request_id": "r-1"}')
        await eventually(lambda: dead_letters(js), 60)
    message = await js.get_last_msg(topology.DEAD_STREAM, "dead.watcher")
    dead_letter = DeadLetter.model_validate_json(message.data or b"")
    assert (dead_letter.kind, dead_letter.delivery_count) == ("sync_failed", topology.MAX_DELIVER)
    assert dead_letter.reason.endswith(f"{V2}: the Hub answers 503")


async def test_a_request_is_served_once_however_often_it_comes(pipeline: Pipeline, hub: TestHub) -> None:
    request = Request("webhook", (V2,))
    for key in ("7@then", "7@then", "8@then"):
        await pipeline.syncer.serve(request, key)
    assert await pipeline.pool.fetchval("SELECT count(*) FROM sync_runs") == 2


async def test_a_request_waits_as_long_as_the_hub_asks_for(pipeline: Pipeline, hub: TestHub) -> None:
    hub.faults.add(RateLimited(reset=77), f"datasets/{V2}/tree", times=1)
    with pytest.raises(TransientError) as raised:
        await pipeline.syncer.serve(Request("webhook"), "7@then")
    assert raised.value.retry_after_seconds == 77


@pytest.mark.parametrize("what", ["\\u0000", "\\ud800"], ids=["NUL", "a lone surrogate"])
async def test_what_postgresql_refuses_in_an_error_leaves_no_sync_running(
    pipeline: Pipeline, hub: TestHub, what: str
) -> None:
    hub.commit(V2, submission("m", {TASK: solved(TASK)}))
    entry = (
        f'[{{"type": "directory", "path": "m", "oid": "{hub.oid(V2, "m")}", "size": 0,'
        f' "lastCommit": {{"id": "1", "title": "t", "date": "at noon {what}"}}}}]'
    )
    hub.faults.add(Replace(entry.encode()), "paths-info", times=None)
    completed = await pipeline.sync()
    assert completed.status == "partial"
    assert "at noon \ufffd" in completed.error
    row = await pipeline.pool.fetchrow("SELECT status, error, datasets FROM sync_runs")
    assert row is not None
    assert (row["status"], row["error"]) == ("partial", completed.error)
