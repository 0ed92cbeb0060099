"""The shapes of the system's own state: who listens, what waits, what the Hub still allows."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from query_api.schemas.base import Answer, ApiModel, Count


class WorkerState(ApiModel):
    """The services behind one durable. Null where NATS does not answer."""

    alive: bool | None
    idle: Annotated[Count | None, Field(description="Requests for work that wait: one for each idle replica.")]
    busy: Annotated[Count | None, Field(description="Messages being worked on.")]
    waiting: Annotated[Count | None, Field(description="Messages that no service has taken yet.")]


class WatcherState(WorkerState):
    """The watcher; silent when a scheduled sync is overdue."""

    silent: bool
    last_sync: datetime | None
    overdue_since: Annotated[
        datetime | None,
        Field(
            description="When the sync was due that did not come: its tick, or the end of the blackout that held it."
        ),
    ]


class HubReach(ApiModel):
    """The Hub, as the query API sees it. Replicas with the same token share the quota."""

    endpoint: str
    reachable: bool
    reason: str | None
    checked_at: datetime
    quota_left: Annotated[Count | None, Field(description="API requests left in this window.")]
    quota_limit: Count | None
    quota_resets_at: datetime | None


class Status(ApiModel):
    """The state of what works behind the API."""

    datasets: Annotated[tuple[str, ...], Field(description="What is watched: HF_DATASETS.")]
    writable: Annotated[bool, Field(description="An ADMIN_TOKEN is set, so that actions are possible at all.")]
    bus_connected: bool
    ingesters: WorkerState
    watcher: WatcherState
    hub: HubReach


class StatusAnswer(Answer):
    """The system's state."""

    data: Status
