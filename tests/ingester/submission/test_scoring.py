"""Scores, verdicts, tokens, costs and durations agree with those of the verifier, which shares no code with them."""

import json
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from common.arc.task_sets import Pair, Task
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingester.submission.staged_row import Row
from verifier.rules import score_task
from verifier.usage import Usage

from tests.ingester import samples
from tests.ingester.samples import UsedFile
from tests.ingester.strategies import outputs_of, submissions, tasks

TWO_PAIRS = Task("0a1b2c3d", (), (Pair((b"\0",), (b"\x01\x02", b"\x03\x04")), Pair((b"\0",), (b"\x00",))))
FIRST, SECOND = [[1, 2], [3, 4]], [[0]]


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_every_submission_is_scored_as_the_verifier_scores_it(data: st.DataObject) -> None:
    task = data.draw(tasks())
    document = data.draw(submissions(outputs_of(task)))
    result = used(document, task)
    expected = score_task(json.loads(json.dumps(document)), outputs_of(task))
    assert (result.pairs_solved, result.pairs_total) == (expected.pairs_solved, len(task.test))
    assert result.pairs_solved <= result.pairs_total
    assert [row.model_name for row in result.rows] == [f"m-attempt{number}" for number in sorted(expected.attempts)]
    for row, number in zip(result.rows, sorted(expected.attempts), strict=True):
        assert verdicts_of(row) == [verdict is True for verdict in expected.attempts[number].pairs]
        assert_same_sums(row, expected.attempts[number].usage)


def used(document: Any, task: Task = TWO_PAIRS) -> UsedFile:
    return samples.used(document, task)


def verdicts_of(row: Row) -> list[bool]:
    if not row.has_multiple_predictions:
        assert row.num_test_pairs == 1
        assert row.is_prediction_correct is not None
        return [row.is_prediction_correct]
    results = json.loads(row.multi_test_results or "")
    verdicts = [bool(each["isPredictionCorrect"]) for each in results]
    assert [each["index"] for each in results] == list(range(row.num_test_pairs or 0))
    assert row.multi_test_all_correct is all(verdicts)
    assert row.multi_test_average_accuracy == float(Fraction(sum(verdicts), len(verdicts)))
    return verdicts


def assert_same_sums(row: Row, sums: Usage) -> None:
    assert (row.input_tokens, row.output_tokens) == (sums.input_tokens, sums.output_tokens)
    assert (row.reasoning_tokens, row.total_tokens) == (sums.reasoning_tokens, sums.total_tokens)
    assert row.estimated_cost == (None if sums.cost is None else float(sums.cost))
    half = timedelta(microseconds=500)
    milliseconds = None if sums.time is None else (sums.time + half) // timedelta(milliseconds=1)
    assert row.api_processing_time_ms == milliseconds


def attempt(answer: Any, **metadata: Any) -> dict[str, Any]:
    return {"answer": answer, "metadata": metadata}


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (FIRST, True),
        ([["1", 2.0], ["3", 4]], True),
        ([[True, 2], [3, 4]], True),
        ("The answer is [[1, 2], [3, 4]].", True),
        ("First [[9]], then [[1,2],\n[3,4]]", True),
        (r"\boxed{[[1, 2], [3, 4]]} and not [[9]]", True),
        (r"\boxed{see below} [[1, 2], [3, 4]]", True),
        (r"\boxed{[[1, 2], [3, 4]]}, not \boxed{[[9]]}", True),
        (r"\boxed{[]} [[1, 2], [3, 4]]", False),
        ("[[1, 2], [3, 4]], or rather [[9]]", False),
        ("[[1, 2], [3, 4]] as in [1]", False),
        (r"\boxed{[[9]]} [[1, 2], [3, 4]]", False),
        ("I do not know", False),
        ("", False),
        ([], False),
        ([[]], False),
        ([[1, 2], [3]], False),
        ([[1, 2]], False),
        ([[1, 2, 3], [3, 4, 5]], False),
        ([[1, 2], [3, 40]], False),
        ([[1, 2], [3, -4]], False),
        ([[1, 2], [3, 4.5]], False),
        ([[1, 2], [3, None]], False),
        ([1, 2, 3, 4], False),
        (None, False),
        (12, False),
        ({"grid": FIRST}, False),
    ],
)
def test_an_answer_is_right_or_wrong(answer: Any, right: bool) -> None:  # noqa: FBT001 - a parameter of the test
    result = used([{"attempt_1": attempt(answer)}])
    assert verdicts_of(result.rows[0]) == [right, False]
    assert result.pairs_solved == int(right)


def test_what_the_file_says_about_itself_is_not_asked() -> None:
    wrong = attempt([[9]]) | {"correct": True}
    right = attempt(FIRST) | {"correct": False}
    assert used([{"attempt_1": wrong}]).pairs_solved == 0
    assert used([{"attempt_1": right}]).pairs_solved == 1


def test_pairs_out_of_order_are_put_in_their_places() -> None:
    shuffled = [{"attempt_1": attempt(SECOND, pair_index=1)}, {"attempt_1": attempt(FIRST, pair_index=0)}]
    assert used(shuffled).pairs_solved == 2


def test_without_an_index_the_place_in_the_list_counts() -> None:
    assert used([{"attempt_1": attempt(FIRST)}, {"attempt_1": attempt(SECOND)}]).pairs_solved == 2


def test_a_null_pair_keeps_its_place() -> None:
    result = used([None, {"attempt_1": attempt(SECOND)}])
    assert (verdicts_of(result.rows[0]), result.pairs_solved) == ([False, True], 1)


def test_the_first_index_in_range_decides_for_the_whole_entry() -> None:
    entry = {"attempt_1": attempt([[9]], pair_index=-1), "attempt_2": attempt(SECOND, pair_index=1)}
    assert used([entry | {"attempt_3": attempt(FIRST, pair_index=0)}]).pairs_solved == 1


def test_a_pair_that_comes_twice_counts_once() -> None:
    result = used([{"attempt_1": attempt(FIRST, pair_index=0)}] * 3)
    assert (result.pairs_solved, result.pairs_total) == (1, 2)


def test_of_two_answers_to_one_pair_the_right_one_stands() -> None:
    entries = [{"attempt_1": attempt(answer, pair_index=0)} for answer in ([[9]], FIRST, [[8]])]
    row = used(entries).rows[0]
    assert json.loads(row.multiple_predicted_outputs or "") == [FIRST, None]
    assert [each["answer"] for each in json.loads(row.provider_raw_response or "")] == [[[9]], FIRST, [[8]]]


def test_of_two_wrong_answers_to_one_pair_the_first_stands() -> None:
    row = used([{"attempt_1": attempt(answer, pair_index=0)} for answer in ([[9]], [[8]])]).rows[0]
    assert json.loads(row.multiple_predicted_outputs or "") == [[[9]], None]


def test_any_attempt_solves_a_pair_and_a_null_one_does_not_move_the_next() -> None:
    result = used([{"attempt_1": None, "attempt_2": attempt(FIRST)}, {"attempt_7": attempt(SECOND)}])
    assert result.pairs_solved == 2
    assert [row.model_name for row in result.rows] == ["m-attempt2", "m-attempt7"]


def test_an_absent_attempt_counts_against_the_average() -> None:
    row = used([{"attempt_1": attempt(FIRST)}, {"attempt_1": None}]).rows[0]
    assert (row.multi_test_average_accuracy, row.multi_test_all_correct) == (0.5, False)
    assert json.loads(row.multiple_predicted_outputs or "") == [FIRST, None]
