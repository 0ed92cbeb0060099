"""What admins did, as other admins see it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from query_api.schemas.base import PLAIN, Answer, ApiModel, Count, Query

_Word = Annotated[str, Field(min_length=1, max_length=64, pattern=PLAIN)]
Outcome = Literal["begun", "done", "failed"]


class AuditQuery(Query):
    """Whose deeds, and which page of them."""

    actor: Annotated[_Word | None, Field(description="Only of this admin.", examples=["ada"])] = None
    action: Annotated[_Word | None, Field(description="Only this.", examples=["sync"])] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class AdminAction(ApiModel):
    """One deed of an admin."""

    id: Annotated[int, Field(description="Its number.", examples=[17])]
    at: datetime
    actor: Annotated[str, Field(description="The name of the token that was shown.", examples=["ada"])]
    address: Annotated[str, Field(description="Where the request came from.", examples=["192.0.2.7"])]
    action: Annotated[str, Field(description="What was done.", examples=["dead_letters.replay"])]
    target: Annotated[
        dict[str, Any] | None, Field(description="To what: as the request named it.", examples=[{"sequences": [3]}])
    ]
    request_id: Annotated[str, Field(description="Of the request, as the access log has it.", examples=["9f2c-1a"])]
    outcome: Annotated[
        Outcome, Field(description="begun: how it ended is not known: the server or the database died meanwhile.")
    ]
    detail: Annotated[str | None, Field(description="Why it failed.", examples=["NATS does not answer"])]


class AuditAnswer(Answer):
    """Deeds of admins, the last first."""

    total: Annotated[Count, Field(description="How many fit.", examples=[17])]
    data: tuple[AdminAction, ...]
