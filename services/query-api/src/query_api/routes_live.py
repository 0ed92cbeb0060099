"""The live route: server-sent events."""

from typing import Annotated

from aiohttp import hdrs, web
from pydantic import Field

from query_api.endpoints import Endpoint, Services
from query_api.live import stop_quietly
from query_api.pages import SECURITY_HEADERS
from query_api.problems import Problem
from query_api.wire import Asked


class EventsAsked(Asked):
    """Where to go on."""

    last_event_id: Annotated[
        int | None, Field(ge=0, le=2**63 - 1, description="As the header Last-Event-ID, for a first request.")
    ] = None


async def events(services: Services, request: web.Request, asked: EventsAsked) -> web.StreamResponse:
    """Stream what happens: ingested, progress, failed, sync."""
    broadcaster = services.broadcaster
    if broadcaster.clients >= services.settings.max_event_clients:
        raise Problem(503, "too many clients listen already; try again soon", headers={"Retry-After": "30"})
    given = request.headers.get("Last-Event-ID", "")
    last = int(given) if given.isascii() and given.isdigit() and len(given) < _LONGEST_ID else asked.last_event_id
    response = web.StreamResponse(headers=SECURITY_HEADERS)
    response.headers[hdrs.CONTENT_TYPE] = "text/event-stream; charset=utf-8"
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    await response.prepare(request)
    await broadcaster.serve(response, last)
    await stop_quietly(response)
    return response


_LONGEST_ID = 19

ENDPOINTS = (
    Endpoint(
        path="/api/events",
        name="streamEvents",
        summary="What happens, live: ingested, progress, failed, sync (server-sent events)",
        tag="Live",
        asked=EventsAsked,
        answer="text/event-stream",
        problems=frozenset({503}),
        handle=events,
        headers={"Last-Event-ID": "Go on after this event; browsers send it by themselves."},
    ),
)
