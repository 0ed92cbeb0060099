"""A model's submissions at several efforts share one name, and what else a name says stays in it."""

import pytest
from common.names.efforts import base_name
from common.names.registry import ModelNames
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("shown", "effort", "base"),
    [
        ("GPT-5.2 (xhigh)", "xhigh", "GPT-5.2"),
        ("GPT-5.2", "none", "GPT-5.2"),
        ("GPT-5.1 (Thinking, None)", "none", "GPT-5.1"),
        ("Claude Opus 4.6 (120K, Low)", "low", "Claude Opus 4.6"),
        ("Gemini 2.5 Flash (Preview) (Thinking 1K)", "1k", "Gemini 2.5 Flash (Preview)"),
        ("o3 (Preview, Low)", "low", "o3 (Preview)"),
        ("My Solver (v2)", "high", "My Solver (v2)"),
        ("Grok 4 (Fast Reasoning)", None, "Grok 4 (Fast Reasoning)"),
        ("(high)", "high", "(high)"),
    ],
)
def test_the_effort_at_the_end_of_a_name_is_left_out(shown: str, effort: str | None, base: str) -> None:
    assert base_name(shown, effort) == base


def test_the_levels_of_one_model_of_the_registry_come_together() -> None:
    names = ModelNames()
    folders = [f"gpt-5-2-2025-12-11-thinking-{level}" for level in ("none", "low", "medium", "high", "xhigh")]
    known = [names.of(folder) for folder in folders]
    assert {base_name(each.display_name, each.fields.effort) for each in known} == {"GPT-5.2"}
    # Which is another model.
    pro = names.of("gpt-5-2-pro-2025-12-11-high")
    assert base_name(pro.display_name, pro.fields.effort) == "GPT-5.2 Pro"


@given(st.text(min_size=1, max_size=255), st.none() | st.text(min_size=1, max_size=20))
def test_no_name_becomes_empty_or_longer(shown: str, effort: str | None) -> None:
    assert 0 < len(base_name(shown, effort)) <= len(shown)
