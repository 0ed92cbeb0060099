"""Processes that share a quota over a real NATS take none of each other's requests, and leave nothing undone."""

import asyncio
from time import monotonic

import psutil
import pytest
from common.hub.peers import BEHIND_SECONDS
from localhub.quota import Quota

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.quota_process import Work, begin, quota_process
from tests.support.submissions import V2, solved, submission, tasks

QUOTA = 100
# The reset comes in whole seconds, and is known to 1.5 s: the shortest window that can be told from the next.
WINDOW_SECONDS = 3.0
DOWNLOADS = 80
# Three times so many are more than the reserve of 5.
AT_ONCE = 8


async def work(hub: TestHub, nats_url: str | None) -> Work:
    """Limit the Hub, and return what each process does."""
    hub.commit(V2, submission("m", {task: solved(task) for task in tasks()[:1]}))
    hub.latency = 0.05
    hub.limit(Quota(resolvers=QUOTA, window_seconds=WINDOW_SECONDS))
    head = hub.head(V2)
    path = f"m/{tasks()[0].id}.json"
    size = len((hub.datasets.root / V2 / path).read_bytes())
    file = {"path": path, "size": size, "blob_oid": hub.oid(V2, path)}
    return Work(
        endpoint=hub.url,
        dataset=V2,
        revision=head,
        file=file,
        downloads=DOWNLOADS,
        at_once=AT_ONCE,
        nats_url=nats_url,
    )


def statuses(hub: TestHub) -> list[int]:
    return [request.status for request in hub.requests.matching("resolve")]


async def ended(*processes: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(60):
        assert [await process.wait() for process in processes] == [0] * len(processes)


@pytest.mark.neighbour("Hub", "three processes ask at once, one of which came late", "it refuses no request")
async def test_three_processes_with_wrong_clocks_are_refused_nothing(hub: TestHub, nats_url: str) -> None:
    each = await work(hub, nats_url)
    wrong = each.model_copy(update={"clock_is_wrong_by": 86_400.0})
    async with quota_process(each) as first, quota_process(wrong) as second:
        begin(first, second)
        await eventually(lambda: len(statuses(hub)) >= 60, 30)
        async with quota_process(each) as late:
            begin(late)
            await ended(first, second, late)
    assert statuses(hub) == [200] * (3 * DOWNLOADS)


async def test_three_processes_that_do_not_share_take_each_other_s_last_requests(hub: TestHub) -> None:
    each = await work(hub, None)
    async with quota_process(each) as first, quota_process(each) as second, quota_process(each) as third:
        begin(first, second, third)
        await ended(first, second, third)
    assert (statuses(hub).count(200), 429 in statuses(hub)) == (3 * DOWNLOADS, True)


@pytest.mark.neighbour("NATS", "one of three processes that share a quota frozen (SIGSTOP)", "the Hub refuses nothing")
async def test_a_process_that_was_frozen_asks_the_others_first(hub: TestHub, nats_url: str) -> None:
    each = (await work(hub, nats_url)).model_copy(update={"downloads": 60})
    hub.limit(Quota(resolvers=QUOTA, window_seconds=2 * WINDOW_SECONDS))
    async with quota_process(each) as first, quota_process(each) as second, quota_process(each) as frozen:
        begin(first, second, frozen)
        await eventually(lambda: len(statuses(hub)) >= 20, 30)
        process, since = psutil.Process(frozen.pid), monotonic()
        process.suspend()
        # What it knows is of the window that goes on, and the others use that up.
        await eventually(lambda: len(statuses(hub)) >= QUOTA - 10 and monotonic() - since > BEHIND_SECONDS, 30)
        process.resume()
        await ended(first, second, frozen)
    assert statuses(hub) == [200] * (3 * 60)
