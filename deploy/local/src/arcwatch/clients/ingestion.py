"""Asking for one model's ingestion over the bus, and following it to its end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from common.bus import bus
from common.bus.delivery import parse
from common.events import Event, IngestionProgress, ModelDiscovered, ModelIngested, ModelIngestionFailed
from common.outcomes import PermanentError
from nats.aio.client import Client
from nats.aio.msg import Msg

from arcwatch.errors import DeploymentError

# A run that ends as skipped is neither ingested nor failed: its last progress says so.
Outcome = ModelIngested | ModelIngestionFailed | IngestionProgress
EventT = TypeVar("EventT", bound=Event)
SOURCE = "cli"


async def follow(
    client: Client, event: ModelDiscovered, show: Callable[[IngestionProgress], None], timeout_seconds: float
) -> Outcome:
    """Publish a request and return how the model's ingestion ended; raise DeploymentError when it takes too long."""
    ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def end(outcome: Outcome) -> None:
        if not ended.done():
            ended.set_result(outcome)

    def on_progress(progress: IngestionProgress) -> None:
        show(progress)
        if progress.status == "skipped":
            end(progress)

    async with (
        _subscribed(client, event, IngestionProgress, on_progress),
        _subscribed(client, event, ModelIngested, end),
        _subscribed(client, event, ModelIngestionFailed, end),
    ):
        # The server knows of the subscriptions before it sees the event.
        await client.flush()
        await bus.publish(client, event, SOURCE)
        try:
            return await asyncio.wait_for(ended, timeout_seconds)
        except TimeoutError:
            line = f"not done after {timeout_seconds:g} s; the event waits on the bus. See `arcwatch doctor`"
            raise DeploymentError(line) from None


@contextlib.asynccontextmanager
async def _subscribed(
    client: Client, wanted: ModelDiscovered, kind: type[EventT], on_event: Callable[[EventT], None]
) -> AsyncIterator[None]:
    """Call `on_event` with each event of a kind that is about the wanted model, until the block ends."""

    async def on_message(message: Msg) -> None:
        with contextlib.suppress(PermanentError):  # another publisher's mistake on the subject
            event = parse(kind, message.data)
            if (getattr(event, "dataset", None), getattr(event, "model", None)) == (wanted.dataset, wanted.model):
                on_event(event)

    subscription = await client.subscribe(kind.subject, cb=on_message)
    try:
        yield
    finally:
        await subscription.unsubscribe()
