"""A submission's results.json is compared task by task; each difference says what is behind it."""

import json
from typing import Any

import pytest
from verifier.reports import Report, compare_report, count_claims, read_report
from verifier.rules import TaskScore, score_task

BEYOND = {"answer": [[1]], "metadata": {"pair_index": 7}}
RIGHT, WRONG = {"answer": [[1]], "metadata": {"pair_index": 0}}, {"answer": [[2]], "metadata": {"pair_index": 0}}


def names(scores: dict[str, TaskScore], tasks: dict[str, float], total: float | None = None) -> list[tuple[str, str]]:
    return [(each.name, each.figure) for each in compare_report(Report(total, tasks), scores)]


def scored(*entries: dict[str, Any], pairs: int = 1) -> TaskScore:
    return score_task(list(entries), [[[1]]] * pairs)


def test_a_true_report_has_no_disagreement() -> None:
    scores = {"a": scored({"attempt_1": RIGHT}), "b": scored({"attempt_1": WRONG})}
    assert names(scores, {"A": 1.0, "b": 0.0}, 1.0) == []


def test_its_score_is_the_sum_of_its_tasks() -> None:
    assert names({"a": scored({"attempt_1": RIGHT})}, {"a": 1.0}, 2.0) == [
        ("contradictory_report", "results.json score")
    ]
    thirds = {task_id: scored({"attempt_1": RIGHT}, pairs=3) for task_id in "abc"}
    assert names(thirds, dict.fromkeys("abc", 1 / 3), 1.0 - 2**-53) == [("rounding", "results.json score")]


@pytest.mark.parametrize(
    ("score", "claimed", "name"),
    [
        (scored({"attempt_1": RIGHT}, pairs=3), 0.3333333333, "rounding"),
        (scored({"attempt_1": RIGHT}, {"attempt_1": RIGHT}), 2.0, "duplicate_answer"),
        (
            scored({"attempt_1": RIGHT}, {"attempt_1": BEYOND}),
            0.5,
            "phantom_pair",
        ),
        (scored({"attempt_1": RIGHT}, pairs=2), 1 / 3, "task_set_mismatch"),
        (scored({"attempt_1": None, "attempt_2": WRONG}), 1.0, "null_attempts"),
        (scored({"attempt_1": [[1]]}, {"attempt_1": [[1]]}, pairs=2), 0.5, "missing_pair_index"),
        (scored({"attempt_1": WRONG}), 1.0, "different_report"),
        (scored({"attempt_1": [[2]]}), 1.0, "different_report"),
        (scored({"attempt_1": RIGHT}, {"attempt_1": RIGHT}), 0.0, "different_report"),
    ],
)
def test_a_task_that_differs_says_why(score: TaskScore, claimed: float, name: str) -> None:
    assert names({"a": score}, {"a": claimed}) == [(name, "results.json a")]


def test_tasks_that_only_one_of_both_has_are_named() -> None:
    assert names({"a": scored()}, {"b": 1.0}) == [
        ("incomplete_report", "results.json a"),
        ("stale_report", "results.json b"),
    ]


@pytest.mark.parametrize(
    ("document", "report"),
    [
        ({"score": 1, "task_results": {"a": 1.0}}, Report(1.0, {"a": 1.0})),
        ({"score": 1.5, "task_results": {"a": {"score": 0.5, "cost": 3}, "b": {}}}, Report(1.5, {"a": 0.5})),
        ({"task_results": {"a": None, "b": "x", "c": 10**400}}, Report(None, {})),
        ({"score": 1}, None),
        ([], None),
    ],
)
def test_reports_of_every_year_are_read(document: Any, report: Report | None) -> None:
    assert read_report(json.dumps(document).encode()) == report


def test_what_is_no_report_is_none() -> None:
    assert read_report(b"{") is None


def test_claims_are_counted() -> None:
    assert count_claims(Report(1.0, {"a": 1.0, "b": 0.0})) == 3
