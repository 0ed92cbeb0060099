"""The oldest event that its durable has not settled yet; one that is done or dead-lettered is settled."""

from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo, RawStreamMsg
from nats.js.errors import NotFoundError

from common.bus.topology import STREAM, Durable


async def oldest_unsettled(
    js: JetStreamContext, durable: Durable, info: ConsumerInfo | None = None
) -> RawStreamMsg | None:
    """Ask the server, unless `info` says already what it knows of the durable; None when every event is settled."""
    info = info or await js.consumer_info(STREAM, durable.name)
    if not (info.num_pending or info.num_ack_pending):
        return None
    floor = info.ack_floor.stream_seq if info.ack_floor else 0
    try:
        return await js.get_msg(STREAM, seq=floor + 1, subject=durable.subject, direct=True, next=True)
    except NotFoundError:
        return None
