"""The shapes of one model's page: its versions, its errors, its tasks, and what changed."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, FiniteFloat

from query_api.schemas.base import (
    Advised,
    Answer,
    ApiModel,
    Cached,
    Count,
    DatasetName,
    Finding,
    Fraction,
    IngestionStatus,
    Interval,
    OwnedDataset,
    Query,
    Rank,
    TaskSetName,
)
from query_api.schemas.cached import AttemptRow, Landed, LatestModel, ModelRow, Verification
from query_api.schemas.origins import FileOrigin, Provenance, ScoreOrigin
from query_api.schemas.performance import Comparison, FigureSet, PlainName, QualifiedName


class ModelQuery(Query):
    """One submission; write the dataset's slash as %2F."""

    dataset: DatasetName
    model: PlainName


class ModelByOwnerQuery(OwnedDataset):
    """One submission, its dataset written as owner and name."""

    model: PlainName


class Changes(ApiModel):
    """What a version says differently from the one before it: task ids."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Annotated[tuple[str, ...], Field(description="The file's content differs.")]
    newly_solved: tuple[str, ...]
    no_longer_solved: tuple[str, ...]


class ReplacedScore(ApiModel):
    """What a version's score was before `arcwatch rescore` replaced it."""

    score: Fraction
    score_submitted: Fraction | None
    rules_version: int | None
    task_set_version: str | None
    replaced_at: datetime


class Version(ScoreOrigin):
    """One version of a submission."""

    tree_oid: str
    revision: str
    status: IngestionStatus
    score: Fraction
    score_submitted: Fraction | None
    tasks_total: Count
    tasks_submitted: Count
    tasks_solved: Count
    errors: Count
    score_interval: Interval | None
    score_submitted_interval: Interval | None
    run_id: int
    published_at: datetime | None
    ingested_at: datetime
    landed_at: Landed
    superseded_at: Annotated[datetime | None, Field(description="Null: the current version.")]
    removed_upstream_at: datetime | None
    changes: Annotated[Changes | None, Field(description="Null for the first version.")]
    scores: Annotated[tuple[ReplacedScore, ...], Field(description="By other rules or task sets, the latest first.")]


class IngestionError(Advised):
    """A file that could not be used, or (not fatal) one in which something was mended or left out."""

    puzzle_id: str | None
    message: str
    fatal: bool


class AttemptAtTask(ApiModel):
    """What one attempt's answer to a task came to, and took."""

    pairs_solved: Count
    cost: Annotated[FiniteFloat | None, Field(description="USD")]
    tokens: Count | None
    time_ms: Count | None


class TaskRow(FileOrigin):
    """How much of one task the current version solved, and by which file."""

    puzzle_id: str
    pairs_total: Count
    pairs_solved: Count
    attempts: Annotated[
        tuple[AttemptAtTask | None, ...],
        Field(description="In the order of the submission's attempts, the first four; null: no answer."),
    ] = ()


class AttemptDetail(AttemptRow):
    """One attempt, and what its answers took; of the fifth and later ones this is null."""

    accuracy_interval: Annotated[Interval | None, Field(description="Pairs of one task are taken as one answer.")] = (
        None
    )
    tasks_correct: Annotated[Count | None, Field(description="Tasks with every pair right.")] = None
    overall: Annotated[FigureSet | None, Field(description="Of all its answers.")] = None


class Disagreement(ApiModel):
    """One figure that differs, and why."""

    name: Annotated[str, Field(description="Its kind, of those that docs/verification.md explains.")]
    figure: str
    message: str


class VerificationDetail(Verification):
    """A verification, with what differs."""

    disagreements: Annotated[tuple[Disagreement, ...], Field(description="100 at most.")]


class ModelDetail(ModelRow):
    """One submission with its history. Versions: newest first, the last ten."""

    attempts: tuple[AttemptDetail, ...]
    verified: VerificationDetail | None
    versions: tuple[Version, ...]
    ingestion_errors: Annotated[tuple[IngestionError, ...], Field(description="Of the current version, 500 at most.")]
    findings: Annotated[tuple[Finding, ...], Field(description="All of them, counted by kind; the worst first.")]
    provenance: Provenance
    tasks: Annotated[tuple[TaskRow, ...], Field(description="Those that it answers.")]
    not_attempted: Annotated[tuple[str, ...], Field(description="The ids of the other tasks of the set.")]


class ModelAnswer(Answer):
    """A submission."""

    data: ModelDetail


class ModelPageQuery(Query):
    """Which submission, and which other one beside it."""

    dataset: Annotated[
        DatasetName | None,
        Field(description="Without it: the dataset in which that name landed last, or the latest model of all."),
    ] = None
    model: Annotated[PlainName | None, Field(description="The folder. Without it: the latest model.")] = None
    compare: Annotated[
        QualifiedName | None,
        Field(description="Another submission, owner/name/folder; without owner and name, of the same dataset."),
    ] = None
    latest_detail: Annotated[
        bool, Field(description="Also all that is known of the latest model, where another one is asked for.")
    ] = False


class Sibling(ApiModel):
    """A submission of the same folder's name to another dataset."""

    dataset: str
    source: TaskSetName
    display_name: str
    score: Fraction
    rank: Rank | None


class ComparedModel(ApiModel):
    """The submission beside it."""

    model: ModelDetail
    comparison: Annotated[Comparison | None, Field(description="Null: they answer different task sets.")]


class ModelPage(ApiModel):
    """All that a page about one submission shows."""

    latest: Annotated[LatestModel | None, Field(description="Of all datasets; null before the first ingestion.")]
    latest_detail: Annotated[ModelDetail | None, Field(description="Null where `model` is the latest, or unasked.")]
    model: Annotated[ModelDetail | None, Field(description="Null before the first ingestion.")]
    is_latest: Annotated[bool, Field(description="Whether `model` is the latest one.")]
    ranked: Annotated[Count, Field(description="How many submissions have a rank on its task set.")]
    siblings: Annotated[tuple[Sibling, ...], Field(description="By dataset.")]
    compared: Annotated[ComparedModel | None, Field(description="Null where none is asked for.")]


class ModelPageAnswer(Cached):
    """One page."""

    data: ModelPage
