"""Reads what attempts answered to one task, a read by the answers' unique key; and what solves cost, and since when."""

import json
import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import asyncpg
from common.arc.task_sets import LAST_COLOUR

from query_api.schemas.per_task.task_detail import AttemptAnswers, PairAnswer, TaskAttempt
from query_api.store import statements as sql
from query_api.store.repair import all_shaped, parsed, parsed_list, shaped
from query_api.store.rows import Key, Solves, Submission

REASONING_CHARACTERS = 4_000
RAW_CHARACTERS = 2_000


async def attempts(pool: asyncpg.Pool, dataset: str, names: Sequence[str], puzzle_id: str) -> list[TaskAttempt]:
    """Return what some attempts of one submission answered to a task, and how they were reasoned."""
    rows = await pool.fetch(sql.ANSWERS_TO_TASK, [dataset], list(names), puzzle_id, REASONING_CHARACTERS)
    attempts = (_attempt(row) | {"reasoning": row["reasoning"] or None} for row in rows)
    return all_shaped(TaskAttempt, attempts, "explanations")


async def answers_of(
    pool: asyncpg.Pool, submissions: Collection[Submission], puzzle_id: str
) -> Mapping[Key, list[AttemptAnswers]]:
    """Return what the attempts of some submissions answered to a task; a submission without answers is left out."""
    holders = {(each.dataset, name.model_name): each.key for each in submissions for name in each.attempts}
    datasets, names = ({each[part] for each in holders} for part in (0, 1))
    found: defaultdict[Key, list[AttemptAnswers]] = defaultdict(list)
    for row in await pool.fetch(sql.ANSWERS_TO_TASK, list(datasets), list(names), puzzle_id, 0):
        # Several datasets may have attempts of one name, of which not each is wanted.
        holder = holders.get((row["hf_dataset"], row["model_name"]))
        if holder and (shown := shaped(AttemptAnswers, _attempt(row), "explanations")):
            found[holder].append(shown)
    return found


def _attempt(row: asyncpg.Record) -> dict[str, Any]:
    figures = {name: row[name] for name in ("model_name", "cost", "tokens", "time_ms")}
    return figures | {"answers": tuple(answers(dict(row)))}


async def solves(pool: asyncpg.Pool, submissions: Collection[Submission]) -> Mapping[Key, Solves]:
    """Return what some submissions' answers cost, and which tasks their earlier versions solved, since when."""
    attempts = [(*each.key, name.model_name) for each in submissions for name in each.attempts]
    keys = [each.key for each in submissions]
    costs = await pool.fetch(sql.COSTS_OF_TASKS, *([each[part] for each in attempts] for part in range(3)))
    earlier = await pool.fetch(sql.EARLIER_SOLVES, *([key[part] for key in keys] for part in range(2)))
    cost_of, solved = (defaultdict[Key, dict[str, float]](dict) for _ in range(2))
    for row in costs:
        if math.isfinite(row["cost"]):
            cost_of[row["dataset"], row["model"]][row["puzzle_id"]] = row["cost"]
    for row in earlier:
        solved[row["dataset"], row["model"]][row["puzzle_id"]] = row["at"].timestamp()
    return {key: Solves(cost_of[key], solved[key]) for key in keys}


def answers(row: Mapping[str, Any]) -> list[PairAnswer]:
    """Return a row's answers in the order of the test pairs; older rows have the grids without the verdicts."""
    outputs = parsed_list(row["multiple_predicted_outputs"])
    if not row["has_multiple_predictions"]:
        answer = outputs[0] if outputs else parsed(row["predicted_output_grid"])
        return [_answer(answer, correct=bool(row["is_prediction_correct"]))]
    results = parsed_list(row["multi_test_results"])
    verdicts = (isinstance(each, dict) and each.get("isPredictionCorrect") is True for each in results)
    pairs = zip_longest(outputs, verdicts)
    return [_answer(grid, correct=bool(correct)) for grid, correct in pairs]


def _answer(stored: object, *, correct: bool) -> PairAnswer:
    if is_grid(stored):
        return PairAnswer(correct=correct, grid=stored, raw=None)
    raw = None if stored is None else json.dumps(stored, ensure_ascii=False)[:RAW_CHARACTERS]
    return PairAnswer(correct=correct, grid=None, raw=raw)


def is_grid(value: object) -> bool:
    """Tell whether a value is a rectangle of the numbers 0 to 9."""
    if not isinstance(value, list) or not all(isinstance(row, list) and row for row in value):
        return False
    cells = [cell for row in value for cell in row]
    colours = all(type(cell) is int and 0 <= cell <= LAST_COLOUR for cell in cells)
    return colours and len({len(row) for row in value}) == 1
