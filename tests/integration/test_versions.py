"""What changed from one version to the next is shown as the Hub had it, after real ingestions."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from query_api.app import serving
from query_api.settings import Settings

from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline
from tests.support.submissions import V2, solved, submission, tasks, unsolved

A, B, C, D, E = tasks()[:5]


@pytest.fixture
async def http(database_url: str, nats_url: str, pipeline: Pipeline) -> AsyncIterator[aiohttp.ClientSession]:
    """Lend a client of a running query API. The pipeline has made the topology that it needs."""
    settings = Settings(
        database_url=SecretStr(database_url), nats_url=SecretStr(nats_url), port=0, ops_port=0, log_level="error"
    )
    async with serving(settings) as (url, *_), aiohttp.ClientSession(url) as client:
        yield client


async def versions(http: aiohttp.ClientSession, model: str) -> list[dict[str, Any]]:
    async with http.get(f"/api/models/{V2}/{model}") as answer:
        assert answer.status == 200
        found: list[dict[str, Any]] = (await answer.json())["data"]["versions"]
        return found


async def test_solved_failed_added_and_removed_tasks_are_told(
    pipeline: Pipeline, hub: TestHub, http: aiohttp.ClientSession
) -> None:
    hub.commit(V2, submission("m", {A: solved(A), B: unsolved(B), C: solved(C), D: solved(D)}))
    await pipeline.settle()
    hub.commit(V2, submission("m", {A: unsolved(A), B: solved(B), E: b"not json"}) | {f"m/{C.id}.json": None})
    await pipeline.settle()
    new, old = await versions(http, "m")
    assert new["changes"] == {
        "added": [],
        "removed": [C.id],
        "changed": sorted([A.id, B.id]),
        "newlySolved": [B.id],
        "noLongerSolved": sorted([A.id, C.id]),
    }
    assert [new["score"], old["score"]] == [2 / 120, 3 / 120]
    assert [new["errors"], old["errors"]] == [1, 0]
    assert (old["changes"], new["supersededAt"]) == (None, None)

    hub.commit(V2, submission("m", {E: solved(E)}))
    await pipeline.settle()
    newest, *_ = await versions(http, "m")
    assert (newest["changes"]["added"], newest["changes"]["newlySolved"]) == ([E.id], [E.id])


async def test_a_version_that_comes_back_is_the_current_one_and_compared_with_what_it_replaced(
    pipeline: Pipeline, hub: TestHub, http: aiohttp.ClientSession
) -> None:
    for body in (solved, unsolved, solved):
        hub.commit(V2, submission("m", {A: body(A), B: solved(B)}))
        await pipeline.settle()
    now, before = await versions(http, "m")
    assert (now["treeOid"], now["supersededAt"]) == (hub.oid(V2, "m"), None)
    assert now["changes"]["newlySolved"] == [A.id]
    assert before["supersededAt"] is not None


async def test_a_renamed_model_shows_its_old_versions(
    pipeline: Pipeline, hub: TestHub, http: aiohttp.ClientSession
) -> None:
    for body in (unsolved, solved):
        hub.commit(V2, submission("old", {A: body(A)}))
        await pipeline.settle()
    hub.commit(V2, {f"old/{A.id}.json": None} | submission("new", {A: solved(A)}))
    await pipeline.settle()
    found = await versions(http, "new")
    assert [version["score"] for version in found] == [1 / 120, 0]
    assert found[0]["changes"]["newlySolved"] == [A.id]
