"""A folder's name is checked before it goes anywhere, and reads well on a dashboard."""

import pytest
from common.model_names import attempt_model_name, display_name, is_plain_folder_name
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("gemini-3-flash-preview-thinking-high", "Gemini 3 Flash Preview (thinking high)"),
        ("gpt-5-2-2025-12-11-thinking-xhigh", "GPT 5.2 2025-12-11 (thinking xhigh)"),
        ("gpt-5-1-2025-11-13-thinking-none", "GPT 5.1 2025-11-13 (thinking none)"),
        ("claude-opus-4-5-20251101-thinking-64k", "Claude Opus 4.5 2025-11-01 (thinking 64k)"),
        ("claude-haiku-4-5-20251001", "Claude Haiku 4.5 2025-10-01"),
        ("grok-4", "Grok 4"),
        ("grok-4-fast-non-reasoning", "Grok 4 Fast (non reasoning)"),
        ("o3-pro", "o3 Pro"),
        ("o4-mini-2025-04-16-medium", "o4 Mini 2025-04-16 (medium)"),
        ("magistral-medium", "Magistral Medium"),
        ("deepseek-r1-0528", "DeepSeek R1 0528"),
        ("deepseek-v3.2-exp", "DeepSeek V3.2 Exp"),
        ("gemini-2-5-flash-preview-05-20-thinking-8k", "Gemini 2.5 Flash Preview 05-20 (thinking 8k)"),
        ("qwen3-235b-a22b-instruct-2507", "Qwen3 235B A22B Instruct 2507"),
        ("gpt-oss-120b-high", "GPT OSS 120B (high)"),
        ("gpt-4o-2024-11-20", "GPT 4o 2024-11-20"),
        ("johan_land_solver_V6", "Johan Land Solver V6"),
        ("Llama-4-Maverick", "Llama 4 Maverick"),
        ("claude-4-5-20259999", "Claude 4.5 20259999"),
        ("thinking", "Thinking"),
        ("ai-arc-glm-hrm-llm-minimax-openai-qwq-trm-xai", "AI ARC GLM HRM LLM MiniMax OpenAI QwQ TRM xAI"),
        ("gemini-2-5-flash-05_20", "Gemini 2.5 Flash 05-20"),
        ("miniCoder-x1", "miniCoder X1"),
        ("---", "---"),
        ("", ""),
    ],
)
def test_display_names(folder: str, expected: str) -> None:
    assert display_name(folder) == expected


@given(st.text(st.sampled_from("abo-_ .123thinkg"), max_size=40))
def test_a_display_name_loses_no_letter_and_no_digit(folder: str) -> None:
    kept = sorted(filter(str.isalnum, folder.lower()))
    assert sorted(filter(str.isalnum, display_name(folder).lower())) == kept


@pytest.mark.parametrize("name", ["grok-4", "a", "ä", "with space", "v1.5", "x" * 255, "ä" * 127])
def test_plain_folder_names(name: str) -> None:
    assert is_plain_folder_name(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".git", "a/b", "/", "../x", "a\n", "a\0b", "\x7f", "\x85", "\ud800", "x" * 256, "ä" * 128],
)
def test_names_that_are_no_plain_folder(name: str) -> None:
    assert not is_plain_folder_name(name)


def test_an_attempt_is_named_after_its_folder() -> None:
    assert attempt_model_name("grok-4", 2) == "grok-4-attempt2"
