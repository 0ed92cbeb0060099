"""Reads what the attempts of a submission answered to one task: a read by the answers' unique key."""

import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import asyncpg
from common.arc.task_sets import LAST_COLOUR

from query_api.schemas.task_detail import PairAnswer, TaskAttempt
from query_api.store import statements as sql
from query_api.store.repair import all_shaped, parsed, parsed_list

REASONING_CHARACTERS = 4_000
RAW_CHARACTERS = 2_000


async def attempts(pool: asyncpg.Pool, dataset: str, names: Sequence[str], puzzle_id: str) -> list[TaskAttempt]:
    """Return what some attempts answered to a task."""
    rows = await pool.fetch(sql.ANSWERS_TO_TASK, dataset, list(names), puzzle_id, REASONING_CHARACTERS)
    attempts = (
        {name: row[name] for name in ("model_name", "cost", "tokens", "time_ms")}
        | {"answers": tuple(answers(dict(row))), "reasoning": row["reasoning"] or None}
        for row in rows
    )
    return all_shaped(TaskAttempt, attempts, "explanations")


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
