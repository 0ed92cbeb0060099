"""Turns endpoints into aiohttp handlers: what each request goes through, from its id to its line in the access log.

One function does what a chain of middlewares would, and binds all it can when the routes are made: what is paid per
request is measured in tests/bench.
"""

import itertools
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from aiohttp import web
from common.process.outage import AWAY, DATABASE_ERRORS, reason_of

from query_api.meter import RequestMeter
from query_api.routes.access import ID, SECURITY_HEADERS, AccessControl
from query_api.routes.endpoint import Endpoint, Handle
from query_api.routes.export.negotiation import accepts_gzip
from query_api.schemas.base import ASK_EACH_TIME, JSON
from query_api.schemas.problems import CONTENT_TYPE, ProblemError
from query_api.server import request_parsing
from query_api.server.access_log import AccessLog
from query_api.server.prebuilt import PrebuiltResponse, is_plain
from query_api.server.response_cache import (
    CachedResponse,
    ResponseCache,
    StateResponses,
    is_cacheable,
)
from query_api.view.stream.event_id import NOWHERE, EventId

log = structlog.get_logger(__name__)

REQUEST_ID = "X-Request-Id"
READS: Final = ("GET", "HEAD")
OF_A_FILE: Final = (200, 304, 500)
EVENT_ID = "X-Event-Id"
_PLAIN_ID = re.compile(r"(?=.*[0-9A-Za-z])[0-9A-Za-z_-]{1,64}")
_PREFIX, _NUMBERS = secrets.token_hex(4), itertools.count(1)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def id_of(request: web.Request) -> str:
    """Return a request's id: that which a proxy gave it, when it is short and plain, or a new one."""
    given = request.headers.get(REQUEST_ID)
    return given if given and _PLAIN_ID.fullmatch(given) else f"{_PREFIX}-{next(_NUMBERS):x}"


@dataclass(frozen=True)
class Http:
    """Makes handlers that all treat requests alike."""

    response_cache: ResponseCache
    access: AccessControl
    access_log: AccessLog
    meter: RequestMeter
    on_database_away: Callable[[], None]
    place: Callable[[], EventId]
    """After which event of the stream the present view is: it holds all up to there."""

    def handler(self, endpoint: Endpoint, handle: Handle) -> Handler:
        """Return an endpoint's handler."""
        answering = self._from_view if endpoint.is_cached else self._tagged if endpoint.tagged else self._handled
        return self.observed(endpoint.path, answering(endpoint, handle), endpoint.methods, endpoint.statuses)

    def observed(
        self, route: str, answer: Handler, methods: Collection[str] = READS, statuses: Collection[int] = OF_A_FILE
    ) -> Handler:
        """Wrap an answer, a file's if nothing else is said: request id, problems, metrics, access log."""
        observe = self.meter.of(route, methods, statuses)
        clock, record = time.perf_counter, self.access_log.record
        cors, client_of = self.access.cors, self.access.client_of

        async def handle(request: web.Request) -> web.StreamResponse:
            started = clock()
            request_id = request[ID] = id_of(request)
            try:
                response = await answer(request)
            except ProblemError as problem:
                response = problem_response(problem)
            except DATABASE_ERRORS as error:
                self._database_failed(error, request_id)
                response = problem_response(_NO_DATABASE)
            except web.HTTPException:
                raise
            except Exception:
                log.exception("request.failed", request_id=request_id, route=route)
                response = problem_response(ProblemError(500, f"this is our fault; look for {request_id} in the log"))
            if not response.prepared:
                response.headers[REQUEST_ID] = request_id
            if cors and isinstance(response, PrebuiltResponse):
                # Those go past aiohttp's signal, where all others get their headers.
                cors.allow(request, response)
            seconds = clock() - started
            observe(request.method, response.status, seconds)
            record(request, response.status, seconds, request_id, client_of(request))
            return response

        return handle

    def _database_failed(self, error: Exception, request_id: str) -> None:
        """Leave an outage to the projector, which logs it once; requests of an outage are many."""
        away = isinstance(error, AWAY)
        (log.debug if away else log.warning)("database.failed", reason=reason_of(error), request_id=request_id)
        if away:
            self.on_database_away()

    def unreadable(self, status: int, reason: str) -> web.Response:
        """Answer a request that is no HTTP, or too long."""
        return self._unread(ProblemError(status, f"the request cannot be read: {reason}"))

    def refusal(self) -> web.Response:
        """Answer a client for whom there is no connection left."""
        detail = "too many clients are being served; try again soon"
        return self._unread(ProblemError(503, detail, headers={"Retry-After": "5"}))

    def _unread(self, problem: ProblemError) -> web.Response:
        response = problem_response(problem)
        if self.access.cors:
            self.access.cors.unread(response)
        return response

    def _from_view(self, endpoint: Endpoint, handle: Handle) -> Handler:
        current_responses, query_type, place_of = self.response_cache.current, endpoint.query, self.place

        async def answer(request: web.Request) -> web.StreamResponse:
            headers = request.headers
            zipped = accepts_gzip(headers.get("Accept-Encoding", ""))
            responses, place = current_responses(), place_of()
            path = request.raw_path
            cached = responses.get(path, zipped=zipped)
            if cached is None:
                query = request_parsing.read_query(query_type, request.rel_url.query)
                keep = is_cacheable(query, responses.moment.settings)
                cached = responses.make(
                    path, zipped=zipped, answer=lambda moment: handle(moment=moment, query=query), keep=keep
                )
            return _dated(cached_response(request, cached), responses, place)

        return answer

    def _tagged(self, endpoint: Endpoint, handle: Handle) -> Handler:
        current_responses, place_of = self.response_cache.current, self.place

        async def answer(request: web.Request) -> web.StreamResponse:
            zipped = accepts_gzip(request.headers.get("Accept-Encoding", ""))
            # Whatever the view becomes while the database is read: the answer is as old as the one before that.
            responses, place = current_responses(), place_of()
            query = await request_parsing.read(endpoint, request)
            found = await handle(request=request, query=query, body=None)
            # A verification is written without an event: what was kept would not tell of it.
            made = responses.make(request.raw_path, zipped=zipped, answer=lambda _: found, keep=False)
            return _dated(cached_response(request, made), responses, place)

        return answer

    def _handled(self, endpoint: Endpoint, handle: Handle) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            self.access.check(endpoint, request)
            query = await request_parsing.read(endpoint, request)
            found = await handle(request=request, query=query, body=getattr(query, "body", None))
            if isinstance(found, web.StreamResponse):
                return found
            headers = SECURITY_HEADERS | {"Content-Type": JSON, "Cache-Control": ASK_EACH_TIME}
            return web.Response(body=found.model_dump_json().encode(), status=endpoint.status, headers=headers)

        return answer


def _dated(response: web.StreamResponse, responses: StateResponses, place: EventId) -> web.StreamResponse:
    """Say how old an answer is, and after which event; every event after that one is still to be sent."""
    if place != NOWHERE:
        response.headers[EVENT_ID] = str(place)
    as_of = responses.moment.state.as_of
    if as_of is not None:
        response.headers["Age"] = str(max(0, int((datetime.now(UTC) - as_of).total_seconds())))
    return response


_NO_DATABASE = ProblemError(503, "the database does not answer; try again soon", headers={"Retry-After": "5"})


def cached_response(request: web.Request, cached: CachedResponse) -> web.StreamResponse:
    """Return a cached response, or a 304 when the client has it."""
    if_none_match = request.headers.get("If-None-Match")
    if if_none_match is not None and (cached.etag in if_none_match or if_none_match == "*"):
        headers = cached.headers.copy()
        headers.pop("Content-Type")
        headers.pop("Content-Encoding", None)
        return web.Response(status=304, headers=headers)
    if is_plain(request):
        return PrebuiltResponse(cached)
    return web.Response(body=cached.body, headers=cached.headers)


def problem_response(problem: ProblemError) -> web.Response:
    """Return an error as problem details."""
    headers = SECURITY_HEADERS | {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"} | problem.headers
    return web.Response(body=problem.details.model_dump_json().encode(), status=problem.status, headers=headers)
