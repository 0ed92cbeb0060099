"""A durable that is made anew repeats nothing that was dealt with, and loses nothing that was not."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from arcwatch.clients.bus import connected
from common.bus import resume, topology
from common.bus.topology import INGESTER, STREAM, WATCHER, Durable
from common.events import ModelDiscovered, ModelIngested, ModelIngestionFailed, SyncCompleted, SyncRequested
from nats.aio.client import Client
from nats.js.api import ConsumerConfig, ConsumerInfo
from nats.js.errors import ServerError

OID = "a" * 40
AT = "2026-11-02T08:05:09Z"
INGESTED: dict[str, Any] = {
    "run_id": 1,
    "source": "ARC2-Eval",
    "revision": OID,
    "attempts": [],
    "display_name": "m",
    **dict.fromkeys(("tasks_total", "tasks_submitted", "successful", "failed", "skipped", "duration_ms"), 1),
    "score": 1.0,
    "ingested_at": AT,
    "auto_triggered": True,
    "trigger": "schedule",
}


@pytest.fixture
async def client(nats_url: str) -> AsyncIterator[Client]:
    async with connected(nats_url) as client:
        await topology.apply(client.jetstream())
        yield client


class Story:
    """What happened on the stream; `left` loses the durable and returns what its successor gets."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.js = client.jetstream()

    async def put(self, subject: str, **body: Any) -> int:
        headers = {"Nats-Expected-Stream": STREAM, "Who": "me"}
        return (await self.js.publish(subject, json.dumps({"dataset": "a/b", **body}).encode(), headers=headers)).seq

    async def discovered(self, model: str, **more: Any) -> None:
        await self.put(ModelDiscovered.subject, model=model, **more)

    async def ingested(self, model: str, tree_oid: str = OID, **more: Any) -> None:
        await self.put(ModelIngested.subject, **{**INGESTED, "model": model, "tree_oid": tree_oid, **more})

    async def failed(self, model: str, **more: Any) -> None:
        about = {"kind": "k", "reason": "r", "delivery_count": 6, "failed_at": AT}
        await self.put(ModelIngestionFailed.subject, model=model, **about, **more)

    async def asked(self, request_id: str, dataset: str | None = None, **more: Any) -> int:
        return await self.put(SyncRequested.subject, request_id=request_id, dataset=dataset, **more)

    async def synced(self, sequence: int | None, status: str = "completed", **more: Any) -> None:
        counts = dict.fromkeys(("models_seen", "new_models_found", "changed"), 0)
        about = {"started_at": AT, "completed_at": AT, "datasets": [], "trigger": "manual"}
        await self.put(
            SyncCompleted.subject, sync_id=1, status=status, event_sequence=sequence, **counts, **about, **more
        )

    async def left(self, durable: Durable) -> list[dict[str, Any]]:
        await self.js.delete_consumer(STREAM, durable.name)
        await topology.apply(self.js)
        assert await topology.drift(self.js) == []
        waiting = (await self.js.consumer_info(STREAM, durable.name)).num_pending or 0
        subscription = await self.js.pull_subscribe_bind(durable.name, STREAM)
        found = await subscription.fetch(waiting, timeout=5) if waiting else []
        assert all((each.headers or {})["Who"] == "me" for each in found)
        return [json.loads(each.data) for each in found]


@pytest.fixture
def story(client: Client) -> Story:
    return Story(client)


async def test_forced_ingestions_that_ended_are_not_repeated(story: Story) -> None:
    for model in ("well", "badly", "waits"):
        await story.discovered(model)
    await story.ingested("well")
    await story.failed("badly")
    assert [each["model"] for each in await story.left(INGESTER)] == ["waits"]


async def test_what_was_asked_for_after_the_end_is_done(story: Story) -> None:
    await story.discovered("m")
    await story.ingested("m")
    await story.discovered("m")
    assert [each["model"] for each in await story.left(INGESTER)] == ["m"]


async def test_what_was_asked_for_while_another_event_was_worked_on_is_done(story: Story) -> None:
    for model in ("well", "badly"):
        await story.discovered(model, requested_by="before")
        await story.discovered(model, requested_by="meanwhile")
    await story.discovered("changed", tree_oid=OID, trigger="schedule")
    await story.discovered("changed", tree_oid="b" * 40, trigger="schedule", requested_by="meanwhile")
    await story.ingested("well", event_sequence=1)
    await story.failed("badly", event_sequence=3)
    await story.ingested("changed", event_sequence=5)
    found = [(each["model"], each["requested_by"]) for each in await story.left(INGESTER)]
    assert found == [("well", "meanwhile"), ("badly", "meanwhile"), ("changed", "meanwhile")]


async def test_an_end_settles_no_event_that_came_after_it(story: Story) -> None:
    """The database remembers the number from a stream before this one."""
    await story.ingested("m", event_sequence=500)
    await story.discovered("m")
    assert [each["model"] for each in await story.left(INGESTER)] == ["m"]


async def test_a_dry_run_that_failed_settles_nothing(story: Story) -> None:
    await story.discovered("m")
    await story.failed("m", dry_run=True)
    assert [each["model"] for each in await story.left(INGESTER)] == ["m"]


async def test_an_event_for_content_that_is_there_is_settled_unless_it_is_forced(story: Story) -> None:
    await story.ingested("m")
    await story.ingested("n")
    await story.discovered("m", tree_oid=OID, trigger="schedule")
    await story.discovered("n", tree_oid="b" * 40, trigger="schedule")
    await story.ingested("o")
    await story.discovered("o", tree_oid=OID, force=True)
    assert [each["model"] for each in await story.left(INGESTER)] == ["n", "o"]


async def test_what_comes_after_the_durable_began_is_left_to_it(story: Story) -> None:
    await story.discovered("before")
    await story.asked("another subject")
    await story.discovered("after")
    await resume.republish_unsettled(story.js, STREAM, ModelDiscovered.subject, until=2)
    assert (await story.js.stream_info(STREAM)).state.last_seq == 4
    assert json.loads((await story.js.get_msg(STREAM, 4)).data or b"")["model"] == "before"


async def test_of_several_for_one_model_the_forced_one_is_asked_for_once(story: Story) -> None:
    await story.discovered("m", requested_by="first")
    await story.discovered("m", requested_by="second")
    await story.discovered("m", trigger="schedule", tree_oid=OID)
    await story.discovered("n", trigger="schedule", tree_oid=OID)
    await story.discovered("n", requested_by="third")
    await story.discovered("n", dry_run=True, requested_by="fourth")
    assert [each.get("requested_by") for each in await story.left(INGESTER)] == ["second", "third"]


async def test_what_is_unreadable_is_passed_over(story: Story) -> None:
    for subject in (ModelDiscovered.subject, ModelIngested.subject, ModelIngestionFailed.subject):
        await story.js.publish(subject, b"{")
    await story.discovered("m")
    assert [each["model"] for each in await story.left(INGESTER)] == ["m"]


async def test_a_later_end_takes_nothing_back_of_what_an_earlier_one_settled(story: Story) -> None:
    for model in ("well", "badly"):
        for _ in range(2):
            await story.discovered(model)
    await story.ingested("well", event_sequence=2)
    await story.ingested("well", event_sequence=1)
    await story.failed("badly", event_sequence=4)
    await story.failed("badly", event_sequence=3)
    assert await story.left(INGESTER) == []


async def test_an_event_that_came_without_headers_is_asked_for_again(story: Story) -> None:
    await story.js.publish(ModelDiscovered.subject, b'{"dataset": "a/b", "model": "m"}')
    await story.js.delete_consumer(STREAM, INGESTER.name)
    await topology.apply(story.js)
    subscription = await story.js.pull_subscribe_bind(INGESTER.name, STREAM)
    (found,) = await subscription.fetch(1, timeout=5)
    assert json.loads(found.data)["model"] == "m"
    assert found.headers == {"Nats-Msg-Id": "again-1", "Nats-Expected-Stream": STREAM}


async def left_of_syncs(story: Story) -> list[str]:
    return [each["request_id"] for each in await story.left(WATCHER)]


async def test_a_sync_settles_the_request_that_it_was_for(story: Story) -> None:
    done, failed, in_part = [await story.asked(name, f"a/{name}") for name in ("done", "failed", "in-part")]
    await story.synced(done)
    await story.synced(failed, "failed")
    await story.synced(in_part, "partial")
    assert await left_of_syncs(story) == ["failed", "in-part"]


async def test_a_sync_settles_the_earlier_requests_for_the_same(story: Story) -> None:
    await story.asked("earlier", "a/b")
    done = await story.asked("done", "a/b")
    await story.asked("later", "a/b")
    await story.synced(done)
    assert await left_of_syncs(story) == ["later"]


async def test_a_sync_that_began_before_a_request_does_not_settle_it(story: Story) -> None:
    """A scheduled one says nothing of requests: it may have listed the dataset before."""
    await story.asked("webhook", "a/b")
    await story.synced(None)
    assert await left_of_syncs(story) == ["webhook"]


async def test_a_sync_of_one_dataset_settles_no_request_for_another_or_for_all(story: Story) -> None:
    await story.asked("all")
    await story.asked("other", "a/other")
    await story.asked("with ingestion", "a/b", auto_ingest=True)
    done = await story.asked("done", "a/b", auto_ingest=False)
    await story.synced(done)
    assert await left_of_syncs(story) == ["all", "other", "with ingestion"]


async def test_syncs_that_failed_or_say_nothing_hide_none_that_came_after_them(story: Story) -> None:
    done = await story.asked("done")
    await story.js.publish(SyncCompleted.subject, b"{")
    await story.synced(done, "failed")
    await story.synced(done)
    assert await left_of_syncs(story) == []


async def test_of_several_requests_for_the_same_the_last_one_is_asked_for(story: Story) -> None:
    await story.asked("first", "a/b")
    await story.asked("second", "a/b")
    await story.js.publish(SyncRequested.subject, b"{")
    assert await left_of_syncs(story) == ["second"]


async def test_a_number_from_a_stream_before_settles_nothing(story: Story) -> None:
    await story.synced(2)
    await story.asked("waits", "a/b")
    assert await left_of_syncs(story) == ["waits"]


async def test_losing_the_durable_twice_asks_once(story: Story) -> None:
    await story.discovered("m")
    await story.js.delete_consumer(STREAM, INGESTER.name)
    await topology.apply(story.js)
    assert [each["model"] for each in await story.left(INGESTER)] == ["m"]


def refuse_once(story: Story, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the server's answer to the next durable made anew be the one of a moment in which it still deletes."""
    words = "rename /js/obs/ingester/o.dat.tmp /js/obs/ingester/o.dat: no such file or directory"
    refusals = [words]
    add = story.js.add_consumer

    async def refused(stream: str, config: ConsumerConfig) -> ConsumerInfo:
        if refusals and config.opt_start_seq:
            raise ServerError(code=500, err_code=10_012, description=refusals.pop())
        return await add(stream, config)

    monkeypatch.setattr(story.js, "add_consumer", refused)
    return refusals


async def test_a_durable_lost_is_made_once_the_server_has_forgotten_the_old_one(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story.discovered("waits")
    refusals = refuse_once(story, monkeypatch)
    assert [each["model"] for each in await story.left(INGESTER)] == ["waits"]
    assert refusals == []


async def test_a_durable_that_had_to_be_made_anew_goes_on_where_its_work_ended(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story.js.delete_consumer(STREAM, INGESTER.name)
    config = topology.consumer(INGESTER)
    config.max_waiting = 1
    await story.js.add_consumer(STREAM, config)
    await story.discovered("done")
    await story.discovered("waits")
    subscription = await story.js.pull_subscribe_bind(INGESTER.name, STREAM)
    (first,) = await subscription.fetch(1, timeout=5)
    await first.ack_sync()
    refusals = refuse_once(story, monkeypatch)
    await topology.apply(story.js)
    assert await topology.drift(story.js) == []
    assert refusals == []
    again = await story.js.pull_subscribe_bind(INGESTER.name, STREAM)
    assert [json.loads(each.data)["model"] for each in await again.fetch(5, timeout=2)] == ["waits"]
