"""The shapes of what is answered from the cached view."""

from datetime import datetime
from typing import Annotated, Literal

from common.events import SyncStatus
from pydantic import Field, FiniteFloat

from query_api.schemas.base import (
    ApiModel,
    By,
    Cached,
    Count,
    DatasetName,
    Fraction,
    Interval,
    Percent,
    Query,
    Rank,
    RankRange,
    Status,
    TaskSetName,
)
from query_api.schemas.naming import Naming

SortBy = Literal["score", "ingestedAt", "publishedAt", "model", "cost"]
MAX_PAGE = 1_000
# A cursor holds a display name and a folder's name, each at its longest, and is part of an address.
MAX_CURSOR = 4_000
Landed = Annotated[datetime, Field(description="When its answers were ingested; a change of costs or texts is none.")]


class LatestQuery(Query):
    """Which model counts as the latest."""

    dataset: Annotated[DatasetName | None, Field(description="Only this dataset, such as owner/name.")] = None
    by: Annotated[By, Field(description="What is newest: the landing of answers here, or their upload to the Hub.")] = (
        "ingested"
    )


class Certainty(ApiModel):
    """How sure a submission's figures are. Null where nothing is submitted; a rank also where the folder is gone.

    People and baselines (`kind`) have no rank and take none: models are read against them.
    """

    score_interval: Annotated[Interval | None, Field(description="Of the score over all tasks of the set.")]
    score_submitted_interval: Annotated[Interval | None, Field(description="Of the score over the tasks submitted.")]
    rank: Annotated[Rank | None, Field(description="By score within the task set; equal scores share one.")]
    rank_range: Annotated[RankRange | None, Field(description="Null also while it is being computed.")]
    not_distinguishable: Annotated[
        Count | None, Field(description="How many others of the task set do not differ from it at 5%, task by task.")
    ]


class LatestModel(Naming, Certainty):
    """The newest submission."""

    model_name: Annotated[str, Field(description="The model's first attempt.")]
    model: Annotated[str, Field(description="The folder's name.")]
    dataset: str
    source: TaskSetName
    display_label: str
    ingested_at: datetime
    landed_at: Landed
    published_at: datetime | None
    days_ago: Annotated[Count, Field(description="Calendar days in UTC since it landed, or was published.")]
    score: Fraction
    score_submitted: Fraction | None
    tasks_total: Count
    tasks_submitted: Count
    tasks_solved: Count | None
    status: Status


class LatestAnswer(Cached):
    """`data` is null before the first ingestion."""

    data: LatestModel | None


class ShieldsBadge(ApiModel):
    """A badge as shields.io reads it (https://shields.io/badges/endpoint-badge)."""

    schema_version: Annotated[Literal[1], Field(description="Of the shape that shields.io reads.")]
    label: Annotated[str, Field(description="What stands on the left.")]
    message: Annotated[str, Field(description="What stands on the right: the model's name, cut, and its score.")]
    color: Annotated[str, Field(description="Of the right side, six hexadecimal digits.")]
    cache_seconds: Annotated[Count, Field(description="How long shields.io keeps it.")]


class ModelsQuery(Query):
    """Which submissions, in which order."""

    dataset: DatasetName | None = None
    source: Annotated[str | None, Field(max_length=50)] = None
    status: Status | None = None
    family: Annotated[str | None, Field(max_length=100, description="Whole, such as Claude; in any letter case.")] = (
        None
    )
    search: Annotated[
        str | None,
        Field(max_length=200, description="Words that the name or the folder holds, each in any letter case."),
    ] = None
    sort: Annotated[SortBy, Field(description="Best, newest or first name first; cheapest first for cost.")] = "score"
    order: Annotated[
        Literal["asc", "desc"] | None,
        Field(description="The other way than `sort` says by itself. What is not known comes last either way."),
    ] = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = MAX_PAGE
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    cursor: Annotated[
        str | None,
        Field(
            max_length=MAX_CURSOR,
            description="`nextCursor` of the page before, with the same filters and order. Unlike an offset it stays "
            "right while submissions land.",
        ),
    ] = None


class AttemptRow(ApiModel):
    """One attempt of a submission; its accuracy is over all pairs of the task set."""

    model_name: str
    accuracy_percent: Percent | None


class Verification(ApiModel):
    """What a second implementation of the rules said of a submission's figures; docs/verification.md says more."""

    verdict: Annotated[
        Literal["verified", "explained", "differs", "impossible"],
        Field(description="Explained: something differs, and is no fault of the figures."),
    ]
    at: datetime
    compared_with: Annotated[
        Literal["hub", "rows"], Field(description="What the figures were recomputed from: the Hub's files, or ours.")
    ]
    figures: Annotated[Count, Field(description="How many were compared.")]


class SubmissionRow(ApiModel):
    """What the database says of one submission; null where the figure is not known."""

    dataset: str
    model: str
    source: TaskSetName
    status: Status
    score: Annotated[Fraction, Field(description="Over all tasks of the set.")]
    score_submitted: Annotated[Fraction | None, Field(description="Over the tasks submitted.")]
    tasks_total: Count
    tasks_submitted: Count
    tasks_solved: Annotated[Count | None, Field(description="Tasks solved whole.")]
    pairs_total: Count | None
    pairs_solved: Count | None
    attempts: tuple[AttemptRow, ...]
    # One that is no number would differ from itself: each reconciliation would find a difference.
    total_cost: Annotated[FiniteFloat | None, Field(description="USD")]
    total_tokens: Count | None
    published_at: Annotated[datetime | None, Field(description="When its answers were committed upstream.")]
    ingested_at: Annotated[datetime, Field(description="When this version was.")]
    landed_at: Landed
    revision: str
    tree_oid: str
    errors: Annotated[Count, Field(description="Files that could not be used.")]
    warnings: Annotated[
        Count | None, Field(description="Findings in other files, and in the folder, that may cost answers or figures.")
    ] = None
    verified: Annotated[
        Verification | None, Field(description="The last verification of each kind; where one differs, that.")
    ] = None


class ModelRow(Naming, Certainty, SubmissionRow):
    """One submission, what is known of its model, and how sure its figures are."""

    cost_per_task: Annotated[
        FiniteFloat | None,
        Field(description="USD: `totalCost` divided by `tasksTotal`, over all tasks of the set as the score is."),
    ] = None


class ModelsAnswer(Cached):
    """`total` counts what the filters let through, before paging."""

    total: Count
    next_cursor: Annotated[str | None, Field(description="Asks for what follows; null where nothing does.")] = None
    data: tuple[ModelRow, ...]


class QuickStats(Cached):
    """What the existing app's admin page shows at its top. Both totals are at most a minute old."""

    total_models: Annotated[Count, Field(description="Models by their folder's name, in however many datasets.")]
    total_explanations: Annotated[
        Count, Field(description="Answers in the database, those of the existing app too; above 500,000 estimated.")
    ]
    database_connected: bool
    last_ingestion: Annotated[datetime | None, Field(description="When the last run began; a minute old, too.")]
    timestamp: Annotated[datetime, Field(description="When this answer was made; it holds until something differs.")]


class CronStatusAnswer(Cached):
    """The schedule, and the last sync, whatever asked for it."""

    cron_enabled: bool
    schedule: Annotated[str, Field(description="Cron expression, UTC.")]
    auto_ingest: bool
    next_run: datetime | None
    last_run: datetime | None
    last_status: SyncStatus | None
    last_new_models_found: Count | None
    last_trigger: str | None
    last_error: str | None
