"""Turns the bytes of one file into rows. Nothing in a file can make this raise: a bad file costs itself alone.

In a file for all tasks a bad task costs itself alone.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

from common.arc.task_sets import Task, TaskSet
from common.error_kinds import ErrorKind, NoteKind
from common.names.folders import attempt_model_name

from ingester.submission.attempts import Attempt, read_attempts
from ingester.submission.coercion import Rows
from ingester.submission.documents import Bytes, clean, dump, parse
from ingester.submission.error_kinds import Notes, Problem, UnusableFileError
from ingester.submission.limits import MEBIBYTE, Limits, estimate_memory
from ingester.submission.reasoning import describe, message_text, reasoning_text
from ingester.submission.scoring import Judged, judge, pairs_solved, select_answer
from ingester.submission.staged_row import Row
from ingester.submission.usage import add_up

Json = Callable[[Any], str | None]

_LONGEST_SHARED = 1_000
# The existing app leaves out what is no list of lists, and takes the next grid for this pair's.
_NO_GRID: Rows = [[]]


def transform(data: Bytes, task: Task, folder: str, limits: Limits) -> list[Row]:
    """Score a submission's file for a task; return the file's own row, then one for each attempt number in it.

    `folder` is the model's. The own row of a file that cannot be used has no pairs, and says why.
    """
    try:
        document, notes = _read(data, limits, tasks=1)
    except UnusableFileError as error:
        return [_unusable(task.id, error)]
    return _rows_of_task(document, task, folder, limits, notes)


def transform_whole(data: Bytes, path: str, tasks: TaskSet, folder: str, limits: Limits) -> list[Row]:
    """Score a file for all tasks: an object with a list of test pairs for each, as in a file of its own.

    Return the file's own row, named by its path, then for each task the rows that its own file would have. The own row
    of a file that can be used has 0 pairs, and as num_test_pairs the number of tasks that have rows.
    """
    try:
        document, notes = _read(data, limits, tasks=len(tasks.tasks))
        answers = _answers_by_task(document, tasks, notes)
    except UnusableFileError as error:
        return [_unusable(path, error)]
    own = Row(path, None, 0, 0, num_test_pairs=len(answers), notes=_as_json(notes.merged()))
    of_tasks = (
        _rows_of_task(answer, tasks.tasks[task_id], folder, limits, Notes()) for task_id, answer in answers.items()
    )
    return [own, *chain.from_iterable(of_tasks)]


def judge_stored(answers: Sequence[Any], task: Task) -> tuple[tuple[bool, ...], Mapping[str, Any]]:
    """Judge answers as rows hold them, one for each pair; return which are right, and the columns that say so."""
    judged = [
        None if answer is None else judge(Attempt(0, pair, None, answer, {}), task)
        for pair, answer in enumerate(answers)
    ]
    columns = _verdict(judged, task, partial(dump, notes=Notes(), what="answer"))
    return tuple(each is not None and each.right for each in judged), columns


def _read(data: Bytes, limits: Limits, tasks: int) -> tuple[Any, Notes]:
    if (estimate := estimate_memory(data, limits.max_memory, tasks)) > limits.max_memory:
        needed, allowed = estimate // MEBIBYTE, limits.max_memory // MEBIBYTE
        raise UnusableFileError(
            ErrorKind.TOO_COMPLEX,
            f"reading it would take about {needed} MiB of memory, one file may take {allowed}; "
            "raise INGEST_MAX_FILE_BYTES, then ingest with --force",
        )
    return parse(data)


def _answers_by_task(document: Any, tasks: TaskSet, notes: Notes) -> Mapping[str, Any]:
    """Return what a file for all tasks says of those of the set, whose ids may be in any letter case."""
    if not isinstance(document, dict):
        raise UnusableFileError(ErrorKind.NOT_A_SUBMISSION, "an object with a list for each task is expected")
    ids = {each.casefold(): each for each in tasks.tasks}
    answers: dict[str, Any] = {}
    for key, answer in document.items():
        if (task_id := ids.get(key.casefold())) is None:
            notes.add(ErrorKind.UNKNOWN_TASK, f"the task set has no task {key!a}")
        elif task_id in answers:
            notes.add(NoteKind.DUPLICATE_KEY, f"{key!a} is a task's second key: the first one counts")
        else:
            answers[task_id] = answer
    if not answers:
        raise _without_tasks(notes)
    return answers


def _without_tasks(notes: Notes) -> UnusableFileError:
    unknown = (each.message for each in notes.merged() if each.kind is ErrorKind.UNKNOWN_TASK)
    if message := next(unknown, None):
        return UnusableFileError(ErrorKind.UNKNOWN_TASK, message)
    return UnusableFileError(ErrorKind.NOT_A_SUBMISSION, "a list for each task is expected, it is empty")


def _unusable(puzzle_id: str, error: UnusableFileError) -> Row:
    return Row(puzzle_id, notes=_as_json([Problem(error.kind, str(error))]))


def _rows_of_task(document: Any, task: Task, folder: str, limits: Limits, notes: Notes) -> list[Row]:
    try:
        judged = [judge(attempt, task) for attempt in read_attempts(document, len(task.test), notes)]
    except UnusableFileError as error:
        return [_unusable(task.id, error)]
    by_number: dict[int, list[Judged]] = defaultdict(list)
    for each in judged:
        by_number[each.attempt.number].append(each)
    known: dict[str, str] = {}
    rows = [_sharing(known, _attempt_row(folder, by_number[key], task, limits, notes)) for key in sorted(by_number)]
    own = Row(task.id, None, len(task.test), pairs_solved(judged), notes=_as_json(notes.merged()))
    return [own, *rows]


def _sharing(known: dict[str, str], row: Row) -> Row:
    """Return a row whose short texts are those that rows before it hold: thousands of attempts may say the same."""
    return Row._make(
        known.setdefault(value, value) if isinstance(value, str) and len(value) <= _LONGEST_SHARED else value
        for value in row
    )


def _as_json(problems: Iterable[Problem]) -> str:
    return json.dumps([problem._asdict() for problem in problems])


def _attempt_row(folder: str, judged: list[Judged], task: Task, limits: Limits, notes: Notes) -> Row:
    """Make the row of what one attempt number says of a task's pairs."""
    number = judged[0].attempt.number
    label = f"attempt_{number}"
    pairs = len(task.test)  # what names no pair of the task comes after the pairs; equals stay in the file's order
    judged.sort(key=lambda each: pairs if each.attempt.pair is None else each.attempt.pair)
    placed = [each for each in judged if each.attempt.pair is not None]
    metadata = [each.attempt.metadata for each in placed]
    to_text, to_json = partial(clean, notes=notes, what=label), partial(dump, notes=notes, what=label)
    usage = add_up(metadata, limits, notes, label)
    verdict = _verdict([_selected(placed, pair, notes) for pair in range(pairs)], task, to_json)
    return Row(
        puzzle_id=task.id,
        model_name=attempt_model_name(folder, number),
        num_test_pairs=pairs,
        pattern_description=to_text(_texts(placed, task, message_text) or _who_answered(metadata, folder)),
        reasoning_log=to_text(_texts(placed, task, reasoning_text)) or None,
        provider_raw_response=to_json([each.attempt.raw for each in judged]),
        **usage._asdict(),
        **verdict,
    )


def _selected(placed: Sequence[Judged], pair: int, notes: Notes) -> Judged | None:
    answers = [each for each in placed if each.attempt.pair == pair]
    for each in answers:
        if each.rows is None:
            each.attempt.note_unreadable(notes)
    if len(answers) > 1:
        notes.add(NoteKind.DUPLICATE_ANSWER, f"{answers[0].attempt.label} has {len(answers)} answers")
    return select_answer(answers) if answers else None


def _verdict(selected: Sequence[Judged | None], task: Task, to_json: Json) -> dict[str, Any]:
    """Return the columns that say what was answered, and what of it is right, as the existing app reads them."""
    grids = [None if each is None else each.grid for each in selected]
    right = [each is not None and each.right for each in selected]
    results = [
        {
            "index": index,
            "predictedGrid": grids[index],
            "isPredictionCorrect": right[index],
            "expectedDimensions": {"rows": len(pair.output), "cols": len(pair.output[0])},
        }
        for index, pair in enumerate(task.test)
    ]
    columns = {"has_multiple_predictions": len(right) > 1, "multi_test_results": to_json(results)}
    if len(right) == 1:
        return columns | _only_answer(selected[0], to_json) | {"is_prediction_correct": right[0]}
    stored = [None if each is None else each.stored for each in selected]
    return columns | {
        "multiple_predicted_outputs": to_json(stored) or to_json(grids),  # one may be too deep to be stored
        "multi_test_prediction_grids": to_json([grid or _NO_GRID for grid in grids]),
        "multi_test_all_correct": all(right),
        "multi_test_average_accuracy": sum(right) / len(right),
    }


def _only_answer(selected: Judged | None, to_json: Json) -> dict[str, Any]:
    """Return the columns of the answer to a task's only pair: what is no grid has a place of its own."""
    stored, grid = (None, None) if selected is None else (selected.stored, selected.grid)
    return {
        "predicted_output_grid": None if grid is None else to_json(grid),
        "multiple_predicted_outputs": None if stored is None or grid else to_json([stored]),
        "multi_test_prediction_grids": "[]",
    }


def _who_answered(metadata: Iterable[Mapping[str, Any]], folder: str) -> str:
    """Return what stands for an answer's message where there is none; the app takes "" for a failed request."""
    return next(filter(None, map(describe, metadata)), f"The answer was given by {folder}.")


def _texts(placed: Sequence[Judged], task: Task, read: Callable[[Mapping[str, Any]], str]) -> str:
    texts = [(each.attempt.pair, read(each.attempt.metadata)) for each in placed]
    if len(task.test) == 1:
        return "\n\n".join(text for _, text in texts if text)
    return "\n\n".join(f"[pair {pair}]\n{text}" for pair, text in texts if text)
