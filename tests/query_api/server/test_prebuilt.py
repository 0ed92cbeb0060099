"""Prebuilt answers are good HTTP: to every kind of request, compressed or not, with a strong ETag that stays true."""

import asyncio
import gzip
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.support.api import Api
from tests.support.writer import Writer

PATH = "/api/models"


async def _raw(api: Api, request: str) -> bytes:
    where = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(request.encode())
    async with asyncio.timeout(10):
        found = await reader.read()
    writer.close()
    await writer.wait_closed()
    return found


async def test_many_requests_on_one_connection(api: Api) -> None:
    last = f"GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    found = await _raw(api, f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n" * 3 + last)
    assert found.count(b"HTTP/1.1 200 OK\r\n") == 4
    assert found.count(b'"total":0') == 4
    assert found.lower().count(b"connection: close") == 1


async def test_an_old_client_gets_its_answer_and_the_end(api: Api) -> None:
    found = await _raw(api, f"GET {PATH} HTTP/1.0\r\n\r\n")
    assert found.startswith(b"HTTP/1.0 200 OK\r\n")
    assert found.endswith(b"}")


async def test_head_has_the_headers_and_no_body(api: Api) -> None:
    async with api.http.get(PATH) as full, api.http.head(PATH) as head:
        assert head.status == 200
        assert head.headers["ETag"] == full.headers["ETag"]
        assert head.headers["Content-Length"] == str(len(await full.read()))
        assert await head.read() == b""


async def test_who_has_it_already_gets_a_304(api: Api, writer: Writer) -> None:
    async with api.http.get(PATH) as answer:
        etag = answer.headers["ETag"]
    assert etag.startswith('"')
    async with api.http.get(PATH, headers={"If-None-Match": f'"other", {etag}'}) as answer:
        assert (answer.status, answer.headers["ETag"], await answer.read()) == (304, etag, b"")
    await writer.publish(await writer.ingest("m-1"))
    await api.until(PATH, lambda found: found["total"] == 1)
    async with api.http.get(PATH, headers={"If-None-Match": etag}) as answer:
        assert answer.status == 200
        assert answer.headers["ETag"] != etag


@pytest.mark.parametrize("accept", ["gzip, deflate, br", "identity", "gzip;q=0"])
async def test_large_answers_are_compressed_for_who_takes_it(api: Api, writer: Writer, accept: str) -> None:
    for number in range(5):
        await writer.ingest(f"m-{number}")
    await writer.publish(await writer.ingest("m-5"))
    api.services.projector.request_reconcile()
    await api.until(PATH, lambda found: found["total"] == 6)
    async with aiohttp.ClientSession(api.url, auto_decompress=False) as http:
        async with http.get(PATH, headers={"Accept-Encoding": "identity"}) as plain:
            body, etag = await plain.read(), plain.headers["ETag"]
            assert plain.headers["Vary"] == "Accept-Encoding"
        async with http.get(PATH, headers={"Accept-Encoding": accept}) as answer:
            sent = await answer.read()
            if accept.startswith("gzip, "):
                assert answer.headers["Content-Encoding"] == "gzip"
                assert (gzip.decompress(sent), answer.headers["ETag"] == etag) == (body, False)
                assert len(sent) < len(body) / 2
            else:
                assert (sent, answer.headers["ETag"]) == (body, etag)


async def test_each_answer_has_an_id_kept_from_a_proxy_or_made(api: Api) -> None:
    async with aiohttp.ClientSession(api.url) as http:
        ids = set()
        for path in (PATH, PATH, "/nowhere", "/api/admin/ingestion-history"):
            async with http.get(path) as answer:
                ids.add(answer.headers["X-Request-Id"])
        assert len(ids) == 4
        async with http.get(PATH, headers={"X-Request-Id": "from-a-proxy_1"}) as answer:
            assert answer.headers["X-Request-Id"] == "from-a-proxy_1"
        async with http.get(PATH, headers={"X-Request-Id": "x" * 65}) as answer:
            assert answer.headers["X-Request-Id"] != "x" * 65


async def test_requests_are_counted_by_route_and_never_by_name(api: Api) -> None:
    await api.get(PATH)
    await api.get("/api/models/a/b/nobody")
    registry = api.metrics.registry
    labels = {"method": "GET", "route": PATH, "status": "200"}
    assert registry.get_sample_value("arcwatch_query_api_requests_total", labels) == 1
    labels = {"method": "GET", "route": "/api/models/{owner}/{name}/{model}", "status": "404"}
    assert registry.get_sample_value("arcwatch_query_api_requests_total", labels) == 1
    name = "arcwatch_query_api_request_duration_seconds"
    assert registry.get_sample_value(f"{name}_count", {"route": PATH, "status": "200"}) == 1
    assert registry.get_sample_value(f"{name}_bucket", {"route": PATH, "status": "200", "le": "+Inf"}) == 1
