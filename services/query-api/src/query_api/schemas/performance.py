"""The shapes that the Analytics Overview page reads, with its names and types."""

from typing import Annotated, Literal

from pydantic import Field

from query_api.schemas.base import PLAIN, Answer, ApiModel, Cached, Count, Fraction, OwnedDataset, Percent, Query

Result = Literal["correct", "incorrect", "not_attempted"]
PlainName = Annotated[str, Field(min_length=1, max_length=255, pattern=PLAIN)]
ModelName = Annotated[
    PlainName,
    Field(description="An attempt, such as gpt-5-attempt1, or a submission's folder: all its attempts together."),
]
QualifiedName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=511,
        pattern=PLAIN,
        description=(
            "An attempt or a submission's folder, and where it is of another dataset than the others, that before it: "
            "owner/name/gpt-5-attempt1. In the answer it has the name that was asked for."
        ),
    ),
]
HfDataset = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=PLAIN,
        description=(
            "The dataset that the figures are to be of, owner/name. Without it: of several on one task set that hold "
            "this name, the one in which it landed last; the answer says which one that is."
        ),
    ),
]
OfDataset = Annotated[
    str | None,
    Field(description="The dataset that the figures are of. Null: no dataset on this task set has the name."),
]
SetName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=PLAIN,
        description="A task set, such as evaluation2 (see /datasets), or a dataset, such as owner/name.",
    ),
]


class ModelNamesAnswer(Cached):
    """The attempts that there are rows of."""

    count: Count
    data: tuple[str, ...]


class TaskSetRow(ApiModel):
    """One task set."""

    name: str
    puzzle_count: Count
    path: str


class TaskSetsAnswer(Cached):
    """The task sets."""

    count: Count
    data: tuple[TaskSetRow, ...]


class AttemptQuery(Query):
    """One attempt."""

    model: ModelName
    hf_dataset: HfDataset | None = None


class AttemptInSetQuery(AttemptQuery):
    """One attempt, on one task set."""

    dataset: SetName


class AttemptInDatasetQuery(OwnedDataset, AttemptQuery):
    """One attempt, in one dataset, its name written as owner and name."""


class PerformanceSummary(ApiModel):
    """How many tasks went how."""

    correct: Count
    incorrect: Count
    not_attempted: Count
    total_puzzles: Count


class Performance(ApiModel):
    """The tasks of a set by result."""

    model_name: str
    dataset: str
    hf_dataset: OfDataset
    correct: tuple[str, ...]
    incorrect: tuple[str, ...]
    not_attempted: tuple[str, ...]
    summary: PerformanceSummary


class PerformanceAnswer(Answer):
    """A performance."""

    data: Performance


class FigureSet(ApiModel):
    """Averages are over the answers that tell the figure. Cost in USD, time in ms."""

    count: Count
    avg_cost: float
    total_cost: float
    avg_time: float
    total_time: float
    avg_tokens: float
    total_tokens: float


class Metrics(ApiModel):
    """Cost, time and tokens, by result."""

    model_name: str
    dataset: str
    hf_dataset: OfDataset
    overall: FigureSet
    correct: FigureSet
    incorrect: FigureSet


class MetricsAnswer(Answer):
    """Metrics."""

    data: Metrics


class CompareQuery(Query):
    """Up to four attempts or submissions, and the task set."""

    model1: QualifiedName
    model2: QualifiedName | None = None
    model3: QualifiedName | None = None
    model4: QualifiedName | None = None
    dataset: SetName
    hf_dataset: HfDataset | None = None


class ModelPerformance(ApiModel):
    """One attempt on the task set. Accuracy is over the tasks it answered."""

    model_name: str
    hf_dataset: OfDataset
    total_puzzles_in_dataset: Count
    attempts: Annotated[Count, Field(description="Tasks answered.")]
    coverage_percentage: Percent
    correct_count: Count
    incorrect_count: Count
    not_attempted_count: Count
    accuracy_percentage: Percent
    avg_processing_time: Annotated[float, Field(description="ms")]
    total_cost: float
    avg_cost_per_attempt: float
    cost_per_correct_answer: float | None
    avg_confidence: Annotated[float, Field(description="Always 0: submissions tell no confidence.")] = 0.0
    confidence_when_correct: None = None


class AttemptUnion(ApiModel):
    """Attempts of one model taken together: a pair counts when any of them has it right, over all pairs of the set."""

    base_model_name: str
    hf_dataset: OfDataset
    attempt_model_names: tuple[str, ...]
    total_puzzles: Count
    total_test_pairs: Count
    union_correct_count: Annotated[Count, Field(description="Pairs.")]
    union_accuracy_percentage: Annotated[
        Percent, Field(description="Mean of the tasks' scores over the whole set, as `harnessScore`.")
    ]
    puzzles_counted: Annotated[Count, Field(description="Tasks that any attempt answered.")]
    puzzles_fully_solved: Count
    puzzles_fully_solved_ids: tuple[str, ...]
    dataset_total_puzzles: Count
    dataset_total_test_pairs: Count


_Name = Annotated[str, Field(description="Empty where none was asked for.")]


class ComparisonSummary(ApiModel):
    """How far the attempts agree, and which one leads. Of equals, the one asked for first leads.

    Each task counts once in the six from `allCorrect` to `oneCorrect`.
    """

    total_puzzles: Count
    model1_name: str
    model2_name: _Name = ""
    model3_name: _Name = ""
    model4_name: _Name = ""
    dataset: str
    all_correct: Count
    all_incorrect: Annotated[Count, Field(description="Tasks that none has right, and at least one has answered.")]
    all_not_attempted: Count
    three_correct: Annotated[Count, Field(description="Tasks that three of four have right.")]
    two_correct: Annotated[Count, Field(description="Tasks that two of more have right.")]
    one_correct: Annotated[Count, Field(description="Tasks that one of several has right.")]
    model1_only_correct: Count
    model2_only_correct: Count
    model3_only_correct: Count
    model4_only_correct: Count
    fully_solved_count: Annotated[Count, Field(description="Tasks that at least one has right.")]
    unsolved_count: Count
    winner_model: Annotated[str | None, Field(description="Most tasks right.")]
    most_efficient_model: Annotated[str | None, Field(description="Lowest cost per right answer.")]
    fastest_model: Annotated[str | None, Field(description="Lowest average time.")]
    accuracy_leader_model: Annotated[str | None, Field(description="Highest accuracy over the tasks answered.")]
    model_performance: tuple[ModelPerformance, ...]
    attempt_union_stats: tuple[AttemptUnion, ...]


_ResultOfOther = Annotated[Result | None, Field(exclude_if=lambda result: result is None)]


class ComparisonDetail(ApiModel):
    """One task. What concerns a model that was not asked for is left out."""

    puzzle_id: str
    model1_result: Result
    model2_result: _ResultOfOther = None
    model3_result: _ResultOfOther = None
    model4_result: _ResultOfOther = None


class PairedTest(ApiModel):
    """Two of them, on the tasks that both answer: whether their scores differ by more than chance explains."""

    first: str
    second: str
    shared_tasks: Count
    difference: Annotated[
        float | None,
        Field(ge=-1, le=1, description="Of the mean task scores, the first's less the second's. Null: no shared task."),
    ]
    p_value: Annotated[Fraction, Field(description="Of the exact paired test that flips signs, task by task.")]
    distinguishable: Annotated[bool, Field(description="Whether the p value is below 5%.")]


class Comparison(ApiModel):
    """A comparison."""

    summary: ComparisonSummary
    paired_tests: Annotated[tuple[PairedTest, ...], Field(description="Of each two, in the order asked for.")]
    details: tuple[ComparisonDetail, ...]


class CompareAnswer(Answer):
    """A comparison."""

    data: Comparison
