"""Folders with all that can be wrong in them: files one by one, and folders as hypothesis draws them."""

import json
from typing import Any

from hypothesis import strategies as st

from tests.ingester.strategies import outputs_of, submissions
from tests.support.submissions import solved, tasks, unsolved

TASK = tasks()[0]
GOOD = solved(TASK)
METADATA = b'"metadata": {"usage": {"prompt_tokens": %s}}'
BAD: dict[str, tuple[bytes, set[str]]] = {
    "truncated": (GOOD[:-20], {"not_json"}),
    "empty": (b"", {"not_json"}),
    "only spaces": (b" \n\t ", {"not_json"}),
    "a page": (b"<!doctype html><title>Sign in</title>", {"not_json"}),
    "zip": (b"PK\x03\x04" + bytes(range(256)), {"not_json"}),
    "two documents": (GOOD + GOOD, {"not_json"}),
    "deep nesting": (b"[" * 100_000, {"not_json"}),
    "deep nesting, closed": (b"[" * 100_000 + b"]" * 100_000, {"not_json"}),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, set()),
    "UTF-16": (GOOD.decode().encode("utf-16"), set()),
    "NaN": (b'[{"attempt_1": {"answer": [[1]], ' + METADATA % b"NaN" + b"}}]", {"value_out_of_range"}),
    "Infinity": (b'[{"attempt_1": {"answer": [[1]], ' + METADATA % b"-Infinity" + b"}}]", {"value_out_of_range"}),
    "5,000 digits": (
        b'[{"attempt_1": {"answer": [[1]], ' + METADATA % (b"9" * 5_000) + b"}}]",
        {"value_out_of_range"},
    ),
    "beyond bigint": (
        b'[{"attempt_1": {"answer": [[1]], ' + METADATA % b"9223372036854775808" + b"}}]",
        {"value_out_of_range"},
    ),
    "duplicate keys": (b'[{"attempt_1": {"answer": [[1]], "answer": [[2]]}}]', {"duplicate_key"}),
    "NUL": (b'[{"attempt_1": {"answer": "\\u0000 [[1]]", "\\u0000": 1}}]', {"text_replaced"}),
    "lone surrogate": (b'[{"attempt_1": {"answer": "\\ud800 [[1]]"}}]', {"text_replaced"}),
    "no UTF-8": (b'[{"attempt_1": {"answer": "\xff [[1]]"}}]', {"text_replaced"}),
    "object for a list": (b'{"attempt_1": {"answer": [[1]]}}', {"not_a_submission"}),
    "list for an object": (b"[[[1]]]", {"not_a_submission"}),
    "text": (b'"[]"', {"not_a_submission"}),
    "null": (b"null", {"not_a_submission"}),
    "an odd entry": (b'[7, {"attempt_1": {"answer": [[1]]}}]', {"malformed_pair"}),
    "an odd attempt": (b'[{"attempt_1": 7}]', {"malformed_attempt", "unreadable_answer"}),
    "no answer": (b'[{"attempt_1": {}}]', {"unreadable_answer"}),
    "no attempt number": (b'[{"attempt_x": {"answer": [[1]]}}]', {"unknown_attempt"}),
    "nothing": (b"[]", set()),
    "null slots": (b'[{"attempt_1": null}, null]', {"null_attempt"}),
}
OTHERS = {
    "results.json": b"{}",
    "notes.txt": b"-",
    "a b.json": GOOD,
    "..json": GOOD,
    ".json": GOOD,
    "x..y.json": b"[",
    "é模型.json": b"",
    f"{'x' * 195}.json": GOOD,
    f"{TASK.id}.json.bak": GOOD,
    f".old/{TASK.id}.json": GOOD,
}
FILES = st.sampled_from(tasks()[:40])
BODIES = st.sampled_from([body for body, _ in BAD.values()]) | st.binary(max_size=30)
LAYOUTS = st.sampled_from(["{}.json"] * 6 + ["v2/public_eval/{}.json", "v1/{}.json", "run/{}.json", "{}.JSON"])


@st.composite
def folders(draw: Any) -> dict[str, bytes]:
    """Draw a submission's files by their path in the folder."""
    folder: dict[str, bytes] = {}
    for task in draw(st.lists(FILES, max_size=8, unique=True)):
        usual = st.sampled_from([solved(task), unsolved(task)])
        odd = submissions(outputs_of(task)).map(lambda document: json.dumps(document).encode())
        for layout in draw(st.lists(LAYOUTS, min_size=1, max_size=2, unique=True)):
            folder[layout.format(task.id)] = draw(st.one_of(usual, odd, BODIES))
    unknown = st.sampled_from(["deadbeef.json", "00000000.json", "submission.json"])
    folder |= draw(st.dictionaries(unknown | st.sampled_from(sorted(OTHERS)), BODIES, max_size=4))
    return folder


@st.composite
def whole_submissions(draw: Any) -> dict[str, bytes]:
    """Draw a folder with one file for all tasks."""
    answers = {}
    for task in draw(st.lists(FILES, max_size=8, unique=True)):
        answers[task.id] = draw(submissions(outputs_of(task)) | st.sampled_from([None, 7, {}, []]))
    answers |= draw(st.dictionaries(st.sampled_from(["deadbeef", "00000000"]), st.just([])))
    name = draw(st.sampled_from(["submission.json", "v2/Attempts.json"]))
    return {name: json.dumps(answers).encode(), "README.md": b""}
