"""The Hub tells apart what is worth another try, what is refused and what is gone; the token stays at home."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import stamina
from arcwatch.hub import LocalHub
from arcwatch.hub.faults import (
    ConnectionReset,
    Fault,
    ForeignNextPage,
    HtmlPage,
    RateLimited,
    Replace,
    Status,
    Truncate,
)
from common.hub import FolderGone, Hub, HubRefused, RevisionGone, outcome_of
from common.outcomes import Transient
from common.quota import Quota

DATA = "owner/data"


@pytest.fixture(autouse=True)
def _impatient() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LocalHub]:
    async with LocalHub(tmp_path / "hub") as running:
        running.commit(DATA, {"README.md": b"x", "a/1.json": b"[1]", "b/1.json": b"[2]", "b/deep/2.json": b"[3]"})
        yield running


@pytest.fixture
def outcomes() -> Counter[str]:
    return Counter()


@pytest.fixture
def hub(server: LocalHub, outcomes: Counter[str]) -> Hub:
    return Hub(server.url, requested=lambda outcome: outcomes.update([outcome]))


async def test_a_listing_holds_the_folders_and_no_files(hub: Hub, server: LocalHub) -> None:
    assert await hub.folders(DATA) == {name: server.oid(DATA, name) for name in ("a", "b")}


async def test_a_pinned_listing_does_not_move(hub: Hub, server: LocalHub) -> None:
    sha = await hub.head(DATA)
    before = await hub.folders(DATA)
    server.commit(DATA, {"a/1.json": b"[9]", "c/1.json": b"[]"})
    assert await hub.folders(DATA, sha) == before
    assert (await hub.folders(DATA)).keys() == {"a", "b", "c"}


async def test_a_folders_files_are_all_below_it(hub: Hub) -> None:
    files = await hub.files(DATA, "b", await hub.head(DATA))
    assert {file.path: file.size for file in files} == {"b/1.json": 3, "b/deep/2.json": 3}


async def test_folders_are_described_many_at_a_time_and_missing_ones_left_out(hub: Hub, server: LocalHub) -> None:
    server.commit(DATA, {f"m{number:03}/x.json": b"[]" for number in range(250)})
    names = [*(f"m{number:03}" for number in range(250)), "nobody"]
    server.requests.clear()
    found = await hub.describe(DATA, names, await hub.head(DATA))
    assert found.keys() == set(names) - {"nobody"}
    assert all(folder.published_at for folder in found.values())
    assert len(list(server.requests)) == 1 + 2


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Status(500), "server_error"),
        (Status(503), "server_error"),
        (RateLimited(reset=0), "rate_limited"),
        (ConnectionReset(), "connection_lost"),
        (Truncate(), "connection_lost"),
    ],
    ids=["500", "503", "429", "reset", "truncated"],
)
async def test_what_passes_is_tried_again_at_once(
    hub: Hub, server: LocalHub, outcomes: Counter[str], fault: Fault, outcome: str
) -> None:
    server.faults.add(fault, "tree", times=2)
    assert (await hub.folders(DATA)).keys() == {"a", "b"}
    assert outcomes[outcome] == 2


@pytest.mark.parametrize("fault", [Status(500), ConnectionReset(), HtmlPage(), Replace(b'{"a": 1}'), Replace(b"[7]")])
async def test_what_does_not_pass_is_transient(hub: Hub, server: LocalHub, fault: Fault) -> None:
    server.faults.add(fault, "tree", times=None)
    with pytest.raises(Transient):
        await hub.folders(DATA)


async def test_a_broken_hub_that_names_a_late_hour_is_not_asked_again_before(hub: Hub, server: LocalHub) -> None:
    server.faults.add(Status(503, {"Retry-After": "900"}), "tree", times=None)
    with pytest.raises(Transient) as raised:
        await hub.folders(DATA)
    assert raised.value.retry_after_seconds == 900
    assert server.requests.count("tree") == 1


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_refusal_is_told_at_once_with_what_to_do(hub: Hub, server: LocalHub, status: int) -> None:
    server.faults.add(Status(status), "tree", times=None)
    server.requests.clear()
    with pytest.raises(HubRefused, match="HF_DATASETS"):
        await hub.folders(DATA)
    assert len(list(server.requests)) == 1


async def test_private_gated_and_missing_datasets_are_refused(hub: Hub, server: LocalHub) -> None:
    server.access.token = "secret"
    server.access.private.add(DATA)
    with pytest.raises(HubRefused, match="HF_TOKEN"):
        await hub.folders(DATA)
    assert (await Hub(server.url, "secret").folders(DATA)).keys() == {"a", "b"}
    with pytest.raises(HubRefused):
        await hub.folders("owner/nothing")


async def test_a_squashed_commit_is_gone_and_so_is_a_folder(hub: Hub, server: LocalHub) -> None:
    sha = await hub.head(DATA)
    server.squash(DATA)
    with pytest.raises(RevisionGone):
        await hub.folders(DATA, sha)
    with pytest.raises(FolderGone):
        await hub.files(DATA, "nobody", await hub.head(DATA))


async def test_the_token_does_not_follow_a_link_to_another_host(server: LocalHub) -> None:
    server.access.token = "secret"
    server.commit(DATA, {f"m{number:04}/x.json": b"[]" for number in range(1001)})
    server.faults.add(ForeignNextPage(), "tree", times=None)
    with pytest.raises(HubRefused, match="must not see HF_TOKEN"):
        await Hub(server.url, "secret").folders(DATA)


async def test_the_quota_is_learned_from_answers(server: LocalHub) -> None:
    quota = Quota()
    await Hub(server.url, quota=quota).folders(DATA)
    assert quota.budgets["api"].left > 0


async def test_a_call_can_be_cancelled_while_the_hub_is_silent(hub: Hub, server: LocalHub) -> None:
    server.latency = 5.0
    call = asyncio.create_task(hub.folders(DATA))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(call, 1)
    server.latency = 0.0


WORDS = {200: "ok", 304: "ok", 401: "unauthorized", 403: "unauthorized", 404: "not_found", 418: "other"} | {
    429: "rate_limited",
    500: "server_error",
    599: "server_error",
}


@pytest.mark.parametrize(("status", "word"), WORDS.items())
def test_each_status_has_one_word(status: int, word: str) -> None:
    assert outcome_of(status) == word
