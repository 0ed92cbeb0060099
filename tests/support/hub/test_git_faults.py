"""Every way in which a test makes the Hub fail at git does what its name says, to the requests it is meant for only."""

import asyncio
import hashlib
import zlib

import aiohttp
import pytest
from dulwich.errors import ChecksumMismatch
from dulwich.objects import Blob
from localhub.git.pkt_lines import PktLineError, read_pkt_lines

from tests.support.hub import TestHub, faults, git_faults
from tests.support.hub.asked import REPO
from tests.support.hub.faults import Fault
from tests.support.hub.git_client import VERSION_2, fetched, objects_in, pack_in, post, texts, wants

GIT = "/git-upload-pack"
FILES = [b"[%d]" % number * 50 for number in range(20)]
OIDS = {Blob.from_string(content).id.decode(): content for content in FILES}


@pytest.fixture
async def git(hub: TestHub, web: aiohttp.ClientSession) -> aiohttp.ClientSession:
    hub.commit(REPO, {f"git/{number}.json": content for number, content in enumerate(FILES)})
    return web


async def answered(hub: TestHub, git: aiohttp.ClientSession, fault: Fault) -> bytes:
    """Fetch everything under a fault; answer the body of the answer, which has status 200."""
    rule = hub.faults.add(fault, GIT, times=1)
    status, answer = await post(git, REPO, wants(OIDS))
    assert (status, rule.struck) == (200, 1)
    assert await fetched(git, REPO, OIDS) == OIDS, "the next one is right again"
    return answer


async def test_one_dataset_alone_can_be_refused(hub: TestHub, git: aiohttp.ClientSession) -> None:
    hub.commit("other/dataset", {"m/1.json": FILES[0]})
    hub.faults.add(faults.Status(403), f"^/datasets/{REPO}{GIT}")
    assert (await post(git, REPO, wants(OIDS)))[0] == 403
    oid = hub.oid("other/dataset", "m/1.json")
    assert await fetched(git, "other/dataset", [oid]) == {oid: FILES[0]}


async def test_a_rate_limit_names_the_budget_of_git(hub: TestHub, git: aiohttp.ClientSession) -> None:
    hub.faults.add(faults.RateLimited(reset=77), GIT)
    async with git.post(f"/datasets/{REPO}{GIT}", data=wants(OIDS), headers=VERSION_2) as answer:
        assert (answer.status, answer.headers["RateLimit"]) == (429, '"git";r=0;t=77')


async def test_an_error_comes_as_one_line(hub: TestHub, git: aiohttp.ClientSession) -> None:
    assert texts(await answered(hub, git, git_faults.ErrorLine("no"))) == ["ERR no"]


async def test_an_error_comes_after_a_part_of_the_pack(hub: TestHub, git: aiohttp.ClientSession) -> None:
    answer = await answered(hub, git, git_faults.ErrorBand(text="died"))
    assert pack_in(answer).startswith(b"PACK")
    assert list(read_pkt_lines(answer))[-1] == b"\3died"


async def test_an_old_server_lists_branches_and_finds_no_request(hub: TestHub, git: aiohttp.ClientSession) -> None:
    assert await answered(hub, git, git_faults.OldProtocol()) == b""
    hub.faults.add(git_faults.OldProtocol(), "/info/refs")
    async with git.get(f"/datasets/{REPO}/info/refs?service=git-upload-pack", headers=VERSION_2) as answer:
        service, _, refs, _ = texts(await answer.read())
    assert service == "# service=git-upload-pack"
    assert refs.partition("\0")[0] == f"{'1' * 40} refs/heads/main"


async def test_an_answer_without_a_pack(hub: TestHub, git: aiohttp.ClientSession) -> None:
    assert texts(await answered(hub, git, git_faults.NoPack())) == ["0000"]


async def test_a_pack_that_ends_early_in_a_whole_answer(hub: TestHub, git: aiohttp.ClientSession) -> None:
    pack = pack_in(await answered(hub, git, git_faults.CutPack(keep=0.5)))
    (whole,) = [pack_in((await post(git, REPO, wants(OIDS)))[1])]
    assert pack == whole[: len(whole) // 2]


async def test_a_byte_of_an_object_is_another_one(hub: TestHub, git: aiohttp.ClientSession) -> None:
    pack = pack_in(await answered(hub, git, git_faults.CorruptPack("object")))
    with pytest.raises(ChecksumMismatch):
        objects_in(pack)


async def test_the_checksum_is_another_one(hub: TestHub, git: aiohttp.ClientSession) -> None:
    pack = pack_in(await answered(hub, git, git_faults.CorruptPack("checksum")))
    assert hashlib.sha1(pack[:-20]).digest()[:-1] == pack[-20:-1]
    with pytest.raises(ChecksumMismatch):
        objects_in(pack)


async def test_a_length_is_no_number(hub: TestHub, git: aiohttp.ClientSession) -> None:
    answer = await answered(hub, git, git_faults.CorruptPack("length"))
    with pytest.raises(PktLineError, match="bad line length character"):
        texts(answer)


async def test_objects_are_missing_from_a_whole_pack(hub: TestHub, git: aiohttp.ClientSession) -> None:
    objects = objects_in(pack_in(await answered(hub, git, git_faults.MissingObjects(left_out=3))))
    assert objects.items() < OIDS.items()
    assert len(objects) == len(OIDS) - 3


async def test_a_foreign_object_takes_the_place_of_another(hub: TestHub, git: aiohttp.ClientSession) -> None:
    objects = objects_in(pack_in(await answered(hub, git, git_faults.ForeignObjects())))
    assert [len(content) for content in objects.values()] == [len(content) for content in FILES]
    assert len(objects.keys() - OIDS.keys()) == 1


@pytest.mark.parametrize("honest", [True, False])
async def test_a_bomb_is_small_on_the_way(hub: TestHub, git: aiohttp.ClientSession, *, honest: bool) -> None:
    pack = pack_in(await answered(hub, git, git_faults.PackBomb(10_000_000, honest=honest)))
    assert len(pack) < 20_000
    header = 4 if honest else 2  # bytes that name kind and size
    assert len(zlib.decompressobj().decompress(pack[12 + header :])) == 10_000_000


@pytest.mark.parametrize("headers", [True, False])
async def test_a_stall_lasts_until_the_client_leaves(
    hub: TestHub, git: aiohttp.ClientSession, *, headers: bool
) -> None:
    hub.faults.add(faults.Stall(headers=headers), GIT, times=1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(post(git, REPO, wants(OIDS)), 0.3)
    assert await fetched(git, REPO, OIDS) == OIDS


async def test_a_stall_can_come_in_the_middle(hub: TestHub, git: aiohttp.ClientSession) -> None:
    hub.faults.add(faults.Stall(keep=0.5), GIT, times=1)
    async with git.post(f"/datasets/{REPO}{GIT}", data=wants(OIDS), headers=VERSION_2) as answer:
        assert answer.content_length
        half = await answer.content.readexactly(answer.content_length // 2)
        assert half.startswith(b"000dpackfile\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(answer.content.readany(), 0.1)


async def test_a_server_can_be_at_work_for_ever(hub: TestHub, git: aiohttp.ClientSession) -> None:
    hub.faults.add(git_faults.KeepAlive(every_seconds=0.01), GIT, times=1)
    async with git.post(f"/datasets/{REPO}{GIT}", data=wants(OIDS), headers=VERSION_2) as answer:
        begun = await answer.content.readexactly(len(b"000dpackfile\n" + 5 * b"0005\1"))
    assert begun == b"000dpackfile\n" + 5 * b"0005\1"


async def test_a_redirect_leads_to_another_host(hub: TestHub, git: aiohttp.ClientSession) -> None:
    hub.faults.add(faults.Redirect(hub.cdn_url), GIT, times=1)
    async with git.post(f"/datasets/{REPO}{GIT}", data=wants(OIDS), allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (307, f"{hub.cdn_url}/datasets/{REPO}{GIT}")
