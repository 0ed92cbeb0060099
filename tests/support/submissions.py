"""Submission files as the benchmark's harness writes them, for any task, with right and wrong answers."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from common.arc.task_sets import Grid, Task, load_task_set

V1 = "arcprize/arc_agi_v1_public_eval"
V2 = "arcprize/arc_agi_v2_public_eval"
WRONG = [[9, 9, 9], [9, 9, 9]]


def tasks(source: str = "ARC2-Eval") -> list[Task]:
    """Return a set's tasks in the order of their ids."""
    return [task for _, task in sorted(load_task_set(source).tasks.items())]


def rows_of(grid: Grid) -> list[list[int]]:
    """Return a grid as JSON has it."""
    return [list(row) for row in grid]


def attempt(answer: Any, pair_index: int, *, tokens: int = 100, cost: float = 0.01) -> dict[str, Any]:
    """Return one attempt in the official format."""
    return {
        "answer": answer,
        "correct": None,
        "metadata": {
            "model": "a-model",
            "provider": "a-provider",
            "start_timestamp": "2026-11-01T00:00:00+00:00",
            "end_timestamp": "2026-11-01T00:00:02+00:00",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "because"}}],
            "usage": {"prompt_tokens": tokens, "completion_tokens": tokens, "total_tokens": 2 * tokens},
            "cost": {"prompt_cost": cost / 2, "completion_cost": cost / 2, "total_cost": cost},
            "pair_index": pair_index,
        },
    }


def answer_file(task: Task, *, right: Iterable[int] = (), padding: int = 0) -> bytes:
    """Return a file with two attempts per pair: attempt_1 is right on the pairs of `right`, attempt_2 never."""
    solved = set(right)
    pairs = [
        {
            "attempt_1": attempt(rows_of(pair.output) if index in solved else WRONG, index),
            "attempt_2": attempt(WRONG, index),
        }
        for index, pair in enumerate(task.test)
    ]
    return json.dumps(pairs).encode() + b" " * padding


def solved(task: Task) -> bytes:
    """Return a file that solves the whole task."""
    return answer_file(task, right=range(len(task.test)))


def unsolved(task: Task) -> bytes:
    """Return a file that solves nothing."""
    return answer_file(task)


def submission(model: str, files: Mapping[Task, bytes]) -> dict[str, bytes | None]:
    """Return a model's files by their path in the dataset, as LocalHub.commit takes them."""
    return {f"{model}/{task.id}.json": body for task, body in files.items()}
