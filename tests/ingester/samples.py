"""A submission of one attempt, two tasks to answer, and what the tests ask of the transform."""

import json
from typing import Any

from common.arc.task_sets import Pair, Task
from common.error_kinds import NoteKind
from ingester.submission.limits import Limits
from ingester.submission.transform import FileError, FileResult, transform

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


def used(document: Any, task: Task = ONE, limits: Limits | None = None) -> FileResult:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    result = transform(data, task, "m", limits or Limits())
    assert isinstance(result, FileResult), result
    return result


def refused(data: bytes) -> FileError:
    result = transform(data, ONE, "m")
    assert isinstance(result, FileError), result
    assert [row[:3] for row in result.staged] == [(result.puzzle_id, None, None)] == [(ONE.id, None, None)]
    return result


def kinds(result: FileResult) -> list[NoteKind]:
    return [NoteKind(note.kind) for note in result.notes]


def with_metadata(**changes: Any) -> list[Any]:
    return [{"attempt_1": ATTEMPT | {"metadata": METADATA | changes}}]
