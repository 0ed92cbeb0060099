"""Submissions in the official format: one file per task, a list of test pairs with two attempts each."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from common.arc_tasks import Grid

from localhub.samples.answers import ATTEMPTS, Answer, Bench, answers
from localhub.samples.models import SampleModel
from localhub.samples.solver import Question, Trial

PROVIDER = "arcwatch-samples"
# What a sample claims follows from the size of the task alone, so that its files are the same on every machine:
# a token is a grid cell or a word, and these are the prices and the pace that every file states in its kwargs.
USD_PER_TOKEN_READ = 1e-7
USD_PER_TOKEN_WRITTEN = 4e-7
SECONDS_PER_TOKEN_READ = 5e-6

Json = dict[str, Any]


def submission_files(model: SampleModel, bench: Bench) -> dict[str, bytes]:
    """Make the files of one submission, by name."""
    return dict(_files(model, bench))


def write_submission(repo_dir: Path, model: SampleModel, bench: Bench) -> Path:
    """Write a submission into a dataset's folder; a new one appears there whole."""
    folder = repo_dir / model.folder
    write_files(folder, submission_files(model, bench))
    return folder


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files beside their places first, so that nobody reads a half."""
    staging = folder if folder.exists() else folder.with_name(f".tmp-{folder.name}")
    staging.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        temporary = staging / f".tmp-{name}"
        temporary.write_bytes(data)
        temporary.replace(staging / name)
    if staging != folder:
        staging.rename(folder)


def _files(model: SampleModel, bench: Bench) -> Iterator[tuple[str, bytes]]:
    clock = model.started_at
    for question in bench.questions:
        trials = bench.trials(model, question)
        if model.sure_only and not any(trial.explained == len(question.train) for trial in trials):
            continue
        pairs = []
        for index in range(len(question.inputs)):
            run = _Run(model, question, trials, index, clock)
            pairs.append(run.pair())
            clock = run.ended_at
        yield f"{question.task_id}.json", json.dumps(pairs, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class _Run:
    """One test pair of one task, as the model went through it."""

    model: SampleModel
    question: Question
    trials: Sequence[Trial]
    index: int
    started_at: datetime

    @property
    def ended_at(self) -> datetime:
        seconds = self.tokens_read * len(self.model.solvers) * SECONDS_PER_TOKEN_READ
        return self.started_at + timedelta(seconds=seconds)

    @property
    def tokens_read(self) -> int:
        seen = sum(_cells(pair.input) + _cells(pair.output) for pair in self.question.train)
        return seen + _cells(self.question.inputs[self.index])

    def pair(self) -> Json:
        found = answers(self.trials, self.question.inputs[self.index])
        padded = [*found, *[None] * (ATTEMPTS - len(found))]
        return {f"attempt_{number}": self.attempt(answer) for number, answer in enumerate(padded, 1)}

    def attempt(self, answer: Answer | None) -> Json | None:
        """Describe one attempt; a model that has no second idea leaves the slot empty."""
        if answer is None:
            return None
        rows = [list(row) for row in answer.grid]
        reasoning = self.reasoning() if self.model.reasons else ""
        return {
            "answer": _in_words(rows) if self.model.as_text else rows,
            "metadata": {
                "model": self.model.folder,
                "provider": PROVIDER,
                "start_timestamp": self.started_at.isoformat(),
                "end_timestamp": self.ended_at.isoformat(),
                "choices": self.choices(answer, rows),
                "reasoning_summary": reasoning or None,
                "kwargs": {"solver": answer.solver, "solvers_tried": len(self.model.solvers)} | _TARIFF,
                **_usage(self.tokens_read, _cells(answer.grid), len(reasoning.split())),
                "task_id": self.question.task_id,
                "pair_index": self.index,
                "test_id": self.model.folder,
            },
            "correct": None,
        }

    def choices(self, answer: Answer, rows: list[list[int]]) -> list[Json]:
        asked = f"Task {self.question.task_id}, test pair {self.index}, {len(self.question.train)} training pairs."
        told = f"The rule of {answer.solver} gives {json.dumps(rows)}"
        return [
            {"index": 0, "message": {"role": "user", "content": asked}},
            {"index": 1, "message": {"role": "assistant", "content": told}},
        ]

    def reasoning(self) -> str:
        pairs = len(self.question.train)
        tried = (f"{trial.solver} explains {trial.explained} of {pairs} training pairs." for trial in self.trials)
        return " ".join(tried)


_TARIFF = {
    "usd_per_token_read": USD_PER_TOKEN_READ,
    "usd_per_token_written": USD_PER_TOKEN_WRITTEN,
    "seconds_per_token_read_and_solver": SECONDS_PER_TOKEN_READ,
}


def _usage(read: int, answered: int, reasoned: int) -> Json:
    costs = {
        "prompt_cost": read * USD_PER_TOKEN_READ,
        "completion_cost": answered * USD_PER_TOKEN_WRITTEN,
        "reasoning_cost": reasoned * USD_PER_TOKEN_WRITTEN,
    }
    return {
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": answered + reasoned,
            "total_tokens": read + answered + reasoned,
            "completion_tokens_details": {
                "reasoning_tokens": reasoned,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "cost": {name: round(cost, 9) for name, cost in costs.items()} | {"total_cost": round(sum(costs.values()), 9)},
    }


def _cells(grid: Grid) -> int:
    return len(grid) * len(grid[0])


def _in_words(rows: list[list[int]]) -> str:
    return f"The output is \\boxed{{{json.dumps(rows)}}}"
