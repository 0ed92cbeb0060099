"""The shape of a model's score over a task set, with the names of the existing app's harness route."""

from typing import Annotated

from pydantic import Field

from query_api.schemas.base import ApiModel, Cached, Count, Fraction, Percent, Query
from query_api.schemas.performance import HfDataset, OfDataset, SetName

DEFAULT_SET = "evaluation2"
_UNKNOWN = "Null while only an event is known of it: the database is away."


class HarnessQuery(Query):
    """One model, and the task set."""

    base_model_name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=255,
            pattern=r"^[^/\x00-\x1f\x7f]+$",
            description="A submission's folder: what the names of its attempts begin with.",
        ),
    ]
    dataset: Annotated[
        SetName | None, Field(description=f"Without it: the set of `hfDataset`, or {DEFAULT_SET} where none is named.")
    ] = None
    hf_dataset: HfDataset | None = None


class HarnessAccuracy(ApiModel):
    """How much of the whole set a model solves: what it leaves out counts as not solved, and any attempt counts."""

    base_model_name: str
    attempt1_model_name: str
    attempt2_model_name: str
    dataset: Annotated[str, Field(description="The task set.")]
    hf_dataset: OfDataset
    puzzles_counted: Annotated[Count, Field(description="All tasks of the set.")]
    puzzles_fully_solved: Annotated[Count | None, Field(description=_UNKNOWN)]
    harness_score: Annotated[Fraction, Field(description="Mean of the tasks' scores: `score` of /api/models.")]
    harness_score_percentage: Percent
    pair_weighted_correct_pairs: Annotated[Count | None, Field(description=_UNKNOWN)]
    pair_weighted_total_pairs: Annotated[Count, Field(description="All test pairs of the set.")]
    pair_weighted_accuracy: Annotated[Fraction | None, Field(description=_UNKNOWN)]
    pair_weighted_accuracy_percentage: Annotated[Percent | None, Field(description=_UNKNOWN)]


class HarnessAnswer(Cached):
    """A model's score."""

    data: HarnessAccuracy
