"""Requests for a model that another ingester is at wait, collapse and are done once; none is lost, none a failure."""

import contextlib
import dataclasses
import itertools
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import aiohttp
import asyncpg
import nats.errors
import pytest
from common.bus import bus, dead_letters, topology
from common.events import ModelDiscovered
from common.outcomes import PermanentError, TransientError
from ingester import app as ingester_app
from ingester.ingestion.lock_queue import LockQueue
from ingester.store import lock_waiters
from ingester.store.session import LockHeldError, locked
from nats.js.api import PubAck
from structlog.testing import capture_logs

from tests.support import pipeline as support
from tests.support.crashes import Crash
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.ingester_process import IngesterProcess, ingester_process
from tests.support.pipeline import Pipeline, is_behind
from tests.support.submissions import V1, V2, solved, submission, tasks

ONE, *MORE = tasks()[:6]
MANY_CALLS = 20
ANN = ModelDiscovered(dataset=V2, model="m", requested_by="ann")
BOB = ModelDiscovered(dataset=V2, model="m", requested_by="bob")
GONE = PermanentError("no such folder", kind="folder_gone")


@pytest.fixture
def queue(pipeline: Pipeline, hub: TestHub) -> LockQueue:
    hub.commit(V2, submission("m", {ONE: solved(ONE)}))
    return ingester_app.build_lock_queue(pipeline.ingester, pipeline.client)


def event_for(hub: TestHub, model: str) -> ModelDiscovered:
    """Return what the watcher says of a model."""
    tree_oid = hub.oid(V2, model)
    return ModelDiscovered(dataset=V2, model=model, revision=hub.head(V2), tree_oid=tree_oid, trigger="schedule")


async def waits(pipeline: Pipeline) -> list[tuple[str, bool, bool]]:
    """Return (model, force, dry_run) of what waits."""
    rows = await pipeline.pool.fetch("SELECT model, force, dry_run FROM waiting_requests ORDER BY 1, 3")
    return [tuple(row) for row in rows]


async def statuses(pipeline: Pipeline, model: str = "m") -> list[str]:
    """Return how each run of a model stands."""
    rows = await pipeline.pool.fetch("SELECT status FROM ingestion_runs WHERE dataset_name = $1 ORDER BY id", model)
    return [row["status"] for row in rows]


async def handed_back(pipeline: Pipeline, queue: LockQueue) -> list[ModelDiscovered]:
    """Deliver what is on the stream as an ingester does; return it."""
    js = pipeline.client.jetstream()
    puller = await js.pull_subscribe_bind("ingester", topology.STREAM)
    delivered = []
    while await is_behind(js):
        (message,) = await puller.fetch(1, timeout=10)
        event = ModelDiscovered.model_validate_json(message.data)
        await queue.deliver(event, 1, (message.headers or {}).get("Nats-Msg-Id", ""))
        await message.ack_sync()
        delivered.append(event)
    return delivered


async def test_copies_wait_as_one_forced_request_and_run_once_more(pipeline: Pipeline, queue: LockQueue) -> None:
    plain = ANN.model_copy(update={"force": False, "trigger": "webhook"})
    async with locked(pipeline.pool, V2, "m"):
        for event in (plain, ANN, BOB, plain):
            await queue.deliver(event, 6)
        assert await waits(pipeline) == [("m", True, False)]
        # Who has the lock still will look when it is free: nothing is published before.
        assert await queue.hand_back() == 0
    assert queue.metrics.registry.get_sample_value("arcwatch_ingester_waits_total") == 4
    assert await queue.hand_back() == 1
    assert await queue.hand_back() == 0
    (event,) = await handed_back(pipeline, queue)
    assert (event.force, event.trigger, event.requested_by) == (True, "manual", "bob")
    assert await statuses(pipeline) == ["completed"]
    assert await waits(pipeline) == []


async def test_a_copy_that_does_not_force_asks_for_what_was_just_committed_and_runs_nothing(
    pipeline: Pipeline, hub: TestHub, queue: LockQueue
) -> None:
    event = event_for(hub, "m")
    await lock_waiters.join(pipeline.pool, event, "m")
    await queue.deliver(event, 1)
    asked = len(hub.requests)
    (again,) = await handed_back(pipeline, queue)
    assert again == event
    assert await statuses(pipeline) == ["completed"]
    assert await waits(pipeline) == []
    assert len(hub.requests) == asked


async def test_copies_that_disagree_on_the_content_ask_the_hub(
    pipeline: Pipeline, hub: TestHub, queue: LockQueue
) -> None:
    old = event_for(hub, "m")
    hub.commit(V2, submission("m", {MORE[0]: solved(MORE[0])}))
    async with locked(pipeline.pool, V2, "m"):
        for event in (event_for(hub, "m"), old):
            await queue.deliver(event, 1)
    await queue.hand_back()
    (event,) = await handed_back(pipeline, queue)
    assert (event.revision, event.tree_oid, event.force) == (None, None, False)
    assert (await pipeline.version("m"))["tree_oid"] == hub.oid(V2, "m")


async def test_a_request_that_waited_before_a_forced_run_began_is_done_with_it(
    pipeline: Pipeline, queue: LockQueue
) -> None:
    await lock_waiters.join(pipeline.pool, ANN, "m")
    await queue.hand_back()
    await queue.deliver(BOB, 1)
    assert await waits(pipeline) == []
    assert len(await handed_back(pipeline, queue)) == 1
    assert await statuses(pipeline) == ["completed"]


async def test_a_request_joined_after_it_was_handed_back_waits_for_the_lock_that_was_held_last(
    pipeline: Pipeline, queue: LockQueue
) -> None:
    await lock_waiters.join(pipeline.pool, ANN, "its-old-name")
    assert await queue.hand_back() == 1
    async with locked(pipeline.pool, V2, "m"):
        await queue.deliver(BOB, 1)
        assert await queue.hand_back() == 0
    assert await queue.hand_back() == 1


async def test_a_dry_run_waits_for_itself_and_answers_no_other_request(pipeline: Pipeline, queue: LockQueue) -> None:
    dry = ANN.model_copy(update={"dry_run": True})
    async with locked(pipeline.pool, V2, "m"):
        await queue.deliver(dry, 1)
        await queue.deliver(ANN, 1)
        assert await waits(pipeline) == [("m", True, False), ("m", True, True)]
    await queue.deliver(dry, 1)
    assert await waits(pipeline) == [("m", True, False)]
    await handed_back(pipeline, queue)
    assert await waits(pipeline) == []
    rows = await pipeline.pool.fetch("SELECT dry_run FROM ingestion_runs ORDER BY id")
    assert [row["dry_run"] for row in rows] == [True, False]


@pytest.mark.parametrize("freed", ["before-joining", "after-joining", "after-the-second-try"])
async def test_a_lock_that_is_freed_at_any_moment_leaves_one_run(
    pipeline: Pipeline, queue: LockQueue, monkeypatch: pytest.MonkeyPatch, freed: str
) -> None:
    holder = contextlib.AsyncExitStack()
    await holder.enter_async_context(locked(pipeline.pool, V2, "m"))

    async def free_now(moment: str) -> None:
        if moment == freed:
            await holder.aclose()
            await queue.hand_back()

    join = lock_waiters.join

    async def joining(*arguments: Any) -> str:
        await free_now("before-joining")
        joined = await join(*arguments)
        await free_now("after-joining")
        return joined

    monkeypatch.setattr(lock_waiters, "join", joining)
    await queue.deliver(ANN, 1)
    await free_now("after-the-second-try")
    published = await handed_back(pipeline, queue)
    assert len(published) == (freed != "before-joining")
    assert await statuses(pipeline) == ["completed"]
    assert await waits(pipeline) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("cut", [False, True], ids=["stopped", "cut"])
async def test_no_end_of_the_holder_loses_a_request_that_waits(
    pipeline: Pipeline, hub: TestHub, queue: LockQueue, monkeypatch: pytest.MonkeyPatch, *, cut: bool, after: bool
) -> None:
    crash = Crash(cut=cut, after=after)
    crash.install(monkeypatch)
    for at in itertools.count(1):
        model = f"m{at}"
        hub.commit(V2, submission(model, {ONE: solved(ONE)}))
        asked = ModelDiscovered(dataset=V2, model=model)
        # A holder that forces nothing answers no other request: what waits has a run of its own.
        event = asked.model_copy(update={"force": False})
        await lock_waiters.join(pipeline.pool, asked, model)
        crashed = await crash.deliver(queue, pipeline.ingester, event, at)
        if crashed:
            await eventually(partial(unlocked, pipeline, model), 20)
            await queue.deliver(event, 2)
            await queue.run_once()
        await handed_back(pipeline, queue)
        assert await waits(pipeline) == [], at
        assert set(await statuses(pipeline, model)) == {"completed"}, at
        if not crashed:
            break
    assert at > MANY_CALLS


async def unlocked(pipeline: Pipeline, model: str) -> bool:
    with contextlib.suppress(LockHeldError):
        async with locked(pipeline.pool, V2, model):
            return True
    return False


async def test_what_fails_for_good_takes_what_it_answers_with_it_but_not_what_came_later(
    pipeline: Pipeline, queue: LockQueue
) -> None:
    calls = 0

    async def failing(event: ModelDiscovered, count: int, sequence: int | None) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            await lock_waiters.join(pipeline.pool, BOB, "m")
        raise GONE

    broken = dataclasses.replace(queue, ingest=failing)
    await lock_waiters.join(pipeline.pool, ANN, "m")
    with pytest.raises(PermanentError):
        await broken.deliver(ANN, 1)
    # Bob's came while the run was on: it was handed back, and fails by itself.
    assert await waits(pipeline) == [("m", True, False)]
    with pytest.raises(PermanentError):
        await handed_back(pipeline, broken)


async def test_what_fails_for_good_once_the_lock_is_free_fails_once(pipeline: Pipeline, queue: LockQueue) -> None:
    answers = iter([LockHeldError(V2, "m"), GONE])

    async def failing(event: ModelDiscovered, count: int, sequence: int | None) -> None:
        raise next(answers)

    with pytest.raises(PermanentError):
        await dataclasses.replace(queue, ingest=failing).deliver(ANN, 1)
    assert await waits(pipeline) == []


async def test_what_was_handed_back_and_fails_for_good_fails_again_where_its_dead_letter_was_not_written(
    pipeline: Pipeline, queue: LockQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(event: ModelDiscovered, count: int, sequence: int | None) -> None:
        raise GONE

    monkeypatch.setattr("ingester.ingestion.lock_queue.JUST_HANDED_BACK", timedelta(0))
    broken = dataclasses.replace(queue, ingest=failing)
    await lock_waiters.join(pipeline.pool, ANN, "m")
    await broken.run_once()
    puller = await pipeline.client.jetstream().pull_subscribe_bind("ingester", topology.STREAM)
    (message,) = await puller.fetch(1, timeout=10)
    for count in (1, 2):
        with pytest.raises(PermanentError):
            await broken.deliver(ANN, count, (message.headers or {})["Nats-Msg-Id"])
    await message.term()
    await pipeline.client.flush()
    await eventually(partial(forgotten, pipeline, broken), 20)


async def forgotten(pipeline: Pipeline, queue: LockQueue) -> bool:
    await queue.run_once()
    return not await waits(pipeline)


async def test_what_fails_for_now_leaves_what_waits_for_the_next_delivery(pipeline: Pipeline, queue: LockQueue) -> None:
    async def failing(event: ModelDiscovered, count: int, sequence: int | None) -> None:
        raise TransientError("later")

    await lock_waiters.join(pipeline.pool, ANN, "m")
    with pytest.raises(TransientError):
        await dataclasses.replace(queue, ingest=failing).deliver(ANN, 5)
    assert await waits(pipeline) == [("m", True, False)]
    await queue.deliver(ANN, 6)
    assert await waits(pipeline) == []


async def test_what_was_handed_back_and_whose_event_is_gone_is_forgotten(
    pipeline: Pipeline, queue: LockQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingester.ingestion.lock_queue.JUST_HANDED_BACK", timedelta(0))
    await lock_waiters.join(pipeline.pool, ANN, "m")
    await queue.run_once()
    # Its event waits on the stream, although by NATS' clock, an hour ahead of PostgreSQL's, it came long after.
    await pipeline.pool.execute("UPDATE waiting_requests SET handed_back_at = handed_back_at - interval '1 hour'")
    await queue.run_once()
    assert await waits(pipeline) == [("m", True, False)]
    puller = await pipeline.client.jetstream().pull_subscribe_bind("ingester", topology.STREAM)
    for _ in range(topology.MAX_DELIVER):
        await (await puller.fetch(1, timeout=3))[0].nak()
    with pytest.raises(nats.errors.TimeoutError):
        await puller.fetch(1, timeout=0.2)
    await queue.run_once()
    assert await waits(pipeline) == []


async def test_what_was_handed_back_and_whose_event_is_gone_is_forgotten_on_a_busy_bus(
    pipeline: Pipeline, queue: LockQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingester.ingestion.lock_queue.JUST_HANDED_BACK", timedelta(0))
    puller = await pipeline.client.jetstream().pull_subscribe_bind("ingester", topology.STREAM)
    await ask(pipeline, "before")
    await lock_waiters.join(pipeline.pool, ANN, "m")
    await queue.run_once()
    await ask(pipeline, "after")
    before, ours, _ = await puller.fetch(3, timeout=10)
    await ours.term()
    await queue.run_once()
    # Whether it is settled, the server tells once all before it are.
    assert await waits(pipeline) == [("m", True, False)]
    await before.ack_sync()
    await eventually(partial(forgotten, pipeline, queue), 20)


async def test_a_handing_back_that_keeps_failing_is_told_once_and_once_when_it_works(
    pipeline: Pipeline, queue: LockQueue
) -> None:
    async def refused(event: ModelDiscovered, key: str) -> PubAck:
        raise nats.errors.TimeoutError

    await lock_waiters.join(pipeline.pool, ANN, "m")
    broken = dataclasses.replace(queue, publish=refused)
    with capture_logs() as lines:
        for _ in range(3):
            with pytest.raises(nats.errors.TimeoutError):
                await broken.run_once()
        await dataclasses.replace(broken, publish=queue.publish).run_once()
    logged = [(each["event"], each["what"]) for each in lines if each["log_level"] != "debug" and "what" in each]
    assert logged == [("outage.began", "handing back"), ("outage.ended", "handing back")]


async def test_what_an_ingester_from_before_handed_back_is_kept_until_all_is_settled(
    pipeline: Pipeline, queue: LockQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingester.ingestion.lock_queue.JUST_HANDED_BACK", timedelta(0))
    await lock_waiters.join(pipeline.pool, ANN, "m")
    await queue.run_once()
    await settle_one(pipeline)
    await pipeline.pool.execute("UPDATE waiting_requests SET id = 'joined by one from before'")
    await ask(pipeline, "after")
    await queue.run_once()
    assert await waits(pipeline) == [("m", True, False)]
    await settle_one(pipeline)
    await queue.run_once()
    assert await waits(pipeline) == []


async def settle_one(pipeline: Pipeline) -> None:
    """Settle what comes next on the stream, and do nothing of it."""
    puller = await pipeline.client.jetstream().pull_subscribe_bind("ingester", topology.STREAM)
    await (await puller.fetch(1, timeout=10))[0].ack_sync()


async def test_a_renamed_model_waits_for_who_is_at_its_old_name(
    pipeline: Pipeline, hub: TestHub, queue: LockQueue
) -> None:
    await queue.deliver(ANN, 1)
    hub.commit(V2, {"m": None, **submission("n", {ONE: solved(ONE)})})
    async with locked(pipeline.pool, V2, "m"):
        await queue.deliver(event_for(hub, "n"), 6)
        assert await waits(pipeline) == [("n", False, False)]
        assert await queue.hand_back() == 0
    assert await queue.hand_back() == 1
    await handed_back(pipeline, queue)
    assert (await pipeline.version("n"))["tree_oid"] == hub.oid(V2, "n")
    assert await waits(pipeline) == []


async def total(processes: Mapping[int, IngesterProcess], metric: str, wanted: float, label: str = "") -> bool:
    """Tell whether the samples of all ingesters add up to this."""
    found = 0.0
    async with aiohttp.ClientSession() as http:
        for each in processes.values():
            async with http.get(f"{each.ops_url}/metrics") as answer:
                lines = (await answer.text()).splitlines()
            found += sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(metric) and label in line)
    return found == wanted


async def ask(pipeline: Pipeline, model: str, times: int = 1) -> None:
    for _ in range(times):
        await bus.publish(pipeline.client, ModelDiscovered(dataset=V2, model=model), "test")


async def settled(pipeline: Pipeline) -> bool:
    info = await pipeline.client.jetstream().consumer_info(topology.STREAM, "ingester")
    return not (info.num_pending or info.num_ack_pending or await waits(pipeline))


async def run_of(pool: asyncpg.Pool, model: str, number: int) -> int | None:
    """Return the id of a model's n-th run."""
    rows = await pool.fetch("SELECT id FROM ingestion_runs WHERE dataset_name = $1 ORDER BY id", model)
    return rows[number]["id"] if len(rows) > number else None


@pytest.mark.parametrize("ingesters", [2, 3])
@pytest.mark.parametrize("killed", [False, True], ids=["", "killed"])
async def test_twenty_requests_for_a_model_run_once_more_while_others_flow_on(
    hub: TestHub, database_url: str, nats_url: str, ingesters: int, *, killed: bool
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in (ONE, *MORE)}))
    hub.commit(V2, submission("other", {ONE: solved(ONE)}))
    hub.latency = 10.0
    settings = {"hf_endpoint": hub.url, "hf_datasets": f"{V1},{V2}", "database_url": database_url, "nats_url": nats_url}
    async with support.build(hub, database_url, nats_url) as pipeline, contextlib.AsyncExitStack() as stack:
        processes = {
            number: await stack.enter_async_context(ingester_process(**settings, arcwatch_instance=str(number)))
            for number in range(ingesters)
        }
        await ask(pipeline, "m", 20)
        await ask(pipeline, "other")
        await eventually(lambda: total(processes, "arcwatch_ingester_waits_total", 19), 60)
        hub.latency = 0.5
        holder = await eventually(
            lambda: pipeline.pool.fetchval("SELECT ingester FROM ingestion_runs WHERE dataset_name = 'm'"), 30
        )
        if killed:
            await processes.pop(int(holder)).kill()
        await eventually(lambda: settled(pipeline), 120)
        # A killed run's own request comes again, and may answer those that waited.
        assert await statuses(pipeline) in ([["completed"] * 2, ["completed"]] if killed else [["completed"] * 2])
        assert await statuses(pipeline, "other") == ["completed"]
        if not killed:
            # The other model's change did not wait for the twenty.
            assert (await run_of(pipeline.pool, "other", 0) or 0) < (await run_of(pipeline.pool, "m", 1) or 0)
        assert await dead_letters.listed(pipeline.client) == []
        assert await total(processes, "arcwatch_ingester_deliveries_total{", 0, 'outcome="retry"')
