"""Folder names that mean a task set are read as one, and no others."""

import pytest
from common.arc.set_names import SetName, set_name_of
from common.arc.task_sets import Source


@pytest.mark.parametrize(
    ("folders", "name"),
    [
        (["v2", "public_eval"], (2, "eval")),
        (["v1"], (1, None)),
        (["ARC-AGI-2", "Evaluation"], (2, "eval")),
        (["arc_agi_v1_public_eval"], (1, "eval")),
        (["arc2"], (2, None)),
        (["v1", "training"], (1, "train")),
        (["public-training-set"], (None, "train")),
        (["semi_private"], (None, "semi-private")),
        (["v2_semi_private_eval"], (2, "semi-private")),
        (["private_eval"], (None, "private")),
        (["eval_tasks"], (None, "eval")),
        (["runs", "v1", "more", "eval"], (1, "eval")),
        (["v1", "v2"], (2, None)),
    ],
)
def test_what_folders_say_of_a_set(folders: list[str], name: tuple[int | None, str | None]) -> None:
    assert set_name_of(folders) == name


@pytest.mark.parametrize(
    "folder", ["", "1", "2", "test", "v12", "gpt-4", "v2-turbo", "evaluator", "public", "run1", "___"]
)
def test_other_folders_say_nothing(folder: str) -> None:
    assert set_name_of([folder]) is None


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("ARC1", (1, "train")),
        ("ARC2-Eval", (2, "eval")),
        ("ARC2-Semi-Private", (2, "semi-private")),
        ("ARC1-Private", (1, "private")),
    ],
)
def test_a_source_means_a_version_and_a_split(source: str, name: tuple[int, str]) -> None:
    assert SetName.of_source(source) == name


@pytest.mark.parametrize("source", [Source.ARC_HEAVY, Source.CONCEPT_ARC, ""])
def test_other_sources_have_no_versions(source: str) -> None:
    assert SetName.of_source(source) is None


def test_names_fit_where_they_say_nothing_different() -> None:
    wanted = SetName(2, "eval")
    assert SetName(2, None).fits(wanted)
    assert SetName(None, "eval").fits(wanted)
    assert not SetName(1, "eval").fits(wanted)
    assert not SetName(2, "semi-private").fits(wanted)
