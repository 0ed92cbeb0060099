"""Rows of the table `staged_rows`, ready for COPY, and what they say besides answers: jsonb values are text."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ingester.submission.aggregate import TaskResult

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


_MODEL_NAME = -len(Row._fields) + Row._fields.index("model_name")


class FileError(NamedTuple):
    """A row of `ingestion_errors`, after its run."""

    puzzle_id: str
    kind: str
    message: str
    fatal: bool
    hf_blob_oid: str


@dataclass
class FileResults:
    """What the own rows of files say, and which attempts there are: all that a commit needs besides rows of answers."""

    results: list[TaskResult] = field(default_factory=list)
    errors: list[FileError] = field(default_factory=list)
    model_names: set[str] = field(default_factory=set)
    # By its path, how many tasks a file for all tasks has rows of; None where it could not be used.
    tasks: dict[str, int | None] = field(default_factory=dict)

    def answers_in(self, rows: Iterable[StagedRow]) -> Iterator[StagedRow]:
        """Yield the rows of answers; take note of the files' own."""
        for row in rows:
            if (name := row[_MODEL_NAME]) is None:
                self._add(row)
            else:
                self.model_names.add(name)
                yield row

    def _add(self, row: StagedRow) -> None:
        own = Row._make(row[-len(Row._fields) :])
        blob_oid = row[-len(Row._fields) - 1]
        if own.pairs_total:
            self.results.append(TaskResult(own.puzzle_id, blob_oid, own.pairs_total, own.pairs_solved or 0))
        else:
            self.tasks[own.puzzle_id] = own.num_test_pairs
        is_fatal = own.pairs_total is None
        for note in json.loads(own.notes or "[]"):
            self.errors.append(FileError(own.puzzle_id, note["kind"], note["message"], is_fatal, blob_oid))
