"""Puts requests on the bus, or says that it is away."""

import asyncio

import nats.errors
from common.bus import bus
from common.events import Event
from common.process import tracing
from nats.aio.client import Client

from query_api.schemas.problems import Problem

SOURCE = "query-api"
# Somebody waits for the answer: shorter than what a service would wait.
PATIENCE_SECONDS = 5.0


async def put(client: Client, event: Event) -> None:
    """Store an event on the stream; raises a Problem when it is not stored."""
    if not client.is_connected:
        # The client would keep it, and send it whenever the server is back: nobody expects that an hour later.
        raise _away()
    try:
        # Somebody's request begins a trace of its own.
        async with asyncio.timeout(PATIENCE_SECONDS):
            with tracing.span(f"{event.subject} asked for"):
                await bus.publish(client, event, SOURCE)
    except (nats.errors.Error, TimeoutError, OSError) as error:
        raise _away() from error


def _away() -> Problem:
    # A new one each time: an exception that is kept holds on to the frames, and so the request, of each raise.
    return Problem(503, "NATS does not answer, so nothing was asked for; try again soon", headers={"Retry-After": "5"})
