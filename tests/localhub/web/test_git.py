"""Git over HTTP: who is let in and how, where a renamed dataset is, what is refused."""

import gzip
from pathlib import Path

import aiohttp
import pytest
from localhub.git.answers import CAPABILITIES
from localhub.quota import Quota
from localhub.web.git import ONLY_VERSION_2

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


@pytest.mark.parametrize("path", [f"/api/datasets/{REPO}.git", f"/datasets/{REPO}.git"])
async def test_the_ending_is_git_s_alone(web: aiohttp.ClientSession, path: str) -> None:
    async with web.get(path) as answer:
        assert answer.status == 401


def basic(token: str) -> str:
    return aiohttp.encode_basic_auth("user", token)


@pytest.mark.parametrize("closed", ["private", "gated"])
async def test_a_closed_dataset_opens_to_its_token_alone(tmp_path: Path, closed: str) -> None:
    async with TestHub(tmp_path / "hub", token="hf_right", **{closed: [REPO]}) as hub:
        hub.commit(REPO, {"model/1.json": CONTENT})
        body = wants([hub.oid(REPO, "model/1.json")])
        async with aiohttp.ClientSession(hub.url) as web:
            for right in (basic("hf_right"), "Bearer hf_right"):
                assert (await post(web, REPO, body, Authorization=right))[0] == 200
            for wrong in ({}, {"Authorization": basic("hf_wrong")}, {"Authorization": "Basic no base64"}):
                for name in (REPO, "arcprize/missing"):
                    headers = {**VERSION_2, **wrong}
                    async with web.get(
                        f"/datasets/{name}/info/refs?service=git-upload-pack", headers=headers
                    ) as answer:
                        challenge = answer.headers["WWW-Authenticate"]
                    assert (answer.status, challenge.partition(" ")[0]) == (401, "Basic")
                    assert (await post(web, name, body, **wrong))[0] == 401
            assert (await post(web, "arcprize/missing", body, Authorization=basic("hf_right")))[0] == 404


async def test_a_token_has_one_quota_however_it_comes(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.limit(Quota(git=2, window_seconds=60))
    body = wants([hub.oid(REPO, "model/1.json")])
    callers = (basic("a"), "Bearer a", basic("a"), basic("b"))
    assert [(await post(web, REPO, body, Authorization=caller))[0] for caller in callers] == [200, 200, 429, 200]


async def test_another_name_leads_to_the_dataset(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.rename_dataset(REPO, "arcprize/new")
    for asked, leads in ((REPO, "new"), (f"{REPO}.git", "new.git"), ("ArcPrize/NEW", "new")):
        for path in (f"/datasets/{asked}/info/refs?service=git-upload-pack", f"/datasets/{asked}/git-upload-pack"):
            method = web.get if "?" in path else web.post
            async with method(path, headers=VERSION_2, allow_redirects=False) as answer:
                location = path.replace(f"/datasets/{asked}", f"/datasets/arcprize/{leads}")
                assert (answer.status, answer.headers["Location"]) == (307, location)


@pytest.mark.parametrize("version", [{}, {"Git-Protocol": "version=1"}])
async def test_older_versions_are_told_so(hub: TestHub, web: aiohttp.ClientSession, version: dict[str, str]) -> None:
    oid = hub.oid(REPO, "model/1.json")
    refusal = [f"ERR {ONLY_VERSION_2}"]
    async with web.get(REFS, headers=version) as answer:
        assert texts(await answer.read()) == refusal
    async with web.post(f"/datasets/{REPO}/git-upload-pack", headers=version, data=wants([oid])) as answer:
        assert texts(await answer.read()) == refusal


@pytest.mark.parametrize("service", ["info/refs?service=git-receive-pack", "info/refs", "git-receive-pack"])
async def test_pushes_and_the_dumb_protocol_are_refused(hub: TestHub, web: aiohttp.ClientSession, service: str) -> None:
    ask = web.post if service == "git-receive-pack" else web.get
    async with ask(f"/datasets/{REPO}/{service}") as answer:
        assert (answer.status, answer.content_type) == (403, "text/plain")
        assert "receive" not in service or "takes no pushes" in await answer.text()
