"""What files say besides answers is read from their own rows as the statements over staged rows read it."""

import json
from typing import Any

from ingester.submission.aggregate import TaskResult
from ingester.submission.staged_row import FileError, FileResults, Row, StagedRow

NOTE = {"kind": "text_replaced", "message": "NUL"}


def staged(puzzle_id: str, blob_oid: str = "b", **columns: Any) -> StagedRow:
    return (1, "d", "m", blob_oid, *Row(puzzle_id)._replace(**columns))


def test_answers_go_on_in_their_order_and_own_rows_do_not() -> None:
    answers = [staged("p", model_name="m-attempt1"), staged("q", model_name="m-attempt3", notes="[]")]
    found = FileResults()
    assert list(found.answers_in([staged("p", pairs_total=1), *answers, staged("q")])) == answers
    assert found.model_names == {"m-attempt1", "m-attempt3"}


def test_a_usable_file_has_a_result_and_one_that_cannot_be_used_has_none() -> None:
    found = FileResults()
    usable = staged("p", "oid", pairs_total=2, pairs_solved=1, notes=json.dumps([NOTE, NOTE]))
    unusable = staged("q", "other", notes=json.dumps([NOTE]))
    assert list(found.answers_in([usable, unusable, staged("r", pairs_total=1, pairs_solved=0, notes="[]")])) == []
    assert found.results == [TaskResult("p", "oid", 2, 1), TaskResult("r", "b", 1, 0)]
    assert found.errors == [
        FileError("p", "text_replaced", "NUL", fatal=False, hf_blob_oid="oid"),
        FileError("p", "text_replaced", "NUL", fatal=False, hf_blob_oid="oid"),
        FileError("q", "text_replaced", "NUL", fatal=True, hf_blob_oid="other"),
    ]


def test_a_file_for_all_tasks_says_of_how_many_and_is_no_result() -> None:
    found = FileResults()
    own = staged("submission.json", pairs_total=0, pairs_solved=0, num_test_pairs=7, notes=json.dumps([NOTE]))
    assert list(found.answers_in([own, staged("attempts.json", notes="[]")])) == []
    assert found.tasks == {"submission.json": 7, "attempts.json": None}
    assert found.results == []
    assert [error.fatal for error in found.errors] == [False]
