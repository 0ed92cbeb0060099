"""Below the path of PUBLIC_URL everything is answered as at the root, so that a proxy may take the path off or not."""

import re
from urllib.parse import urljoin

import pytest
from pydantic import AnyHttpUrl
from query_api.server import dashboard
from yarl import URL

from tests.query_api.conftest import TOKEN, Start
from tests.support.sse import listening, take
from tests.support.writer import Writer

PUBLIC = AnyHttpUrl("https://example.org/arcwatch/")
FILES = ("/docs", "/docs/start.js", "/openapi.json", "/feed.atom")
PLACES = (*dashboard.ADDRESSES, *FILES, "/api/models", "/api/status", "/healthz", "/readyz")


async def test_each_address_is_there_twice(start: Start, writer: Writer) -> None:
    await writer.ingest("m-1")
    async with start(public_url=PUBLIC) as api:
        for path in PLACES:
            bodies = []
            for base in ("", "/arcwatch"):
                async with api.http.get(base + path) as answer:
                    assert answer.status == 200, base + path
                    bodies.append(await answer.read() if path != "/api/status" else b"")
                async with api.http.head(base + path) as answer:
                    assert (answer.status, await answer.read()) == (200, b""), base + path
            assert bodies[0] == bodies[1], path
        for path in ("/api/admin/sync", "/arcwatch/api/admin/sync"):
            assert (await api.post(path, {}, Authorization=f"Bearer {TOKEN}"))[0] == 202
            assert (await api.get(path))[0] == 405
        assert (await api.get("/arcwatchapi/models"))[0] == 404
        assert "/arcwatch/docs" in (await api.get("/arcwatch/nowhere"))[1]["detail"]


async def test_without_a_path_there_is_none(start: Start) -> None:
    async with start(public_url=AnyHttpUrl("https://example.org")) as api:
        assert (await api.get("/arcwatch/api/models"))[0] == 404


async def test_the_prefix_alone_leads_to_the_page_by_the_scheme_and_host_that_the_reader_has(start: Start) -> None:
    async with (
        start(public_url=PUBLIC) as api,
        api.http.get(URL("/arcwatch?dataset=a%2Fb", encoded=True), allow_redirects=False) as answer,
    ):
        assert (answer.status, answer.headers["Location"]) == (308, "/arcwatch/?dataset=a%2Fb")


@pytest.mark.parametrize("page", ["/", "/models", "/docs"])
async def test_what_a_page_names_is_beside_it(start: Start, page: str) -> None:
    async with start(public_url=PUBLIC) as api, api.http.get(f"/arcwatch{page}") as answer:
        links = re.findall(r'(?:src|href)="([^"]+)"', await answer.text())
        assert len(links) >= 3
        for link in links:
            where = urljoin(f"/arcwatch{page}", link)
            assert where.startswith("/arcwatch/"), link
            async with api.http.get(where) as file:
                assert file.status == 200, where


async def test_the_document_s_server_is_where_the_document_is(start: Start) -> None:
    async with start(public_url=PUBLIC) as api:
        for path in ("/openapi.json", "/arcwatch/openapi.json"):
            (server,) = (await api.get(path))[1]["servers"]
            assert urljoin(f"https://example.org{path}", server["url"]) == f"https://example.org{path[:-12]}"


async def test_events_come_below_it(start: Start, writer: Writer) -> None:
    async with start(public_url=PUBLIC) as api, listening(api.http, "/arcwatch/api/events") as events:
        await writer.publish(await writer.ingest("m-1"))
        assert (await take(events, 1))[0].data["model"] == "m-1"


NAMES = [
    "what? #1 100% a b",
    "50%25 %2F",
    "a&b=c;d+e",
    "{x} [y] |z|",
    "\"double\" 'single' `back`",
    "modèle 中 😀",
    "a\\b",
]


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_percent_encoded_in_a_path_arrives(start: Start, writer: Writer, name: str) -> None:
    event = await writer.ingest(name)
    async with start(public_url=PUBLIC) as api:
        for base in ("", "/arcwatch"):
            where = URL(f"{base}/api/models") / event.dataset.split("/")[0] / event.dataset.split("/")[1] / name
            async with api.http.get(where) as answer:
                assert answer.status == 200, where
                assert (await answer.json())["data"]["model"] == name
