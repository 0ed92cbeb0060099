"""A submission of one attempt, two tasks to answer, and what the tests ask of the transform."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from common.arc.task_sets import Pair, Task
from common.error_kinds import ErrorKind, NoteKind
from ingester.submission.error_kinds import Problem
from ingester.submission.limits import Limits
from ingester.submission.staged_row import Row
from ingester.submission.transform import transform

ONE = Task("0a1b2c3d", (), (Pair((b"\0",), (b"\x01\x02", b"\x03\x04")),))
TWO = Task("4e5f6a7b", (), (*ONE.test, Pair((b"\0",), (b"\x00",))))
RIGHT = [[1, 2], [3, 4]]
METADATA: dict[str, Any] = {
    "model": "gpt-5-2",
    "provider": "openai",
    "pair_index": 0,
    "start_timestamp": "2025-12-11T10:00:00.250+00:00",
    "end_timestamp": "2025-12-11T10:01:40.750+00:00",
    "choices": [
        {"index": 0, "message": {"role": "user", "content": "Solve this."}},
        {"index": 1, "message": {"role": "assistant", "content": "It is rotated."}},
    ],
    "reasoning_summary": "Let me look.",
    "kwargs": {"effort": "xhigh"},
    "usage": {
        "prompt_tokens": 100,
        "completion_tokens": 40,
        "total_tokens": 140,
        "completion_tokens_details": {"reasoning_tokens": 30},
    },
    "cost": {"prompt_cost": 0.1, "completion_cost": 0.2, "total_cost": 0.3},
}
ATTEMPT = {"answer": RIGHT, "metadata": METADATA, "correct": None}


class UsedFile(NamedTuple):
    """What the rows of a file say: its own row, then its attempts'."""

    pairs_total: int
    pairs_solved: int
    notes: tuple[Problem, ...]
    rows: tuple[Row, ...]


def used(document: Any, task: Task = ONE, limits: Limits | None = None) -> UsedFile:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read(transform(data, task, "m", limits or Limits()), task)


def read(rows: Sequence[Row], task: Task) -> UsedFile:
    own, *attempts = rows
    assert own.pairs_total is not None, own.notes
    assert own.pairs_solved is not None
    assert own == Row(task.id, pairs_total=own.pairs_total, pairs_solved=own.pairs_solved, notes=own.notes)
    notes = tuple(Problem(NoteKind(each["kind"]), each["message"]) for each in json.loads(own.notes or ""))
    return UsedFile(own.pairs_total, own.pairs_solved, notes, tuple(attempts))


def refused(data: bytes, task: Task = ONE, limits: Limits | None = None) -> Problem:
    (own,) = transform(data, task, "m", limits or Limits())
    assert own == Row(task.id, notes=own.notes)
    (problem,) = json.loads(own.notes or "")
    return Problem(ErrorKind(problem["kind"]), problem["message"])


def kinds(result: UsedFile) -> list[NoteKind]:
    return [NoteKind(note.kind) for note in result.notes]


def with_metadata(**changes: Any) -> list[Any]:
    return [{"attempt_1": ATTEMPT | {"metadata": METADATA | changes}}]
