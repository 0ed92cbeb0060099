"""Turns the bytes of one file into rows. Nothing in a file can make this raise: a bad file costs itself alone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.arc.task_sets import Grid, Task
from common.error_kinds import ErrorKind, NoteKind
from common.model_names import attempt_model_name

from ingester.submission.attempts import NotASubmissionError, read_attempts
from ingester.submission.documents import Bytes, NotJsonError, clean, dump, parse
from ingester.submission.error_kinds import Notes, Problem
from ingester.submission.limits import MEBIBYTE, Limits
from ingester.submission.memory_estimate import estimate_memory
from ingester.submission.reasoning import describe, reasoning_text
from ingester.submission.scoring import Judged, judge, pairs_solved, select_answer
from ingester.submission.staged_row import Row, file_row
from ingester.submission.usage import add_up

__all__ = ["FileError", "FileResult", "Limits", "transform"]

DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class FileResult:
    """A file that was used: its rows, one for each attempt number in it, and what was mended."""

    puzzle_id: str
    rows: tuple[Row, ...]
    pairs_total: int
    pairs_solved: int
    notes: tuple[Problem, ...]

    @property
    def staged(self) -> tuple[Row, ...]:
        """Every row to stage: the file's own, then its attempts'."""
        return file_row(self.puzzle_id, self.notes, self.pairs_total, self.pairs_solved), *self.rows


@dataclass(frozen=True, slots=True)
class FileError:
    """A file that could not be used."""

    puzzle_id: str
    kind: ErrorKind
    message: str

    @property
    def staged(self) -> tuple[Row, ...]:
        """Every row to stage: the file's own."""
        return (file_row(self.puzzle_id, [Problem(self.kind, self.message)]),)


def transform(data: Bytes, task: Task, folder: str, limits: Limits = DEFAULT_LIMITS) -> FileResult | FileError:
    """Score a submission's file for a task and make its rows; `folder` is the model's."""
    if (estimate := estimate_memory(data, limits.max_memory)) > limits.max_memory:
        return FileError(task.id, ErrorKind.TOO_COMPLEX, _too_complex(estimate, limits.max_memory))
    try:
        document, notes = parse(data)
        judged = [judge(attempt, task) for attempt in read_attempts(document, len(task.test), notes)]
    except NotJsonError as error:
        return FileError(task.id, ErrorKind.NOT_JSON, str(error))
    except NotASubmissionError as error:
        return FileError(task.id, ErrorKind.NOT_A_SUBMISSION, str(error))
    by_number: dict[int, list[Judged]] = defaultdict(list)
    for each in judged:
        by_number[each.attempt.number].append(each)
    rows = tuple(
        _AttemptRow(number, by_number[number], task=task, folder=folder, limits=limits, notes=notes).make()
        for number in sorted(by_number)
    )
    return FileResult(task.id, rows, len(task.test), pairs_solved(judged), notes.merged())


def _too_complex(estimate: int, most: int) -> str:
    return (
        f"reading it would take about {estimate // MEBIBYTE} MiB of memory, one file may take {most // MEBIBYTE}; "
        f"raise INGEST_MAX_FILE_BYTES, then ingest with --force"
    )


class _AttemptRow:
    """One attempt number's row in the making."""

    def __init__(
        self, number: int, judged: Sequence[Judged], *, task: Task, folder: str, limits: Limits, notes: Notes
    ) -> None:
        self._number = number
        self._label = f"attempt_{number}"
        last = len(task.test)  # what names no pair of the task comes after the pairs; equals stay in the file's order
        self._judged = sorted(judged, key=lambda each: last if each.attempt.pair is None else each.attempt.pair)
        self._placed = [each for each in self._judged if each.attempt.pair is not None]
        self._task = task
        self._folder = folder
        self._limits = limits
        self._notes = notes

    def make(self) -> Row:
        metadata = [each.attempt.metadata for each in self._placed]
        usage = add_up(metadata, self._limits, self._notes, self._label)
        verdict = self._verdict([self._selected(pair) for pair in range(len(self._task.test))])
        return Row(
            puzzle_id=self._task.id,
            model_name=attempt_model_name(self._folder, self._number),
            num_test_pairs=len(self._task.test),
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            total_tokens=usage.total_tokens,
            estimated_cost=usage.cost,
            api_processing_time_ms=usage.time_ms,
            pattern_description=self._text(next(filter(None, map(describe, metadata)), "")),
            reasoning_log=self._reasoning() or None,
            provider_raw_response=self._json([each.attempt.raw for each in self._judged]),
            created_at=usage.started_at,
            **verdict,
        )

    def _selected(self, pair: int) -> Judged | None:
        answers = [each for each in self._placed if each.attempt.pair == pair]
        for each in answers:
            if each.answer.rows is None:
                self._notes.add(NoteKind.UNREADABLE_ANSWER, f"{each.attempt.label}: no grid of integers")
        if len(answers) > 1:
            self._notes.add(NoteKind.DUPLICATE_ANSWER, f"{answers[0].attempt.label} has {len(answers)} answers")
        return select_answer(answers) if answers else None

    def _verdict(self, selected: Sequence[Judged | None]) -> Mapping[str, Any]:
        stored = [None if each is None else each.answer.stored for each in selected]
        right = [each is not None and each.right for each in selected]
        if len(right) == 1:
            return {
                "predicted_output_grid": None if stored[0] is None else self._json(stored[0]),
                "is_prediction_correct": right[0],
                "has_multiple_predictions": False,
            }
        outputs = [pair.output for pair in self._task.test]
        results = [_result(index, *values) for index, values in enumerate(zip(right, stored, outputs, strict=True))]
        return {
            "has_multiple_predictions": True,
            "multiple_predicted_outputs": self._json(stored),
            # An answer may be stored and yet be too deep for a place inside of another value: its verdict stays.
            "multi_test_results": self._json(results) or self._json([each | {"predicted": None} for each in results]),
            "multi_test_all_correct": all(right),
            "multi_test_average_accuracy": sum(right) / len(right),
        }

    def _reasoning(self) -> str:
        texts = [(each.attempt.pair, reasoning_text(each.attempt.metadata)) for each in self._placed]
        if len(self._task.test) == 1:
            return self._text("\n\n".join(text for _, text in texts if text))
        return self._text("\n\n".join(f"[pair {pair}]\n{text}" for pair, text in texts if text))

    def _json(self, value: Any) -> str | None:
        return dump(value, self._notes, self._label)

    def _text(self, text: str) -> str:
        return clean(text, self._notes, self._label)


def _result(index: int, right: bool, stored: Any, expected: Grid) -> dict[str, Any]:  # noqa: FBT001 - a value of a row
    return {
        "index": index,
        "correct": right,
        "predicted": stored,
        "expectedDimensions": {"rows": len(expected), "cols": len(expected[0])},
    }
