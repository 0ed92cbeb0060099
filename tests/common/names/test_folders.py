"""A folder's name is checked before it goes anywhere."""

import pytest
from common.names.folders import attempt_model_name, is_plain_folder_name


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
