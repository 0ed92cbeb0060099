"""What was meant and is not read is always named, and never counts."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from common.error_kinds import NoteKind
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ingester.submission.near_misses import find_misnamed_answer, find_misnamed_attempts, find_unread

from tests.ingester.samples import METADATA, ONE, RIGHT, kinds, used
from tests.ingester.strategies import outputs_of, submissions, tasks

ATTEMPT_KEYS = ["attempt1", "Attempt_1", "attempt_01", "attempts", "attempt-1", "ATTEMPT 2", "atempt_1", "attmept_1"]
ATTEMPT_KEYS += [
    "answer_of_the_model",
    "result",
    "answ",
    "attempt_10000",
    "1",
    "output",
    "Prediction",
    "predicted_output",
    "test_attempt",
    "try_1",
    "trial2",
]
ALL_NAMES = ["prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "reasoning_tokens", "total_tokens"]
ALL_NAMES += ["cache_creation_input_tokens", "cache_read_input_tokens", "prompt_tokens_details", "input_tokens_details"]
ALL_NAMES += ["completion_tokens_details", "output_tokens_details"]
OTHER_KEYS = ["metadata", "task_id", "pair_index", "correct", "note", "temp", "id", "", "expected_output"]


@pytest.mark.parametrize("key", ATTEMPT_KEYS)
def test_keys_that_are_almost_an_attempts_are_found(key: str) -> None:
    assert find_misnamed_attempts(["note", key]) == [key]


def test_keys_that_mean_something_else_are_left_alone() -> None:
    assert find_misnamed_attempts(OTHER_KEYS) == []
    assert find_misnamed_answer(dict.fromkeys([*OTHER_KEYS, "attempt", "a" * 13], 1)) is None


@pytest.mark.parametrize(
    "key", ["Answer", "answers", "anwser", "naswers", "result", "prediction", "output", "response", "grid", "solution"]
)
def test_a_key_that_is_almost_answer_is_found_where_it_holds_something(key: str) -> None:
    assert find_misnamed_answer({"metadata": {}, "guess": None, key: 5}) == key
    assert find_misnamed_answer({key: None}) is None


def test_of_an_object_only_the_first_hundred_keys_are_looked_at() -> None:
    many = [f"k{number}" for number in range(99)]
    assert find_misnamed_attempts([*many, "attempt1", "attempt2"]) == ["attempt1"]
    assert find_misnamed_answer(dict.fromkeys([*many, "x", "grid"], 1)) is None


@pytest.mark.parametrize(
    ("metadata", "keys"),
    [
        (METADATA, []),
        ({"reasoning_summary": ["a"], "reasoning_content": "b", "duration_seconds": 5, "cost": 0.1}, []),
        ({"reasoning_summary": {"text": "a"}, "reasoning_content": 7}, ["reasoning_summary", "reasoning_content"]),
        (
            {"reasoning": "a", "thinking": "b", "reasoning_effort": "high", "thinking_budget": 9},
            ["reasoning", "thinking"],
        ),
        ({"total_tokens": 7, "cost_usd": 1, "latency_ms": 2, "elapsed": 3, "note": 4}, None),
        ({"total_tokens": None, "max_tokens": 100, "timeout": 60, "rate_limit": {"time": 1}}, []),
        ({"usage": {"prompt_token_count": 1, "cached": 2, "service_tier": "x", "is_byok": True, "cost": 0.1}}, None),
        ({"usage": {"input_tokens": 1, "cache_read_input_tokens": 2, "service_tier": "standard"}}, []),
        ({"usage": dict.fromkeys(ALL_NAMES, 1)}, []),
        ({"usage": {"tokens": "many", "tier": "few"}}, ["usage.tokens"]),
        ({"Reasoning": "a", "COST": 1, "Max_Tokens": 9}, ["Reasoning", "COST"]),
        ({"cost": {"prompt_cost": 1, "completion_cost": None}}, ["cost.prompt_cost"]),
        ({"cost": {"prompt_cost": 1, "total_cost": 0}}, []),
        ({"usage": 5, "cost": "x"}, []),
    ],
)
def test_figures_that_are_not_read_are_named(metadata: dict[str, Any], keys: list[str] | None) -> None:
    if keys is None:
        words = re.compile("tokens|cost_usd|latency|elapsed|count|cached$|cost$")
        part, prefix = (metadata["usage"], "usage.") if "usage" in metadata else (metadata, "")
        keys = [prefix + key for key in part if words.search(key)]
    assert list(find_unread(metadata)) == keys


LETTERS: list[Callable[[str, int], str]] = [
    lambda word, at: word[:at] + word[at + 1 :],
    lambda word, at: word[:at] + word[at] + word[at:],
    lambda word, at: word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    lambda word, at: word[:at] + word[at:].upper(),
]


@st.composite
def near_misses(draw: Callable[[st.SearchStrategy[Any]], Any], word: str) -> str:
    """Draw a word with a slip of the hand, and what may stand around it."""
    slip = draw(st.sampled_from(LETTERS))
    around = st.sampled_from(["", "_", "-", " ", "1", "_01", "_1 ", "s"])
    return str(draw(st.sampled_from(["", "_"])) + slip(word, draw(st.integers(0, len(word) - 1))) + draw(around))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_key_that_is_almost_an_attempts_changes_no_score_and_is_found(data: st.DataObject) -> None:
    task = data.draw(tasks())
    document = data.draw(submissions(outputs_of(task)))
    places = [place for place, entry in enumerate(document) if isinstance(entry, dict)]
    assume(places)
    place = data.draw(st.sampled_from(places))
    key = data.draw(near_misses("attempt") | near_misses("answer") | st.sampled_from(ATTEMPT_KEYS))
    assume(not re.fullmatch(r"attempt_(0|[1-9]\d{0,3})", key))
    added = copy.deepcopy(document)
    value = data.draw(st.sampled_from([None, "x", *outputs_of(task), {"answer": outputs_of(task)[0]}]))
    added[place] = dict(data.draw(st.permutations([*added[place].items(), (key, value)])))
    before, after = used(document, task), used(added, task)
    assert (after.pairs_solved, after.rows) == (before.pairs_solved, before.rows)
    assert NoteKind.UNKNOWN_ATTEMPT in kinds(after)


@settings(max_examples=200, deadline=None)
@given(near_misses("answer") | st.sampled_from(["prediction", "output", "grid", "response"]))
def test_an_answer_under_another_key_never_counts_and_is_found(key: str) -> None:
    assume(key != "answer")
    result = used([{"attempt_1": {key: RIGHT, "metadata": METADATA}, "attempt_2": {"answer": [[0]]}}], ONE)
    assert (result.pairs_solved, kinds(result)) == (0, [NoteKind.UNKNOWN_ANSWER])
    assert json.loads(result.rows[0].provider_raw_response or "")[0][key] == RIGHT


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 9) | st.just("x"),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(OTHER_KEYS), inner, max_size=3),
        max_leaves=6,
    )
)
def test_an_entry_that_answers_nothing_is_never_silent(entry: Any) -> None:
    result = used([{"attempt_1": {"answer": RIGHT, "metadata": METADATA}}, entry], ONE)
    assert result.pairs_solved == 1
    assert len(result.notes) == 1
