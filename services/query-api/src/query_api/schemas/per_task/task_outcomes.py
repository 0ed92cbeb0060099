"""The shapes of tasks across submissions: who solved what, first when, for how much, and all answers to one task."""

from datetime import datetime
from typing import Annotated, Literal

from common.names.fields import Kind
from pydantic import Field, FiniteFloat

from query_api.schemas.base import Answer, ApiModel, Cached, Count, DatasetName, Fraction, Query, TaskSetName
from query_api.schemas.per_task.task_detail import AttemptAnswers, GridPair, TaskId

SourceName = Annotated[str, Field(max_length=50, description="Only this task set, such as ARC2-Eval.")]
OnlyDataset = Annotated[DatasetName, Field(description="Only this dataset's submissions, such as owner/name.")]


class TasksQuery(Query):
    """Of which submissions."""

    source: SourceName | None = None
    dataset: OnlyDataset | None = None


class NamedSubmission(ApiModel):
    """Which submission is meant."""

    dataset: str
    model: Annotated[str, Field(description="The folder's name.")]
    display_name: str


class FirstSolve(NamedSubmission):
    """Who solved a task first."""

    at: Annotated[
        datetime,
        Field(description="When the answers came to the Hub, or here, where that is not known; of all versions of it."),
    ]


class CheapestSolve(NamedSubmission):
    """Who solved a task for the least."""

    cost: Annotated[FiniteFloat, Field(description="Of all attempts at the task, in USD.")]


class TaskFigures(ApiModel):
    """One task across submissions. Panels and baselines do not count: they are no models."""

    puzzle_id: Annotated[str, Field(description="The task's id, such as 00576224.")]
    pairs: Annotated[Count, Field(description="Test pairs.")]
    solved_by: Annotated[Count, Field(description="Submissions that have every pair right.")]
    answered_by: Annotated[Count, Field(description="Submissions that hold a file for it.")]
    difficulty: Annotated[
        Fraction | None, Field(description="The part of those that answer it and do not solve it. Null: nobody does.")
    ]
    first_solved: FirstSolve | None
    cheapest_solve: Annotated[CheapestSolve | None, Field(description="Null also where no cost is known.")]


class SubmissionOutcomes(NamedSubmission):
    """What a submission makes of every task."""

    provider: str | None
    family: str | None
    effort: str | None
    kind: Kind | None
    score: Fraction
    results: Annotated[
        str,
        Field(
            description=(
                "A letter for each task, in the order of `tasks`: S solved, P in part, U not, - not attempted."
            )
        ),
    ]


class TaskSetOutcomes(ApiModel):
    """A task set: its tasks, the easiest first, and the submissions, the best first."""

    source: TaskSetName
    name: Annotated[str, Field(description="As /api/model-dataset/datasets calls it, such as evaluation2.")]
    tasks: tuple[TaskFigures, ...]
    models: tuple[SubmissionOutcomes, ...]


class TasksAnswer(Cached):
    """Every task set that there are submissions of."""

    complete: Annotated[
        bool, Field(description="False for seconds after a start: what some submissions say of tasks is being read.")
    ]
    data: tuple[TaskSetOutcomes, ...]


Outcome = Literal["solved", "partial", "unsolved", "not_attempted"]
MAX_ANSWERS = 100


class TaskAnswersQuery(Query):
    """One task, and whose answers to it."""

    task: TaskId
    source: Annotated[SourceName | None, Field(description="The task set; some tasks are in several.")] = None
    dataset: OnlyDataset | None = None
    result: Outcome | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_ANSWERS)] = 24
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class AnswerOfSubmission(NamedSubmission):
    """What a submission answers to the task; the model's own page of the task has its reasoning, too."""

    provider: str | None
    family: str | None
    effort: str | None
    kind: Kind | None
    score: Annotated[Fraction, Field(description="Over all tasks of the set.")]
    result: Annotated[Outcome | None, Field(description="Null: not known, for seconds after a start.")]
    cost: Annotated[FiniteFloat | None, Field(description="Of all attempts at the task, in USD.")]
    attempts: tuple[AttemptAnswers, ...]


class ResultCounts(ApiModel):
    """How many submissions there are of each result."""

    solved: Count
    partial: Count
    unsolved: Count
    not_attempted: Count


class TaskAnswers(TaskFigures):
    """One task with a page of answers: who solved it first, then those who did in part; of equals the best first."""

    source: TaskSetName
    sources: Annotated[tuple[TaskSetName, ...], Field(description="The task sets that it is in.")]
    train: tuple[GridPair, ...]
    test: tuple[GridPair, ...]
    results: ResultCounts
    total: Annotated[Count, Field(description="Answers on all pages.")]
    answers: tuple[AnswerOfSubmission, ...]


class TaskAnswersAnswer(Answer):
    """A task and every model's answer to it."""

    data: TaskAnswers
