"""A watcher killed in the middle of a sync is replaced, by another or by itself; a commit is heard of at once."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from common.bus import topology
from common.events import ModelDiscovered
from localhub.web.webhooks import Watched, Webhook
from watcher import app as watcher_app
from watcher.settings import Settings as WatcherSettings

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.hub.faults import Exchange
from tests.support.pipeline import Pipeline
from tests.support.services import running
from tests.support.submissions import V1, V2, solved, submission, tasks
from tests.support.system import whole

TASK = tasks()[0]


class NoAnswer:
    """Lets a request wait longer than any test: whoever asks is killed first."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        self.asked.set()
        await asyncio.sleep(600)
        return await exchange.answer()


@pytest.fixture
def shared(pipeline: Pipeline, hub: TestHub, database_url: str, nats_url: str) -> dict[str, Any]:
    """Return the watchers' settings. The pipeline has applied the topology."""
    return {"hf_endpoint": hub.url, "hf_datasets": (V1, V2), "database_url": database_url, "nats_url": nats_url}


@contextlib.asynccontextmanager
async def killed_in_the_middle_of_a_sync(pipeline: Pipeline, shared: dict[str, Any]) -> AsyncIterator[int]:
    """Yield the id of a sync whose watcher, a process of its own, stands still in it; kill -9 at the end."""
    values = {**shared, "hf_datasets": ",".join(shared["hf_datasets"]), "log_level": "error"}
    environment = {name.upper(): str(value) for name, value in values.items()}
    standstill = NoAnswer()
    pipeline.hub.faults.add(standstill, f"datasets/{V2}/tree", times=1)
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "watcher", env={**os.environ, **environment})
    try:
        await asyncio.wait_for(standstill.asked.wait(), 30)
        yield await pipeline.pool.fetchval("SELECT id FROM sync_runs WHERE status = 'running'")
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def status(pipeline: Pipeline, sync_id: int) -> str:
    found: str = await pipeline.pool.fetchval("SELECT status FROM sync_runs WHERE id = $1", sync_id)
    return found


async def discovered(pipeline: Pipeline) -> list[ModelDiscovered]:
    """Return every event published so far, in order."""
    js = pipeline.client.jetstream()
    info = await js.stream_info(topology.STREAM)
    messages = [await js.get_msg(topology.STREAM, number) for number in range(1, info.state.last_seq + 1)]
    wanted = (each.data or b"" for each in messages if each.subject == ModelDiscovered.subject)
    return [ModelDiscovered.model_validate_json(data) for data in wanted]


async def test_another_watcher_takes_over(
    pipeline: Pipeline, hub: TestHub, shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.poll.LOOK_SECONDS", 0.1)
    async with running(watcher_app.run, WatcherSettings(**shared)):
        await eventually(lambda: pipeline.pool.fetchval("SELECT 1 FROM sync_runs WHERE status = 'completed'"))
        hub.commit(V2, submission("m", {TASK: solved(TASK)}))
        async with killed_in_the_middle_of_a_sync(pipeline, shared) as sync_id:
            assert await status(pipeline, sync_id) == "running"
        found = await eventually(lambda: discovered(pipeline))
        assert [event.model for event in found] == ["m"]

        async def completed() -> bool:
            return await status(pipeline, sync_id) == "completed"

        await eventually(completed)


async def test_the_same_watcher_goes_on_after_its_restart(
    pipeline: Pipeline, hub: TestHub, shared: dict[str, Any]
) -> None:
    hub.commit(V2, submission("m", {TASK: solved(TASK)}))
    async with killed_in_the_middle_of_a_sync(pipeline, shared) as sync_id:
        pass
    async with running(watcher_app.run, WatcherSettings(**shared)):
        found = await eventually(lambda: discovered(pipeline))
        assert [(event.model, event.trigger) for event in found] == [("m", "startup")]

        async def completed() -> bool:
            return await status(pipeline, sync_id) == "completed"

        await eventually(completed)
    assert await pipeline.pool.fetchval("SELECT count(*) FROM sync_runs") == 1


async def test_a_commit_is_heard_of_through_the_webhook_and_only_its_dataset_is_listed(
    pipeline: Pipeline, hub: TestHub, database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_WEBHOOK_SECRET", "s")
    async with whole(hub, database_url, nats_url) as system:
        address = f"{system.api}/webhooks/huggingface"
        watched = tuple(Watched(type="dataset", name=name) for name in (V1, V2))
        hub.webhooks.register(Webhook(url=address, watched=watched, domains=("repo",), secret="s"))
        await eventually(lambda: pipeline.pool.fetchval("SELECT 1 FROM sync_runs WHERE status = 'completed'"))
        hub.commit(V2, submission("m", {TASK: solved(TASK)}))
        (event,) = await eventually(lambda: discovered(pipeline))
        assert (event.model, event.trigger, event.tree_oid) == ("m", "webhook", hub.oid(V2, "m"))
        wanted = "SELECT models_seen FROM sync_runs WHERE trigger = 'webhook' AND status = 'completed'"
        assert await eventually(lambda: pipeline.pool.fetchval(wanted)) == 1
        await eventually(lambda: pipeline.pool.fetchval("SELECT 1 FROM submission_versions WHERE model = 'm'"))


async def test_a_wrong_request_for_a_sync_is_one_dead_letter_and_a_good_one_behind_it_runs(
    pipeline: Pipeline, shared: dict[str, Any]
) -> None:
    js = pipeline.client.jetstream()
    async with running(watcher_app.run, WatcherSettings(**shared)):
        for body in (b"{", b'{"dataset": "a/b"}', b'{"request_id": "good"}'):
            await js.publish("sync.requested", body)
        await eventually(lambda: pipeline.pool.fetchval("SELECT 1 FROM sync_runs WHERE trigger = 'manual'"))

        async def dead_lettered() -> bool:
            info = await js.stream_info(topology.DEAD_STREAM, subjects_filter="dead.>")
            return (info.state.subjects or {}) == {"dead.watcher": 2}

        await eventually(dead_lettered)
