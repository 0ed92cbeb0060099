"""The registry knows what it lists, says where each field comes from, and lets nearer sources go first."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from common.names.conventions import fields_of
from common.names.fields import FIELDS, Entry, NameFields
from common.names.registry import ModelNames, packaged
from hypothesis import given
from hypothesis import strategies as st

from tests.common.names.official import OFFICIAL
from tests.common.names.spelling import as_shown

PROVIDERS = {
    *("ARC Prize 2024", "ARC Prize 2025", "Alibaba", "Anthropic", "Bespoke", "DeepSeek", "E. Pang", "Google"),
    *("J. Berman", "Johan Land", "Meta", "MiniMax", "Mistral", "Moonshot AI", "OpenAI", "Poetiq", "Z.ai", "xAI"),
}
# Folders on the Hub that hold answers: of the public v2 set those with a results.json, and the best sixteen.
ON_THE_HUB = (
    *(f"claude-opus-4-5-20251101-thinking-{budget}" for budget in ("none", "1k", "8k", "16k", "32k", "64k")),
    *(f"claude-opus-4-6-thinking-120K-{level}" for level in ("low", "medium", "high", "max")),
    *(f"claude-opus-4-8-{level}" for level in ("low", "medium", "high", "max")),
    *("gemini-3-1-pro-preview", "gemini-3-deep-think-preview", "gemini-3-pro-preview"),
    *(f"gemini-3-flash-preview-thinking-{level}" for level in ("minimal", "low", "medium", "high")),
    *(f"gpt-5-1-2025-11-13-thinking-{level}" for level in ("none", "low", "medium", "high")),
    *(f"gpt-5-2-2025-12-11-thinking-{level}" for level in ("none", "low", "medium", "high", "xhigh")),
    *("gpt-5-2-pro-2025-12-11-high", "gpt-5-2-pro-2025-12-11-medium", "gpt-5-4-pro-xhigh"),
    *("gpt-5-4-high", "gpt-5-4-medium", "grok-4.20-beta-0309b-reasoning"),
)


def test_every_official_name_is_given_exactly() -> None:
    names = ModelNames()
    assert {folder: names.of(folder).display_name for folder in OFFICIAL} == {
        folder: as_shown(name) for folder, name in OFFICIAL.items()
    }


def test_most_official_names_are_shown_as_they_are() -> None:
    """162 of 181; the others lose a footnote's mark, gain the family's word, or spell xhigh as the API does."""
    assert sum(name == as_shown(name) for name in OFFICIAL.values()) == 162


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("gpt-5-2-2025-12-11-thinking-xhigh", "GPT-5.2 (xhigh)"),
        ("claude-opus-4-5-20251101-thinking-32k", "Claude Opus 4.5 (Thinking, 32K)"),
        ("claude-opus-4-8-max", "Claude Opus 4.8 (Max)"),
    ],
)
def test_names_that_people_know(folder: str, name: str) -> None:
    assert ModelNames().of(folder).display_name == name


@pytest.mark.parametrize("folder", ON_THE_HUB)
def test_everything_is_known_of_folders_on_the_hub(folder: str) -> None:
    found = ModelNames().of(folder)
    unknown = {name for name in FIELDS if getattr(found.fields, name) is None}
    # Of four no level is public.
    assert unknown <= ({"effort"} if re.search(r"(preview|reasoning)$", folder) else set()), unknown
    assert dict(found.layers)["display_name"] == "registry"


def test_each_field_of_the_registry_has_a_source_and_a_sound_value() -> None:
    for folder, (fields, origins) in packaged().items():
        said = {name: value for name, value in dict(fields).items() if value is not None}
        assert said.keys() == origins.keys(), folder
        assert all("http" in origin for origin in origins.values()), (folder, origins)
        assert fields.provider in {None, *PROVIDERS}, folder
        assert fields.provider or fields.kind in {"human_panel", "baseline"}, folder
        assert fields.release_date is None or date(2020, 1, 1) <= fields.release_date <= date(2026, 8, 19), folder
        assert fields.kind, folder
        assert fields.family or fields.kind != "model" or fields.provider == "Bespoke", folder


def _entry(origin: str, **fields: object) -> Entry:
    return Entry(NameFields.model_validate(fields), dict.fromkeys(FIELDS, origin))


def test_a_nearer_source_goes_first_field_by_field() -> None:
    folder = "gpt-5-2-2025-12-11-thinking-xhigh"
    names = ModelNames(
        admin={folder: _entry("admin", provider="Us")}, file={folder: _entry("file", provider="They", family="Big")}
    )
    found = names.of(folder)
    assert (found.fields.provider, found.fields.family, found.display_name) == ("Us", "Big", "GPT-5.2 (xhigh)")
    layers = {"display_name": "registry", "provider": "admin", "family": "file", "effort": "rules"}
    assert dict(found.layers) == layers | {"release_date": "registry", "kind": "registry"}
    origins = dict(found.origins)
    assert (origins["provider"], origins["family"], origins["effort"]) == ("admin", "file", "the folder's name")
    assert origins["release_date"].startswith("ARC Prize's leaderboard, https://")


def test_what_an_admin_sets_is_seen_and_taken_back() -> None:
    names = ModelNames()
    assert names.of("a").display_name == "A"
    named = names.with_admin({"a": _entry("x", display_name="Alpha")})
    assert (named.of("a").display_name, names.of("a").display_name) == ("Alpha", "A")
    assert named != names
    assert named.with_admin({}) == names
    assert named.with_admin({}).of("a").display_name == "A"


def test_an_unknown_folder_is_known_by_rules_alone() -> None:
    found = ModelNames().of("my-solver")
    assert found.fields == fields_of("my-solver")
    assert dict(found.layers) == {"display_name": "rules"}


FILE = """
[sources]
wiki = "https://wiki.example.org/solvers"

[[models]]
provider = "My Lab"
kind = "system"
release_date = 2026-01-02
source = "wiki"
sources.release_date = "the press"
folders = ["solver-1"]
names."solver 2" = "Solver (2)"
"""


def test_the_operators_file_says_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "names.toml").write_text(FILE)
    names = ModelNames.load(tmp_path / "names.toml")
    first, second = names.of("solver-1"), names.of("solver 2")
    assert (first.display_name, second.display_name) == ("Solver 1", "Solver (2)")
    assert (first.fields.provider, second.fields.release_date) == ("My Lab", date(2026, 1, 2))
    assert dict(second.origins) == {
        "display_name": "https://wiki.example.org/solvers",
        "provider": "https://wiki.example.org/solvers",
        "release_date": "the press",
        "kind": "https://wiki.example.org/solvers",
    }
    assert names.of("o3").fields.provider == "OpenAI"


@given(
    st.dictionaries(st.text(max_size=5), st.sampled_from([NameFields(), NameFields(provider="P", kind="system")])),
    st.text(max_size=5),
)
def test_any_folder_has_a_name_whatever_is_listed(listed: Mapping[str, NameFields], folder: str) -> None:
    names = ModelNames(admin={each: Entry(fields, dict.fromkeys(FIELDS, "")) for each, fields in listed.items()})
    for each in {folder, *listed}:
        found = names.of(each)
        assert found.display_name
        assert {name for name, _ in found.layers} == {
            name for name in FIELDS if getattr(found.fields, name) is not None
        }
