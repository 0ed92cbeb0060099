"""What admins see of outgoing notifications: the notifier's channels, what waits, what is dead, and tests."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from query_api.schemas.base import Answer, ApiModel, Count, Query

StateOfTest = Literal["waiting", "sending", "delivered", "refused", "expired", "unknown"]
_Name = Annotated[str, Field(description="The channel's name in NOTIFICATIONS_FILE.", examples=["ops"])]


class OneChannelQuery(Query):
    """Which channel."""

    name: Annotated[
        str,
        Field(
            pattern=r"^[0-9A-Za-z_-]{1,64}$",
            description="The channel's name in NOTIFICATIONS_FILE.",
            examples=["ops"],
        ),
    ]


class ChannelTest(ApiModel):
    """A test message that an admin asked for."""

    id: Annotated[int, Field(description="Its number.", examples=[5])]
    asked_by: Annotated[str, Field(description="The name of the admin's token.", examples=["ada"])]
    asked_at: Annotated[datetime, Field(description="When.", examples=["2026-11-28T08:00:00Z"])]
    state: Annotated[
        StateOfTest,
        Field(
            description="waiting: no notifier has taken it yet; sending: one has; delivered, refused: the receiver "
            "took it, or did not; expired: no notifier took it in time, and none will; unknown: one took it, and died."
        ),
    ]
    ended_at: Annotated[
        datetime | None, Field(description="Null: it has not ended.", examples=["2026-11-28T08:00:01Z"])
    ]
    kind: Annotated[str | None, Field(description="Why it was refused, in a word.", examples=["server_error"])]
    reason: Annotated[str | None, Field(description="Why, in words.", examples=["it answers 503"])]


class ChannelFilters(ApiModel):
    """Which news a channel takes, and how long its messages wait."""

    events: Annotated[tuple[str, ...], Field(description="Kinds of news.", examples=[["landing", "failure"]])]
    datasets: Annotated[
        tuple[str, ...], Field(description="Globs, one of which has to fit; none: all.", examples=[["arcprize/*_v2_*"]])
    ]
    models: Annotated[
        tuple[str, ...], Field(description="Globs, one of which has to fit; none: all.", examples=[["gpt-5*"]])
    ]
    min_score: Annotated[
        float | None, Field(description="Landings below are not told; a fraction of 1.", examples=[0.3])
    ]
    digest_seconds: Annotated[
        float, Field(description="A message goes when nothing was added for so long.", examples=[60])
    ]
    digest_max_seconds: Annotated[
        float, Field(description="But never longer than this after its first piece.", examples=[3600])
    ]


class NotificationChannel(ApiModel):
    """A channel of the notifier; where it leads only its file says."""

    name: _Name
    kind: Annotated[
        str | None,
        Field(
            description="Null: no notifier has this channel any more; messages of it are left.", examples=["webhook"]
        ),
    ]
    filters: Annotated[ChannelFilters | None, Field(description="Null: not known.")]
    running: Annotated[bool, Field(description="Whether its notifier has said so within a minute.", examples=[True])]
    seen_at: Annotated[datetime | None, Field(description="When it last said so.", examples=["2026-11-28T08:00:00Z"])]
    sent_at: Annotated[
        datetime | None,
        Field(description="When the receiver last took a message, tests left out.", examples=["2026-11-28T07:00:00Z"]),
    ]
    failed_at: Annotated[datetime | None, Field(description="When it last did not.", examples=["2026-11-28T06:00:00Z"])]
    error: Annotated[str | None, Field(description="Why, then.", examples=["it answers 503"])]
    waiting: Annotated[Count, Field(description="Messages that are held, or sent again.", examples=[1])]
    dead: Annotated[Count, Field(description="Messages that are not sent any more.", examples=[0])]
    last_test: Annotated[ChannelTest | None, Field(description="The latest one; null: none within 30 days.")]


class DeadMessage(ApiModel):
    """A message that was given up: it stays until it is replayed or removed."""

    id: Annotated[
        UUID,
        Field(description="As `arcwatch notify` names it.", examples=["0f8fad5b-d9cb-469f-a165-70867728950e"]),
    ]
    channel: _Name
    pieces: Annotated[Count, Field(description="How many pieces of news it tells.", examples=[3])]
    created_at: Annotated[datetime, Field(description="When it was begun.", examples=["2026-11-24T08:00:00Z"])]
    attempts: Annotated[Count, Field(description="How often it was sent.", examples=[10])]
    error: Annotated[str | None, Field(description="Why it was not taken the last time.", examples=["it answers 404"])]


class NotificationsAnswer(Answer):
    """Every channel, by name, and the oldest dead messages."""

    data: tuple[NotificationChannel, ...]
    dead_messages: Annotated[tuple[DeadMessage, ...], Field(description="At most 100; `dead` counts all.")]


class ChannelTested(Answer):
    """A test was asked for: the channel's `lastTest` tells what becomes of it."""

    data: ChannelTest
