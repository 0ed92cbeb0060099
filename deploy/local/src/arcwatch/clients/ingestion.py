"""Asking for one model's ingestion over the bus, and following it to its end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import nats.errors
from common.bus import bus
from common.bus.delivery import parse
from common.events import Event, IngestionProgress, ModelDiscovered, ModelIngested, ModelIngestionFailed
from common.hub.client import HubClient
from common.hub.quota import Quota
from common.outcomes import PermanentError, TransientError
from common.process.choices import no_such, not_watched, watched
from common.process.settings import ServiceSettings
from nats.aio.client import Client
from nats.aio.msg import Msg

from arcwatch.errors import DeploymentError

# A run that ends as skipped is neither ingested nor failed: its last progress says so.
Outcome = ModelIngested | ModelIngestionFailed | IngestionProgress
EventT = TypeVar("EventT", bound=Event)
SOURCE = "cli"
# A request is taken without an answer, too: the ingester asks again.
_CHECK_SECONDS = 10.0
# Between two looks whether the connection is still there.
_LOOK_SECONDS = 0.5


def watched_name(settings: ServiceSettings, dataset: str) -> str:
    """Return a dataset's name as it is configured; raise DeploymentError for one that is not watched."""
    name = watched(dataset, settings.hf_datasets)
    if name is None:
        raise DeploymentError(not_watched(dataset, settings.hf_datasets))
    return name


async def is_there(settings: ServiceSettings, dataset: str, model: str) -> bool:
    """Tell whether the Hub lists the model's folder: False where it cannot be asked.

    Raise DeploymentError for a folder where the Hub lists others.
    """
    try:
        async with (
            asyncio.timeout(_CHECK_SECONDS),
            HubClient(settings.endpoint, settings.token, Quota(waits=False), attempts=1) as hub,
        ):
            folders = await hub.folders(dataset)
    except (TransientError, TimeoutError):
        return False
    if model not in folders:
        raise DeploymentError(no_such("folder", model, folders.keys(), dataset))
    return True


async def follow(
    client: Client, event: ModelDiscovered, show: Callable[[IngestionProgress], None], timeout_seconds: float
) -> Outcome:
    """Publish a request and return how it ended, by its id; raise DeploymentError when it takes too long."""
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
            async with asyncio.timeout(timeout_seconds):
                return await _unless_closed(client, ended, event)
        except TimeoutError:
            line = f"not done after {timeout_seconds:g} s; the event waits on the bus. See `arcwatch doctor`"
            raise DeploymentError(line) from None


async def _unless_closed(client: Client, ended: asyncio.Future[Outcome], event: ModelDiscovered) -> Outcome:
    """Return how it ended; raise DeploymentError once the connection is lost, over which nothing more comes."""
    while not client.is_closed:
        if (await asyncio.wait([ended], timeout=_LOOK_SECONDS))[0]:
            return ended.result()
    how = f"`arcwatch runs watch {event.request_ids[0]}` goes on"
    raise DeploymentError(f"the connection to NATS is lost; what was asked for waits on the bus: {how}")


@contextlib.asynccontextmanager
async def _subscribed(
    client: Client, wanted: ModelDiscovered, kind: type[EventT], on_event: Callable[[EventT], None]
) -> AsyncIterator[None]:
    """Call `on_event` with each event of a kind that is for the wanted request, until the block ends."""

    async def on_message(message: Msg) -> None:
        with contextlib.suppress(PermanentError):  # another publisher's mistake on the subject
            event = parse(kind, message.data)
            if set(wanted.request_ids) & set(getattr(event, "request_ids", ())):
                on_event(event)

    subscription = await client.subscribe(kind.subject, cb=on_message)
    try:
        yield
    finally:
        with contextlib.suppress(nats.errors.ConnectionClosedError):
            await subscription.unsubscribe()
