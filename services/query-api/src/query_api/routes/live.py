"""The live route: server-sent events."""

import contextlib
from functools import partial
from typing import Annotated

from aiohttp import hdrs, web
from pydantic import Field

from query_api.routes.access import SECURITY_HEADERS
from query_api.routes.endpoint import Endpoint
from query_api.schemas.base import Query
from query_api.schemas.live_events import LiveEvent, LiveEvents
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.view.stream.broadcaster import Broadcaster
from query_api.view.stream.event_id import PATTERN, EventId


class EventsQuery(Query):
    """Where to go on."""

    last_event_id: Annotated[
        str | None, Field(pattern=PATTERN, description="As the header Last-Event-ID, for a first request.")
    ] = None


_DESCRIPTION = """Server-sent events; `data` is one line of JSON. Events of the stream have an `id`: who comes back with
it as Last-Event-ID gets what was missed. It is `<stream>-<sequence>`; a bare sequence means the present stream. Answers
from the view say in `X-Event-Id` after which event they are: who goes on after it misses nothing between both.

- `ingested`: a version is committed. `data` is its row in `/api/models`, and the run. Sent again later, it may be of a
  version that is superseded by then; what only the database knew of that one is null.
- `failed`, `sync`, `progress`: an ingestion has failed, the Hub was compared, a run goes on. `progress` has no id and
  is never sent again.
- `reset`: what was missed is not known (too long ago, too much, the stream is away or was made anew, the id is none
  of ours). Load again what you show; the events that follow go on from there.
- `ping`: every 10 seconds; it says whether answers are `stale`. Where nothing comes for much longer, the connection is
  dead: open another one."""


@partial(
    Endpoint,
    "/api/events",
    "Live",
    problems=(503,),
    answer="text/event-stream",
    events=LiveEvents,
    item=LiveEvent,
    description=_DESCRIPTION,
    headers={"Last-Event-ID": "Go on after this event; browsers send it by themselves."},
)
async def stream_events(
    settings: Settings, broadcaster: Broadcaster, request: web.Request, query: EventsQuery
) -> web.StreamResponse:
    """What happens, live (server-sent events)."""
    if broadcaster.clients >= settings.max_event_clients:
        raise ProblemError(503, "too many clients listen already; try again soon", headers={"Retry-After": "30"})
    given = request.headers.get("Last-Event-ID") or query.last_event_id
    response = web.StreamResponse(headers=SECURITY_HEADERS)
    response.headers[hdrs.CONTENT_TYPE] = "text/event-stream; charset=utf-8"
    # A proxy that compresses keeps what it has until it is worth it.
    response.headers[hdrs.CACHE_CONTROL] = "no-store, no-transform"
    response.headers["X-Accel-Buffering"] = "no"
    await response.prepare(request)
    if request.method == hdrs.METH_HEAD:
        return response
    await broadcaster.serve(response.write, EventId.parse(given) if given else None)
    # The client may be gone already.
    with contextlib.suppress(ConnectionError):
        await response.write_eof()
    return response


ENDPOINTS = (stream_events,)
