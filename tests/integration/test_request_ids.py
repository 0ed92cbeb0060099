"""A request's id reaches the run that answers it, however the request gets there: following it needs no more."""

import contextlib
import dataclasses

import pytest
from common.bus import bus, resume, topology
from common.events import IngestionProgress, ModelDiscovered, ModelIngestionFailed
from common.outcomes import Fail, PermanentError
from ingester import app as ingester_app
from ingester.handlers import FailureRecorder
from ingester.ingestion.lock_queue import LockQueue
from ingester.store import lock_waiters
from ingester.store.session import LockHeldError, locked

from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline, is_behind
from tests.support.submissions import V2, solved, submission, tasks

ONE, TWO = tasks()[:2]
GONE = PermanentError("no such folder", kind="folder_gone")


def asked(name: str, **about: object) -> ModelDiscovered:
    return ModelDiscovered.model_validate({"dataset": V2, "model": "m", "request_ids": (name,), **about})


@pytest.fixture
def queue(pipeline: Pipeline, hub: TestHub) -> LockQueue:
    hub.commit(V2, submission("m", {ONE: solved(ONE)}))
    return ingester_app.build_lock_queue(pipeline.ingester, pipeline.client)


async def runs(pipeline: Pipeline) -> list[tuple[str, list[str] | None]]:
    """Return how each run stands, and the requests that it is for."""
    rows = await pipeline.pool.fetch("SELECT status, request_ids FROM ingestion_runs ORDER BY id")
    return [(row["status"], row["request_ids"]) for row in rows]


async def deliver(pipeline: Pipeline, queue: LockQueue) -> None:
    """Deliver what is on the stream as an ingester does."""
    js = pipeline.client.jetstream()
    puller = await js.pull_subscribe_bind("ingester", topology.STREAM)
    while await is_behind(js):
        (message,) = await puller.fetch(1, timeout=10)
        event = ModelDiscovered.model_validate_json(message.data)
        sequence = message.metadata.sequence.stream
        await queue.deliver(event, 1, (message.headers or {}).get("Nats-Msg-Id", ""), sequence)
        await message.ack_sync()


async def test_a_run_and_all_that_is_told_of_it_name_the_request(pipeline: Pipeline, queue: LockQueue) -> None:
    heard: list[IngestionProgress] = []

    async def announce(progress: IngestionProgress) -> None:
        heard.append(progress)

    landed = await dataclasses.replace(pipeline.ingester, announce=announce).ingest(asked("a"), 1, 1)
    assert landed is not None
    assert landed.request_ids == ("a",)
    assert {each.request_ids for each in heard} == {("a",)}
    assert [each.status for each in heard][-1] == "completed"
    assert await runs(pipeline) == [("completed", ["a"])]


async def test_what_has_no_id_names_none(pipeline: Pipeline, queue: LockQueue) -> None:
    await queue.deliver(ModelDiscovered(dataset=V2, model="m"), 1)
    assert await runs(pipeline) == [("completed", None)]


async def test_a_request_for_what_is_ingested_already_is_seen_to_end_once(pipeline: Pipeline, queue: LockQueue) -> None:
    await queue.deliver(asked("a"), 1, sequence=1)
    plain = asked("b", force=False)
    for sequence, count in ((2, 1), (2, 2), (3, 1)):  # delivered, delivered again, and replayed
        await queue.deliver(plain, count, sequence=sequence)
    assert await runs(pipeline) == [("completed", ["a"]), ("skipped", ["b"]), ("skipped", ["b"])]
    # As is one whose content the event names: the Hub is not asked for it.
    named = asked("c", force=False, tree_oid=(await pipeline.version("m"))["tree_oid"])
    await queue.deliver(named, 1, sequence=4)
    assert (await runs(pipeline))[3:] == [("skipped", ["c"])]
    reasons = await pipeline.pool.fetch("SELECT DISTINCT error_log FROM ingestion_runs WHERE status = 'skipped'")
    assert [row[0] for row in reasons] == ["its present content is ingested already"]


async def test_a_redelivery_of_what_was_committed_leaves_the_request_done(pipeline: Pipeline, queue: LockQueue) -> None:
    event = asked("a", force=False)
    for count in (1, 2):
        await queue.deliver(event, count, sequence=1)
    assert await runs(pipeline) == [("completed", ["a"])]


async def test_requests_that_wait_end_with_the_one_run_for_all_of_them(pipeline: Pipeline, queue: LockQueue) -> None:
    async with locked(pipeline.pool, V2, "m"):
        for name in ("a", "b", "b", "c"):
            await queue.deliver(asked(name, force=name == "a"), 1)
        found = await lock_waiters.by_model(pipeline.pool, asked("a"))
        assert found is not None
        assert sorted(found.event.request_ids) == ["a", "b", "c"]
    await queue.hand_back()
    await deliver(pipeline, queue)
    ((status, ids),) = await runs(pipeline)
    assert (status, sorted(ids or [])) == ("completed", ["a", "b", "c"])


async def test_a_forced_request_takes_what_waits_along(pipeline: Pipeline, queue: LockQueue) -> None:
    await lock_waiters.join(pipeline.pool, asked("a"), "m")
    await queue.deliver(asked("b"), 1)
    assert await runs(pipeline) == [("completed", ["b", "a"])]


async def test_one_that_finds_the_lock_free_after_all_is_for_those_who_wait_too(
    pipeline: Pipeline, queue: LockQueue
) -> None:
    await lock_waiters.join(pipeline.pool, asked("a"), "m")
    plain = asked("b", force=False)
    await queue.deliver(asked("c"), 1)
    calls = 0

    async def held_once(event: ModelDiscovered, count: int, sequence: int | None) -> object:
        nonlocal calls
        calls += 1
        if calls == 1:
            await lock_waiters.join(pipeline.pool, asked("d"), "m")
            raise LockHeldError(V2, "m")
        return await queue.ingest(event, count, sequence)

    await dataclasses.replace(queue, ingest=held_once).deliver(plain, 1)
    # Forced, as the one that waited is: an ingestion that skips what is known would not be what it asked for.
    status, ids = (await runs(pipeline))[-1]
    assert (status, sorted(ids or [])) == ("completed", ["b", "d"])


async def test_those_who_wait_fail_with_what_answers_them_for_good(pipeline: Pipeline, queue: LockQueue) -> None:
    async def failing(event: ModelDiscovered, count: int, sequence: int | None) -> None:
        raise GONE

    await lock_waiters.join(pipeline.pool, asked("a"), "m")
    with pytest.raises(PermanentError):
        await dataclasses.replace(queue, ingest=failing).deliver(asked("b"), 1, sequence=7)
    # The event's own failure is recorded with its dead letter.
    assert await runs(pipeline) == [("failed", ["a"])]
    assert await lock_waiters.by_model(pipeline.pool, asked("a")) is None


async def test_a_failure_for_good_names_the_request(pipeline: Pipeline, queue: LockQueue) -> None:
    heard = await pipeline.client.subscribe(ModelIngestionFailed.subject)
    await pipeline.client.flush()
    recorder = FailureRecorder(pipeline.pool, pipeline.client, pipeline.ingester.metrics, "i")
    with contextlib.suppress(PermanentError):
        await queue.deliver(asked("a", model="nobody"), 1, sequence=7)
    verdict = Fail(kind="folder_gone", reason="no such folder")
    await recorder(asked("a", model="nobody").model_dump_json().encode(), verdict, 1, 7)
    assert await runs(pipeline) == [("failed", ["a"])]
    failed = ModelIngestionFailed.model_validate_json((await heard.next_msg(timeout=10)).data)
    assert failed.request_ids == ("a",)


async def test_a_durable_that_is_made_anew_publishes_one_event_for_all_who_asked(pipeline: Pipeline) -> None:
    js = pipeline.client.jetstream()
    for event in (asked("a"), asked("b", force=False), asked("c", model="n"), asked("d")):
        stored = await bus.publish(pipeline.client, event, "test")
    await resume.republish_unsettled(js, topology.STREAM, ModelDiscovered.subject, stored.seq)
    again = [await js.get_msg(topology.STREAM, place) for place in range(stored.seq + 1, stored.seq + 3)]
    events = [ModelDiscovered.model_validate_json(message.data or b"") for message in again]
    assert {each.model: each.request_ids for each in events} == {"m": ("a", "b", "d"), "n": ("c",)}
    assert all(each.force for each in events)


async def test_a_run_that_another_event_resumed_is_not_this_request_s_any_more(
    pipeline: Pipeline, queue: LockQueue
) -> None:
    await queue.deliver(asked("a"), 1, sequence=1)
    await pipeline.pool.execute("UPDATE ingestion_runs SET status = 'running'")
    await queue.deliver(asked("b"), 1, sequence=2)
    assert await runs(pipeline) == [("completed", ["b"])]


async def test_at_most_a_thousand_are_followed_and_the_latest_is(pipeline: Pipeline, queue: LockQueue) -> None:
    many = tuple(f"r{number}" for number in range(1_000))
    await lock_waiters.join(pipeline.pool, asked("a").model_copy(update={"request_ids": many}), "m")
    await lock_waiters.join(pipeline.pool, asked("last"), "m")
    found = await lock_waiters.by_model(pipeline.pool, asked("a"))
    assert found is not None
    assert found.event.request_ids == ("last", *many[:-1])
