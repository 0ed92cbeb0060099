"""The web application: every endpoint's handler, the pages, and an answer for what there is no route for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from aiohttp import hdrs, web
from common.process import ops

from query_api.meter import METHODS
from query_api.routes.access import SECURITY_HEADERS, AccessControl
from query_api.routes.endpoint import Endpoint, Handle
from query_api.schemas.base import JSON
from query_api.schemas.problems import ProblemError
from query_api.server import dashboard, docs, not_found, openapi
from query_api.server.http import Handler, Http
from query_api.server.request_parsing import MAX_BODY_BYTES
from query_api.server.static_files import static_file

# A part of a path, as endpoints write it: aiohttp would let it hold no braces, and folders' names may.
_ANY_NAME = re.compile(r"\{(\w+)\}")


# What no route takes: a browser that asks before it sends, another method, no such path, our own fault.
OF_THE_REST: Final = (204, 404, 405, 500)


def make_app(
    http: Http,
    handlers: Sequence[tuple[Endpoint, Handle]],
    checks: Mapping[str, ops.Check],
    dependencies: Mapping[str, ops.Check],
    prefix: str = "",
) -> web.Application:
    """Put the routes together: each at its path, and below the prefix, which a proxy may leave on."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    if http.access.cors:
        app.on_response_prepare.append(http.access.cors.on_prepare)
    table = [*_table(http, handlers), *ops.probes(checks, dependencies)]
    for base in dict.fromkeys(("", prefix)):
        app.add_routes(
            [web.route(each.method, base + _ANY_NAME.sub(r"{\1:[^/]+}", each.path), each.handler) for each in table]
        )
    if prefix:
        app.router.add_get(prefix, http.observed("/", _to_the_page(prefix), statuses=(308,)))
    rest = _no_such_route(app, http.access, prefix)
    app.router.add_route("*", "/{rest:.*}", http.observed("unknown", rest, METHODS, OF_THE_REST))
    return app


def _table(http: Http, handlers: Sequence[tuple[Endpoint, Handle]]) -> Iterator[web.RouteDef]:
    # A route for GET is one for HEAD, too.
    for endpoint, handle in handlers:
        yield web.route(endpoint.method, endpoint.path, http.handler(endpoint, handle))
    document = static_file(openapi.text([endpoint for endpoint, _ in handlers]).encode(), JSON)
    for path, answer in (docs.pages() | dashboard.pages() | {"/openapi.json": document}).items():
        yield web.get(path, http.observed(_label(path), answer))


def _to_the_page(prefix: str) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        # Without scheme and host: those by which the reader came, whatever a proxy made of them.
        query = request.rel_url.raw_query_string
        where = f"{prefix}/?{query}" if query else f"{prefix}/"
        return web.Response(status=308, headers={**SECURITY_HEADERS, hdrs.LOCATION: where})

    return answer


def _no_such_route(app: web.Application, access: AccessControl, prefix: str) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        allowed: set[str] = set()
        for resource in app.router.resources():
            allowed |= (await resource.resolve(request))[1] - {"*"}
        asks_first = request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
        if asks_first and access.cors:
            return access.cors.preflight(request, allowed)
        if allowed:
            methods = ", ".join(sorted(allowed))
            raise ProblemError(405, f"{request.path} takes {methods}", headers={hdrs.ALLOW: methods})
        if not_found.wants_page(request):
            return not_found.page(request.path, dashboard.ADDRESSES, prefix)
        raise ProblemError(
            404, f"there is no {request.path}; {prefix}/docs shows what there is", headers={hdrs.VARY: hdrs.ACCEPT}
        )

    return answer


def _label(path: str) -> str:
    """Return a file's route in metrics: names of built files hold hashes, and a label must not grow with each build."""
    return "/assets" if path.startswith("/assets/") else path
