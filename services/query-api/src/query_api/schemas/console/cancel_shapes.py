"""What admins cancel."""

from typing import Annotated

from pydantic import Field

from query_api.schemas.base import Answer, Query


class OneRunQuery(Query):
    """Which run."""

    run: Annotated[int, Field(ge=1, le=2**31 - 1, description="The run's id.", examples=[412])]


class Cancelled(Answer):
    """It was asked for: whoever works on it ends it."""

    message: Annotated[str, Field(description="What happens now.", examples=["Its ingester stops it."])]
