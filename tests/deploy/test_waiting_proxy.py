"""Promise: while all replicas of the query API are away, the proxy of compose lets requests wait, and loses none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.support.eventually import eventually
from tests.support.nginx import nginx_of_compose
from tests.support.ports import free_port

pytestmark = pytest.mark.debian


class Replica:
    """What it was asked, and whether it hangs up before it answers."""

    def __init__(self, port: int, *, hangs_up: bool = False) -> None:
        self.port = port
        self.asked: list[tuple[str, str, str]] = []
        self._hangs_up = hangs_up

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.asked.append((request.method, request.path, body))
        if self._hangs_up:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(text=f"{request.headers['X-Request-Id']} {body}")

    async def ready(self, _: web.Request) -> web.Response:
        return web.Response()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_get("/readyz", self.ready)
        app.router.add_route("*", "/{path:.*}", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        try:
            yield
        finally:
            await runner.cleanup()


async def told(url: str, method: str, **given: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, url, headers={"X-Request-Id": "r-1"}, **given) as answer,  # type: ignore[arg-type]
    ):
        return answer.status, await answer.text()


@pytest.mark.neighbour(
    "nginx", "all replicas behind it are away for a while", "requests wait, with what they carry, and are answered once"
)
async def test_requests_wait_for_a_replica(tmp_path: Path) -> None:
    replica = Replica(free_port())
    log = tmp_path / "nginx" / "error.log"
    async with nginx_of_compose(tmp_path / "nginx", replica.port, PAUSE=50) as url:
        reads = asyncio.create_task(told(f"{url}/api/models?limit=1", "GET"))
        writes = asyncio.create_task(told(f"{url}/api/admin/sync", "POST", data="x" * 100_000))
        await eventually(lambda: log.read_text().count("Connection refused") >= 2, 30)
        async with replica.running():
            assert await reads == (200, "r-1 ")
            assert await writes == (200, "r-1 " + "x" * 100_000)
    assert sorted(each[:2] for each in replica.asked) == [("GET", "/api/models"), ("POST", "/api/admin/sync")]


async def test_what_may_have_been_done_is_not_asked_for_again(tmp_path: Path) -> None:
    replica = Replica(free_port(), hangs_up=True)
    async with nginx_of_compose(tmp_path / "nginx", replica.port) as url, replica.running():
        assert (await told(f"{url}/api/admin/sync", "POST", data="once"))[0] == 502
    assert replica.asked == [("POST", "/api/admin/sync", "once")]


async def test_waiting_has_an_end(tmp_path: Path) -> None:
    async with nginx_of_compose(tmp_path / "nginx", free_port(), WAIT=100, PAUSE=10) as url:
        assert (await told(f"{url}/api/models", "GET"))[0] == 502
