"""The web application: every endpoint's handler, the pages, and an answer for what there is no route for."""

from collections.abc import Mapping, Sequence

from aiohttp import hdrs, web
from common.process import ops

from query_api.routes.access import AccessControl
from query_api.routes.endpoint import Endpoint, Handle
from query_api.schemas.base import JSON
from query_api.schemas.problems import ProblemError
from query_api.server import dashboard, docs, openapi
from query_api.server.http import Handler, Http
from query_api.server.request_parsing import MAX_BODY_BYTES
from query_api.server.static_files import static_file


def make_app(
    http: Http,
    handlers: Sequence[tuple[Endpoint, Handle]],
    checks: Mapping[str, ops.Check],
    dependencies: Mapping[str, ops.Check],
) -> web.Application:
    """Put the routes together."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    if http.access.cors:
        app.on_response_prepare.append(http.access.cors.on_prepare)
    for endpoint, handle in handlers:
        handler = http.handler(endpoint, handle)
        if endpoint.method == "GET":  # and HEAD
            app.router.add_get(endpoint.path, handler)
        else:
            app.router.add_route(endpoint.method, endpoint.path, handler)
    document = static_file(openapi.text([endpoint for endpoint, _ in handlers]).encode(), JSON)
    for path, answer in (docs.pages() | dashboard.pages() | {"/openapi.json": document}).items():
        app.router.add_get(path, http.observed(_label(path), answer))
    app.add_routes(ops.probes(checks, dependencies))
    app.router.add_route("*", "/{rest:.*}", http.observed("unknown", _no_such_route(app, http.access)))
    return app


def _no_such_route(app: web.Application, access: AccessControl) -> Handler:
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
        raise ProblemError(404, f"there is no {request.path}; /docs shows what there is")

    return answer


def _label(path: str) -> str:
    """Return a file's route in metrics: names of built files hold hashes, and a label must not grow with each build."""
    return "/assets" if path.startswith("/assets/") else path
