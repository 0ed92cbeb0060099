"""What the watcher does with a message: `sync.requested` in, one sync."""

from common.bus import bus
from common.bus.delivery import decoder
from common.bus.topology import WATCHER
from common.events import SyncRequested
from common.outcomes import PermanentError
from common.process.choices import watched
from faststream.nats import NatsBroker, NatsMessage

from watcher.sync import Request, Syncer

SERVICE = "watcher"


def register(broker: NatsBroker, to: bus.To, syncer: Syncer, *, auto_ingest: bool) -> None:
    """Subscribe the handler to the shared durable."""

    @bus.subscriber(broker, WATCHER, to, decoder(SyncRequested))  # type: ignore[untyped-decorator] # Any, see bus
    async def on_sync_requested(event: SyncRequested, message: NatsMessage) -> None:
        metadata = message.raw_message.metadata
        # A recreated stream counts from 1 again.
        key = f"{metadata.sequence.stream}@{metadata.timestamp.isoformat()}"
        request = request_of(event, syncer.datasets, auto_ingest=auto_ingest)
        await syncer.serve(request, key, metadata.sequence.stream)


def request_of(event: SyncRequested, datasets: tuple[str, ...], *, auto_ingest: bool) -> Request:
    """Return what an event asks for; raise PermanentError for a dataset that is not configured."""
    dataset = event.dataset and watched(event.dataset, datasets)
    if event.dataset is not None and dataset is None:
        raise PermanentError(
            f"dataset {event.dataset} is not in HF_DATASETS ({', '.join(datasets)})", kind="unknown_dataset"
        )
    return Request(
        trigger=event.trigger,
        datasets=(dataset,) if dataset else (),
        auto_ingest=auto_ingest if event.auto_ingest is None else event.auto_ingest,
        requested_by=event.requested_by,
        request_id=event.request_id,
    )
