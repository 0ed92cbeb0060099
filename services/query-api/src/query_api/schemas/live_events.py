"""What server-sent events carry: the API's shapes, by the event's name."""

from datetime import datetime
from typing import Annotated, Literal

from common.events import RunStatus, SyncStatus, Trigger
from pydantic import Field, RootModel

from query_api.schemas.base import ApiModel
from query_api.schemas.cached import ModelRow


class IngestedEvent(ModelRow):
    """A version of a submission is committed; its row as /api/models has it."""

    run_id: int
    trigger: Trigger
    auto_triggered: bool
    landed: Annotated[bool, Field(description="An answer changed; else only costs or texts, or the folder's name.")]


class FailedEvent(ApiModel):
    """An ingestion has failed for good."""

    run_id: int | None
    dataset: str | None
    model: str | None
    kind: str
    reason: str
    delivery_count: int
    dry_run: Annotated[bool, Field(description="It would have stored nothing: the model itself did not fail.")]
    failed_at: datetime


class ProgressEvent(ApiModel):
    """How far a run is; not stored, so never sent again."""

    run_id: int
    dataset: str
    model: str
    done: int
    total: int
    status: RunStatus


class SyncedDataset(ApiModel):
    """What a sync found in one dataset; lists hold folder names."""

    dataset: str
    seen: int
    new: tuple[str, ...]
    changed: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    vanished: tuple[str, ...]
    error: str | None


class SyncEvent(ApiModel):
    """The Hub was compared with the database."""

    sync_id: int
    request_id: Annotated[str | None, Field(description="What POST /api/admin/sync answered, where it asked for this.")]
    trigger: Trigger
    status: SyncStatus
    started_at: datetime
    completed_at: datetime
    datasets: tuple[SyncedDataset, ...]
    models_seen: int
    new_models_found: int
    changed: int
    error: str | None


class ResetEvent(ApiModel):
    """What was missed is not known: load again what you show."""

    reason: str


class PingEvent(ApiModel):
    """The connection is alive."""

    stale: Annotated[bool, Field(description="The server has lost its database or its bus: answers may lag behind.")]


class LiveEvents(ApiModel):
    """What `data` holds, by the name in `event`."""

    ingested: IngestedEvent
    failed: FailedEvent
    progress: ProgressEvent
    sync: SyncEvent
    reset: ResetEvent
    ping: PingEvent


EventPlace = Annotated[str, Field(description="Its place, `<stream>-<sequence>`: what to send as Last-Event-ID.")]
NoPlace = Annotated[None, Field(description="It has no place of its own, and is never sent again.")]


class IngestedFrame(ApiModel):
    """What is sent when a version is committed."""

    event: Literal["ingested"]
    id: EventPlace
    data: IngestedEvent


class FailedFrame(ApiModel):
    """What is sent when an ingestion has failed for good."""

    event: Literal["failed"]
    id: EventPlace
    data: FailedEvent


class ProgressFrame(ApiModel):
    """What is sent while a run works."""

    event: Literal["progress"]
    id: NoPlace
    data: ProgressEvent


class SyncFrame(ApiModel):
    """What is sent when the Hub was compared with the database."""

    event: Literal["sync"]
    id: EventPlace
    data: SyncEvent


class ResetFrame(ApiModel):
    """What is sent when what was missed is not known; go on after its id."""

    event: Literal["reset"]
    id: EventPlace
    data: ResetEvent


class PingFrame(ApiModel):
    """What is sent every ten seconds."""

    event: Literal["ping"]
    id: NoPlace
    data: PingEvent


AnyFrame = IngestedFrame | FailedFrame | ProgressFrame | SyncFrame | ResetFrame | PingFrame


class LiveEvent(RootModel[Annotated[AnyFrame, Field(discriminator="event")]]):
    """One event of the stream, told apart by its name in `event`; `data` is parsed from its one line of JSON."""
