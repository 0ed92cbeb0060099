"""A name that is none of those there is refused in words that name what is."""

import pytest
from common.process.choices import no_such, not_watched

MANY = [f"gpt-5-{number}" for number in range(10)] + ["claude-opus-4-5", "Gemini-3-Flash"]


@pytest.mark.parametrize(
    ("name", "there", "said"),
    [
        ("a", [], "there is no folder a; there is none at all"),
        ("a", ["b"], "there is no folder a; there is b"),
        ("a", {"c", "b"}, "there is no folder a; there are b, c"),
        (3, [1, 2], "there is no folder 3; there are 1, 2"),
        ("claude-opus-45", MANY, "there is no folder claude-opus-45; the nearest of 12: claude-opus-4-5"),
        ("GEMINI-3-flash-x", MANY, "there is no folder GEMINI-3-flash-x; the nearest of 12: Gemini-3-Flash"),
        ("~", MANY, "there is no folder ~; there are 12, such as Gemini-3-Flash, claude-opus-4-5, gpt-5-0"),
    ],
)
def test_what_there_is_is_named(name: object, there: list[object], said: str) -> None:
    assert no_such("folder", name, there) == said


def test_the_place_is_named() -> None:
    assert no_such("model", "m", ["n"], "owner/data") == "there is no model m in owner/data; there is n"


def test_at_most_three_are_near() -> None:
    assert no_such("folder", "gpt-5-x", MANY).count("gpt-5-") == 1 + 3


def test_the_setting_is_named() -> None:
    assert not_watched("a/b", ("c/d", "e/f")) == "a/b is not watched here; HF_DATASETS holds c/d, e/f"
