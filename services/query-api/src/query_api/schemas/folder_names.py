"""What admins ask and set of the models behind folders."""

import re
from datetime import date, datetime
from typing import Annotated

from common.names.fields import NameFields
from pydantic import BeforeValidator, Field, field_validator

from query_api.schemas.base import Answer, Body, Query
from query_api.schemas.ingestion import Folder
from query_api.schemas.naming import Naming

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class FolderQuery(Query):
    """Which folder; in any dataset."""

    folder: Folder


def _as_text(day: object) -> object:
    if not (isinstance(day, str) and _DAY.fullmatch(day)):
        raise ValueError("write it as 2025-12-11")
    return day


_Day = Annotated[date, Field(strict=False), BeforeValidator(_as_text)]


class NamesBody(NameFields, Body):
    """What an admin says of a folder's model. It replaces what was set before; null and left out mean: not said."""

    # JSON has no dates.
    release_date: Annotated[_Day | None, Field(description="Such as 2025-12-11.")] = None

    @field_validator("display_name", "provider", "family", "effort")
    @classmethod
    def check_text(cls, text: str | None) -> str | None:
        """Leave to the route what no schema can say."""
        return text


class FolderNames(Naming):
    """What is known of one folder's model, and in words where each field comes from."""

    folder: str
    datasets: Annotated[tuple[str, ...], Field(description="Those whose submissions have this folder.")]
    origins: dict[str, str]
    unknown: Annotated[tuple[str, ...], Field(description="The fields that are not known.")]
    set_at: Annotated[datetime | None, Field(description="When an admin has set some; the table says who.")]


class FolderNamesAnswer(Answer):
    """One folder."""

    data: FolderNames


class AllNamesAnswer(Answer):
    """Every folder that was submitted or that an admin has named; those of which least is known first."""

    total: int
    data: tuple[FolderNames, ...]
