"""Whatever the Hub does, what ends in the database is right, and the token stays with the Hub."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
import stamina
from common.arc.task_sets import Task
from common.bus.topology import MAX_DELIVER
from common.events import ModelDiscovered
from common.hub import downloads
from common.hub.downloads import verify
from common.hub.responses import CorruptFileError, HubRefusedError
from common.hub.transports import Choice
from common.outcomes import TransientError
from localhub.quota import Quota

from tests.support import pipeline as support
from tests.support.hub import TestHub
from tests.support.hub.faults import (
    ConnectionReset,
    Corrupt,
    Endless,
    Fault,
    ForeignNextPage,
    HtmlPage,
    RateLimited,
    RedirectToCdn,
    Replace,
    Shortened,
    Status,
    Trickle,
    Truncate,
)
from tests.support.pipeline import Pipeline
from tests.support.submissions import V2, solved, submission, tasks, unsolved

FIVE = tasks()[:5]
FIRST = rf"resolve/.*/{FIVE[0].id}"


@pytest.fixture
def transport() -> Choice:
    return "files"


@pytest.fixture(autouse=True)
def _without_pauses() -> Iterator[None]:
    """Keep the number of tries; drop the pauses between them."""
    stamina.set_testing(True, attempts=100, cap=True)
    yield
    stamina.set_testing(False)


@pytest.mark.parametrize(
    "fault",
    [Status(500), Status(503), ConnectionReset(), Truncate(), Corrupt(), HtmlPage(), Trickle(0.3), Endless()],
    ids=lambda fault: f"{type(fault).__name__}{getattr(fault, 'status', '')}",
)
async def test_a_passing_fault_of_one_file_is_not_seen_in_the_result(
    pipeline: Pipeline, hub: TestHub, fault: Fault
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    hub.faults.add(fault, FIRST, times=2)
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert (announced.successful, announced.failed, announced.score_submitted) == (5, 0, 1)


async def test_a_trickle_is_cut_and_asked_for_again(
    pipeline: Pipeline, hub: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "FIXED_SECONDS", 2.0)
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    hub.faults.add(Trickle(86_400.0), FIRST, times=1)
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert announced.successful == 5
    assert hub.requests.count(FIRST) == 2


async def test_a_file_that_one_answer_misses_costs_a_delivery_and_no_other_file(
    pipeline: Pipeline, hub: TestHub
) -> None:
    """A copy of the Hub may lag behind: a 404 for one file says nothing of the others."""
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    hub.faults.add(Status(404), FIRST, times=1)
    await pipeline.sync()
    (event,) = pipeline.published
    with pytest.raises(TransientError, match="1 files stay broken"):
        await pipeline.ingester.ingest(event)
    announced = await pipeline.ingester.ingest(event, 2)
    assert announced is not None
    assert announced.failed == 0
    assert hub.requests.count("resolve") == 6


@pytest.mark.parametrize("fault", [Corrupt(), Status(500)], ids=["integrity", "unavailable"])
async def test_a_file_broken_to_the_last_delivery_costs_itself_and_is_tried_by_the_next_sync(
    pipeline: Pipeline, hub: TestHub, fault: Fault, request: pytest.FixtureRequest
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    rule = hub.faults.add(fault, FIRST)
    await pipeline.sync()
    (event,) = pipeline.published
    for delivery in range(1, MAX_DELIVER):
        with pytest.raises(TransientError, match="1 files stay broken"):
            await pipeline.ingester.ingest(event, delivery)
    announced = await pipeline.ingester.ingest(event, MAX_DELIVER)
    assert announced is not None
    assert (announced.successful, announced.failed) == (4, 1)
    kind = "integrity" if isinstance(fault, Corrupt) else "unavailable"
    assert await pipeline.errors("m") == {FIVE[0].id: kind}
    assert hub.requests.count("resolve") == 4 + 4 * MAX_DELIVER, "four files once, the broken one four times a delivery"
    hub.faults.remove(rule)
    pipeline.published.clear()
    await pipeline.drain()  # settles the event
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert (announced.successful, announced.failed) == (5, 0)
    assert await pipeline.settle() == []


@pytest.mark.parametrize("delivery", [1, 2], ids=["", "after a delivery that opened no run"])
async def test_force_takes_no_file_that_another_event_had_fetched(
    pipeline: Pipeline, hub: TestHub, delivery: int
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.sync()
    forced = ModelDiscovered(dataset=V2, model="m")
    rule = hub.faults.add(Status(500), FIRST)
    with pytest.raises(TransientError):
        await pipeline.ingester.ingest(pipeline.published[-1], 1, sequence=1)
    others = pipeline.downloads()
    with pytest.raises(TransientError):
        await pipeline.ingester.ingest(forced, delivery, sequence=2)
    assert pipeline.downloads() == 2 * others, "as many as the other event's"
    hub.faults.remove(rule)
    before = pipeline.downloads()
    await pipeline.ingester.ingest(forced, delivery + 1, sequence=2)
    assert pipeline.downloads() - before == 1, "all but one are its own"


async def test_a_dry_run_between_two_deliveries_takes_nothing_from_either(pipeline: Pipeline, hub: TestHub) -> None:
    """Each goes on with the files of its own, whichever begins or ends while the other waits."""
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.sync()
    event, dry = pipeline.published[0], ModelDiscovered(dataset=V2, model="m", dry_run=True, force=False)
    rule = hub.faults.add(Status(500), FIRST)
    for each in (event, dry):
        with pytest.raises(TransientError):
            await pipeline.ingester.ingest(each)
    hub.faults.remove(rule)
    hub.requests.clear()
    await pipeline.ingester.ingest(dry, 2)
    announced = await pipeline.ingester.ingest(event, 2)
    assert announced is not None
    assert (announced.successful, announced.score) == (5, 5 / 120)
    assert hub.requests.count("resolve") == 2
    assert await pipeline.pool.fetchval("SELECT count(*) FROM staged_rows") == 0


async def test_what_a_failed_run_had_fetched_is_not_used_by_the_next(pipeline: Pipeline, hub: TestHub) -> None:
    """It may be old by then: another scoring, another limit."""
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.sync()
    rule = hub.faults.add(Status(500), FIRST)
    with pytest.raises(TransientError):
        await pipeline.ingester.ingest(pipeline.published[0])
    hub.faults.remove(rule)
    await pipeline.pool.execute("UPDATE ingestion_runs SET status = 'failed'")
    await pipeline.pool.execute("UPDATE staged_rows SET pairs_solved = 0")
    announced = await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m", force=False))
    assert announced is not None
    assert announced.score == 5 / 120


@pytest.mark.parametrize(("one", "another"), [(solved, unsolved), (unsolved, solved)], ids=["solved", "unsolved"])
async def test_a_file_that_changes_to_and_fro_between_deliveries_is_fetched_once_for_each_content(
    pipeline: Pipeline, hub: TestHub, one: Callable[[Task], bytes], another: Callable[[Task], bytes]
) -> None:
    """Both ways round: PostgreSQL gives what was staged in the order of the blobs, not of the deliveries."""
    hub.faults.add(Status(500), FIRST)
    other = FIVE[1]
    for delivery, content in enumerate([one, another, one, one], 1):
        hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0]), other: content(other)}))
        if delivery == 1:
            await pipeline.sync()
        with pytest.raises(TransientError):
            await pipeline.ingester.ingest(pipeline.published[0], delivery)
    assert hub.requests.count(f"resolve/.*/{other.id}") == 2


async def test_a_run_whose_content_was_reverted_meanwhile_is_ended(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.settle()
    hub.commit(V2, submission("m", {task: unsolved(task) for task in FIVE[:2]}))
    await pipeline.sync()
    rule = hub.faults.add(Status(500), FIRST)
    with pytest.raises(TransientError):
        await pipeline.ingester.ingest(pipeline.published[-1])
    hub.faults.remove(rule)
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE[:2]}))
    await pipeline.ingester.ingest(pipeline.published[-1], 2)
    runs = await pipeline.pool.fetch("SELECT status FROM ingestion_runs ORDER BY id")
    assert [run["status"] for run in runs] == ["completed", "skipped"]
    assert await pipeline.pool.fetchval("SELECT count(*) FROM staged_rows") == 0


@pytest.mark.parametrize("fault", [Corrupt(), Status(500)], ids=["integrity", "unavailable"])
async def test_a_forced_run_on_a_bad_day_takes_nothing_away(pipeline: Pipeline, hub: TestHub, fault: Fault) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.settle()
    hub.faults.add(fault, FIRST)
    announced = await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"), MAX_DELIVER)
    assert announced is not None
    assert (announced.successful, announced.failed, announced.score) == (5, 0, 5 / 120)
    assert await pipeline.errors("m") == {}


async def test_a_rate_limit_is_waited_for_to_its_reset(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.sync()
    hub.limit(Quota(window_seconds=1.0))  # of which the other files' answers tell
    hub.faults.add(RateLimited(reset=1), FIRST, times=1)
    started = monotonic()
    (announced,) = await pipeline.drain()
    assert announced is not None
    assert announced.failed == 0
    assert monotonic() - started >= 1
    assert hub.requests.count(FIRST) == 2


async def test_a_rate_limit_that_lasts_is_met_by_few_files_and_told_to_the_handler(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in tasks()[:60]}))
    await pipeline.sync()
    hub.faults.add(Status(429, {"Retry-After": "900"}), "resolve")
    with pytest.raises(TransientError, match="rate limit") as raised:
        await pipeline.ingester.ingest(pipeline.published[0])
    assert raised.value.retry_after_seconds == 900
    assert hub.requests.count("resolve") <= pipeline.ingester.settings.ingest_concurrency + 1


async def test_files_that_are_there_only_later_are_left_to_a_later_delivery(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.sync()
    for task, seconds in zip(FIVE[:3], ("400", "900", "500"), strict=True):
        hub.faults.add(Status(503, {"Retry-After": seconds}), rf"resolve/.*/{task.id}")
    with pytest.raises(TransientError, match="3 files stay broken") as raised:
        await pipeline.ingester.ingest(pipeline.published[0])
    assert raised.value.retry_after_seconds == 900, "when the last of them is there"
    assert hub.requests.count("resolve") == 5


async def test_replicas_that_share_a_quota_never_take_its_last_requests(
    hub: TestHub, database_url: str, nats_url: str
) -> None:
    many = tasks()[:60]
    for name in ("m", "n"):
        hub.commit(V2, submission(name, {task: solved(task) for task in many}))
    options = {"ingest_concurrency": 2, "hf_transport": "files"}
    async with (
        support.build(hub, database_url, nats_url, **options) as one,
        support.build(hub, database_url, nats_url, **options) as two,
    ):
        await one.sync()
        # A twentieth of it is the reserve, 5: more than what the other replica may have sent since our last answer.
        hub.limit(Quota(resolvers=100, window_seconds=1.0))
        first, second = one.published
        await asyncio.gather(one.ingester.ingest(first), two.ingester.ingest(second))
    assert [request.status for request in hub.requests if request.status == 429] == []
    assert hub.requests.count("resolve") == 120


async def test_a_redirect_to_the_cdn_does_not_carry_the_token(hub: TestHub, database_url: str, nats_url: str) -> None:
    hub.access.token = "hf_secret"
    hub.access.private.add(V2)
    hub.faults.add(RedirectToCdn(), "resolve")
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    async with support.build(hub, database_url, nats_url, hf_token="hf_secret", hf_transport="files") as pipeline:
        announced = await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"))
    assert announced is not None
    assert announced.failed == 0
    assert len(hub.cdn_requests) == 5
    assert not any("Authorization" in request.headers for request in hub.cdn_requests)


async def test_a_next_page_on_another_host_is_asked_of_the_hub_itself(
    hub: TestHub, database_url: str, nats_url: str
) -> None:
    hub.access.token = "hf_secret"
    hub.commit(V2, {f"m{number}/{FIVE[0].id}.json": b"[]" for number in range(1_001)})
    hub.faults.add(ForeignNextPage(), "tree")
    async with support.build(hub, database_url, nats_url, hf_token="hf_secret") as pipeline:
        assert len(await pipeline.ingester.hub.folders(V2)) == 1_001
    assert len(hub.cdn_requests) == 0


@pytest.mark.parametrize("how", ["private", "gated"])
async def test_a_dataset_that_may_not_be_read_names_the_setting(pipeline: Pipeline, hub: TestHub, how: str) -> None:
    hub.access.token = "hf_secret"
    getattr(hub.access, how).add(V2)
    with pytest.raises(HubRefusedError, match="HF_TOKEN"):
        await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"))


async def test_lfs_files_are_verified_by_their_sha256(database_url: str, nats_url: str, tmp_path: Path) -> None:
    async with (
        TestHub(tmp_path / "lfs", lfs_above=1_000) as hub,
        support.build(hub, database_url, nats_url, hf_datasets=(V2,)) as pipeline,
    ):
        hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
        (file,) = await pipeline.ingester.hub.files(V2, "m", "main")
        assert file.sha256 is not None
        announced = await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m"))
        assert announced is not None
        assert announced.successful == 1
        assert len(hub.cdn_requests) == 1
        with pytest.raises(CorruptFileError, match="its hash is"):
            verify(file, b"x" * file.size)


@pytest.mark.parametrize("fault", [Replace(b"[]"), Shortened(), Shortened(3)], ids=["nothing", "4 of 5", "2 of 5"])
async def test_a_listing_that_is_not_the_folder_takes_no_task_away(
    pipeline: Pipeline, hub: TestHub, fault: Fault
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.settle()
    hub.commit(V2, submission("m", {FIVE[0]: unsolved(FIVE[0])}))
    rule = hub.faults.add(fault, "tree/[0-9a-f]{40}/m", times=1)
    (announced,) = await pipeline.settle()
    assert rule.struck == 1
    assert announced is not None
    assert (announced.tree_oid, announced.tasks_submitted) == (hub.oid(V2, "m"), 5)


async def test_a_folder_that_one_answer_leaves_out_is_not_gone(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    hub.faults.add(Replace(b"[]"), "paths-info", times=1)
    assert await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m")) is not None


async def test_a_copy_takes_no_history_when_one_answer_leaves_the_original_out(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0])}))
    await pipeline.settle()
    hub.commit(V2, submission("n", {FIVE[0]: solved(FIVE[0])}))
    await pipeline.sync()
    hub.faults.add(Replace(b"[]"), "paths-info", times=1)
    await pipeline.drain()
    assert (await pipeline.version("m"))["tree_oid"] == (await pipeline.version("n"))["tree_oid"]


@pytest.mark.neighbour("Hub", "a dataset is renamed between two commits", "its models go on under the configured name")
async def test_a_renamed_dataset_goes_on_under_its_configured_name(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.settle()
    hub.rename_dataset(V2, "moved/arc2")
    hub.commit("moved/arc2", submission("n", {task: unsolved(task) for task in FIVE}))
    hub.requests.clear()
    completed = await pipeline.sync()
    (synced,) = [each for each in completed.datasets if each.dataset == V2]
    assert (synced.error, synced.renamed_to, synced.new, synced.vanished) == (None, "moved/arc2", ("n",), ())
    (announced,) = await pipeline.drain()
    assert announced is not None
    assert (announced.dataset, announced.score_submitted) == (V2, 0)
    assert (await pipeline.version("m"))["removed_upstream_at"] is None
    # At most one file is asked for under the old name: its redirect tells the new one.
    assert hub.requests.count(f"datasets/{V2}/resolve") <= 1
