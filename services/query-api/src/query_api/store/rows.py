"""What the store reads: the rows that the cached view is made of, checked as they are read, answers and results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple

from common.events import SyncStatus
from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from query_api.schemas.base import Count
from query_api.schemas.cached import SubmissionRow

Key = tuple[str, str]
"""(dataset, model folder)."""


class Submission(SubmissionRow):
    """The current version of one model's submission. None: not known (from an event while the database is away)."""

    run_id: Annotated[int, Field(exclude=True)]
    # What the feed's id is made of; and the folder's tree oid, where only files that answer no task changed since.
    landed_as: Annotated[str | None, Field(exclude=True)] = None
    listed_tree_oid: Annotated[str | None, Field(exclude=True)] = None

    @property
    def key(self) -> Key:
        """What distinguishes it from every other submission."""
        return self.dataset, self.model

    @property
    def is_usable(self) -> bool:
        """Whether anything in it could be used: an answer to a task, right or wrong."""
        return bool(self.tasks_submitted and self.attempts)

    @property
    def is_ranked(self) -> bool:
        """Whether it is there upstream, and usable: else it has no rank, and is not the latest."""
        return self.status != "removed" and self.is_usable


@checked(frozen=True, slots=True)
class Sync:
    """One comparison of the Hub with the database that has ended."""

    id: int
    trigger: str
    status: SyncStatus | Literal["unknown"]
    started_at: datetime
    new_models_found: Count
    error: str | None


@checked(frozen=True, slots=True)
class Stored:
    """How many answers the database holds, whoever wrote them, and when the last ingestion began."""

    explanations: Count = 0
    last_run_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskAnswer:
    """One attempt's answer to one task. Cost in USD; `pairs` says which pairs are right."""

    puzzle_id: str
    pairs: tuple[bool, ...]
    cost: float | None = None
    time_ms: int | None = None
    tokens: int | None = None

    @property
    def correct(self) -> bool:
        """Whether every pair is right."""
        return bool(self.pairs) and all(self.pairs)


NOTHING_STORED: Final = Stored()

Answers = Mapping[str, TaskAnswer]
"""Task id -> answer, of one attempt."""


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What a version says of one task."""

    blob_oid: str
    pairs_total: int
    pairs_solved: int
    path: str | None = None

    @property
    def solved(self) -> bool:
        """Whether every pair is solved."""
        return self.pairs_solved == self.pairs_total


Results = Mapping[str, TaskResult]
"""Task id -> result."""


class ScoredBy(NamedTuple):
    """What brought a version's figures about. None: from before it was kept."""

    run_id: int
    revision: str
    rules_version: int | None
    task_set_version: str | None


class VersionTasks(NamedTuple):
    """Of each task that a version answers: its id, how many pairs are solved, and of how many."""

    tree_oid: str
    run_id: int
    results: Sequence[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Solves:
    """What a submission's answers cost, in USD, and since when earlier versions solved tasks (seconds since the epoch).

    Both by task id.
    """

    costs: Mapping[str, float] = field(default_factory=dict)
    earlier: Mapping[str, float] = field(default_factory=dict)
