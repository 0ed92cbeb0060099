"""Files come by packs, verified, or end early within seconds and for a while: whatever the server of git does."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

import pytest
from aiohttp import encode_basic_auth, web
from common.hub import pack_downloads, packs
from common.hub.client import HubClient
from common.hub.downloads import RemoteFile
from common.hub.transports import MIN_FILES, PackError, Reason, Transports
from localhub.quota import Quota
from structlog.testing import capture_logs

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.hub.faults import (
    ConnectionReset,
    Endless,
    Exchange,
    Fault,
    HtmlPage,
    RateLimited,
    Redirect,
    Replace,
    Stall,
    Status,
    Trickle,
    Truncate,
)
from tests.support.hub.git_faults import (
    CorruptPack,
    CutPack,
    ErrorBand,
    ErrorLine,
    ForeignObjects,
    KeepAlive,
    MissingObjects,
    NoPack,
    OldProtocol,
    PackBomb,
)

DATA: Final = "owner/data"
SECRET: Final = "hf_secret"
GIT: Final = "git-upload-pack"
# More than fits into one line of git's protocol, however well it is compressed.
BODIES: Final = {f"model/{number}.json": Random(number).randbytes(30_000) for number in range(6)}
# Long enough for a slow machine to answer, where the server is well.
PATIENCE: Final = 30.0


@pytest.fixture(autouse=True)
def _no_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "IDLE_SECONDS", PATIENCE)
    monkeypatch.setattr(packs, "FIXED_SECONDS", PATIENCE)


@pytest.fixture
async def files(server: TestHub) -> list[RemoteFile]:
    server.commit(DATA, dict(BODIES))
    return [RemoteFile(path, len(body), server.oid(DATA, path)) for path, body in BODIES.items()]


@pytest.fixture
def outcomes() -> Counter[str]:
    return Counter()


@pytest.fixture
async def hub(server: TestHub, outcomes: Counter[str]) -> AsyncIterator[HubClient]:
    count = lambda outcome: outcomes.update([outcome])  # noqa: E731
    async with HubClient(server.url, SECRET, on_outcome=count, transports=Transports()) as opened:
        yield opened


async def at_once(_: int) -> None:
    """Admit whatever comes."""


async def fetched(hub: HubClient, files: Collection[RemoteFile]) -> dict[str, bytes]:
    """Return what packs bring of these files, by path."""
    admitted: list[int] = []

    async def admit(size: int) -> None:
        admitted.append(size)

    async with aclosing(hub.download_pack(DATA, files, admit)) as pack:
        found = {file.path: body async for file, body in pack}
    assert admitted == [len(body) for body in found.values()]
    assert found.items() <= BODIES.items()
    return found


async def test_all_files_come_by_one_request(
    hub: HubClient, server: TestHub, files: list[RemoteFile], outcomes: Counter[str]
) -> None:
    sizes: list[int] = []
    hub._pack_downloads.on_bytes = sizes.append
    assert await fetched(hub, files) == BODIES
    assert server.requests.count() == server.requests.count(GIT) == 1
    assert hub.transports.current(DATA) == "pack"
    assert (hub.transports.requests, outcomes) == ({"ok": 1}, {"ok": 1})
    assert (hub.transports.files["pack"], hub.transports.bytes["pack"]) == (len(files), sum(map(len, BODIES.values())))
    assert sum(sizes) == hub.transports.bytes["pack"]
    assert hub.quota.budgets["git"].left > 0


async def test_the_request_is_gits_own_and_never_compressed(
    hub: HubClient, server: TestHub, files: list[RemoteFile]
) -> None:
    seen: list[bytes] = []

    class Seen:
        async def respond(self, exchange: Exchange) -> web.StreamResponse:
            seen.append(await exchange.request.read())
            return await exchange.answer()

    server.faults.add(Seen(), GIT)
    many = [replace(file, path=f"{copy}/{file.path}") for copy in range(9) for file in files]
    async with aclosing(hub.download_pack(DATA, many, at_once)) as pack:
        assert {file async for file, _ in pack} == set(many)
    (request,), (body,) = server.requests.matching(GIT), seen
    assert body.startswith(b"0011command=fetch0001")
    assert body.endswith(b"0008done0000")
    assert body.count(b"want ") == len(files), "one for each blob, however many files it is"
    assert request.headers["Git-Protocol"] == "version=2"
    assert request.headers["Accept-Encoding"] == "identity"
    assert "Content-Encoding" not in request.headers


@pytest.mark.parametrize(
    ("fault", "reason", "seconds", "tries"),
    [
        pytest.param(Status(401), "denied", 3600, 1, id="401"),
        pytest.param(Status(403), "denied", 3600, 1, id="403"),
        pytest.param(Status(404), "denied", 3600, 1, id="404"),
        pytest.param(Status(405), "not_git", 3600, 1, id="405"),
        pytest.param(HtmlPage(), "not_git", 3600, 1, id="a page"),
        pytest.param(OldProtocol(), "not_git", 3600, 1, id="version 0"),
        pytest.param(NoPack(), "not_git", 3600, 1, id="no pack"),
        pytest.param(Replace(b""), "not_git", 3600, 1, id="nothing"),
        pytest.param(Status(302, {"Location": "x/git-upload-pack"}), "not_git", 3600, 1, id="redirects without end"),
        pytest.param(Status(307, {"Location": "mailto:x@example.org"}), "not_git", 3600, 1, id="redirect to no page"),
        pytest.param(RateLimited(reset=70), "rate_limited", 70, 1, id="429"),
        pytest.param(Status(429), "rate_limited", 300, 1, id="429 without a time"),
        pytest.param(Status(503), "server_error", 60, 1, id="503"),
        pytest.param(Status(503, {"Retry-After": "900"}), "server_error", 900, 1, id="503 with a time"),
        pytest.param(ErrorLine(), "refused", 600, 1, id="ERR"),
        pytest.param(ErrorBand(), "refused", 600, 1, id="the third band"),
        pytest.param(ConnectionReset(), "connection_lost", 60, 3, id="reset"),
        pytest.param(Truncate(0.0), "connection_lost", 60, 3, id="cut before the first byte"),
        pytest.param(CutPack(), "truncated", 600, 1, id="cut pack"),
        pytest.param(CorruptPack("object"), "corrupt", 600, 1, id="corrupt object"),
        pytest.param(CorruptPack("checksum"), "corrupt", 600, 1, id="corrupt checksum"),
        pytest.param(CorruptPack("length"), "corrupt", 600, 1, id="corrupt line"),
        pytest.param(Endless(), "corrupt", 600, 1, id="endless"),
        pytest.param(ForeignObjects(), "foreign", 600, 1, id="foreign"),
        pytest.param(PackBomb(50_000_000), "too_large", 600, 1, id="bomb"),
        pytest.param(PackBomb(50_000_000, honest=True), "too_large", 600, 1, id="honest bomb"),
        pytest.param(MissingObjects(len(BODIES)), "incomplete", 600, 1, id="empty"),
    ],
)  # fmt: skip
async def test_files_go_on_by_file_for_a_while(
    hub: HubClient, server: TestHub, files: list[RemoteFile], fault: Fault, reason: Reason, seconds: float, tries: int
) -> None:
    moment = hub.transports.clock()
    hub.transports.clock = lambda: moment
    struck = server.faults.add(fault, GIT)
    with capture_logs() as logs:
        await fetched(hub, files)
        assert await fetched(hub, files) == {}
    assert hub.transports.fallbacks == {reason: 1}
    assert hub.transports.requests == {reason: tries}
    (told,) = (each for each in logs if each["event"] == "hub.transport")
    assert (told["dataset"], told["transport"], told["reason"]) == (DATA, "files", reason)
    assert hub.transports.current(DATA) == "files"
    moment += seconds + 1
    assert hub.transports.current(DATA) == "pack"
    server.faults.remove(struck)
    hub.quota.budgets.clear()
    with capture_logs() as logs:
        assert await fetched(hub, files) == BODIES
    assert [each["transport"] for each in logs if each["event"] == "hub.transport"] == ["pack"]


@pytest.mark.parametrize(
    ("fault", "idle", "fixed"),
    [
        pytest.param(Stall(headers=False), 0.5, PATIENCE, id="before the first byte"),
        pytest.param(Stall(), 0.5, PATIENCE, id="after the headers"),
        pytest.param(Stall(keep=0.7), 0.5, PATIENCE, id="in the middle"),
        pytest.param(KeepAlive(), PATIENCE, 0.5, id="signs of life alone"),
        pytest.param(Trickle(6000), PATIENCE, 0.5, id="a trickle"),
    ],
)
async def test_a_server_that_stalls_is_left_and_its_connection_closed(
    hub: HubClient, server: TestHub, files: list[RemoteFile], monkeypatch: pytest.MonkeyPatch,
    fault: Fault, idle: float, fixed: float,
) -> None:  # fmt: skip
    monkeypatch.setattr(packs, "IDLE_SECONDS", idle)
    monkeypatch.setattr(packs, "FIXED_SECONDS", fixed)
    server.faults.add(fault, GIT)
    async with asyncio.timeout(20):
        await fetched(hub, files)
    assert hub.transports.fallbacks == {"stalled": 1}
    assert hub.transports.requests == {"stalled": 1}
    # The Hub notes a request that was cut when it sees that its client is gone.
    await eventually(lambda: server.requests.count(GIT) == 1)


async def test_signs_of_life_without_end_end(
    hub: HubClient, server: TestHub, files: list[RemoteFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However fast they come: an answer has a bound in bytes, too."""
    monkeypatch.setattr(packs, "_EXTRA_BYTES", 100 - sum(map(len, BODIES.values())))
    server.faults.add(KeepAlive(0.001), GIT)
    async with asyncio.timeout(PATIENCE - 5):
        assert await fetched(hub, files) == {}
    assert hub.transports.fallbacks == {"too_large": 1}


@pytest.mark.parametrize("fault", [Stall(keep=0.7), ErrorBand(0.7), CutPack(0.7), Truncate(0.7)])
async def test_what_came_before_the_break_counts(
    hub: HubClient, server: TestHub, files: list[RemoteFile], monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(packs, "IDLE_SECONDS", 0.5)
    server.faults.add(fault, GIT, times=1)
    server.faults.add(Status(503), GIT)
    assert 0 < len(await fetched(hub, files)) < len(files)


async def test_a_lost_connection_costs_a_request_for_what_is_missing(
    hub: HubClient, server: TestHub, files: list[RemoteFile]
) -> None:
    server.faults.add(Truncate(0.7), GIT, times=1)
    assert await fetched(hub, files) == BODIES
    assert hub.transports.requests == {"connection_lost": 1, "ok": 1}
    assert hub.transports.fallbacks == {}
    assert hub.transports.files["pack"] == len(files), "no file came twice"


async def test_single_blobs_that_a_pack_lacks_come_by_file(
    hub: HubClient, server: TestHub, files: list[RemoteFile]
) -> None:
    server.faults.add(MissingObjects(2), GIT, times=1)
    assert len(await fetched(hub, files)) == len(files) - 2
    assert hub.transports.current(DATA) == "pack"
    assert hub.transports.fallbacks == {"incomplete": 1}
    assert await fetched(hub, files) == BODIES


@pytest.mark.parametrize(("gone", "asked", "now"), [(1, 2, "pack"), (2, 3, "pack"), (3, 3, "files")])
async def test_blobs_that_git_does_not_have_come_by_file(
    hub: HubClient, server: TestHub, files: list[RemoteFile], gone: int, asked: int, now: str
) -> None:
    """It refuses the whole request for each of them; of many it is not asked again."""
    missing = [RemoteFile(f"model/gone{number}.json", 7, f"{number}" * 40) for number in range(gone)]
    assert await fetched(hub, [*missing, *files]) == (BODIES if now == "pack" else {})
    assert server.requests.count(GIT) == asked
    assert hub.transports.current(DATA) == now
    assert hub.transports.fallbacks == {"incomplete" if now == "pack" else "refused": 1}


@pytest.mark.parametrize("oid", ["", "g" * 40, "A" * 40, "0" * 64, "0" * 40 + "\n0000"])
async def test_names_that_are_none_of_a_blob_are_not_asked_for(
    hub: HubClient, files: list[RemoteFile], oid: str
) -> None:
    assert await fetched(hub, [replace(files[0], blob_oid=oid), *files[1:]]) == dict(list(BODIES.items())[1:])
    assert hub.transports.current(DATA) == "pack"


async def test_a_file_of_another_size_than_its_blob_does_not_come(hub: HubClient, files: list[RemoteFile]) -> None:
    lying = replace(files[0], path="other.json", size=files[0].size + 1)
    assert await fetched(hub, [*files, lying]) == BODIES


async def test_lfs_files_and_few_files_come_by_file(hub: HubClient, server: TestHub, files: list[RemoteFile]) -> None:
    large = replace(files[0], sha256="0" * 64)
    assert await fetched(hub, files[: MIN_FILES - 1]) == {}
    assert await fetched(hub, [large, *files[1:MIN_FILES]]) == {}
    assert server.requests.count(GIT) == 0
    assert len(await fetched(hub, [large, *files[1:]])) == len(files) - 1


async def test_many_bytes_are_asked_for_in_several_requests(
    hub: HubClient, server: TestHub, files: list[RemoteFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_downloads, "BATCH_BYTES", 2 * files[0].size)
    large = {"model/large.json": b"0" * 3 * files[0].size}
    server.commit(DATA, dict(large))
    ((path, body),) = large.items()
    wanted = [RemoteFile(path, len(body), server.oid(DATA, path)), *files]
    async with aclosing(hub.download_pack(DATA, wanted, at_once)) as pack:
        assert {file.path: body async for file, body in pack} == BODIES | large
    assert hub.transports.requests == {"ok": 1 + len(files) // 2}


async def test_the_files_transport_alone_asks_git_for_nothing(server: TestHub, files: list[RemoteFile]) -> None:
    async with HubClient(server.url, transports=Transports("files")) as hub:
        assert await fetched(hub, files) == {}
        assert await hub.download(DATA, "main", files[0]) == BODIES[files[0].path]
    assert server.requests.count(GIT) == 0
    assert (hub.transports.files["files"], hub.transports.bytes["files"]) == (1, files[0].size)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(Status(404), "denied"), (CutPack(), "truncated"), (MissingObjects(1), "incomplete"), (HtmlPage(), "not_git")],
)
async def test_the_pack_transport_alone_says_what_is_wrong(
    server: TestHub, files: list[RemoteFile], fault: Fault, reason: Reason
) -> None:
    server.faults.add(fault, GIT)
    async with HubClient(server.url, transports=Transports("pack")) as hub:
        for _ in range(2):
            with pytest.raises(PackError, match=r"^git: ") as raised:
                await fetched(hub, files)
            assert (raised.value.reason, hub.transports.current(DATA)) == (reason, "pack")
        server.faults.clear()
        assert await fetched(hub, files[:1]) == {files[0].path: BODIES[files[0].path]}


async def test_packs_wait_for_no_quota_while_files_can_go_on(
    hub: HubClient, server: TestHub, files: list[RemoteFile]
) -> None:
    server.limit(Quota(git=3, window_seconds=60))
    assert await fetched(hub, files) == BODIES
    async with asyncio.timeout(20):
        assert await fetched(hub, files) == {}
    assert server.requests.count(GIT) == 1, "no request is spent on a refusal"
    assert hub.transports.fallbacks == {"rate_limited": 1}


async def test_a_moment_is_waited_for(hub: HubClient, server: TestHub, files: list[RemoteFile]) -> None:
    server.limit(Quota(git=3, window_seconds=2))
    for _ in range(2):
        assert await fetched(hub, files) == BODIES
    assert hub.transports.fallbacks == {}
    assert [request.status for request in server.requests.matching(GIT)] == [200, 200]


async def test_the_pack_transport_alone_waits_for_the_quota(server: TestHub, files: list[RemoteFile]) -> None:
    server.limit(Quota(git=3, window_seconds=1.5))
    async with HubClient(server.url, transports=Transports("pack")) as hub:
        for _ in range(2):
            assert await fetched(hub, files) == BODIES
    assert [request.status for request in server.requests.matching(GIT)] == [200, 200]


async def test_a_private_dataset_gets_the_token_as_a_password(
    hub: HubClient, server: TestHub, files: list[RemoteFile]
) -> None:
    server.access.token = SECRET
    server.access.private.add(DATA)
    assert await fetched(hub, files) == BODIES
    (request,) = server.requests
    assert request.headers["Authorization"] == encode_basic_auth("hf_user", SECRET)


async def test_a_renamed_dataset_is_followed_and_told_once(
    hub: HubClient, server: TestHub, files: list[RemoteFile]
) -> None:
    server.rename_dataset(DATA, "owner/other")
    with capture_logs() as logs:
        for _ in range(2):
            assert await fetched(hub, files) == BODIES
    assert [each["event"] for each in logs if "transport" not in each["event"]] == ["hub.dataset_renamed"]
    assert [request.status for request in server.requests.matching(GIT)] == [307, 200, 200]


async def test_another_host_sees_no_token(
    hub: HubClient, server: TestHub, files: list[RemoteFile], tmp_path: Path
) -> None:
    async with TestHub(tmp_path / "elsewhere") as other:
        other.commit(DATA, dict(BODIES))
        server.faults.add(Redirect(other.url), GIT)
        assert await fetched(hub, files) == BODIES, "each blob is verified, wherever it comes from"
        assert [request.headers.get("Authorization") for request in other.requests] == [None]


@pytest.mark.parametrize("admits", [True, False])
async def test_who_is_cancelled_closes_the_connection(
    hub: HubClient, server: TestHub, files: list[RemoteFile], *, admits: bool
) -> None:
    server.faults.add(Stall(keep=0.7), GIT)
    came = asyncio.Event()

    async def admit(_: int) -> None:
        came.set()
        if not admits:
            await asyncio.Event().wait()

    async def take() -> None:
        async with aclosing(hub.download_pack(DATA, files, admit)) as pack:
            async for _ in pack:
                pass

    task = asyncio.create_task(take())
    await came.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await eventually(lambda: server.requests.count(GIT) == 1)
    assert hub.transports.current(DATA) == "pack"
    assert hub.transports.fallbacks == {}


async def test_a_reader_who_takes_its_time_is_no_stall(
    hub: HubClient, files: list[RemoteFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "FIXED_SECONDS", 0.3)

    async def admit(_: int) -> None:
        await asyncio.sleep(0.1)

    async with aclosing(hub.download_pack(DATA, files, admit)) as pack:
        assert {file.path: body async for file, body in pack} == BODIES
