"""The shapes of exports: what a request asks, and the manifest."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, field_validator

from query_api.schemas.base import ApiModel, Count, DatasetName, Query
from query_api.schemas.performance import PlainName

FileFormat = Literal["csv", "jsonl", "parquet"]
Table = Literal["submissions", "tasks", "attempts"]
ColumnType = Literal["text", "integer", "number", "boolean", "booleans", "instant", "date", "json"]


class ExportFilter(Query):
    """Which submissions are exported."""

    dataset: Annotated[DatasetName | None, Field(description="Only this dataset, such as owner/name.")] = None
    model: Annotated[PlainName | None, Field(description="Only this model's folder.")] = None


class TextFilter(ExportFilter):
    """The same; of attempts what models wrote, too, where that is wanted."""

    with_text: Annotated[
        bool,
        Field(
            description="What each model wrote, too: message, reasoning, provider_raw_response. Many times as large."
        ),
    ] = False


_Format = Annotated[
    FileFormat | None, Field(description="Without it the header Accept decides, and what takes anything gets CSV.")
]
_InPath = Annotated[FileFormat, Field(description="The file's extension.")]


class TableQuery(ExportFilter):
    """One table, in some format."""

    format: _Format = None


class TableFileQuery(ExportFilter):
    """The same, by the file's extension."""

    format: _InPath


class AttemptsQuery(TextFilter, TableQuery):
    """The attempts, in some format."""


class AttemptsFileQuery(TextFilter, TableFileQuery):
    """The same, by the file's extension."""


class SnapshotQuery(TextFilter):
    """All tables, or some, in one archive."""

    format: Annotated[FileFormat, Field(description="Of the files in the archive.")] = "parquet"
    what: Annotated[
        str,
        Field(
            pattern=r"^(submissions|tasks|attempts)(,(submissions|tasks|attempts))*$",
            description="Tables, with commas.",
            max_length=100,
        ),
    ] = "submissions,tasks,attempts"

    @field_validator("what")
    @classmethod
    def _names_each_once(cls, what: str) -> str:
        return ",".join(dict.fromkeys(what.split(",")))


class ExportedColumn(ApiModel):
    """One column of a file."""

    name: str
    type: ColumnType
    about: str


class ExportedFile(ApiModel):
    """One file of an archive."""

    name: str
    rows: Count
    bytes: Count
    sha256: str
    columns: tuple[ExportedColumn, ...]


class ExportedDataset(ApiModel):
    """A dataset, as the watcher saw it last; each submission has the commit that it was read at in its row."""

    dataset: str
    submissions: Count
    listed_at: Annotated[datetime | None, Field(description="When it was last compared with the database.")]
    listed_revision: Annotated[str | None, Field(description="The commit at which it last differed from that.")]


class ExportedTaskSet(ApiModel):
    """What submissions were scored by: edition of the task set and version of the rules; null: not known."""

    source: str
    task_set_version: str | None
    rules_version: int | None
    submissions: Count


class Manifest(ApiModel):
    """What an archive holds, of which instant, and what it was made by."""

    exported_at: Annotated[datetime, Field(description="By the database's clock: all files are of this instant.")]
    arcwatch_version: str
    rules_version: Annotated[int, Field(description="Of this server; what each version was scored by is in its row.")]
    with_text: bool
    dataset: str | None
    model: str | None
    datasets: tuple[ExportedDataset, ...]
    task_sets: tuple[ExportedTaskSet, ...]
    files: tuple[ExportedFile, ...]
