"""The query API goes on answering while strangers hold connections, and says in its own words what it cannot read."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest
from common.process.http_server import Connections
from query_api.app import with_connection_limits
from query_api.server import request_parsing
from query_api.settings import Settings

from tests.query_api.conftest import TOKEN, Start
from tests.support.api import Api

HALF = b"GET /api/models HTTP/1.1\r\nHost: x\r\nX-Half:"
ORIGIN = "https://dashboard.example"


async def _open(api: Api, sends: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(sends)
    return reader, writer


async def test_half_requests_displace_no_client_that_asks(start: Start) -> None:
    async with start(max_connections=16) as api:
        half = [await _open(api, HALF) for _ in range(100)]
        for path in ("/api/models", "/healthz", "/readyz"):
            assert (await api.get(path))[0] == 200
        registry = api.metrics.registry
        closed = "arcwatch_query_api_closed_connections_total"
        assert (registry.get_sample_value(closed, {"reason": "made_room"}) or 0) >= 84
        assert registry.get_sample_value(closed, {"reason": "refused"}) == 0
        assert 1 <= (registry.get_sample_value("arcwatch_query_api_connections") or 0) <= 16
        for _, writer in half:
            writer.close()


async def test_a_body_that_does_not_come_is_not_waited_for(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_parsing, "BODY_SECONDS", 0.2)
    request = (
        f"POST /api/admin/sync HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    async with start() as api:
        reader, writer = await _open(api, request.encode())
        async with asyncio.timeout(30):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_page_elsewhere_reads_what_is_wrong_with_a_request_that_cannot_be_read(start: Start) -> None:
    async with start(cors_origins=(ORIGIN,)) as api:
        reader, writer = await _open(api, b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(30):
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        assert head.partition(b" ")[2].startswith(b"400 ")
        assert f"Access-Control-Allow-Origin: {ORIGIN}".encode() in head
        assert b"application/problem+json" in head
        assert b"the request cannot be read" in body
        writer.close()


async def test_a_page_elsewhere_reads_that_no_connection_is_left(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    async with start(cors_origins=(ORIGIN,)) as api:
        monkeypatch.setattr(Connections, "admit", lambda *_: False)
        reader, writer = await _open(api, b"")
        async with asyncio.timeout(30):
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        assert lines[0] == "HTTP/1.1 503 Service Unavailable"
        assert {f"Access-Control-Allow-Origin: {ORIGIN}", "Retry-After: 5", "Connection: close"} <= set(lines)
        assert f"Content-Length: {len(body)}" in lines
        assert json.loads(body)["status"] == 503
        writer.close()


def test_listeners_leave_places_for_others() -> None:
    found = with_connection_limits(Settings(max_connections=100, max_event_clients=2_000))
    assert (found.max_connections, found.max_event_clients) == (100, 75)
    assert with_connection_limits(Settings(max_event_clients=10)).max_event_clients == 10


async def test_an_error_while_serving_ends_the_service(start: Start) -> None:
    with pytest.raises(RuntimeError, match="unexpected"):
        async with asyncio.timeout(60), start():
            raise RuntimeError("unexpected")
