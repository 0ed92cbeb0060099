"""Producers get as much room as there is, the writer gets files in their order, and neither waits for the other."""

import asyncio

from common.hub.downloads import RemoteFile
from ingester.download.byte_queue import Arrival, ByteQueue

DEADLINE = 20.0  # seconds; an end that never comes is what it stands for
TURNS = 10  # of the event loop: enough for whatever can go on to do so


def arrival(name: str, size: int) -> Arrival:
    return Arrival(name, RemoteFile(name, size, "oid"), bytearray(size))


async def begun(work: "asyncio.Task[object]") -> bool:
    """Tell whether some work came to its end by itself."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
    return work.done()


async def test_a_producer_waits_until_its_bytes_fit() -> None:
    queue = ByteQueue(100)
    await queue.reserve(60)
    await queue.reserve(40)
    waiting = asyncio.create_task(queue.reserve(50))
    assert not await begun(waiting)
    queue.release(40)
    assert not await begun(waiting), "60 of 100 are still taken"
    queue.release(60)
    await asyncio.wait_for(waiting, DEADLINE)


async def test_a_file_larger_than_the_bound_is_admitted_alone() -> None:
    queue = ByteQueue(100)
    await asyncio.wait_for(queue.reserve(250), DEADLINE)
    waiting = asyncio.create_task(queue.reserve(1))
    assert not await begun(waiting)
    queue.release(250)
    await asyncio.wait_for(waiting, DEADLINE)


async def test_files_are_taken_in_the_order_of_their_arrival_and_then_none() -> None:
    queue = ByteQueue(100)
    for name in ("b", "a", "c"):
        await queue.reserve(10)
        queue.put(arrival(name, 10))
    queue.close()
    taken = [await queue.get(), await queue.get(), await queue.get()]
    assert [each.task_id for each in taken if each] == ["b", "a", "c"]
    assert queue.is_done
    assert await asyncio.wait_for(queue.get(), DEADLINE) is None


async def test_a_file_that_is_put_back_is_the_next_and_not_the_writers() -> None:
    queue = ByteQueue(100)
    for name in ("a", "b"):
        await queue.reserve(50)
        queue.put(arrival(name, 50))
    first = await queue.get()
    assert first
    queue.put_back(first)
    assert [queue.get_nowait(), queue.get_nowait()] == [first, arrival("b", 50)]
    queue.release(100)
    await queue.reserve(100)
    waiting = asyncio.create_task(queue.reserve(1))
    getting = asyncio.create_task(queue.get())
    assert not await begun(getting), "the writer has no room to give"
    queue.give_back(100)
    await asyncio.wait_for(waiting, DEADLINE)
    queue.close()
    assert await getting is None


async def test_the_writer_is_woken_for_room_only_when_it_holds_some_and_producers_wait() -> None:
    queue = ByteQueue(100)
    await queue.reserve(60)
    await queue.reserve(40)
    queue.put(arrival("a", 60))
    assert await queue.get()
    getting = asyncio.create_task(queue.get())
    assert not await begun(getting), "no producer waits: more may come for one COPY"
    waiting = asyncio.create_task(queue.reserve(50))
    assert await asyncio.wait_for(getting, DEADLINE) is None
    queue.release(60)
    await asyncio.wait_for(waiting, DEADLINE)
    waiting = asyncio.create_task(queue.reserve(50))
    getting = asyncio.create_task(queue.get())
    assert not await begun(getting), "what is reserved is still being downloaded"
    queue.put(arrival("b", 40))
    assert await asyncio.wait_for(getting, DEADLINE)
    queue.release(40)
    await asyncio.wait_for(waiting, DEADLINE)
