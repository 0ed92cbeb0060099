"""Publishes requests on the bus, or says that it is away."""

import asyncio

import nats.errors
from common.bus import bus
from common.events import Event
from common.process import tracing
from common.process.outage import BusFullError, reason_of
from nats.aio.client import Client

from query_api.schemas.problems import ProblemError

SOURCE = "query-api"
# A client waits for the answer: shorter than what a service would wait.
TIMEOUT_SECONDS = 5.0
# Of these for the server's word that it stored; the rest to find out whether it is there.
_STORE_SECONDS = 3.5


async def publish(client: Client, event: Event) -> None:
    """Store an event on the stream; raises a ProblemError when it is not stored."""
    if not client.is_connected:
        # The NATS client would keep it and send it whenever the server is back: an hour later is too late.
        raise away()
    try:
        # Each request begins a new trace.
        async with asyncio.timeout(TIMEOUT_SECONDS):
            with tracing.span(f"{event.subject} asked for"):
                await bus.publish(client, event, SOURCE, timeout_seconds=_STORE_SECONDS)
    except BusFullError as error:
        raise ProblemError(503, f"nothing was asked for: {reason_of(error)}", headers={"Retry-After": "60"}) from error
    except (nats.errors.Error, TimeoutError, OSError) as error:
        raise away() from error


def away() -> ProblemError:
    """Say that NATS is away."""
    # A new one each time: an exception that is kept holds on to the frames, and so the request, of each raise.
    return ProblemError(
        503, "NATS does not answer, so nothing was asked for; try again soon", headers={"Retry-After": "5"}
    )
