"""What admins see and say of datasets: which are paused."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from query_api.schemas.base import PLAIN, Answer, ApiModel, Body, DatasetName


class DatasetBody(Body):
    """Which dataset."""

    dataset: DatasetName


class PauseBody(DatasetBody):
    """Which dataset is paused, why, and until when."""

    reason: Annotated[
        str | None, Field(min_length=1, max_length=500, pattern=PLAIN, examples=["an upload goes on for days"])
    ] = None
    until: Annotated[
        AwareDatetime | None,
        Field(
            strict=False,
            description="When it ends by itself; null: when it is resumed.",
            examples=["2026-12-01T08:00:00Z"],
        ),
    ] = None


class Pause(ApiModel):
    """A dataset whose new models are not ingested by themselves."""

    by: Annotated[str, Field(description="The name of the admin who paused it.", examples=["ada"])]
    since: Annotated[datetime, Field(description="When it was paused.", examples=["2026-11-28T08:00:00Z"])]
    reason: Annotated[str | None, Field(examples=["an upload goes on for days"])]
    until: Annotated[
        datetime | None, Field(description="Null: until it is resumed.", examples=["2026-12-01T08:00:00Z"])
    ]


class DatasetState(ApiModel):
    """A dataset that is watched."""

    dataset: str
    pause: Annotated[Pause | None, Field(description="Null: it is not paused.")]


class DatasetsAnswer(Answer):
    """Every dataset that is watched."""

    data: tuple[DatasetState, ...]


class DatasetAnswer(Answer):
    """One dataset."""

    data: DatasetState
