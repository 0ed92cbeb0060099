"""What a request asks arrives in the route's own type; what cannot be read is refused with the field's name."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from multidict import MultiDict
from query_api.routes.endpoint import Endpoint
from query_api.schemas.base import Body, Query
from query_api.schemas.problems import ProblemError
from query_api.server import request_parsing
from query_api.server.request_parsing import MAX_BODY_BYTES, read, read_query


class Wanted(Body):
    count: int
    names: list[str] | None = None


class Found(Query):
    task: int
    only_new: bool = False


class Task(Query):
    task: int


def get(query: Found) -> None:
    del query


def post(query: Task, body: Wanted) -> None:
    del query, body


def plain() -> None: ...


GET = Endpoint("/tasks/{task}", "Service", get)
POST = Endpoint("/tasks/{task}", "Service", post, method="POST")
PLAIN = Endpoint("/plain", "Service", plain)

Ask = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Lend what asks a server that answers with what it read, or with what is wrong."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    for endpoint in (GET, POST, PLAIN):
        app.router.add_route(endpoint.method, endpoint.path, _answering(endpoint))
    async with TestServer(app) as server, ClientSession(server.make_url("/")) as http:

        async def send(path: str, data: Any = None, kind: str = "application/json") -> tuple[int, Any]:
            method = "GET" if data is None else "POST"
            async with http.request(method, path, data=data, headers={"Content-Type": kind}) as answer:
                return answer.status, await answer.json()

        yield send


def _answering(endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response((await read(endpoint, request)).model_dump(mode="json"))
        except ProblemError as problem:
            return web.json_response(json.loads(problem.details.model_dump_json()), status=problem.status)

    return answer


async def test_path_query_and_body_become_one_value(ask: Ask) -> None:
    assert await ask("/tasks/7?onlyNew=true") == (200, {"task": 7, "onlyNew": True})
    assert await ask("/tasks/7") == (200, {"task": 7, "onlyNew": False})
    assert await ask("/plain") == (200, {})
    body = {"count": 2, "names": ["a"]}
    assert await ask("/tasks/7", json.dumps(body)) == (200, {"task": 7, "body": body})


@pytest.mark.parametrize(
    ("path", "detail", "errors"),
    [
        ("/tasks/x", "task: must be a whole number", ["task"]),
        ("/tasks/x?onlyNew=maybe", "task: must be a whole number", ["task", "onlyNew"]),
        ("/tasks/7?b=1&a=2", "unknown parameter 'a'; there are onlyNew", ["a", "b"]),
        ("/tasks/7?task=8", "unknown parameter 'task'; there are onlyNew", ["task"]),
        ("/plain?a=1", "unknown parameter 'a'; there are none", ["a"]),
        ("/tasks/7?onlyNew=true&onlyNew=true", "onlyNew is given more than once", ["onlyNew"]),
    ],
)
async def test_what_is_wrong_is_said_with_the_name_of_the_field(
    ask: Ask, path: str, detail: str, errors: list[str]
) -> None:
    status, problem = await ask(path)
    assert (status, problem["status"]) == (400, 400)
    assert problem["detail"].startswith(detail)
    assert [each["field"] for each in problem["errors"]] == errors
    assert {each["message"] for each in problem["errors"]} <= {
        *("unknown parameter", "given more than once"),
        *("must be a whole number",),
        *("must be true or false",),
    }


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{"count": "2"}', "body.count: must be a whole number"),
        ('{"count": 1, "names": ["a", 2]}', "body.names.1: must be text"),
        ('{"count": 1, "more": 1}', "body.more: is not known here"),
        ("{", "the body is not JSON: "),
        ("[" * 50_000, "the body is not JSON: "),
        ("\xff", "the body is not JSON: "),
    ],
    ids=["converted", "nested", "unknown", "cut", "deep", "no-text"],
)
async def test_a_body_has_types_of_its_own(ask: Ask, body: str, detail: str) -> None:
    status, problem = await ask("/tasks/7", body.encode("latin-1"))
    assert status == 400
    assert problem["detail"].startswith(detail)


async def test_a_body_with_a_query_that_is_wrong_is_not_read(ask: Ask) -> None:
    status, problem = await ask("/tasks/7?body=1", "{")
    assert (status, problem["detail"]) == (400, "unknown parameter 'body'; there are none")


async def test_a_body_is_json_of_a_bounded_size(ask: Ask) -> None:
    status, problem = await ask("/tasks/7", "{}", "text/plain")
    assert (status, problem["detail"]) == (415, "send the body as application/json")
    longest = json.dumps({"count": 1, "names": ["x" * (MAX_BODY_BYTES - 27)]})
    assert len(longest) == MAX_BODY_BYTES
    assert (await ask("/tasks/7", longest))[0] == 200
    status, problem = await ask("/tasks/7", longest + " ")
    assert (status, problem["detail"]) == (413, "the body may have 65536 bytes at most")


async def test_a_body_that_stops_coming_is_refused(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert request_parsing.BODY_SECONDS == 15
    monkeypatch.setattr(request_parsing, "BODY_SECONDS", 0.4)

    async def half() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    status, problem = await ask("/tasks/7", half())
    assert (status, problem["detail"]) == (408, "the body did not come within 0 s")


def test_a_query_alone_is_read_and_refused_alike() -> None:
    assert read_query(Found, MultiDict({"task": "7", "onlyNew": "true"})) == Found(task=7, only_new=True)
    with pytest.raises(ProblemError, match=r"^unknown parameter 'x'; there are onlyNew, task$"):
        read_query(Found, MultiDict({"x": "1"}))
    with pytest.raises(ProblemError, match=r"^task: is missing$"):
        read_query(Found, MultiDict({}))
