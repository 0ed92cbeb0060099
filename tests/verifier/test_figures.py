"""What rows cannot hold is not known, for both implementations."""

from typing import Any

from verifier.figures import Figures, add_up
from verifier.rules import score_task

YEAR = {"start_timestamp": "2025-01-01T00:00:00Z", "end_timestamp": "2026-01-01T00:00:00Z"}


def added_up(*metadata: dict[str, Any]) -> Figures:
    tasks = {f"t{number}": [{"attempt_1": {"answer": [[1]], "metadata": each}}] for number, each in enumerate(metadata)}
    outputs: dict[str, list[Any]] = {task_id: [[[1]]] for task_id in tasks}
    return add_up({task_id: score_task(each, outputs[task_id]) for task_id, each in tasks.items()}, outputs)


def test_a_time_beyond_its_column_costs_the_others_nothing() -> None:
    assert added_up(YEAR, {"duration_seconds": 2}, {"duration_seconds": 3}).total_time_ms == 5000
    assert added_up(YEAR).total_time_ms is None
    assert added_up({"duration_seconds": (2**31 - 1) / 1000}).total_time_ms == 2**31 - 1


def test_tokens_and_costs_of_a_row_are_within_their_columns() -> None:
    most = {"usage": {"total_tokens": 2**63 - 1}}
    assert added_up(most).total_tokens == 2**63 - 1
    assert added_up(most, {"usage": {"total_tokens": 1}}).total_tokens is None
    assert added_up({"cost": 1e300}, {"cost": 1e301}, {"cost": 2}).total_cost == 1e300
