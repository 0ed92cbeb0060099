"""Submissions in the official format: one file per task, a list of test pairs with two attempts each."""

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import zip_longest
from typing import Any

from common.arc.task_sets import Grid

from localhub.samples.bench import Bench, Question, Trial, answers
from localhub.samples.models import SampleModel

SLOTS = ("attempt_1", "attempt_2")
# What a sample claims follows from the size of the task alone, so that its files are the same on every machine:
# a token is a grid cell or a word, and these are the prices and the pace that every file states in its kwargs.
READ, WRITTEN, SECONDS = 1e-7, 4e-7, 5e-6
TARIFF = {"usd_per_token_read": READ, "usd_per_token_written": WRITTEN, "seconds_per_token_read_and_solver": SECONDS}

Json = dict[str, Any]


def submission_files(model: SampleModel, bench: Bench) -> dict[str, bytes]:
    """Make the files of one submission, by name."""
    files = {}
    for question in bench.questions:
        trials = bench.trials(model.solvers, question)
        if model.sure_only and not any(trial.explained == len(question.train) for trial in trials):
            continue
        pairs = [_pair(model, question, index, trials) for index in range(len(question.inputs))]
        files[f"{question.task_id}.json"] = json.dumps(pairs, separators=(",", ":")).encode()
    return files


def _pair(model: SampleModel, question: Question, index: int, trials: Sequence[Trial]) -> Json:
    """Describe the attempts at one test pair; where a model has no second idea, the slot is empty."""
    known = len(question.train)
    tried = (f"{trial.solver} explains {trial.explained} of {known} training pairs." for trial in trials)
    reasoning = " ".join(tried) if model.reasons else ""
    found = answers(trials, question.inputs[index], len(SLOTS)).items()
    return dict(zip_longest(SLOTS, (_attempt(model, question, index, reasoning, each) for each in found)))


def _attempt(model: SampleModel, question: Question, index: int, reasoning: str, answer: tuple[Grid, str]) -> Json:
    grid, solver = answer
    read = _cells(question.inputs[index]) + sum(_cells(each) for pair in question.train for each in pair)
    rows = [list(row) for row in grid]
    talk = {"user": f"Task {question.task_id}, test pair {index}", "assistant": f"The rule of {solver} gives {rows}"}
    took = timedelta(seconds=read * len(model.solvers) * SECONDS)
    metadata = {
        "model": model.folder,
        "provider": "arcwatch-samples",
        "start_timestamp": model.started_at.isoformat(),
        "end_timestamp": (model.started_at + took).isoformat(),
        "choices": [{"index": at, "message": {"role": role, "content": talk[role]}} for at, role in enumerate(talk)],
        "reasoning_summary": reasoning or None,
        "kwargs": {"solver": solver, "solvers_tried": len(model.solvers)} | TARIFF,
        **_usage(read, _cells(grid), len(reasoning.split())),
        "task_id": question.task_id,
        "pair_index": index,
        "test_id": model.folder,
    }
    text = f"The output is \\boxed{{{rows}}}"
    return {"answer": text if model.as_text else rows, "metadata": metadata, "correct": None}


def _usage(read: int, answered: int, reasoned: int) -> Json:
    details = {"reasoning_tokens": reasoned, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}
    usage = {
        "prompt_tokens": read,
        "completion_tokens": answered + reasoned,
        "total_tokens": read + answered + reasoned,
        "completion_tokens_details": details,
    }
    costs = {"prompt_cost": read * READ, "completion_cost": answered * WRITTEN, "reasoning_cost": reasoned * WRITTEN}
    costs["total_cost"] = sum(costs.values())
    return {"usage": usage, "cost": {name: round(cost, 9) for name, cost in costs.items()}}


def _cells(grid: Grid) -> int:
    return sum(map(len, grid))
