"""A file becomes one row for each attempt number: nothing is lost, moved, or counted twice."""

import json
import re
from typing import Any

import pytest
from common.arc.task_sets import load_task_set
from common.error_kinds import NoteKind
from ingester.store.statements.explanations import STAGED_COLUMNS
from ingester.submission.staged_row import Row

from tests.ingester.samples import ATTEMPT, METADATA, RIGHT, TWO, kinds, used, with_metadata


def test_a_task_with_one_test_fills_the_single_columns() -> None:
    result = used([{"attempt_1": ATTEMPT}])
    (row,) = result.rows
    assert row == Row(
        puzzle_id="0a1b2c3d",
        model_name="m-attempt1",
        predicted_output_grid="[[1,2],[3,4]]",
        is_prediction_correct=True,
        has_multiple_predictions=False,
        multi_test_prediction_grids="[]",
        multi_test_results=row.multi_test_results,
        num_test_pairs=1,
        input_tokens=100,
        output_tokens=40,
        reasoning_tokens=30,
        total_tokens=140,
        estimated_cost=0.3,
        api_processing_time_ms=100_500,
        pattern_description="It is rotated.",
        reasoning_log="Let me look.",
        provider_raw_response=row.provider_raw_response,
    )
    assert json.loads(row.multi_test_results or "") == [
        {
            "index": 0,
            "predictedGrid": RIGHT,
            "isPredictionCorrect": True,
            "expectedDimensions": {"rows": 2, "cols": 2},
        }
    ]
    assert json.loads(row.provider_raw_response or "") == [ATTEMPT]
    assert (result.pairs_total, result.pairs_solved, result.notes) == (1, 1, ())


def test_a_task_with_several_tests_fills_the_multiple_columns() -> None:
    second = ATTEMPT | {"answer": [[5]], "metadata": METADATA | {"pair_index": 1}}
    (row,) = used([{"attempt_2": second}, {"attempt_2": ATTEMPT}], TWO).rows
    assert (row.model_name, row.predicted_output_grid, row.is_prediction_correct) == ("m-attempt2", None, None)
    assert (row.has_multiple_predictions, row.num_test_pairs) == (True, 2)
    assert json.loads(row.multiple_predicted_outputs or "") == [RIGHT, [[5]]]
    assert json.loads(row.multi_test_prediction_grids or "") == [RIGHT, [[5]]]
    assert json.loads(row.multi_test_results or "") == [
        {
            "index": 0,
            "predictedGrid": RIGHT,
            "isPredictionCorrect": True,
            "expectedDimensions": {"rows": 2, "cols": 2},
        },
        {
            "index": 1,
            "predictedGrid": [[5]],
            "isPredictionCorrect": False,
            "expectedDimensions": {"rows": 1, "cols": 1},
        },
    ]
    assert (row.multi_test_all_correct, row.multi_test_average_accuracy) == (False, 0.5)
    assert (row.input_tokens, row.estimated_cost, row.api_processing_time_ms) == (200, 0.6, 201_000)
    assert row.reasoning_log == "[pair 0]\nLet me look.\n\n[pair 1]\nLet me look."
    assert row.pattern_description == "[pair 0]\nIt is rotated.\n\n[pair 1]\nIt is rotated."
    assert [each["answer"] for each in json.loads(row.provider_raw_response or "")] == [RIGHT, [[5]]]


def test_a_missing_pair_does_not_turn_a_task_into_one_with_one_test() -> None:
    (row,) = used([{"attempt_1": ATTEMPT}], TWO).rows
    assert (row.has_multiple_predictions, row.num_test_pairs) == (True, 2)
    assert json.loads(row.multi_test_results or "")[1]["predictedGrid"] is None
    assert json.loads(row.multiple_predicted_outputs or "") == [RIGHT, None]


def test_without_metadata_everything_about_use_is_null() -> None:
    (row,) = used([{"attempt_1": {"answer": RIGHT}}]).rows
    assert row.is_prediction_correct
    assert set(row[row._fields.index("input_tokens") : row._fields.index("pattern_description")]) == {None}
    assert (row.pattern_description, row.reasoning_log) == ("The answer was given by m.", None)


GRIDS: list[Any] = [[[]], [[1, 2], [3]], [[10, -1]]]
OTHERS: list[Any] = [[], "no grid", "[]", 7, {"a": [1]}, ["x", None]]


@pytest.mark.parametrize("answer", GRIDS + OTHERS)
def test_a_wrong_answer_is_stored_as_it_came_in_its_own_place(answer: Any) -> None:
    (row,) = used([{"attempt_1": {"answer": answer}}, {"attempt_1": {"answer": [[0]]}}], TWO).rows
    assert json.loads(row.multiple_predicted_outputs or "") == [answer, [[0]]]
    assert row.multi_test_average_accuracy == 0.5
    grid = answer if answer in GRIDS else None
    assert [each["predictedGrid"] for each in json.loads(row.multi_test_results or "")] == [grid, [[0]]]
    # The existing app leaves out what is no list of lists, so that the next grid would be the first pair's.
    assert json.loads(row.multi_test_prediction_grids or "") == [grid or [[]], [[0]]]


@pytest.mark.parametrize("answer", GRIDS + OTHERS)
def test_the_only_answer_is_a_grid_or_stored_elsewhere_as_it_came(answer: Any) -> None:
    (row,) = used([{"attempt_1": {"answer": answer}}]).rows
    grid, others = (json.loads(each or "null") for each in (row.predicted_output_grid, row.multiple_predicted_outputs))
    assert (grid, others) == ((answer, None) if answer in GRIDS else (None, [answer]))
    assert (row.is_prediction_correct, row.multi_test_prediction_grids) == (False, "[]")


def test_an_answer_of_null_has_no_place() -> None:
    (row,) = used([{"attempt_1": {"answer": None}}]).rows
    assert (row.predicted_output_grid, row.multiple_predicted_outputs) == (None, None)
    assert (row.is_prediction_correct, row.multi_test_prediction_grids) == (False, "[]")


def test_an_answer_in_text_is_stored_as_the_grid_it_holds_and_kept_raw() -> None:
    (row,) = used([{"attempt_1": {"answer": "It is [[1, 2], [3, 4]]."}}]).rows
    assert row.predicted_output_grid == "[[1,2],[3,4]]"
    assert json.loads(row.provider_raw_response or "") == [{"answer": "It is [[1, 2], [3, 4]]."}]


def test_an_answer_from_which_no_grid_can_be_read_is_noted() -> None:
    result = used([{"attempt_1": {"answer": "no grid"}, "attempt_2": {"metadata": METADATA}}])
    assert kinds(result) == [NoteKind.UNREADABLE_ANSWER]
    assert (
        result.notes[0].message == "attempt_1 of pair 0: no grid of integers; attempt_2 of pair 0: no grid of integers"
    )


def test_the_models_words_are_kept_and_the_users_are_not() -> None:
    messages = [{"role": role, "content": f"by {role}"} for role in ("system", "user", "model", "assistant")]
    choices = [{"message": message} for message in [*messages, {"content": "by nobody"}, {"content": " "}]]
    metadata = {"choices": choices, "reasoning_content": "thoughts"}
    (row,) = used([{"attempt_1": {"answer": RIGHT, "metadata": metadata}}]).rows
    assert (row.reasoning_log, row.pattern_description) == ("thoughts", "by model\n\nby assistant\n\nby nobody")


def test_without_a_message_the_description_says_who_answered() -> None:
    (row,) = used(with_metadata(choices=[])).rows
    said = "The answer was given by gpt-5-2 through openai."
    assert (row.pattern_description, row.reasoning_log) == (said, "Let me look.")


def test_attempts_that_say_the_same_share_its_texts() -> None:
    """Thousands of attempts fit into a file, and each would hold its own."""
    one, two = used([{"attempt_1": [[1]], "attempt_2": [[1]]}]).rows
    for column in ("multi_test_results", "predicted_output_grid", "pattern_description", "provider_raw_response"):
        assert getattr(one, column)
        assert getattr(one, column) is getattr(two, column), column


def test_a_bare_grid_is_an_answer_without_metadata() -> None:
    result = used([{"attempt_1": RIGHT}])
    assert (result.pairs_solved, result.notes) == (1, ())


def test_an_empty_list_is_a_submission_that_answers_nothing() -> None:
    result = used([])
    assert (result.rows, result.pairs_total, result.pairs_solved, result.notes) == ((), 1, 0, ())


@pytest.mark.parametrize(
    "part", ["metadata", "usage", "cost", "choices", "completion_tokens_details", "message", "role"]
)
@pytest.mark.parametrize("odd", ["text", [1], 5, True, {"x": {}}])
def test_a_part_of_the_wrong_type_costs_that_part_alone(part: str, odd: Any) -> None:
    metadata: Any = METADATA | {part: odd}
    if part == "metadata":
        metadata = odd
    elif part == "completion_tokens_details":
        metadata = METADATA | {"usage": {part: odd}}
    elif part in {"message", "role"}:
        metadata = METADATA | {"choices": [odd, {"message": odd}, {"message": {"role": odd, "content": odd}}]}
    result = used([{"attempt_1": {"answer": RIGHT, "metadata": metadata}}])
    assert result.pairs_solved == 1
    assert set(kinds(result)) <= {NoteKind.MALFORMED_ATTEMPT, NoteKind.UNREAD_METADATA}


@pytest.mark.parametrize("odd", [5, True, 0.5])
def test_an_attempt_that_is_no_object_is_wrong_stored_and_noted(odd: Any) -> None:
    result = used([{"attempt_1": odd, "attempt_2": ATTEMPT}])
    assert result.rows[0].multiple_predicted_outputs == json.dumps([odd])
    assert (result.rows[0].is_prediction_correct, result.pairs_solved) == (False, 1)
    assert NoteKind.MALFORMED_ATTEMPT in kinds(result)


@pytest.mark.parametrize("odd", [[ATTEMPT], "text", 5, False])
def test_a_pair_that_is_no_object_is_noted_and_keeps_its_place(odd: Any) -> None:
    result = used([odd, {"attempt_1": {"answer": [[0]]}}], TWO)
    assert (result.pairs_solved, kinds(result)) == (1, [NoteKind.MALFORMED_PAIR])


@pytest.mark.parametrize(
    "key", ["attempt_", "attempt_x", "attempt_01", "attempt_-1", "attempt_10000", "attempt_1 ", "attempt_²"]
)
def test_a_key_that_gives_no_attempt_number_is_noted(key: str) -> None:
    result = used([{key: ATTEMPT, "attempt_2": ATTEMPT, "note": "x"}])
    assert [row.model_name for row in result.rows] == ["m-attempt2"]
    assert kinds(result) == [NoteKind.UNKNOWN_ATTEMPT]


def test_a_pair_that_the_task_does_not_have_scores_nothing_costs_nothing_and_is_kept() -> None:
    elsewhere = ATTEMPT | {"metadata": METADATA | {"pair_index": 9, "reasoning_content": "said elsewhere"}}
    result = used([{"attempt_1": ATTEMPT}, {"attempt_1": elsewhere, "attempt_2": 5}])
    first, second = result.rows
    assert (result.pairs_solved, first.total_tokens, first.estimated_cost) == (1, 140, 0.3)
    assert len(json.loads(first.provider_raw_response or "")) == 2
    assert "elsewhere" not in (first.reasoning_log or "")
    assert (second.is_prediction_correct, second.predicted_output_grid) == (False, None)
    assert second.provider_raw_response == "[5]"
    assert NoteKind.PAIR_OUT_OF_RANGE in kinds(result)


def test_several_answers_of_one_attempt_to_one_pair_are_noted() -> None:
    result = used([{"attempt_1": ATTEMPT}, {"attempt_1": ATTEMPT}])
    assert (result.pairs_solved, kinds(result)) == (1, [NoteKind.DUPLICATE_ANSWER])
    assert result.rows[0].total_tokens == 280


def test_a_note_quotes_little_of_the_file() -> None:
    result = used([{"attempt_" + "x" * 100_000: ATTEMPT, "attempt_" + "y" * 100_000: ATTEMPT}])
    assert [len(note.message) < 1000 for note in result.notes] == [True]


def test_notes_on_values_and_texts_name_the_attempt() -> None:
    changes = {"usage": {"total_tokens": -5}, "reasoning_summary": "\0", "model": "\0"}
    attempt = {"answer": RIGHT, "metadata": METADATA | changes}
    messages = {note.kind: note.message for note in used([{"attempt_2": attempt}]).notes}
    assert set(messages) == {NoteKind.VALUE_OUT_OF_RANGE, NoteKind.TEXT_REPLACED}
    assert "attempt_2" in messages[NoteKind.VALUE_OUT_OF_RANGE]
    assert [each.split(":")[0] for each in messages[NoteKind.TEXT_REPLACED].split("; ")][:2] == ["attempt_2"] * 2


def test_words_of_several_answers_stand_one_below_the_other_and_who_says_nothing_has_no_place() -> None:
    said = [{"attempt_1": {"answer": RIGHT, "metadata": {"pair_index": 0, "reasoning_summary": word}}} for word in "ab"]
    silent = {"attempt_1": {"answer": RIGHT, "metadata": {"pair_index": 0}}}
    other = {"attempt_1": {"answer": RIGHT, "metadata": {"pair_index": 1, "reasoning_summary": "c"}}}
    assert used([said[0], silent, said[1]]).rows[0].reasoning_log == "a\n\nb"
    assert used([said[0], silent, other], TWO).rows[0].reasoning_log == "[pair 0]\na\n\n[pair 1]\nc"


def test_notes_of_one_kind_are_one_row_however_many_they_are() -> None:
    result = used([{"attempt_1": ATTEMPT}] + [{"attempt_1": ATTEMPT | {"metadata": {}}}] * 500)
    (note,) = result.notes
    assert (note.kind, note.message.endswith("(500 in all)")) == (NoteKind.PAIR_OUT_OF_RANGE, True)
    assert len(note.message) < 1000


def test_rows_have_the_columns_of_the_staging_table() -> None:
    from importlib.resources import files  # noqa: PLC0415 - only here

    sql = "".join(each.read_text() for each in sorted(files("common").joinpath("migrations").iterdir(), key=str))
    table = sql.split("CREATE UNLOGGED TABLE staged_rows (")[1].split(");")[0]
    columns = {line.split()[0] for line in table.strip().splitlines()}
    for added in sql.split("ALTER TABLE staged_rows")[1:]:
        columns |= set(re.findall(r"ADD COLUMN IF NOT EXISTS (\w+)", added.split(";")[0]))
    assert set(STAGED_COLUMNS) == columns - {"created_at"}  # of an earlier release, which took the time of answering


def test_what_a_row_does_not_say_is_null() -> None:
    assert set(Row("0a1b2c3d")[1:]) == {None}


def test_every_bundled_task_is_solved_by_its_own_outputs() -> None:
    for source in ("ARC1", "ARC1-Eval", "ARC2", "ARC2-Eval"):
        for task in load_task_set(source).tasks.values():
            pairs = [{"attempt_1": {"answer": [list(row) for row in pair.output]}} for pair in task.test]
            result = used(pairs, task)
            assert (result.pairs_solved, result.pairs_total) == (len(task.test), len(task.test))
