"""Who shows a secret goes on, whoever does not hears which one is missing, and what may be asked before sending."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from query_api.routes.access import AccessControl
from query_api.routes.endpoint import Endpoint
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from structlog.testing import capture_logs


def handle() -> None: ...


ENDPOINTS = (
    Endpoint("/admin", "Service", handle, secured="adminToken"),
    Endpoint("/hook", "Service", handle, secured="webhookSecret"),
    Endpoint("/limited", "Service", handle, limited=True),
    Endpoint("/free", "Service", handle),
)
ORIGIN = "https://dashboard.example"
PASS, HOOK = "p\N{LATIN SMALL LETTER E WITH ACUTE}ss word", "hook"
SETTINGS = Settings(admin_token=SecretStr(PASS), hf_webhook_secret=SecretStr(HOOK), admin_requests_per_minute=2)

Reply = tuple[int, str, Mapping[str, str]]


@dataclass(frozen=True)
class Client:
    """Asks a server on which nothing but access is checked."""

    http: ClientSession
    port: int

    async def __call__(self, path: str, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.get(path, headers=named) as answer:
            return answer.status, await answer.text(), answer.headers


@asynccontextmanager
async def serving(settings: Settings = SETTINGS) -> AsyncIterator[Client]:
    control, app = AccessControl(settings), web.Application()
    for endpoint in ENDPOINTS:
        app.router.add_get(endpoint.path, _answering(control, endpoint))
    async with TestServer(app, host="127.0.0.1") as server, ClientSession(server.make_url("/")) as http:
        yield Client(http, server.port or 0)


def _answering(control: AccessControl, endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            control.check(endpoint, request)
        except ProblemError as problem:
            detail = json.loads(problem.details.model_dump_json())["detail"]
            return web.Response(status=problem.status, text=detail, headers=problem.headers)
        return web.Response()

    return answer


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_admin_token_opens_what_it_is_for(scheme: str) -> None:
    async with serving() as ask:
        assert (await ask("/admin", Authorization=f"{scheme} {PASS}"))[0] == 200
        assert (await ask("/admin", Authorization=f"{scheme}  {PASS} "))[0] == 200
        assert (await ask("/hook", Authorization=f"{scheme} {PASS}"))[0] == 401


async def test_the_webhook_secret_opens_what_it_is_for_however_often() -> None:
    async with serving() as ask:
        for _ in range(5):
            assert (await ask("/hook", X_Webhook_Secret=HOOK))[0] == 200
        assert (await ask("/admin", X_Webhook_Secret=HOOK))[0] == 401


@pytest.mark.parametrize(
    ("path", "headers", "status", "detail"),
    [
        ("/admin", {}, 401, "send the header Authorization: Bearer <ADMIN_TOKEN>"),
        ("/admin", {"Authorization": "Bearer"}, 401, "send the header Authorization: Bearer <ADMIN_TOKEN>"),
        ("/admin", {"Authorization": f"Basic {PASS}"}, 401, "send the header Authorization: Bearer <ADMIN_TOKEN>"),
        ("/admin", {"Authorization": f"Bearer {PASS}x"}, 403, "this is not the ADMIN_TOKEN of this server"),
        ("/hook", {}, 401, "send the header X-Webhook-Secret"),
        ("/hook", {"X_Webhook_Secret": "x"}, 403, "this is not the HF_WEBHOOK_SECRET of this server"),
    ],
)
async def test_who_shows_no_secret_or_a_wrong_one_hears_which(
    path: str, headers: dict[str, str], status: int, detail: str
) -> None:
    challenge = {"/admin": 'Bearer realm="arcwatch"', "/hook": "X-Webhook-Secret"}[path]
    async with serving() as ask:
        with capture_logs() as lines:
            found = await ask(path, **headers)
        assert found[:2] == (status, detail)
        assert found[2].get("WWW-Authenticate") == (challenge if status == 401 else None)
        setting = {"/admin": "ADMIN_TOKEN", "/hook": "HF_WEBHOOK_SECRET"}[path]
        line = {"setting": setting, "remote": "127.0.0.1", "path": path, "event": "secret.refused"}
        assert lines == ([{**line, "log_level": "warning"}] if status == 403 else [])


@pytest.mark.parametrize(("path", "setting"), [("/admin", "ADMIN_TOKEN"), ("/hook", "HF_WEBHOOK_SECRET")])
async def test_where_no_secret_is_set_nothing_opens(path: str, setting: str) -> None:
    async with serving(Settings()) as ask:
        for headers in ({}, {"Authorization": "Bearer None", "X_Webhook_Secret": "None"}):
            status, detail, _ = await ask(path, **headers)
            assert status == 403
            assert detail.startswith(f"this server has no {setting}, so this cannot be done")


async def test_a_secret_that_is_no_text_is_a_wrong_one() -> None:
    async with serving() as ask:
        reader, writer = await asyncio.open_connection("127.0.0.1", ask.port)
        writer.write(b"GET /hook HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Webhook-Secret: \xff\xfe\r\n\r\n")
        async with asyncio.timeout(30):
            assert (await reader.readline()).startswith(b"HTTP/1.1 403 ")
        writer.close()


async def test_readers_are_limited_where_it_is_said_and_the_admin_is_not() -> None:
    async with serving() as ask:
        assert [(await ask("/free"))[0] for _ in range(4)] == [200] * 4
        assert [(await ask("/limited"))[0] for _ in range(3)] == [200, 200, 429]
        assert [(await ask("/limited", Authorization=f"Bearer {PASS}"))[0] for _ in range(3)] == [200] * 3
        assert [(await ask("/admin", Authorization=f"Bearer {PASS}"))[0] for _ in range(3)] == [200, 200, 429]
        assert [(await ask("/hook", X_Webhook_Secret="x"))[0] for _ in range(3)] == [403, 403, 429]
        assert [(await ask("/admin"))[0] for _ in range(3)] == [401, 401, 429]


def test_no_origin_may_read_unless_one_is_set() -> None:
    assert AccessControl(Settings()).cors is None
    assert AccessControl(Settings(cors_origins=(ORIGIN,))).cors
