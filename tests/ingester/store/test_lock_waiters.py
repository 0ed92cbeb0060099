"""Requests that wait collapse into one, and each statement touches the request that it names."""

import contextlib
from datetime import timedelta

import asyncpg
import pytest
from ingester.store import lock_waiters
from ingester.store.session import locked

from tests.ingester.database_rows import AT, DATASET, EVENT, HOUR, OTHER
from tests.support.writer import oid

# Request by request: who joins (name, force), and what then waits.
A, B = (
    EVENT.model_copy(update={"requested_by": name, "trigger": trigger})
    for name, trigger in (("a", "webhook"), ("b", "startup"))
)


@pytest.mark.parametrize(
    ("first", "second", "asks"), [(False, False, "b"), (False, True, "b"), (True, False, "a"), (True, True, "b")]
)
async def test_who_forces_is_who_asks_else_the_last(pool: asyncpg.Pool, first: bool, second: bool, asks: str) -> None:  # noqa: FBT001 - a table
    await lock_waiters.join(pool, A.model_copy(update={"force": first}), "m")
    await lock_waiters.join(pool, B.model_copy(update={"force": second}), "m")
    found = await lock_waiters.by_model(pool, EVENT)
    assert found is not None
    assert (found.event.force, found.event.requested_by) == (first or second, asks)
    assert found.event.trigger == (A if asks == "a" else B).trigger


@pytest.mark.parametrize(("content", "agreed"), [(1, True), (2, False), (None, False)])
async def test_copies_that_disagree_on_the_content_name_none(
    pool: asyncpg.Pool, content: int | None, *, agreed: bool
) -> None:
    about = {"revision": oid("head"), "published_at": AT}
    await lock_waiters.join(pool, EVENT.model_copy(update={**about, "tree_oid": oid(1)}), "m")
    tree_oid = content and oid(content)
    await lock_waiters.join(pool, EVENT.model_copy(update={**about, "tree_oid": tree_oid}), "m")
    found = await lock_waiters.by_model(pool, EVENT)
    assert found is not None
    actual = (found.event.tree_oid, found.event.revision, found.event.published_at)
    assert actual == ((oid(1), oid("head"), AT) if agreed else (None, None, None))


async def test_requests_are_told_apart_by_dataset_model_and_dry_run_and_by_id(pool: asyncpg.Pool) -> None:
    others = [EVENT.model_copy(update=change) for change in ({"dataset": OTHER}, {"model": "n"}, {"dry_run": True})]
    ids = {await lock_waiters.join(pool, event, event.model): event for event in (*others, EVENT)}
    for request_id, event in ids.items():
        by_id, by_model = await lock_waiters.by_id(pool, request_id), await lock_waiters.by_model(pool, event)
        assert by_id == by_model
        assert by_id is not None
        assert (by_id.id, by_id.event) == (request_id, event)
    first, *rest = ids
    await lock_waiters.mark_handed_back(pool, first, 7)
    assert {each.id for each in await lock_waiters.free(pool)} == set(rest)
    marked = await lock_waiters.handed_back(pool, timedelta(0))
    assert [(each.id, each.event_sequence) for each in marked] == [(first, 7)]
    assert await lock_waiters.handed_back(pool, HOUR) == []
    await lock_waiters.settle(pool, first)
    assert await pool.fetchval("SELECT count(*) FROM waiting_requests") == 3


async def test_a_request_is_free_while_no_session_holds_the_lock_that_it_waits_behind(pool: asyncpg.Pool) -> None:
    await lock_waiters.join(pool, EVENT, "old name")
    async with contextlib.AsyncExitStack() as held:
        for dataset, model in ((DATASET, "m"), (OTHER, "old name")):
            await held.enter_async_context(locked(pool, dataset, model))
        assert len(await lock_waiters.free(pool)) == 1
    async with locked(pool, DATASET, "old name"):
        assert await lock_waiters.free(pool) == []
