"""What a row says in words: who answered, and what the model said, without the words of others."""

from typing import Any

import pytest
from ingester.submission.reasoning import describe, message_text, reasoning_text


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"model": "gpt-5-2", "provider": "openai"}, "The answer was given by gpt-5-2 through openai."),
        ({"model": "gpt-5-2"}, "The answer was given by gpt-5-2."),
        ({"model": "gpt-5-2", "provider": 7}, "The answer was given by gpt-5-2."),
        ({"provider": "openai"}, ""),
        ({"model": 7, "provider": "openai"}, ""),
        ({"model": "m" * 201, "provider": "p" * 201}, f"The answer was given by {'m' * 200} through {'p' * 200}."),
    ],
)
def test_who_answered_is_said_as_far_as_it_is_known(metadata: dict[str, Any], said: str) -> None:
    assert describe(metadata) == said


def test_reasoning_and_messages_are_apart_and_the_summary_comes_first() -> None:
    choices = [{"message": {"role": "assistant", "content": "third"}}, {"message": {"content": "fourth"}}]
    metadata = {"choices": choices, "reasoning_content": "second", "reasoning_summary": "first"}
    assert (reasoning_text(metadata), message_text(metadata)) == ("first\n\nsecond", "third\n\nfourth")


@pytest.mark.parametrize("role", ["user", "system", "developer"])
def test_what_the_model_was_told_is_not_what_it_said(role: str) -> None:
    assert message_text({"choices": [{"message": {"role": role, "content": "told"}}]}) == ""


@pytest.mark.parametrize("odd", [None, 7, "text", {"message": {"content": "x"}}, [7], [{"message": "x"}], [{}]])
def test_choices_of_another_shape_say_nothing(odd: Any) -> None:
    metadata = {"choices": odd, "reasoning_summary": {"text": "x"}, "reasoning_content": " \n"}
    assert (reasoning_text(metadata), message_text(metadata)) == ("", "")


def test_lists_of_texts_and_of_parts_with_a_text_are_read() -> None:
    summary = ["first", {"type": "summary_text", "text": "second"}, 7, None, {"text": 7}, [["no text"]]]
    choices = [{"message": {"content": [{"type": "text", "text": "third"}]}}]
    assert reasoning_text({"reasoning_summary": summary}) == "first\n\nsecond"
    assert message_text({"choices": choices}) == "third"


@pytest.mark.parametrize("setting", ["auto", "concise", "detailed"])
def test_the_setting_of_a_summary_is_no_text_of_the_model(setting: str) -> None:
    assert reasoning_text({"reasoning_summary": setting, "reasoning_content": "said"}) == "said"
    assert reasoning_text({"reasoning_summary": f"{setting}."}) == f"{setting}."
