"""The contract on the bus: every event, its subject and its idempotency key.

Bodies are JSON. Events carry ids and figures for readers; whoever acts on one re-reads the truth from the Hub or
the database. A bare JSON body from any NATS client is as good as ours: headers are only added where we publish.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

Trigger = Literal["schedule", "catch_up", "startup", "webhook", "manual"]
SyncStatus = Literal["completed", "partial", "failed"]
RunStatus = Literal["running", "completed", "partial", "failed", "skipped"]

# A git object id: sha1 today, sha256 where the Hub moves on.
Oid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
# No control characters: PostgreSQL takes no NUL, and no terminal wants the others.
Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]

# Of a request that its requester follows. Made by `fresh_id`; who publishes by hand may take an id of any such form.
RequestId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
# More requests for one model may wait at once; the oldest of so many cannot be followed any more.
MAX_REQUEST_IDS = 1_000
RequestIds = Annotated[tuple[RequestId, ...], Field(max_length=MAX_REQUEST_IDS)]


def fresh_id() -> str:
    """Return an idempotency key that no other event has."""
    return uuid.uuid4().hex


class Event(BaseModel):
    """A fact or a request, immutable once made."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")

    subject: ClassVar[str]

    @classmethod
    def subjects(cls) -> tuple[str, ...]:
        """Return every subject that it is published on."""
        return (cls.subject,)

    def idempotency_key(self) -> str:
        """Return the Nats-Msg-Id: two publishes of one event within the dedupe window are stored once."""
        return fresh_id()


class ModelDiscovered(Event):
    """A model folder has content not ingested yet, or a person wants it ingested."""

    subject: ClassVar[str] = "model.discovered"

    dataset: Name
    model: Name
    revision: Oid | None = None
    tree_oid: Oid | None = None
    published_at: AwareDatetime | None = None
    trigger: Trigger = "manual"
    force: bool = False
    dry_run: bool = False
    requested_by: str | None = None
    # Of the requests that the event is for: several where requests waited for one another.
    request_ids: RequestIds = ()

    @model_validator(mode="before")
    @classmethod
    def _manual_forces(cls, data: object) -> object:
        """Make `force` default to true exactly when the event is manual."""
        if isinstance(data, dict) and data.get("force") is None:
            return {**data, "force": data.get("trigger", "manual") == "manual"}
        return data

    @property
    def content_key(self) -> str:
        """The same for every event that asks for this content, whatever its commit and trigger."""
        return f"{self.dataset}@{self.model}@{self.tree_oid}"

    def idempotency_key(self) -> str:
        """Return the content's key for a watcher's event, a fresh id for a manual one."""
        return fresh_id() if self.trigger == "manual" or self.tree_oid is None else self.content_key


class ModelIngested(Event):
    """The rows of a submission version are committed."""

    subject: ClassVar[str] = "model.ingested"

    run_id: int
    dataset: str
    model: str
    source: str
    revision: str
    tree_oid: str
    attempts: tuple[str, ...]
    display_name: str
    tasks_total: int
    tasks_submitted: int
    successful: int
    failed: int
    skipped: int
    score: float
    score_submitted: float | None = None
    accuracy_percent: float | None = None
    cost: float | None = None
    published_at: AwareDatetime | None = None
    ingested_at: AwareDatetime
    duration_ms: int
    auto_triggered: bool
    trigger: Trigger
    # Place on the stream of the event that the run was for.
    event_sequence: int | None = None
    request_ids: RequestIds = ()
    # Whether any answer is another one than before; and when those came that the version has.
    landed: bool = True
    landed_at: AwareDatetime | None = None

    def idempotency_key(self) -> str:
        """Return the run's key: a run is announced once for a model, again when the model is renamed.

        A restored database gives the run's number once more, but not at the same instant.
        """
        return f"ingested-{self.run_id}@{self.model}@{self.ingested_at.isoformat()}"


class ModelIngestionFailed(Event):
    """An ingestion failed for good; its event is dead-lettered. A failed dry run is no failure of the model."""

    subject: ClassVar[str] = "model.ingestion_failed"

    run_id: int | None = None
    dataset: str | None = None
    model: str | None = None
    kind: str
    reason: str
    delivery_count: int
    dry_run: bool = False
    failed_at: AwareDatetime
    event_sequence: int | None = None
    request_ids: RequestIds = ()

    @staticmethod
    def key_of(run_id: int, started_at: datetime) -> str:
        """Return the message id of a run's failure: a restored database gives the run's number once more."""
        return f"failed-{run_id}@{started_at.isoformat()}"


class SyncRequested(Event):
    """A person or a webhook wants the Hub compared with the database now."""

    subject: ClassVar[str] = "sync.requested"

    dataset: str | None = None
    trigger: Trigger = "manual"
    auto_ingest: bool | None = None
    requested_by: str | None = None
    request_id: str | None = None

    def idempotency_key(self) -> str:
        """Return the request's own id where it has one (a webhook's delivery id), else a fresh one."""
        return self.request_id or fresh_id()


class DatasetSynced(BaseModel):
    """What one complete listing of a dataset showed, or why there was none. Lists hold folder names."""

    model_config = ConfigDict(frozen=True)

    dataset: str
    # The Hub's name of it, where that is another: it was renamed, or is configured in another letter case.
    renamed_to: str | None = None
    revision: str | None = None
    listed_at: AwareDatetime | None = None
    seen: int = 0
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    vanished: tuple[str, ...] = ()
    # Not in JSON: with thousands of models, idle syncs would fill the stream and the table with it.
    unchanged: tuple[str, ...] = Field(default=(), exclude=True)
    # Folders of this content hold no file of a task, as an ingester saw: no submissions.
    without_tasks: tuple[str, ...] = Field(default=(), exclude=True)
    published: int = 0
    error: str | None = None
    # What the Hub asks for, where it does.
    retry_after_seconds: float | None = Field(default=None, exclude=True)


class SyncCompleted(Event):
    """A sync ended, well or not."""

    subject: ClassVar[str] = "sync.completed"

    sync_id: int
    trigger: Trigger
    status: SyncStatus
    scheduled_for: AwareDatetime | None = None
    started_at: AwareDatetime
    completed_at: AwareDatetime
    datasets: tuple[DatasetSynced, ...]
    models_seen: int
    new_models_found: int
    changed: int
    auto_ingest: bool = True
    requested_by: str | None = None
    request_id: str | None = None
    # Place on the stream of the request that the sync was for.
    event_sequence: int | None = None
    error: str | None = None

    def idempotency_key(self) -> str:
        """Return the sync's key: a sync is announced once, and its number may come again with another database."""
        return f"sync-{self.sync_id}@{self.started_at.isoformat()}"


class IngestionProgress(Event):
    """How far a running ingestion is; core NATS, not stored."""

    subject: ClassVar[str] = "ingestion.progress"

    run_id: int
    dataset: str
    model: str
    done: int
    total: int
    status: RunStatus = "running"
    request_ids: RequestIds = ()


class BudgetReport(BaseModel):
    """What a process knows of one budget by the Hub's answers to itself, and how many of its requests are on the way.

    `left` and `reset_seconds` are set where it knows of a window that goes on, `quota` where the Hub says it.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    name: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_]{1,64}$")]
    in_flight: Annotated[int, Field(ge=0, le=10_000)] = 0
    left: Annotated[int, Field(ge=0, lt=10**12)] | None = None
    quota: Annotated[int, Field(ge=0, lt=10**12)] | None = None
    # Not an instant: the clocks of two machines may differ.
    reset_seconds: Annotated[float, Field(gt=0, le=3_600)] | None = None


class QuotaReport(Event):
    """What a process knows and uses of the Hub's quota, for the others that share it; core NATS, not stored.

    Each service has a subject of its own below `hub.quota`.
    """

    subject: ClassVar[str] = "hub.quota"
    services: ClassVar[tuple[str, ...]] = ("ingester", "watcher")

    # Made anew at each start.
    process: RequestId
    # Of the endpoint and the token: only reports of the same quota count.
    key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    # Whether the others are to report at once.
    asks: bool = False
    budgets: Annotated[tuple[BudgetReport, ...], Field(max_length=40)] = ()

    @classmethod
    def subject_of(cls, service: str) -> str:
        """Return the subject on which a service tells."""
        return f"{cls.subject}.{service}"

    @classmethod
    def subjects(cls) -> tuple[str, ...]:
        """Return the subjects of all services that share the quota."""
        return tuple(map(cls.subject_of, cls.services))


def headers_of(event: Event, source: str, key: str) -> dict[str, str]:
    """Return the NATS headers of an event: its idempotency key and its CloudEvents attributes."""
    return {
        "Nats-Msg-Id": key,
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": key,
        "ce-source": f"arcwatch/{source}",
        "ce-type": f"arcwatch.{event.subject}",
        "ce-time": datetime.now(UTC).isoformat(),
    }


def body_of(event: Event) -> bytes:
    """Return an event's JSON body."""
    return event.model_dump_json(exclude_none=True).encode()


# In bytes of JSON; well below max_payload, which is 1 MiB unless the server's configuration says otherwise.
MAX_DEAD_LETTER_BYTES = 256 * 1024
_KEPT = 8 * 1024
_KEPT_OF_HEADER = 256


def resent(headers: Mapping[str, str], key: str) -> dict[str, str]:
    """Return a message's headers for when it is published again, under another idempotency key.

    What orders the server to do something was meant for the first time: the old key would be taken for a duplicate, and
    `Nats-Expected-*` cannot be true again.
    """
    return {name: value for name, value in headers.items() if not name.lower().startswith("nats-")} | {
        "Nats-Msg-Id": key
    }


class DeadLetter(BaseModel):
    """A message whose handling failed for good, kept whole with the reason."""

    model_config = ConfigDict(frozen=True)

    service: str
    kind: str
    reason: str
    subject: str
    body: str
    headers: dict[str, str]
    delivery_count: int
    stream_sequence: int
    failed_at: AwareDatetime
    stored_at: AwareDatetime | None = None
    """When the message came onto the stream: places are given anew once a stream was made anew."""
    shortened: bool = False
    """Body and headers are only their beginnings; the whole is on the main stream, at its place."""

    @classmethod
    def subject_of(cls, service: str) -> str:
        """Return the subject that a service's dead letters go to."""
        return f"dead.{service}"

    def fitting(self) -> Self:
        """Return the dead letter short enough to be stored: in JSON a body may be six times as long as it was."""
        if len(self.model_dump_json().encode()) <= MAX_DEAD_LETTER_BYTES:
            return self
        headers = {name[:_KEPT_OF_HEADER]: value[:_KEPT_OF_HEADER] for name, value in [*self.headers.items()][:20]}
        kept = {"body": self.body[:_KEPT], "reason": self.reason[:_KEPT], "headers": headers, "shortened": True}
        return self.model_copy(update=kept)

    @property
    def idempotency_key(self) -> str:
        """Return the key that keeps a message that failed twice from being stored twice."""
        stored = "" if self.stored_at is None else f"-{self.stored_at.isoformat()}"
        return f"dead-{self.service}-{self.stream_sequence}{stored}"

    def replayed(self) -> Self:
        """Return the dead letter as it is published again."""
        return self.model_copy(update={"headers": resent(self.headers, fresh_id())})
