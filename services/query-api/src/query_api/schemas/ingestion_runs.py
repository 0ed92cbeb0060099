"""The shapes of ingestion runs."""

from datetime import datetime
from typing import Annotated, Literal

from common.error_kinds import Severity
from common.events import RunStatus, Trigger
from pydantic import Field

from query_api.schemas.base import Answer, ApiModel, Count, DatasetName, Finding, Query, TaskSetName
from query_api.schemas.model_detail import IngestionError
from query_api.schemas.performance import PlainName

RunSort = Literal["startedAt", "durationMs", "accuracyPercent", "score", "failed"]


RunId = Annotated[int, Field(ge=1, le=2**31 - 1)]


class HistoryQuery(Query):
    """Which runs, in which order."""

    run: Annotated[RunId | None, Field(description="Only this one, by its id.")] = None
    dataset: DatasetName | None = None
    model: PlainName | None = None
    status: RunStatus | None = None
    auto_triggered: bool | None = None
    search: Annotated[
        PlainName | None,
        Field(description="Part of the model's folder, the dataset or the error; upper and lower case are the same."),
    ] = None
    sort: RunSort = "startedAt"
    order: Literal["asc", "desc"] = "desc"
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class RequestProgress(ApiModel):
    """How many files of a run are fetched and scored, of how many."""

    done: Count
    total: Count


class Run(ApiModel):
    """One ingestion run, with the names that the existing admin page reads."""

    id: int
    dataset_name: Annotated[str, Field(description="The model's folder.")]
    base_url: str
    source: TaskSetName | None
    total_puzzles: Count
    successful: Count
    failed: Count
    skipped: Count
    duration_ms: Count
    dry_run: bool
    accuracy_percent: float | None
    started_at: datetime
    completed_at: Annotated[datetime | None, Field(description="Null while it is running.")]
    error_log: str | None
    auto_triggered: bool
    status: Literal[RunStatus, "unknown"]
    trigger: Annotated[Trigger | str, Field(description="What asked for it.")]
    dataset: str | None
    revision: str | None
    tree_oid: str | None
    score: float | None
    delivery_count: Count | None
    findings: Annotated[tuple[Finding, ...], Field(description="Counted by kind; the worst first.")] = ()
    progress: Annotated[
        RequestProgress | None, Field(description="While it is running, where this server has heard of it.")
    ] = None


class HistoryAnswer(Answer):
    """`total` counts what the filters let through, before paging."""

    total: Count
    runs: tuple[Run, ...]


class Activity(ApiModel):
    """One run, as the existing app's admin page shows it at its foot."""

    id: int
    dataset: Annotated[str | None, Field(description="owner/name; null: a run of the existing app.")]
    dataset_name: Annotated[str, Field(description="The model's folder.")]
    source: TaskSetName | None
    total_puzzles: Count
    successful: Annotated[Count, Field(description="Task files; in rows of the existing app, attempts.")]
    failed: Count
    skipped: Count
    dry_run: bool
    started_at: datetime
    completed_at: Annotated[datetime | None, Field(description="Null while it is running.")]
    accuracy_percent: float | None
    duration: Annotated[Count, Field(description="ms; 0 while it is running.")]


class ActivityAnswer(Answer):
    """The last ten runs, newest first."""

    runs: tuple[Activity, ...]


class RunErrorsQuery(Query):
    """One run, by the id that the history gives it; which of its errors, and a page of them."""

    run: RunId
    severity: Annotated[Severity | None, Field(description="Only findings that are so bad.")] = None
    kind: Annotated[PlainName | None, Field(description="Only findings of this kind.", examples=["not_json"])] = None
    search: Annotated[
        PlainName | None, Field(description="Part of the task or of the message; upper and lower case are the same.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class RunErrorsAnswer(Answer):
    """What was wrong with a run's files: those that could not be used, then by severity and kind."""

    run: int
    total: Annotated[Count, Field(description="What the filters let through, before paging.")]
    fatal: Annotated[Count, Field(description="How many of them could not be used at all.")]
    errors: tuple[IngestionError, ...]
    findings: Annotated[
        tuple[Finding, ...], Field(description="All of the run, whatever the filters, by kind; the worst first.")
    ]
