"""Publishes what a stream is to store, and tells a NATS that is away from one that stores nothing."""

import asyncio
from collections.abc import Mapping

import nats.errors
from nats.js import JetStreamContext
from nats.js.api import PubAck
from nats.js.errors import APIError

from common.process.outage import BusFullError, has_no_room, reason_of

# A server that stores nothing answers other questions at once.
_ANSWER_SECONDS = 1.0


async def store(
    js: JetStreamContext,
    subject: str,
    body: bytes,
    *,
    stream: str,
    headers: Mapping[str, str],
    timeout_seconds: float | None = None,
) -> PubAck:
    """Return the server's word that it is stored; raise BusFullError where it is there, and stores nothing.

    nats-server leaves a message without an answer that it could not write, and so all later ones of that stream until
    it is restarted, whether there is room again or not (seen with 2.15).
    """
    try:
        return await js.publish(subject, body, timeout_seconds, stream=stream, headers=dict(headers))
    except APIError as error:
        if has_no_room(error):
            raise BusFullError(f"NATS stores nothing on {stream}: {reason_of(error)}") from error
        raise
    except nats.errors.TimeoutError as error:
        if await _answers(js, stream):
            words = "its disk is full, or was and it was not restarted since, or this user may not publish there"
            raise BusFullError(f"NATS answers, and stores nothing on {stream}: {words}") from error
        raise


async def _answers(js: JetStreamContext, stream: str) -> bool:
    try:
        await asyncio.wait_for(js.stream_info(stream), _ANSWER_SECONDS)
    except (nats.errors.Error, OSError, TimeoutError):
        return False
    return True
