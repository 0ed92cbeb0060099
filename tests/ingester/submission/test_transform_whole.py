"""A file for all tasks gives each task the rows that a file of its own would give it; a bad task costs itself alone."""

import json
import tracemalloc
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from common.arc.task_sets import Pair, Task, TaskSet
from hypothesis import given
from hypothesis import strategies as st
from ingester.submission.limits import Limits, estimate_memory
from ingester.submission.staged_row import Row
from ingester.submission.transform import transform, transform_whole

from tests.ingester.samples import ATTEMPT, ONE, RIGHT, TWO
from tests.ingester.strategies import outputs_of, submissions

WORDS = Task("AboveBelow1", (), (Pair((b"\0",), (b"\0",)),))
TASKS = TaskSet("ConceptARC", MappingProxyType({each.id: each for each in (ONE, TWO, WORDS)}), 4, "v")
GOOD = [{"attempt_1": RIGHT, "attempt_2": None}]


def whole(document: Any, limits: Limits | None = None) -> list[Row]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return transform_whole(data, "submission.json", TASKS, "m", limits or Limits())


def problems(row: Row) -> list[tuple[str, str]]:
    return [(each["kind"], each["message"]) for each in json.loads(row.notes or "")]


def refusal(document: Any, limits: Limits | None = None) -> tuple[str, str]:
    (own,) = whole(document, limits)
    assert own == Row("submission.json", notes=own.notes)
    (problem,) = problems(own)
    return problem


@given(
    st.fixed_dictionaries(
        {},
        optional={each.id: submissions(outputs_of(each)) | st.sampled_from([None, 7, {}, [7]]) for each in (ONE, TWO)},
    ).filter(bool)
)
def test_every_task_has_the_rows_of_a_file_of_its_own(documents: Mapping[str, Any]) -> None:
    own, *rows = whole(documents)
    assert own == Row("submission.json", None, 0, 0, num_test_pairs=len(documents), notes="[]")
    assert rows == [
        row
        for task_id, document in documents.items()
        for row in transform(json.dumps(document).encode(), TASKS.tasks[task_id], "m", Limits())
    ]


@pytest.mark.parametrize("attempt", [RIGHT, ATTEMPT, "\\boxed{[[1, 2], [3, 4]]}"], ids=["grid", "object", "text"])
def test_attempts_are_grids_as_kaggle_has_them_or_objects_or_text(attempt: Any) -> None:
    _, task, row = whole({ONE.id: [{"attempt_1": attempt}]})
    assert (task.puzzle_id, task.pairs_solved, row.is_prediction_correct) == (ONE.id, 1, True)


def test_pairs_without_metadata_are_answered_by_their_place() -> None:
    _, task, *_ = whole({TWO.id: [{"attempt_1": RIGHT}, {"attempt_1": [[0]]}]})
    assert (task.pairs_total, task.pairs_solved) == (2, 2)


def test_task_ids_count_in_any_letter_case_and_once() -> None:
    own, task, *_ = whole({"0A1B2C3D": GOOD, ONE.id: [], "abovebelow1": []})
    assert (task.puzzle_id, task.pairs_solved, own.num_test_pairs) == (ONE.id, 1, 2)
    assert problems(own) == [("duplicate_key", "'0a1b2c3d' is a task's second key: the first one counts")]


def test_tasks_that_the_set_does_not_have_are_one_finding_of_the_file() -> None:
    own, *rows = whole({ONE.id: GOOD, **{f"deadbee{digit}": GOOD for digit in range(5)}})
    assert {row.puzzle_id for row in rows} == {ONE.id}
    shown = "; ".join(f"the task set has no task 'deadbee{digit}'" for digit in range(3))
    assert problems(own) == [("unknown_task", f"{shown} (5 in all)")]


@pytest.mark.parametrize(("bad", "kind"), [({"attempt_1": RIGHT}, "not_a_submission"), (7, "not_a_submission")])
def test_a_bad_task_costs_itself_alone(bad: Any, kind: str) -> None:
    _, first, second, _ = whole({TWO.id: bad, ONE.id: GOOD})
    assert (first, problems(first)[0][0]) == (Row(TWO.id, notes=first.notes), kind)
    assert second.pairs_solved == 1


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ([{"attempt_1": RIGHT}], "not_a_submission"),
        ({}, "not_a_submission"),
        (None, "not_a_submission"),
        ({"deadbeef": GOOD}, "unknown_task"),
        (b'{"0a1b2c3d": [', "not_json"),
        (b"", "not_json"),
    ],
)
def test_a_file_without_any_task_is_refused_by_its_path(document: Any, kind: str) -> None:
    assert refusal(document)[0] == kind


def test_a_name_that_postgresql_refuses_is_quoted_in_letters_it_takes() -> None:
    assert refusal({"\ud800\0": GOOD}) == ("unknown_task", r"the task set has no task '\ud800\x00'")


def test_a_file_that_takes_too_much_memory_is_refused() -> None:
    assert refusal({ONE.id: GOOD}, Limits(max_memory=1000))[0] == "too_complex"


def test_the_rows_of_many_tasks_take_no_more_memory_than_estimated() -> None:
    ids = [f"{number:x}" for number in range(5_000)]
    tasks = TaskSet("s", {each: replace(ONE, id=each) for each in ids}, len(ids), "v")
    data = json.dumps(dict.fromkeys(ids, 0)).encode()
    tracemalloc.start()
    try:
        own, *_ = transform_whole(data, "p", tasks, "m", Limits(max_memory=2**40))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert own.num_test_pairs == len(ids)
    # Beyond a limit of one byte the text alone is estimated, as it is of files that come near to their limit.
    text = estimate_memory(data, 1)
    assert text < peak < estimate_memory(data, 1, len(ids))


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    document = json.dumps({ONE.id: GOOD})
    for data in (b"\xef\xbb\xbf" + document.encode(), document.encode("utf-16")):
        assert whole(data) == whole(document.encode())
