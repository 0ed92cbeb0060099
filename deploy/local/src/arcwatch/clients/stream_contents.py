"""What the streams hold, by subject, and making room on them."""

from collections.abc import Mapping
from dataclasses import dataclass

from common.bus import topology
from common.process.choices import no_such
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from arcwatch.errors import DeploymentError

_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Contents:
    """A stream: its size, its limit (0 or less: none), and how many messages each subject has."""

    stream: str
    messages: int
    bytes: int
    max_bytes: int
    subjects: Mapping[str, int]


async def contents(client: Client) -> list[Contents]:
    """Return what each stream holds; raise DeploymentError where one is missing."""
    js = client.jetstream(timeout=_TIMEOUT_SECONDS)
    return [await _contents(js, stream) for stream in (topology.STREAM, topology.DEAD_STREAM)]


async def purge(client: Client, *, subject: str, keep: int) -> int:
    """Remove all but the newest messages of a subject, and return how many those were."""
    js = client.jetstream(timeout=_TIMEOUT_SECONDS)
    there = (await _contents(js, topology.STREAM)).subjects
    if subject not in there:
        raise DeploymentError(no_such("subject", subject, there, topology.STREAM))
    await js.purge_stream(topology.STREAM, subject=subject, keep=keep)
    return max(0, there[subject] - keep)


async def _contents(js: JetStreamContext, stream: str) -> Contents:
    try:
        info = await js.stream_info(stream, subjects_filter=">")
    except NotFoundError as error:
        raise DeploymentError(f"the stream {stream} is missing: run `arcwatch topology apply`") from error
    state = info.state
    return Contents(stream, state.messages, state.bytes, info.config.max_bytes or 0, state.subjects or {})
