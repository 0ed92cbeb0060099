"""Behind the real nginx, with the site of deploy/nginx: addresses, live events, rate limits and the access log."""

import io
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import aiohttp
import pytest
from pydantic import AnyHttpUrl
from yarl import URL

from tests.query_api.conftest import SECRET, TOKEN, Start
from tests.query_api.routes.test_webhook import payload
from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.nginx import HTTP_10, PREFIX, STRIPPING, nginx
from tests.support.sse import listening, take
from tests.support.writer import Writer

pytestmark = pytest.mark.debian
PUBLIC = AnyHttpUrl(f"https://example.org{PREFIX}/")
ATOM = {"a": "http://www.w3.org/2005/Atom"}
ZIP = {"Accept-Encoding": "gzip"}
NAMES = ["what? #1 100% a b", "50%25 %2F", "a&b=c;d+e", "{x} [y] |z|", "\"double\" 'single'", "modèle 中 😀"]


@asynccontextmanager
async def behind(
    folder: Path, start: Start, *ways: tuple[str, str], **settings: object
) -> AsyncIterator[tuple[Api, str]]:
    """Start a query API and nginx in front of it."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(start(public_url=PUBLIC, **settings))
        yield api, await stack.enter_async_context(nginx(folder / "nginx", api.url, *ways))


@pytest.mark.parametrize(
    "ways",
    [
        pytest.param(
            (), marks=pytest.mark.neighbour("nginx", "passes a path prefix on", "page, API and feed work below it")
        ),
        pytest.param(
            (STRIPPING,),
            marks=pytest.mark.neighbour("nginx", "takes a path prefix off", "page, API and feed work below it"),
        ),
        pytest.param(
            (HTTP_10,),
            marks=pytest.mark.neighbour("nginx", "asks by HTTP/1.0, without chunks", "everything works, HEAD too"),
        ),
    ],
)
async def test_every_address_works(
    tmp_path: Path, start: Start, writer: Writer, ways: tuple[tuple[str, str], ...]
) -> None:
    for name in NAMES:
        await writer.ingest(name)
    async with behind(tmp_path, start, *ways) as (_, url), aiohttp.ClientSession() as http:
        for path in ("/", "/models", "/docs", "/docs/swagger-ui.css", "/openapi.json", "/api/models", "/readyz"):
            for ask in (http.get, http.head):
                async with ask(url + path) as answer:
                    assert answer.status == 200, path
        async with http.get(url, allow_redirects=False) as answer:
            assert answer.status == 308
            assert urljoin(url, answer.headers["Location"]) == f"{url}/"
        async with http.get(f"{url}/nowhere") as answer:
            assert (answer.status, answer.content_type) == (404, "application/problem+json")
        found = []
        for link in await _links(http, f"{url}/feed.atom"):
            where = URL(link.replace(str(PUBLIC).rstrip("/"), url), encoded=True)
            async with http.get(where) as answer:
                assert answer.status == 200, where
                found.append((await answer.json())["data"]["model"])
        assert found == NAMES[::-1]


async def _links(http: aiohttp.ClientSession, feed: str) -> list[str]:
    async with http.get(feed) as answer:
        root = ET.fromstring(await answer.read())
    links = [str(each.get("href")) for each in root.iterfind("a:entry/a:link[@type='application/json']", ATOM)]
    assert all(each.startswith(f"{PUBLIC}api/models/") for each in links)
    return links


@pytest.mark.parametrize("ways", [(), (HTTP_10,)])
@pytest.mark.neighbour(
    "nginx", "gzip on for every type, for a client that takes it", "live events come at once, one by one"
)
async def test_live_events_are_neither_kept_back_nor_stuck(
    tmp_path: Path, start: Start, writer: Writer, ways: tuple[tuple[str, str], ...]
) -> None:
    async with behind(tmp_path, start, *ways) as (_, url), aiohttp.ClientSession(headers=ZIP) as http:
        async with http.get(f"{url}/api/models") as answer:
            assert answer.status == 200
        async with listening(http, f"{url}/api/events") as events:
            for number in range(3):
                await writer.publish(await writer.ingest(f"m-{number}"))
                # The next one comes only once this one is here.
                assert (await take(events, 1))[0].data["model"] == f"m-{number}"
        async with http.head(f"{url}/api/events") as answer:
            assert answer.headers["Cache-Control"] == "no-store, no-transform"


@pytest.mark.neighbour(
    "nginx", "one visitor behind it uses up its rate limit", "others behind it, and who knows a secret, go on"
)
async def test_one_visitor_behind_it_locks_no_other_out(tmp_path: Path, start: Start) -> None:
    wrong, known = {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {TOKEN}"}
    changes = {"trusted_proxies": ("127.0.0.1", "10.0.0.0/8"), "admin_requests_per_minute": 2}
    async with behind(tmp_path, start, **changes) as (_, url), aiohttp.ClientSession() as http:

        async def ask(came_by: str, headers: dict[str, str], path: str = "/api/admin/sync", body: object = None) -> int:
            # Another proxy of ours before nginx says from where; what stands left of that the client wrote.
            own = {"X-Forwarded-For": f"203.0.113.9, {came_by}, 10.1.1.1"}
            async with http.post(url + path, json=body or {}, headers={**headers, **own}) as answer:
                return answer.status

        assert [await ask("198.51.100.1", wrong) for _ in range(3)] == [403, 403, 429]
        assert await ask("198.51.100.2", wrong) == 403
        assert await ask("198.51.100.1", known) == 202
        hook = {"X-Webhook-Secret": SECRET}
        assert {await ask("198.51.100.1", hook, "/webhooks/huggingface", payload()) for _ in range(5)} == {202}


@pytest.mark.neighbour(
    "nginx",
    "its clients write X-Forwarded-For and Forwarded themselves",
    "they stay who they are, in rate limit and access log",
)
async def test_what_clients_write_themselves_changes_nothing(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    changes = {
        "trusted_proxies": ("127.0.0.1",),
        "admin_requests_per_minute": 1,
        "log_level": "info",
        "log_format": "json",
    }
    async with behind(tmp_path, start, **changes) as (_, url):
        connector = aiohttp.TCPConnector(local_addr=("127.0.0.9", 0))
        async with aiohttp.ClientSession(connector=connector) as http:
            statuses = []
            for number in range(3):
                spoofed = {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"}
                async with http.post(f"{url}/api/admin/sync", json={}, headers=spoofed) as answer:
                    statuses.append(answer.status)
            assert statuses == [401, 429, 429]
        await eventually(lambda: written.getvalue().count('"message": "request"') == 3)
        lines = [json.loads(each) for each in written.getvalue().splitlines() if '"message": "request"' in each]
    assert {each["remote"] for each in lines} == {"127.0.0.9"}
