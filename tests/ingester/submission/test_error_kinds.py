"""Notes on one file stay few and short, and count what they leave out."""

import pytest
from common.error_kinds import ErrorKind, NoteKind
from ingester.submission.error_kinds import (
    JUDGED_BY_LISTING,
    RETRYABLE,
    WARNINGS,
    Notes,
    Problem,
    describe_test_ids,
    describe_unusable,
)


def noted(*messages: str) -> tuple[Problem, ...]:
    notes = Notes()
    for message in messages:
        notes.add(NoteKind.TEXT_REPLACED, message)
    return notes.merged()


@pytest.mark.parametrize(
    ("messages", "merged"),
    [
        ("a", "a"),
        ("aa", "a (2 in all)"),
        ("abc", "a; b; c"),
        ("abcd", "a; b; c (4 in all)"),
        ("abcc", "a; b; c (4 in all)"),
    ],
)
def test_three_different_messages_are_told_and_the_rest_counted(messages: str, merged: str) -> None:
    assert noted(*messages) == (Problem(NoteKind.TEXT_REPLACED, merged),)


def test_a_message_is_cut_and_told_once_however_it_goes_on() -> None:
    assert noted("x" * 200 + "y", "x" * 200 + "z")[0].message == "x" * 200 + " (2 in all)"


def test_there_is_one_note_for_each_kind_in_the_order_of_the_first() -> None:
    notes = Notes()
    for kind in (NoteKind.TOO_DEEP, NoteKind.DUPLICATE_KEY, NoteKind.TOO_DEEP):
        notes.add(kind, kind.value)
    assert notes.merged() == (
        Problem(NoteKind.TOO_DEEP, "too_deep (2 in all)"),
        Problem(NoteKind.DUPLICATE_KEY, "duplicate_key"),
    )
    assert Notes().merged() == ()


def test_only_what_the_hub_did_wrong_is_fetched_again_and_only_what_a_listing_shows_is_judged_without_a_download() -> (
    None
):
    assert {ErrorKind.INTEGRITY, ErrorKind.UNAVAILABLE} == RETRYABLE
    assert {ErrorKind.UNKNOWN_TASK, ErrorKind.TOO_LARGE} == JUDGED_BY_LISTING


def test_what_costs_answers_or_may_is_a_warning_and_a_note_is_none() -> None:
    assert {NoteKind.OTHER_TASK_SET, NoteKind.NOTHING_USABLE, ErrorKind.UNKNOWN_TASK} <= WARNINGS
    assert not {NoteKind.NULL_ATTEMPT, NoteKind.NESTED_FOLDER} & WARNINGS


def test_why_nothing_could_be_used_is_said_by_kinds_and_files() -> None:
    assert describe_unusable({"unknown_task": 2, "not_json": 1}) == (
        "no answer could be used: not_json in 1 file, unknown_task in 2 files"
    )
    assert describe_unusable({}) == "no answer could be used: there is none in it"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("", ""),
        ("a", "; the files say they are of a"),
        ("ab", "; the files say they are of several models: a, b"),
        ("abcdef", "; the files say they are of several models: a, b, c, d, e and more"),
    ],
)
def test_whose_the_files_say_they_are_ends_a_message(names: str, said: str) -> None:
    assert describe_test_ids(list(names)) == said
