"""Submissions of real size: the harness's metadata, the task's prompt in each attempt, and words of reasoning.

Sizes are those of real submissions: files of 12 kB to 1.4 MB, the median about 40 kB. Every file is made of its own
seed, so each run has the same bytes.
"""

import json
import math
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from common.arc.task_sets import Grid, Task, load_task_set

from tests.bench.hub.words import reasoning
from tests.support.submissions import V1, V2, WRONG, attempt, rows_of

MEDIAN_BYTES, SPREAD = 40_000, 0.7  # of the normal distribution of the size's logarithm
LEAST_BYTES, MOST_BYTES = 12_000, 1_400_000
SOLVED = 0.7  # of the tasks
SOURCES = {V1: "ARC1-Eval", V2: "ARC2-Eval"}
# Of the real datasets: model folders of 400 and of 120 files.
REAL_MODELS = {V1: 75, V2: 72}
REAL_FILES = REAL_MODELS[V1] * 400 + REAL_MODELS[V2] * 120
_BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
_PROMPT = (
    "You are participating in a puzzle solving competition. You are an expert at solving puzzles.\n\nBelow is a list of"
    " input and output pairs with a pattern. Your goal is to identify the pattern or transformation in the training"
    " examples that maps the input to the output, then apply that pattern to the test input to give a final output."
    "\n\nRespond in the format of the training output examples\n\n--Training Examples--\n{examples}--End of Training"
    " Examples--\n\n--Test Input--\n{test}\n--End of Test Input--\n\nYour response:"
)


def write_submission(root: Path, dataset: str, model: str, size: int | None = None) -> int:
    """Write a model's folder where a local Hub serves it; return its bytes. With a size all files are that large."""
    folder = root / dataset / model
    folder.mkdir(parents=True)
    total = 0
    for name, body in files(dataset, model, size):
        (folder / name).write_bytes(body)
        total += len(body)
    return total


def files(dataset: str, model: str, size: int | None = None) -> Iterator[tuple[str, bytes]]:
    """Make each file of a model: its name and its bytes."""
    for task in load_task_set(SOURCES[dataset], with_train=True).tasks.values():
        random = Random(f"{dataset}/{model}/{task.id}")
        yield f"{task.id}.json", _file(random, model, task, size or _size(random))


def compression(bodies: list[bytes]) -> float:
    """Return how many times smaller zlib makes these files, each by itself."""
    return sum(map(len, bodies)) / sum(len(zlib.compress(body)) for body in bodies)


def _size(random: Random) -> int:
    drawn = random.lognormvariate(math.log(MEDIAN_BYTES), SPREAD)
    return round(min(max(drawn, LEAST_BYTES), MOST_BYTES))


def _file(random: Random, model: str, task: Task, size: int) -> bytes:
    right = random.random() < SOLVED
    pairs = [
        {
            slot: _attempt(random, model, task, index, rows_of(pair.output) if right and number == 0 else WRONG)
            for number, slot in enumerate(("attempt_1", "attempt_2"))
        }
        for index, pair in enumerate(task.test)
    ]
    attempts = [each for pair in pairs for each in pair.values()]
    # Some attempts are thought about much longer than others.
    weights = [random.uniform(0.2, 1.0) for _ in attempts]
    length = max(0, size - len(json.dumps(pairs)))
    for each, weight in zip(attempts, weights, strict=True):
        words = reasoning(random, int(length * weight / sum(weights)))
        message = each["metadata"]["choices"][1]["message"]
        message["content"] = f"{words}\n\n{message['content']}"
    return json.dumps(pairs).encode()


def _attempt(random: Random, model: str, task: Task, index: int, answer: list[list[int]]) -> dict[str, Any]:
    """Make an attempt as the harness writes it, its reasoning left out."""
    made = attempt(answer, index, tokens=random.randint(2_000, 60_000), cost=random.uniform(0.001, 2.0))
    began = _BEGAN + timedelta(seconds=random.uniform(0, 86_400))
    ended = began + timedelta(seconds=random.uniform(5, 900))
    said = {"user": _prompt(task, index), "assistant": json.dumps(answer)}
    made["metadata"] |= {
        "model": model,
        "start_timestamp": began.isoformat(),
        "end_timestamp": ended.isoformat(),
        "choices": [
            {"index": at, "message": {"role": role, "content": text}} for at, (role, text) in enumerate(said.items())
        ],
        "reasoning_summary": None,
        "kwargs": {"max_tokens": 128_000, "reasoning": {"effort": "high"}, "stream": False},
        "task_id": task.id,
        "test_id": model,
    }
    return made


def _prompt(task: Task, index: int) -> str:
    examples = "".join(
        f"--Example {number}-- \n\n INPUT: \n\n{_text(pair.input)}\n\nOUTPUT: \n\n{_text(pair.output)}\n\n"
        for number, pair in enumerate(task.train)
    )
    return _PROMPT.format(examples=examples, test=_text(task.test[index].input))


def _text(grid: Grid) -> str:
    return json.dumps(rows_of(grid))
