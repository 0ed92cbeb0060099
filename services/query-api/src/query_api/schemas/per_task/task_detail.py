"""The shapes of one task: its grids, and what each attempt of a submission answered."""

from typing import Annotated

from pydantic import Field

from query_api.schemas.base import Answer, ApiModel, Count, TaskSetName
from query_api.schemas.model_detail import ModelByOwnerQuery
from query_api.schemas.origins import FileOrigin, Provenance

Cell = Annotated[int, Field(ge=0, le=9)]
Grid = Annotated[tuple[tuple[Cell, ...], ...], Field(description="Rows of colours.")]


TaskId = Annotated[str, Field(max_length=100, pattern=r"^[\w.-]+$", description="The task's id, such as 00576224.")]


class TaskQuery(ModelByOwnerQuery):
    """One task of one submission."""

    task: TaskId


class GridPair(ApiModel):
    """One input and the output it asks for."""

    input: Grid
    output: Grid


class PairAnswer(ApiModel):
    """What an attempt answered to one test pair."""

    correct: bool
    grid: Annotated[Grid | None, Field(description="Null where the answer is no rectangle of the numbers 0 to 9.")]
    raw: Annotated[str | None, Field(description="Such an answer as it was stored, cut after 2,000 characters.")]


class AttemptAnswers(ApiModel):
    """One attempt's answers, in the order of the test pairs, and what they cost."""

    model_name: str
    answers: tuple[PairAnswer, ...]
    cost: Annotated[float | None, Field(description="USD")]
    tokens: Count | None
    time_ms: Count | None


class TaskAttempt(AttemptAnswers):
    """The same, and how they were reasoned."""

    reasoning: Annotated[
        str | None, Field(description="The model's reasoning, then its messages. Cut after 4,000 characters.")
    ]


class TaskDetail(FileOrigin):
    """One task. `attempts` is empty where the submission left it out."""

    puzzle_id: str
    dataset: str
    model: str
    source: TaskSetName
    train: tuple[GridPair, ...]
    test: tuple[GridPair, ...]
    attempts: tuple[TaskAttempt, ...]
    provenance: Annotated[Provenance | None, Field(description="Null: its version is gone from the database.")]


class TaskAnswerShown(Answer):
    """A task's grids and answers."""

    data: TaskDetail
