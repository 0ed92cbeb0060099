"""The Hub tells apart what is worth another try, what is refused and what is gone; the token stays at home."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest
import stamina
from aiohttp import web
from common.hub import calls
from common.hub.client import HubClient
from common.hub.responses import FolderGoneError, HubRefusedError, RevisionGoneError, outcome_of
from common.outcomes import TransientError
from structlog.testing import capture_logs

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.hub.faults import (
    Bomb,
    ConnectionReset,
    Delay,
    Endless,
    EndlessPages,
    Exchange,
    Fault,
    ForeignNextPage,
    HtmlPage,
    OtherSchemeNextPage,
    RateLimited,
    Replace,
    Shortened,
    Status,
    Trickle,
    Truncate,
)

DATA = "owner/data"


@pytest.fixture
def outcomes() -> Counter[str]:
    return Counter()


@pytest.fixture
async def hub(server: TestHub, outcomes: Counter[str]) -> AsyncIterator[HubClient]:
    async with HubClient(server.url, on_outcome=lambda outcome: outcomes.update([outcome])) as opened:
        yield opened


@pytest.fixture
async def secret(server: TestHub) -> AsyncIterator[HubClient]:
    """Yield a client with the token that the Hub asks for."""
    server.access.token = "secret"
    async with HubClient(server.url, "secret") as opened:
        yield opened


async def test_a_listing_holds_the_folders_and_no_files(hub: HubClient, server: TestHub) -> None:
    assert await hub.folders(DATA) == {name: server.oid(DATA, name) for name in ("a", "b")}


async def test_a_pinned_listing_does_not_move(hub: HubClient, server: TestHub) -> None:
    sha = await hub.head(DATA)
    before = await hub.folders(DATA)
    server.commit(DATA, {"a/1.json": b"[9]", "c/1.json": b"[]"})
    assert await hub.folders(DATA, sha) == before
    assert (await hub.folders(DATA)).keys() == {"a", "b", "c"}


async def test_a_folders_files_are_all_below_it(hub: HubClient) -> None:
    files = await hub.files(DATA, "b", await hub.head(DATA))
    assert {file.path: file.size for file in files} == {"b/1.json": 3, "b/deep/2.json": 3}


async def test_folders_are_described_many_at_a_time_and_missing_ones_left_out(hub: HubClient, server: TestHub) -> None:
    server.commit(DATA, {f"m{number:03}/x.json": b"[]" for number in range(250)})
    names = [*(f"m{number:03}" for number in range(250)), "nobody"]
    server.requests.clear()
    found = await hub.describe(DATA, names, await hub.head(DATA))
    assert found.keys() == set(names) - {"nobody"}
    assert all(folder.published_at for folder in found.values())
    assert len(list(server.requests)) == 1 + 2 + 1


async def test_a_folder_left_out_of_one_answer_only_is_described(hub: HubClient, server: TestHub) -> None:
    server.faults.add(Shortened(), "paths-info", times=1)
    assert (await hub.describe(DATA, ["a", "b"], await hub.head(DATA))).keys() == {"a", "b"}


@pytest.mark.parametrize("left_out", [1, 2, 3])
async def test_a_listing_that_is_not_the_tree_is_not_believed(hub: HubClient, server: TestHub, left_out: int) -> None:
    server.faults.add(Shortened(left_out), "tree/main/b", times=1)
    files = await hub.files(DATA, "b", "main", server.oid(DATA, "b"))
    assert {file.path for file in files} == {"b/1.json", "b/deep/2.json"}
    assert server.requests.count("tree/main/b") == 2


async def test_a_listing_without_its_second_page_is_not_believed(hub: HubClient, server: TestHub) -> None:
    server.commit(DATA, {f"many/{number:04}.json": b"[]" for number in range(1001)})
    rule = server.faults.add(NoNextPage(), "tree/main/many", times=1)
    assert len(await hub.files(DATA, "many", "main", server.oid(DATA, "many"))) == 1001
    assert rule.struck == 1


class NoNextPage:
    """Gives one page as if it were the last."""

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        whole = await exchange.answer()
        del whole.headers["Link"]
        return whole


async def test_a_tree_that_cannot_be_made_needs_two_equal_listings(hub: HubClient, server: TestHub) -> None:
    unknown = "0" * 40  # as of a folder of files with many modes
    files = await hub.files(DATA, "b", "main", unknown)
    assert {file.path for file in files} == {"b/1.json", "b/deep/2.json"}
    assert server.requests.count("tree/main/b") == 2
    server.faults.add(Shortened(), "tree/main/b", times=1)
    with pytest.raises(TransientError, match="is not the folder's content"):
        await hub.files(DATA, "b", "main", unknown)


async def test_one_listing_that_makes_the_tree_counts_and_no_other(hub: HubClient, server: TestHub) -> None:
    sha, oid = await hub.head(DATA), server.oid(DATA, "b")
    listed = await hub.listing(DATA, "b", sha)
    assert listed is not None
    assert listed.makes(oid)
    assert not listed.makes("0" * 40)
    assert listed.files == await hub.files(DATA, "b", sha, oid)
    server.faults.add(Shortened(), f"tree/{sha}/b", times=1)
    shortened = await hub.listing(DATA, "b", sha)
    assert shortened is not None
    assert not shortened.makes(oid)
    for revision, folder in (("0" * 40, "b"), (sha, "nobody")):
        assert await hub.listing(DATA, folder, revision) is None


@pytest.mark.parametrize("oid", [None, "0" * 40])
async def test_an_empty_listing_is_never_believed(hub: HubClient, server: TestHub, oid: str | None) -> None:
    server.faults.add(Replace(b"[]"), "tree/main/b", times=None)
    with pytest.raises(TransientError, match="is not the folder's content"):
        await hub.files(DATA, "b", "main", oid)


async def test_a_listing_with_lfs_files_is_the_tree_at_once(tmp_path: Path) -> None:
    async with TestHub(tmp_path / "lfs", lfs_above=100) as server:
        server.commit(DATA, {"m/1.json": b"[]", "m/2.json": b" " * 101})
        async with HubClient(server.url) as hub:
            files = await hub.files(DATA, "m", "main", server.oid(DATA, "m"))
        assert [file.sha256 is not None for file in files] == [False, True]
        assert server.requests.count("tree/main/m") == 1


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
    hub: HubClient, server: TestHub, outcomes: Counter[str], fault: Fault, outcome: str
) -> None:
    server.faults.add(fault, "tree", times=2)
    assert (await hub.folders(DATA)).keys() == {"a", "b"}
    assert outcomes[outcome] == 2


_ENTRY = b'{"type": "file", "path": %b, "oid": "0", "size": %b}'


@pytest.mark.parametrize(
    "fault",
    [
        Status(500),
        ConnectionReset(),
        HtmlPage(),
        Replace(b'{"a": 1}'),
        Replace(b"[7]"),
        Replace(b"[" * 100_000),
        Replace(b"[%b]" % (_ENTRY % (b"7", b"1"))),
        Replace(b"[%b]" % (_ENTRY % (b'"a/1.json"', b"-1"))),
        Replace(b"[%b]" % (_ENTRY % (b'"a/1.json"', b"true"))),
    ],
)
async def test_what_does_not_pass_is_transient(hub: HubClient, server: TestHub, fault: Fault) -> None:
    server.faults.add(fault, "tree", times=None)
    with pytest.raises(TransientError):
        await hub.folders(DATA)


async def test_a_listing_of_what_is_elsewhere_is_transient(hub: HubClient, server: TestHub) -> None:
    server.faults.add(Replace(b"[%b]" % (_ENTRY % (b'"b/1.json"', b"3"))), "tree", times=None)
    with pytest.raises(TransientError, match="is not below a"):
        await hub.files(DATA, "a", "main")


async def test_a_broken_hub_that_names_a_late_hour_is_not_asked_again_before(hub: HubClient, server: TestHub) -> None:
    server.faults.add(Status(503, {"Retry-After": "900"}), "tree", times=None)
    with pytest.raises(TransientError) as raised:
        await hub.folders(DATA)
    assert raised.value.retry_after_seconds == 900
    assert server.requests.count("tree") == 1


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_refusal_is_told_at_once_with_what_to_do(hub: HubClient, server: TestHub, status: int) -> None:
    server.faults.add(Status(status), "tree", times=None)
    server.requests.clear()
    with pytest.raises(HubRefusedError, match="HF_DATASETS"):
        await hub.folders(DATA)
    assert len(list(server.requests)) == 1


async def test_private_gated_and_missing_datasets_are_refused(
    hub: HubClient, secret: HubClient, server: TestHub
) -> None:
    server.access.private.add(DATA)
    with pytest.raises(HubRefusedError, match="HF_TOKEN"):
        await hub.folders(DATA)
    assert (await secret.folders(DATA)).keys() == {"a", "b"}
    with pytest.raises(HubRefusedError):
        await hub.folders("owner/nothing")


async def test_a_squashed_commit_is_gone_and_so_is_a_folder(hub: HubClient, server: TestHub) -> None:
    sha = await hub.head(DATA)
    server.squash(DATA)
    with pytest.raises(RevisionGoneError):
        await hub.folders(DATA, sha)
    with pytest.raises(FolderGoneError):
        await hub.files(DATA, "nobody", await hub.head(DATA))


@pytest.mark.neighbour("Hub", "a mirror's link to the next page names another host", "the mirror is asked for it")
@pytest.mark.parametrize("elsewhere", [ForeignNextPage(), OtherSchemeNextPage()], ids=["host", "scheme"])
async def test_the_next_page_is_asked_for_where_the_first_came_from(
    secret: HubClient, server: TestHub, elsewhere: Fault
) -> None:
    server.commit(DATA, {f"m{number:04}/x.json": b"[]" for number in range(2001)})
    server.faults.add(elsewhere, "tree", times=None)
    assert len(await secret.folders(DATA)) == 2003
    assert not server.cdn_requests


@pytest.mark.neighbour("Hub", "a dataset was renamed (307)", "it is followed, and told once with the setting to change")
@pytest.mark.parametrize("name", ["owner/other", "Owner/DATA"])
async def test_a_dataset_that_was_renamed_is_followed(secret: HubClient, server: TestHub, name: str) -> None:
    before = await secret.folders(DATA)
    server.rename_dataset(DATA, name)
    server.requests.clear()
    with capture_logs() as logs:
        sha = await secret.head(DATA)
        assert await secret.folders(DATA) == before
        assert await secret.describe(DATA, ["a", "b"], sha)
        files = await secret.files(DATA, "b", sha, before["b"])
        assert [bytes(await secret.download(DATA, sha, file)) for file in files] == [b"[2]", b"[3]"]
    told = [each for each in logs if each["event"] == "hub.dataset_renamed"]
    assert [(each["dataset"], each["now"]) for each in told] == [(DATA, name)]
    assert "HF_DATASETS" in told[0]["advice"]
    # Where it is now is asked at each look; the rest costs no redirect.
    assert server.requests.count(f"datasets/{DATA}") == 2
    assert server.requests.count(f"datasets/{name}/resolve") == 2


async def test_files_are_followed_too(secret: HubClient, server: TestHub) -> None:
    sha = await secret.head(DATA)
    (file,) = await secret.files(DATA, "a", sha)
    server.rename_dataset(DATA, "owner/other")
    assert bytes(await secret.download(DATA, sha, file)) == b"[1]"
    assert secret.renames.current(DATA) == "owner/other"


async def test_a_dataset_that_was_renamed_twice_or_back_is_followed(secret: HubClient, server: TestHub) -> None:
    sha = await secret.head(DATA)
    for name in ("owner/second", "owner/third", DATA):
        server.rename_dataset(secret.renames.current(DATA), name)
        assert await secret.files(DATA, "a", sha)
        assert await secret.head(DATA) == sha
        assert secret.renames.current(DATA) == name


async def test_a_name_that_was_taken_anew_is_itself_again(secret: HubClient, server: TestHub) -> None:
    server.rename_dataset(DATA, "owner/other")
    await secret.folders(DATA)
    server.commit(DATA, {"new/1.json": b"[]"})
    assert (await secret.folders(DATA)).keys() == {"new"}
    assert secret.renames.current(DATA) == DATA


async def test_what_main_has_at_a_path_is_asked_by_the_name_that_was_taken_anew(
    secret: HubClient, server: TestHub
) -> None:
    server.rename_dataset(DATA, "owner/other")
    assert (await secret.paths_info(DATA, ["a"])).keys() == {"a"}
    server.commit(DATA, {"new/1.json": b"[]"})
    assert (await secret.paths_info(DATA, ["a", "new"])).keys() == {"new"}
    assert secret.renames.current(DATA) == DATA


async def test_the_token_does_not_follow_a_redirect_to_another_port(secret: HubClient, server: TestHub) -> None:
    server.faults.add(Status(302, {"Location": f"{server.cdn_url}/x"}), "tree", times=None)
    await secret.folders(DATA)
    (request,) = server.cdn_requests
    assert "Authorization" not in request.headers


async def test_a_webhook_is_asked_for_once_and_a_list_of_them_again(secret: HubClient, server: TestHub) -> None:
    rule = server.faults.add(Truncate(), "/api/settings/webhooks", method="POST", times=1)
    with pytest.raises(TransientError):
        await secret.create_webhook("https://arc.example.org", [DATA], "s")
    assert rule.struck == 1
    server.faults.add(Status(503), "/api/settings/webhooks", method="GET", times=2)
    (found,) = await secret.webhooks()
    assert (found.url, [(item.type, item.name) for item in found.watched]) == (
        "https://arc.example.org",
        [("dataset", DATA)],
    )


async def test_the_quota_is_learned_from_answers(hub: HubClient) -> None:
    await hub.folders(DATA)
    assert hub.quota.budgets["api"].left > 0


Ask = Callable[[HubClient], Awaitable[object]]
ASKS: dict[str, Ask] = {
    "head": lambda hub: hub.head(DATA),
    "folders": lambda hub: hub.folders(DATA),
    "describe": lambda hub: hub.describe(DATA, ["a"], "main"),
    "files": lambda hub: hub.files(DATA, "b", "main"),
    "paths_info": lambda hub: hub.paths_info(DATA, ["a"]),
}


@dataclass
class Onward:
    """Answers after a while, and sends whoever asks on: to a next page, or to the same address. Notes when."""

    redirects: bool
    arrivals: list[float] = field(default_factory=list)

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        self.arrivals.append(monotonic())
        await asyncio.sleep(0.2)
        here = exchange.request.url
        if self.redirects:
            return web.Response(status=302, headers={"Location": str(here)})
        whole = await exchange.answer()
        whole.headers["Link"] = f'<{here}>; rel="next"'
        return whole


@pytest.mark.parametrize("cancelled", [False, True], ids=["late", "cancelled"])
@pytest.mark.parametrize(
    ("ask", "redirects"),
    [*((ask, True) for ask in ASKS.values()), (ASKS["folders"], False), (ASKS["files"], False)],
    ids=[*ASKS, "pages of folders", "pages of files"],
)
async def test_no_request_comes_when_no_caller_waits_any_more(
    server: TestHub, ask: Ask, *, redirects: bool, cancelled: bool
) -> None:
    onward = Onward(redirects)
    server.faults.add(onward, "/api/", times=None)
    with stamina.set_testing(True, attempts=1):
        async with HubClient(server.url, call_seconds=60.0 if cancelled else 0.5) as hub:
            call = asyncio.ensure_future(ask(hub))
            await eventually(lambda: onward.arrivals)
            if cancelled:
                call.cancel()
            with pytest.raises((TransientError, asyncio.CancelledError)):
                await call
            ended = monotonic()
    # One may have been on its way; without an end there would be dozens.
    assert sum(arrival > ended for arrival in onward.arrivals) <= 1


@pytest.mark.parametrize("fault", [Delay(600), Trickle(600), Status(302, {"Location": "/"})])
async def test_an_answer_that_does_not_come_leaves_no_thread_behind(server: TestHub, fault: Fault) -> None:
    server.faults.add(fault, times=None)
    with stamina.set_testing(True, attempts=1):
        async with asyncio.timeout(20), HubClient(server.url, call_seconds=0.5) as hub:
            with pytest.raises(TransientError):
                await hub.folders(DATA)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("hub-client")]


async def test_an_endless_listing_ends_after_some_pages_and_is_not_retried(hub: HubClient, server: TestHub) -> None:
    server.faults.add(EndlessPages(), "tree", times=None)
    with pytest.raises(TransientError, match="does not end within 60 pages"):
        await hub.folders(DATA)
    assert server.requests.count("tree") == calls.MAX_REQUESTS


@pytest.mark.parametrize("fault", [Endless(), Bomb(200 * 1024 * 1024)])
async def test_a_body_without_end_ends_after_some_bytes(hub: HubClient, server: TestHub, fault: Fault) -> None:
    rule = server.faults.add(fault, "tree", times=None)
    with pytest.raises(TransientError, match="does not end within 32 MiB"):
        await hub.folders(DATA)
    assert rule.struck == 1


async def test_a_call_can_be_cancelled_while_the_hub_is_silent(hub: HubClient, server: TestHub) -> None:
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
