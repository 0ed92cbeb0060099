"""Rows of the table `staged_rows`, ready for COPY: jsonb values are text."""

from typing import Any, NamedTuple

# As COPY takes it: the run, dataset, model and blob oid of a file, then the columns of one of its rows.
StagedRow = tuple[Any, ...]


class Row(NamedTuple):
    """The columns of `staged_rows` after hf_blob_oid, in their order.

    A file has one row for each attempt number, and one for the file: without model_name, with pairs_total and
    pairs_solved (both None when the file could not be used) and the notes on it. A file for all tasks has those for
    each task, and one for itself: its path as puzzle_id, 0 pairs, and in num_test_pairs the number of its tasks.

    predicted_output_grid is the answer to a task's only pair, where a grid can be read from it;
    multiple_predicted_outputs is a list with one answer for each pair, as it came where no grid can be read from it,
    null where the attempt is absent; a task with one pair has it only where its answer is no grid;
    multi_test_results is a list with, for each pair, {"index", "predictedGrid", "isPredictionCorrect",
    "expectedDimensions": {"rows", "cols"}}: the grid is null where none can be read;
    multi_test_prediction_grids is a list of the grids, [[]] where none can be read, and empty where there is one pair;
    multi_test_average_accuracy is a fraction of 1 over all pairs of the task;
    provider_raw_response is a list of the attempt's entries as they came, in the order of the pairs.
    """

    puzzle_id: str
    model_name: str | None = None
    pairs_total: int | None = None
    pairs_solved: int | None = None
    predicted_output_grid: str | None = None
    is_prediction_correct: bool | None = None
    has_multiple_predictions: bool | None = None
    multiple_predicted_outputs: str | None = None
    multi_test_prediction_grids: str | None = None
    multi_test_results: str | None = None
    multi_test_all_correct: bool | None = None
    multi_test_average_accuracy: float | None = None
    num_test_pairs: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    total_tokens: int | None = None
    estimated_cost: float | None = None
    api_processing_time_ms: int | None = None
    pattern_description: str | None = None
    reasoning_log: str | None = None
    provider_raw_response: str | None = None
    notes: str | None = None
