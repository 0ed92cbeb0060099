"""Every way in which a test makes the Hub fail does what its name says, to the requests it is meant for only."""

import asyncio
import json
import time
from pathlib import Path

import aiohttp
import pytest
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils._http import parse_ratelimit_headers

from tests.support.hub import TestHub, faults
from tests.support.hub.asked import CONTENT, FILE, INFO, REPO, fetch

ask = asyncio.to_thread


async def test_a_rule_strikes_the_matching_requests_as_often_as_it_says(
    hub: TestHub, web: aiohttp.ClientSession
) -> None:
    rule = hub.faults.add(faults.Status(503), "/resolve/", times=2, skip=1)
    assert [(await fetch(web, FILE))[0] for _ in range(4)] == [200, 503, 503, 200]
    assert (await fetch(web, INFO))[0] == 200
    assert rule.struck == 2
    hub.faults.add(faults.Status(500), "/resolve/", method="HEAD")
    assert (await fetch(web, FILE))[0] == 200
    async with web.head(FILE) as answer:
        assert answer.status == 500
    hub.faults.clear()
    async with web.head(FILE) as answer:
        assert (answer.status, answer.content_length) == (200, len(CONTENT))


async def test_a_rate_limit_tells_the_client_when_to_come_back(hub: TestHub, api: HfApi, web: object) -> None:
    hub.faults.add(faults.RateLimited(reset=77), INFO)
    with pytest.raises(HfHubHTTPError, match="Retry after 77 seconds") as refused:
        await ask(api.dataset_info, REPO)
    info = parse_ratelimit_headers(refused.value.response.headers)
    assert info is not None
    assert (refused.value.response.status_code, info.resource_type, info.remaining) == (429, "api", 0)


async def test_the_client_retries_a_listing_through_a_503(hub: TestHub, api: HfApi, web: object) -> None:
    hub.faults.add(faults.Status(503), "/tree/", times=1)
    tree = await ask(lambda: list(api.list_repo_tree(REPO, repo_type="dataset")))
    assert [entry.path for entry in tree] == ["model"]
    assert [request.status for request in hub.requests.matching("/tree/")] == [503, 200]


async def test_only_the_second_page_of_a_listing_can_fail(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.commit(REPO, {f"m{number}/1.json": b"[]" for number in range(3)})
    hub.faults.add(faults.Status(500), r"/tree/.*cursor=")
    async with web.get(f"{INFO}/tree/main?limit=2") as first:
        assert first.status == 200
        following = first.links["next"]["url"]
    async with web.get(following) as second:
        assert second.status == 500


async def test_a_next_page_can_lead_to_another_host(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.commit(REPO, {f"m{number}/1.json": b"[]" for number in range(3)})
    hub.faults.add(faults.ForeignNextPage(), "/tree/")
    async with web.get(f"{INFO}/tree/main?limit=2") as first:
        assert str(first.links["next"]["url"]).startswith(hub.cdn_url)


async def test_a_reset_cuts_the_connection_before_the_answer(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.faults.add(faults.ConnectionReset(), times=1)
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        async with web.post(f"{INFO}/paths-info/main", data={"paths": "model"}):
            pass
    assert hub.requests[-1].status == 0
    assert (await fetch(web, FILE))[0] == 200


async def test_a_truncated_body_ends_before_its_announced_length(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.faults.add(faults.Truncate(keep=0.25), times=1)
    async with web.get(FILE) as answer:
        assert answer.content_length == len(CONTENT)
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_the_client_repeats_a_truncated_download(hub: TestHub, web: object, tmp_path: Path) -> None:
    hub.faults.add(faults.Truncate(), "/resolve/", method="GET", times=1)
    options = {"repo_type": "dataset", "endpoint": hub.url, "cache_dir": tmp_path / "cache", "token": False}
    path = await ask(hf_hub_download, REPO, "model/1.json", **options)  # type: ignore[arg-type]  # keywords
    assert await ask(Path(path).read_bytes) == CONTENT
    assert [request.status for request in hub.requests.matching("/resolve/", "GET")] == [0, 200]


async def test_corruption_keeps_the_length_the_headers_and_the_json(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.faults.add(faults.Corrupt(), times=1)
    async with web.get(FILE) as answer:
        body = await answer.read()
        assert answer.headers["ETag"] == f'"{hub.oid(REPO, "model/1.json")}"'
    assert body != CONTENT
    assert len(body) == len(CONTENT)
    assert json.loads(body) != json.loads(CONTENT)


async def test_a_page_of_a_proxy_comes_with_status_200(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.faults.add(faults.HtmlPage(), times=1)
    async with web.get(FILE) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")


async def test_another_body_can_take_the_place_of_the_right_one(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.faults.add(faults.Replace(b"[]"), "/tree/", times=1)
    assert await fetch(web, f"{INFO}/tree/main") == (200, b"[]")


async def test_an_endless_body_ends_when_the_client_leaves(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.faults.add(faults.Endless(), "/resolve/", times=1)
    async with web.get(FILE) as answer:
        assert await answer.content.readexactly(3 * len(CONTENT)) == 3 * CONTENT
        answer.close()
    assert await fetch(web, FILE) == (200, CONTENT)


async def test_delays_and_latency_hold_the_right_answer_back(hub: TestHub, web: aiohttp.ClientSession) -> None:
    for slow in (faults.Delay(0.1), faults.Trickle(0.1)):
        hub.faults.add(slow, "/resolve/", times=1)
        started = time.perf_counter()
        assert await fetch(web, FILE) == (200, CONTENT)
        assert time.perf_counter() - started >= 0.1
    hub.latency = 0.1
    started = time.perf_counter()
    assert (await fetch(web, INFO))[0] == 200
    assert time.perf_counter() - started >= 0.1


async def test_the_cdn_serves_the_file_and_the_client_keeps_its_token_from_it(
    hub: TestHub, web: object, tmp_path: Path
) -> None:
    hub.faults.add(faults.RedirectToCdn(), "/resolve/")
    path = await ask(
        hf_hub_download,
        REPO,
        "model/1.json",
        repo_type="dataset",
        endpoint=hub.url,
        cache_dir=tmp_path / "cache",
        token="hf_secret",
    )
    assert await ask(Path(path).read_bytes) == CONTENT
    assert [request.path for request in hub.cdn_requests] == [FILE]
    assert "hf_secret" in str(hub.requests[-1].headers)
    assert "hf_secret" not in str(hub.cdn_requests[-1].headers)


async def test_the_log_keeps_method_path_query_and_status(hub: TestHub, web: aiohttp.ClientSession) -> None:
    hub.requests.clear()
    await fetch(web, f"{INFO}?expand=sha")
    (request,) = hub.requests
    assert (request.method, request.path, request.query, request.status) == ("GET", INFO, "expand=sha", 200)
    assert hub.requests.count("sha", "POST") == 0
    assert len(hub.requests) == 1
