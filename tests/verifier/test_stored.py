"""Stored rows are judged anew by their grids; whatever does not fit is named."""

import pytest
from verifier.comparison import Disagreement, explain, verdict_of
from verifier.figures import add_up
from verifier.stored import StoredAnswers, check_verdicts, score_rows

OUTPUTS = {"0a1b2c3d": [[[1]]], "4e5f6a7b": [[[1]], [[2]]]}
ONE = StoredAnswers("0a1b2c3d", 1, [[[1]]], [True], cost=0.5, tokens=3, time_ms=7)
TWO = StoredAnswers("4e5f6a7b", 2, [[[1]], None], [True, False], all_right=False, average=0.5, cost=0.25)


def names(*rows: StoredAnswers) -> list[tuple[str, str]]:
    return [(each.name, each.figure) for each in check_verdicts(rows, OUTPUTS)]


def test_rows_whose_verdicts_are_those_of_their_grids_pass() -> None:
    assert names(ONE, TWO, StoredAnswers("0a1b2c3d", 2, ["no grid"], [False])) == []


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (StoredAnswers("0a1b2c3d", 1, [[[1]]], [False]), "wrong_verdict"),
        (StoredAnswers("0a1b2c3d", 1, [[[2]]], [True]), "wrong_verdict"),
        (StoredAnswers("4e5f6a7b", 1, TWO.grids, [True, True], all_right=False, average=0.5), "wrong_verdict"),
        (StoredAnswers("4e5f6a7b", 1, TWO.grids, TWO.verdicts, all_right=True, average=0.5), "wrong_verdict"),
        (StoredAnswers("4e5f6a7b", 1, TWO.grids, TWO.verdicts, all_right=False, average=0.6), "wrong_verdict"),
        (StoredAnswers("4e5f6a7b", 1, [[[1]]], [True]), "task_set_mismatch"),
        (StoredAnswers("ffffffff", 1, [[[1]]], [True]), "unknown_task"),
    ],
)
def test_what_does_not_fit_is_named(row: StoredAnswers, name: str) -> None:
    assert names(row) == [(name, f"{row.task_id} attempt_1")]


def test_figures_are_added_up_from_rows() -> None:
    figures = add_up(score_rows([ONE, TWO], OUTPUTS, OUTPUTS), OUTPUTS)
    assert figures.tasks == {"0a1b2c3d": (1, 1), "4e5f6a7b": (1, 2)}
    assert (figures.score, figures.tasks_solved, figures.pairs_solved) == (0.75, 1, 2)
    assert (figures.total_cost, figures.total_tokens, figures.total_time_ms) == (0.75, 3, 7)
    assert (figures.attempts[2].pairs_correct, figures.attempts[2].pairs_submitted) == (1, 1)


def test_a_task_without_any_row_is_answered_and_scores_nothing() -> None:
    assert add_up(score_rows([], {"0a1b2c3d"}, OUTPUTS), OUTPUTS).tasks == {"0a1b2c3d": (0, 1)}


def test_older_rules_explain_figures_and_no_wrong_verdict() -> None:
    wrong = [Disagreement(name, "f", 1, 2, "m") for name in ("wrong_score", "wrong_verdict")]
    assert verdict_of([]) == "verified"
    assert verdict_of(explain(wrong[:1], "older_rules", "why")) == "explained"
    assert verdict_of(explain(wrong, "older_rules", "why")) == "differs"
