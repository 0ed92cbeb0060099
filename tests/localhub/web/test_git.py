"""Git over HTTP: who is let in and how, where a renamed dataset is, what is refused."""

import gzip

import aiohttp
import pytest
from localhub.git.answers import CAPABILITIES
from localhub.quota import Quota

from tests.support.hub import TestHub
from tests.support.hub.asked import CONTENT, REPO
from tests.support.hub.git_client import VERSION_2, fetched, post, texts, wants

REFS = f"/datasets/{REPO}/info/refs?service=git-upload-pack"


async def test_a_file_is_fetched_by_the_oid_of_the_listing(hub: TestHub, web: aiohttp.ClientSession) -> None:
    oid = hub.oid(REPO, "model/1.json")
    for name in (REPO, f"{REPO}.git"):
        assert await fetched(web, name, [oid]) == {oid: CONTENT}
    async with web.post(f"/datasets/{REPO}/git-upload-pack", data=wants([oid]), headers=VERSION_2) as answer:
        assert answer.content_type == "application/x-git-upload-pack-result"


async def test_what_the_server_can_do_is_told_first(hub: TestHub, web: aiohttp.ClientSession) -> None:
    async with web.get(REFS, headers=VERSION_2) as answer:
        assert answer.content_type == "application/x-git-upload-pack-advertisement"
        assert texts(await answer.read()) == ["# service=git-upload-pack", "0000", *CAPABILITIES, "0000"]


async def test_a_compressed_request_over_1024_bytes_gets_no_pack(hub: TestHub, web: aiohttp.ClientSession) -> None:
    """As on the real Hub, where git then says: expected 'packfile'."""
    oid = hub.oid(REPO, "model/1.json")
    few, many = wants([oid]), wants([oid] * 20)
    assert len(few) < 1024 < len(many)
    for body, refused in ((few, False), (many, True)):
        status, answer = await post(web, REPO, gzip.compress(body), **{"Content-Encoding": "gzip"})
        assert (status, answer == b"0000") == (200, refused)
        assert (await post(web, REPO, body))[1] != b"0000"


async def test_git_has_a_budget_of_its_own(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.limit(Quota(api=1, resolvers=1, git=2, window_seconds=60))
    oid = hub.oid(REPO, "model/1.json")
    assert (await post(web, REPO, wants([oid])))[0] == 200
    async with web.get(REFS, headers=VERSION_2) as answer:
        assert answer.headers["RateLimit"].startswith('"git";r=0;t=')
        assert answer.headers["RateLimit-Policy"] == '"fixed window";"git";q=2;w=60'
    assert (await post(web, REPO, wants([oid])))[0] == 429
    async with web.get(f"/api/datasets/{REPO}") as other:
        assert other.status == 200


@pytest.mark.parametrize("service", ["info/refs?service=git-receive-pack", "info/refs", "git-receive-pack"])
async def test_pushes_and_the_dumb_protocol_are_refused(hub: TestHub, web: aiohttp.ClientSession, service: str) -> None:
    ask = web.post if service == "git-receive-pack" else web.get
    async with ask(f"/datasets/{REPO}/{service}") as answer:
        assert (answer.status, answer.content_type) == (403, "text/plain")
