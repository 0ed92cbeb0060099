"""A file's list of pairs is read into attempts, and what is none of them is named where it stands."""

from typing import Any

import pytest
from common.error_kinds import ErrorKind, NoteKind
from ingester.submission.attempts import MAX_ATTEMPT_NUMBER, Attempt, read_attempts
from ingester.submission.error_kinds import Notes, Problem, UnusableFileError


def read(document: Any, pairs_total: int = 2) -> tuple[list[Attempt], tuple[Problem, ...]]:
    notes = Notes()
    return list(read_attempts(document, pairs_total, notes)), notes.merged()


@pytest.mark.parametrize(
    ("document", "name"),
    [({}, "an object"), ("[]", "text"), (True, "a boolean"), (None, "null"), (7, "a number"), (0.5, "a number")],
)
def test_what_is_no_list_is_named(document: Any, name: str) -> None:
    with pytest.raises(UnusableFileError, match=f"^a list of test pairs is expected, not {name}$") as raised:
        read(document)
    assert raised.value.kind is ErrorKind.NOT_A_SUBMISSION


@pytest.mark.parametrize(("first", "name"), [([], "a list"), ("x", "text"), (False, "a boolean"), (1, "a number")])
def test_a_list_without_any_object_is_named_after_its_first_entry(first: Any, name: str) -> None:
    with pytest.raises(UnusableFileError, match=f"^a list of objects is expected, not of {name}$") as raised:
        read([first, []])
    assert raised.value.kind is ErrorKind.NOT_A_SUBMISSION


def test_a_null_pair_makes_a_list_of_pairs_and_an_empty_list_is_one() -> None:
    malformed, null = (
        Problem(NoteKind.MALFORMED_PAIR, "entry 0 is a number"),
        Problem(NoteKind.NULL_ATTEMPT, "entry 1 is null"),
    )
    assert read([7, None]) == ([], (malformed, null))
    assert read([]) == ([], ())


def test_attempts_come_in_the_order_of_their_numbers_with_the_pair_of_their_entry() -> None:
    entry = {"attempt_10": [[1]], "attempt_2": {"answer": 5, "metadata": {"pair_index": "1"}}, "attempt_0": None}
    attempts, notes = read([entry])
    assert attempts == [
        Attempt(2, 1, entry["attempt_2"], 5, {"pair_index": "1"}),
        Attempt(10, 1, [[1]], [[1]], {}),
    ]
    assert notes == (Problem(NoteKind.NULL_ATTEMPT, "attempt_0 in entry 0"),)


@pytest.mark.parametrize(
    ("key", "used"),
    [("attempt_9999", True), ("attempt_10000", False), ("attempt_0", True), ("attempt_00", False)],
)
def test_an_attempt_has_a_number_of_four_digits_at_most(key: str, used: bool) -> None:  # noqa: FBT001 - a table
    attempts, notes = read([{key: []}])
    assert (len(attempts), notes) == (
        (1, ()) if used else (0, (Problem(NoteKind.UNKNOWN_ATTEMPT, f"{key!a} in entry 0"),))
    )


def test_what_is_no_attempt_does_not_hide_the_next_one() -> None:
    attempts, notes = read([{"note": "x", "attempt_1": None, "attempt_x": [], "attempt_3": [], "attempt_2": []}])
    assert [each.number for each in attempts] == [2, 3]
    assert notes == (
        Problem(NoteKind.UNKNOWN_ATTEMPT, "'attempt_x' in entry 0"),
        Problem(NoteKind.NULL_ATTEMPT, "attempt_1 in entry 0"),
    )


def test_an_entry_without_any_attempt_names_what_it_has_and_an_empty_one_says_so() -> None:
    assert read([{"one": [[1]], "two": 2}, {}]) == (
        [],
        (
            Problem(NoteKind.UNKNOWN_ATTEMPT, "'one' in entry 0; 'two' in entry 0"),
            Problem(NoteKind.NULL_ATTEMPT, "entry 1 is empty"),
        ),
    )
    assert read([{"output": [[1]], "note": 2}])[1] == (Problem(NoteKind.UNKNOWN_ATTEMPT, "'output' in entry 0"),)


def test_nulls_are_counted_in_one_note() -> None:
    (note,) = read([{"attempt_1": None, "attempt_2": None}] * 4)[1]
    assert note == Problem(
        NoteKind.NULL_ATTEMPT, "attempt_1 in entry 0; attempt_2 in entry 0; attempt_1 in entry 1 (8 in all)"
    )


@pytest.mark.parametrize(
    ("attempts", "noted"),
    [
        ([{"model": "m"}], True),
        ([{"model": "m", "pair_index": 1}], False),
        ([{"model": "m", "pair_index": None}], False),
        ([{"model": "m", "pair_index": 1}, {"model": "m"}], False),
        ([{"model": "m", "pair_index": 7}, {"model": "m"}], True),
        ([{"model": "m"}, {"model": "m", "pair_index": 1}], True),
        ([{}], False),
        ([None], False),
    ],
)
def test_a_later_pair_without_an_index_counts_by_its_place_and_says_what_the_official_scorer_reads(
    attempts: list[Any],
    noted: bool,  # noqa: FBT001 - a table
) -> None:
    entry = {f"attempt_{number}": {"answer": [], "metadata": each} for number, each in enumerate(attempts)}
    found, notes = read([{"attempt_1": []}, entry])
    assert {each.pair for each in found[1:]} == {1}
    message = "entry 1 counts for pair 1, officially for pair 0"
    assert notes == ((Problem(NoteKind.PAIR_INDEX_MISSING, message),) if noted else ())
    assert read([{"attempt_1": {"metadata": {"model": "m"}}, "note": "x"}])[1] == ()


@pytest.mark.parametrize(
    ("attempt", "problem"),
    [
        ({"prediction": [[1]]}, Problem(NoteKind.UNKNOWN_ANSWER, "attempt_1 of pair 0: 'prediction'")),
        ({"answer": None, "grid": [[1]]}, Problem(NoteKind.UNKNOWN_ANSWER, "attempt_1 of pair 0: 'grid'")),
        (
            {"answer": "x", "grid": [[1]]},
            Problem(NoteKind.UNREADABLE_ANSWER, "attempt_1 of pair 0: no grid of integers"),
        ),
        ({"metadata": {}}, Problem(NoteKind.UNREADABLE_ANSWER, "attempt_1 of pair 0: no grid of integers")),
        ("text", Problem(NoteKind.UNREADABLE_ANSWER, "attempt_1 of pair 0: no grid of integers")),
    ],
)
def test_an_answer_that_is_not_read_is_named_by_its_key(attempt: Any, problem: Problem) -> None:
    (found,), _ = read([{"attempt_1": attempt}])
    notes = Notes()
    found.note_unreadable(notes)
    assert notes.merged() == (problem,)


def test_the_largest_number_is_that_of_the_longest_name() -> None:
    found = [len(read([{f"attempt_{number}": []}])[0]) for number in (MAX_ATTEMPT_NUMBER, MAX_ATTEMPT_NUMBER + 1)]
    assert found == [1, 0]


@pytest.mark.parametrize(
    ("index", "pair"), [(0, 0), (1, 1), (2, None), (-1, None), ("1", 1), (None, None), ("x", None)]
)
def test_an_index_beyond_the_tasks_pairs_is_none(index: Any, pair: int | None) -> None:
    (_, found), _ = read([{}, {}, {"attempt_1": {}, "attempt_2": {"metadata": {"pair_index": index}}}])
    assert found.pair == pair


def test_an_entry_that_names_no_pair_is_noted_once() -> None:
    attempts, notes = read([{"attempt_1": []}, {"attempt_1": []}, {"attempt_1": [], "attempt_2": []}])
    assert [each.pair for each in attempts] == [0, 1, None, None]
    assert notes == (Problem(NoteKind.PAIR_OUT_OF_RANGE, "entry 2 names none of the task's 2 pairs"),)


def test_an_attempt_of_the_wrong_type_is_named_with_its_pair() -> None:
    metadata = [{"metadata": 7}, {"metadata": None}, {}]
    entries = [
        {"attempt_1": 5},
        {f"attempt_{number}": each for number, each in enumerate(metadata)},
        {"attempt_3": 0.5},
    ]
    _, notes = read(entries)
    assert notes[0] == Problem(
        NoteKind.MALFORMED_ATTEMPT,
        "attempt_1 of pair 0 or its metadata is no object; attempt_0 of pair 1 or its metadata is no object; "
        "attempt_3 of no pair or its metadata is no object",
    )
