"""What a folder's name tells by itself: never a failure, never more than it says."""

import re
from datetime import date

import pytest
from common.names.conventions import fields_of
from common.names.fields import NameFields
from common.names.registry import packaged
from hypothesis import given
from hypothesis import strategies as st

from tests.common.names.official import OFFICIAL
from tests.common.names.spelling import as_shown


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("gemini-3-flash-preview-thinking-high", "Gemini 3 Flash Preview (High)"),
        ("gemini-3-1-pro-preview", "Gemini 3.1 Pro (Preview)"),
        ("gemini-2-5-flash-preview-05-20-thinking-8k", "Gemini 2.5 Flash (Preview) (Thinking 8K)"),
        ("gemini-2-5-flash-05_20", "Gemini 2.5 Flash 05-20"),
        ("gpt-5-2-2025-12-11-thinking-xhigh", "GPT-5.2 (xhigh)"),
        ("gpt-5-1-2025-11-13-thinking-none", "GPT-5.1 (Thinking, None)"),
        ("gpt-5-mini-2025-08-07-minimal", "GPT-5 Mini (Minimal)"),
        ("openai-gpt-5-4-2026-03-05-high", "GPT-5.4 (High)"),
        ("gpt-4o-2024-11-20", "GPT-4o"),
        ("gpt-oss-120b-high", "GPT-OSS 120B (High)"),
        ("gpt-5-1-codex-max-codexcli", "GPT-5.1 Codex Max (Codex CLI)"),
        ("o4-mini-2025-04-16-medium", "o4-mini (Medium)"),
        ("o3-2025-04-16-low-2025-06-10", "o3 (Low)"),
        ("o3-pro", "o3-pro"),
        ("claude-opus-4-5-20251101-thinking-64k", "Claude Opus 4.5 (Thinking 64K)"),
        ("claude-opus-4-5-20251101-thinking-64k-azure", "Claude Opus 4.5 (Thinking 64K)"),
        ("claude-opus-4-6-thinking-120K-low", "Claude Opus 4.6 (120K, Low)"),
        ("claude_sonnet_4_6_max", "Claude Sonnet 4.6 (Max)"),
        ("anthropic-opus-4-8-max", "Claude Opus 4.8 (Max)"),
        ("claude-haiku-4-5-20251001-claudeagentsdk", "Claude Haiku 4.5 (Claude Agent SDK)"),
        ("claude-4-5-20259999", "Claude 4.5 20259999"),
        ("grok-4-fast-non-reasoning", "Grok 4 Fast (Non-Reasoning)"),
        ("grok-3-mini-beta-low-openrouter", "Grok 3 Mini Beta (Low)"),
        ("magistral-medium", "Magistral Medium"),
        ("qwen3-max-thinking", "Qwen3 Max (Thinking)"),
        ("qwen3-max", "Qwen3 Max"),
        ("qwen3-235b-a22b-instruct-2507", "Qwen3 235B A22B Instruct 2507"),
        ("deepseek-r1-0528", "DeepSeek R1 0528"),
        ("deepseek-v3.2-exp", "DeepSeek V3.2 Exp"),
        ("baseten-glm-5-2", "GLM-5.2"),
        ("kimi-k2.5", "Kimi K2.5"),
        ("johan_land_solver_V6", "Johan Land Solver V6"),
        ("Llama-4-Maverick", "Llama 4 Maverick"),
        ("robin-alpha-next-2025-11-24-high", "Robin Alpha Next (High)"),
        ("o1 - high", "o1 (High)"),
        ("thinking", "Thinking"),
        ("ai-arc-glm-hrm-llm-minimax-openai-qwq-trm-xai", "AI ARC GLM HRM LLM MiniMax OpenAI QwQ TRM xAI"),
        ("miniCoder-x1", "miniCoder X1"),
        ("---", "---"),
        ("", "(unnamed)"),
    ],
)
def test_display_names(folder: str, expected: str) -> None:
    assert fields_of(folder).display_name == expected


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("gpt-5-2-2025-12-11-thinking-xhigh", ("OpenAI", "GPT", "xhigh", date(2025, 12, 11), "model")),
        ("o3-mini-2025-01-31-low", ("OpenAI", "OpenAI o", "low", date(2025, 1, 31), "model")),
        # Snapshots of others are not named after the day of their release.
        ("claude-opus-4-5-20251101-thinking-32k", ("Anthropic", "Claude", "32k", None, "model")),
        ("claude-opus-4-6-thinking-120K-max", ("Anthropic", "Claude", "max", None, "model")),
        ("xai-grok-4-20-beta-0309-reasoning", ("xAI", "Grok", None, None, "model")),
        ("grok-4-fast-non-reasoning", ("xAI", "Grok", "none", None, "model")),
        ("claude-haiku-4-5-claudeagentsdk", ("Anthropic", "Claude", None, None, "system")),
        ("gpt-5-2025-02-30-high", ("OpenAI", "GPT", "high", None, "model")),
        ("gemma-3-27b", ("Google", "Gemma", None, None, "model")),
        ("magistral-medium", ("Mistral", "Mistral", None, None, "model")),
        ("random-baseline", (None, None, None, None, "baseline")),
        ("2025_human_panel", (None, None, None, None, "human_panel")),
        ("johan_land_gpt_5_2_refine", (None, None, None, None, "system")),
        ("grokking-net", (None, None, None, None, None)),
        ("my-solver", (None, None, None, None, None)),
    ],
)
def test_what_is_not_told_stays_unknown(folder: str, expected: tuple[object, ...]) -> None:
    found = fields_of(folder)
    assert (found.provider, found.family, found.effort, found.release_date, found.kind) == expected


def test_the_rules_alone_reproduce_most_official_names() -> None:
    """Of 181 names 129: the others follow no rule, or another than the rest. What the registry adds is those."""
    found = [folder for folder, name in OFFICIAL.items() if fields_of(folder).display_name == as_shown(name)]
    assert (len(found), len(OFFICIAL)) == (129, 181)


def test_the_rules_contradict_no_fact_of_the_registry() -> None:
    for folder, entry in packaged().items():
        told = fields_of(folder)
        for name in ("provider", "family", "kind"):
            fact, guess = getattr(entry.fields, name), getattr(told, name)
            assert guess in {None, fact} or name == "kind", (folder, name)


def test_a_date_in_a_name_of_openai_is_that_of_the_release() -> None:
    listed = {folder: entry.fields.release_date for folder, entry in packaged().items() if folder in OFFICIAL}
    told = {folder: date for folder in listed if (date := fields_of(folder).release_date)}
    assert len(told) > 50
    assert {folder for folder, date in told.items() if listed[folder] != date} <= _DAYS_APART


# Two snapshots that are named after the day before.
_DAYS_APART = {f"gpt-5-5-2026-04-22-thinking-{level}" for level in ("low", "medium", "high", "xhigh")}


@given(st.text(max_size=255))
def test_any_name_can_be_shown(folder: str) -> None:
    found = fields_of(folder)
    assert found.display_name
    assert found.display_name.isprintable()
    assert NameFields.model_validate(dict(found)) == found


@given(st.text(st.sampled_from("abo-_ .123thinkg"), max_size=40))
def test_a_display_name_makes_nothing_up(folder: str) -> None:
    """What it leaves out are dates, hosts, and the word before a level; what it says is in the folder's name."""
    shown = sorted(filter(str.isalnum, (fields_of(folder).display_name or "").lower()))
    there = sorted(filter(str.isalnum, folder.lower()))
    for letter in shown:
        if there:
            assert letter in there
            there.remove(letter)


@pytest.mark.parametrize("folder", ["x" * 255, "-" * 255, "1-" * 127, "gpt-" * 63, "\u202e" * 85, "界" * 85, "é̩" * 40])
def test_names_of_hostile_form(folder: str) -> None:
    shown = fields_of(folder).display_name or ""
    assert 0 < len(shown) <= 255
    assert re.search(r"\S", shown)
