"""Bytes of any quality become JSON that PostgreSQL takes, or an error that costs this file alone."""

import json
from typing import Any

import pytest
from common.error_kinds import ErrorKind, NoteKind
from ingester.submission.documents import clean, dump, parse
from ingester.submission.error_kinds import Notes, Problem, UnusableFileError
from ingester.submission.limits import Limits
from ingester.submission.transform import judge_stored, transform

from tests.ingester.samples import ATTEMPT, TWO, kinds, refused, used, with_metadata


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b" \n ", "the file is empty"),
        (json.dumps([{"attempt_1": ATTEMPT}]).encode()[:-20], "column"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"<html>429</html>", "line 1, column 1"),
        (b"version https://git-lfs.github.com/spec/v1\n", "line 1"),
        (b"[] []", "Extra data"),
        (b'["\n"]', "control character at line 1"),
        (b'["cut', "Unterminated string starting at line 1, column 2"),
        (b"\xff\xfe\x00\x01", "column"),
        (bytes(range(256)), "column"),
    ],
)
def test_what_is_no_json_costs_the_file(data: bytes, reason: str) -> None:
    error = refused(data)
    assert error.kind is ErrorKind.NOT_JSON
    assert reason in error.message


@pytest.mark.parametrize("data", [b"{}", b"null", b"true", b"7", b'"text"', b"[1]", b"[[]]", b'["a", 5]', b'{"0": {}}'])
def test_json_that_is_no_list_of_pairs_costs_the_file(data: bytes) -> None:
    assert refused(data).kind is ErrorKind.NOT_A_SUBMISSION


def test_an_error_is_staged_as_the_files_own_row() -> None:
    (row,) = transform(b"{}", TWO, "m", Limits())
    assert json.loads(row.notes or "") == [
        {"kind": "not_a_submission", "message": "a list of test pairs is expected, not an object"}
    ]


def test_why_a_file_is_no_json_is_said_in_words() -> None:
    for data in (b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000):
        with pytest.raises(UnusableFileError, match=r"^it is nested too deeply$"):
            parse(data)


@pytest.mark.parametrize(("digits", "shown"), [(29, "9" * 25 + "e999"), (30, "a number of 30 characters")])
def test_a_short_number_is_quoted_and_a_long_one_measured(digits: int, shown: str) -> None:
    value, notes = parse(b"[%se999]" % (b"9" * (digits - 4)))
    assert value == [None]
    assert notes.merged() == (Problem(NoteKind.VALUE_OUT_OF_RANGE, f"{shown} in the file became null"),)


def test_what_cannot_be_stored_is_mended_compactly_and_noted_by_its_name() -> None:
    notes = Notes()
    assert dump({"a": ["\ud800\0", 1], "é": 2}, notes, "attempt_1") == '{"a":["\ufffd\ufffd",1],"é":2}'
    assert notes.merged() == (Problem(NoteKind.TEXT_REPLACED, "attempt_1: 2 NUL or lone surrogate characters"),)
    with pytest.raises(ValueError, match="not JSON compliant"):
        dump([float("nan"), "\ud800"], Notes(), "attempt_1")


def test_every_nul_is_counted_whatever_stands_next_to_it() -> None:
    for value, count in ((["\0 \0"], 2), ({"\0": "a\\\0"}, 2), (["\0\0\ud800"], 3)):
        notes = Notes()
        dump(value, notes, "attempt_1")
        assert notes.merged() == (
            Problem(NoteKind.TEXT_REPLACED, f"attempt_1: {count} NUL or lone surrogate characters"),
        )


def test_a_number_that_is_too_long_leaves_the_rest_of_the_file_as_it_is() -> None:
    value, notes = parse(b'[%s, 1.5, {"a": 1, "a": 2}, NaN]' % (b"9" * 5000))
    assert value == [None, 1.5, {"a": 2}, None]
    assert notes.merged() == (
        Problem(
            NoteKind.VALUE_OUT_OF_RANGE,
            "a number of 5000 characters in the file became null; NaN in the file became null",
        ),
        Problem(NoteKind.DUPLICATE_KEY, "the key 'a' occurs several times in an object"),
    )


def test_an_empty_file_is_called_empty() -> None:
    for data in (b"", b" \n"):
        with pytest.raises(UnusableFileError, match=r"^the file is empty$"):
            parse(data)


def test_text_is_cleaned_only_where_it_must_be() -> None:
    notes = Notes()
    assert [clean(text, notes, "x") for text in ("plain", "é\U0001f600", "a\0", "\udfff")] == [
        "plain",
        "é\U0001f600",
        "a\ufffd",
        "\ufffd",
    ]
    assert notes.merged() == (Problem(NoteKind.TEXT_REPLACED, "x: 1 NUL or lone surrogate characters (2 in all)"),)


def test_a_byte_order_mark_is_accepted() -> None:
    document = json.dumps([{"attempt_1": ATTEMPT}])
    for encoding in ("utf-8-sig", "utf-16"):
        result = used(document.encode(encoding))
        assert (result.pairs_solved, result.notes) == (1, ())


def test_of_duplicate_keys_the_last_wins_and_it_is_noted() -> None:
    result = used(b'[{"attempt_1": {"answer": [[9]]}, "attempt_1": {"answer": [[1, 2], [3, 4]]}}]')
    assert (result.pairs_solved, kinds(result)) == (1, [NoteKind.DUPLICATE_KEY])
    assert "'attempt_1'" in result.notes[0].message


def test_nul_and_lone_surrogates_become_replacement_characters_and_are_noted() -> None:
    data = rb"""[{"attempt_1": {"answer": "\u0000\ud800 \ud83d\ude00 \\u0000", "metadata": {"model": "a\u0000",
        "k\u0000\udfff": "\\\u0000", "reasoning_summary": "x\udc00y\u0000"}}}]"""
    result = used(data)
    (row,) = result.rows
    assert row.multiple_predicted_outputs == '["\ufffd\ufffd \U0001f600 \\\\u0000"]'
    assert row.pattern_description == "The answer was given by a\ufffd."
    assert row.reasoning_log == "x\ufffdy\ufffd"
    (raw,) = json.loads(row.provider_raw_response or "")
    assert raw["metadata"]["k\ufffd\ufffd"] == "\\\ufffd"
    assert kinds(result) == [NoteKind.UNREADABLE_ANSWER, NoteKind.TEXT_REPLACED]


def test_a_nul_is_noted_also_without_any_surrogate() -> None:
    assert kinds(used(rb'[{"attempt_1": {"answer": "[[1]] a\u0000"}}]')) == [NoteKind.TEXT_REPLACED]


def test_a_verdict_outlives_another_answer_that_is_too_deep() -> None:
    right = json.dumps([list(row) for row in TWO.test[0].output]).encode()
    for depth in range(900, 1000):  # where reading ends, and where writing does, depends on who called
        data = b'[{"attempt_1":{"answer":%s}},{"attempt_1":{"answer":%s}}]' % (right, b"[" * depth + b"]" * depth)
        for row in transform(data, TWO, "m", Limits())[1:]:
            verdicts = [each["isPredictionCorrect"] for each in json.loads(row.multi_test_results or "[]")]
            assert verdicts == [True, False]


def test_the_other_answers_outlive_one_that_is_too_deep_to_be_stored() -> None:
    right = [list(row) for row in TWO.test[0].output]
    deep: list[Any] = []
    for _ in range(100_000):  # since 3.12, Python's own writer takes thousands
        deep = [deep]
    verdicts, columns = judge_stored([right, deep], TWO)
    assert (verdicts, columns["multiple_predicted_outputs"]) == (
        (True, False),
        json.dumps([right, None]).replace(" ", ""),
    )


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e400", "9" * 5_000])
def test_a_number_that_jsonb_cannot_hold_becomes_null_wherever_it_stands(number: str) -> None:
    result = used(b'[{"attempt_1": {"answer": [[1, %s]], "kwargs": [%s]}}]' % (number.encode(), number.encode()))
    (row,) = result.rows
    assert (row.multiple_predicted_outputs, row.is_prediction_correct) == ("[[[1,null]]]", False)
    assert json.loads(row.provider_raw_response or "")[0]["kwargs"] == [None]
    assert NoteKind.VALUE_OUT_OF_RANGE in kinds(result)


def test_bytes_that_are_no_utf_8_are_replaced_and_noted() -> None:
    result = used(json.dumps(with_metadata(reasoning_summary="caf@")).encode().replace(b"@", b"\xe9"))
    assert (result.pairs_solved, kinds(result)) == (1, [NoteKind.TEXT_REPLACED])
    assert (result.rows[0].reasoning_log or "").startswith("caf\ufffd")


def test_what_is_nested_too_deeply_to_be_stored_becomes_null_and_is_noted() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    notes = Notes()
    assert dump(nested, notes, "attempt_1") is None
    assert notes.merged() == (Problem(NoteKind.TOO_DEEP, "attempt_1 is nested too deeply to be stored"),)


def test_nesting_that_both_sides_can_take_is_stored() -> None:
    deep = b'{"a":' * 400 + b"1" + b"}" * 400
    result = used(b'[{"attempt_1": {"answer": [[1, 2], [3, 4]], "kwargs": %s}}]' % deep)
    assert (result.pairs_solved, result.notes) == (1, ())
