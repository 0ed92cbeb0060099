"""What admins ask and set of the models behind folders."""

from datetime import date, datetime
from typing import Annotated

from common.names.fields import NameFields
from pydantic import Field, model_validator

from query_api.schemas.base import Answer, Body, Query
from query_api.schemas.ingestion import Folder
from query_api.schemas.naming import Naming


class FolderQuery(Query):
    """Which folder; in any dataset."""

    folder: Folder


class NamesBody(NameFields, Body):
    """What an admin says of a folder's model. It replaces what was set before; null and left out mean: not said."""

    # JSON has no dates.
    release_date: Annotated[date | None, Field(strict=False, description="Such as 2025-12-11.")] = None

    @model_validator(mode="after")
    def _says_something(self) -> "NamesBody":
        if all(value is None for value in dict(self).values()):
            raise ValueError("say at least one field; DELETE takes back what was said")
        return self


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
