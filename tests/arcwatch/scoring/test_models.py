"""Names of folders tell models and task sets; where they do not, the ids of tasks do, and that is said."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from arcwatch.scoring.disk import Folder, scan
from arcwatch.scoring.models import Choice, available_sources, choose_source, find_models

from tests.support.submissions import tasks

V1, V2, TRAINING = tasks("ARC1-Eval"), tasks("ARC2-Eval"), tasks("ARC1")
SHARED = "0934a4d8"  # in the evaluation sets of both versions


def folder(root: Path, paths: Iterable[str]) -> Folder:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("[]")
    return scan(root)


def names(root: Path, *paths: str) -> list[str]:
    return [model.name for model in find_models(folder(root, paths), available_sources(None), None)]


@pytest.mark.parametrize(
    ("paths", "models"),
    [
        ([f"{V2[0].id}.json"], ["gpt"]),
        ([f"{V2[0].id}.json", "logs/x.json"], ["gpt"]),
        (["submission.json", "a/b.json"], ["gpt"]),
        ([f"v2/public_eval/{V2[0].id}.json", f"v1/public_eval/{V1[0].id}.json"], ["gpt"]),
        ([f"a/{V2[0].id}.json", f"b/v2/{V2[0].id}.json", "c/wrong.json", "d/README.md"], ["a", "b", "c"]),
        ([f"public_eval/{V2[0].id}.json", f"b/{V2[0].id}.json"], ["b", "public_eval"]),
        ([f"a/{V2[0].id}.json"], ["a"]),
        (["wrong.json"], ["gpt"]),
        (["README.md"], []),
        ([], []),
    ],
)
def test_a_folder_is_one_model_s_or_holds_several(paths: list[str], models: list[str], tmp_path: Path) -> None:
    (tmp_path / "gpt").mkdir()
    assert names(tmp_path / "gpt", *paths) == models


def test_a_folder_called_like_a_task_set_is_scored_by_the_model_s_name_above(tmp_path: Path) -> None:
    assert names(tmp_path / "gpt" / "v2" / "public_eval", f"{V2[0].id}.json") == ["gpt"]


@pytest.mark.parametrize(
    ("path", "files", "choice"),
    [
        ("arc_agi_v2_public_eval/gpt", ["wrong.json"], ("ARC2-Eval", False, "arc_agi_v2_public_eval")),
        ("v1/public_eval", [f"{V2[0].id}.json"], ("ARC1-Eval", False, "v1/public_eval")),
        ("gpt", [f"v2/public_eval/{SHARED}.json"], ("ARC2-Eval", False, "v2/public_eval")),
        ("gpt", [f"v1/public_eval/{SHARED}.json"], ("ARC1-Eval", False, "v1/public_eval")),
        ("gpt", [f"v2/public_eval/{SHARED}.json", f"{V2[1].id}.json"], ("ARC2-Eval", True, "2 task ids")),
        ("gpt", [f"{V2[0].id.upper()}.json"], ("ARC2-Eval", True, "1 task ids")),
        ("gpt", [f"{each.id}.json" for each in V1[:9]], ("ARC1-Eval", True, "9 task ids")),
        ("gpt", [f"{each.id}.json" for each in TRAINING[:9]], ("ARC1", True, "9 task ids")),
        ("v1/gpt", [f"{V2[0].id}.json"], ("ARC2-Eval", True, "1 task ids")),
    ],
)
def test_the_task_set_is_told_by_names_else_guessed(
    path: str, files: list[str], choice: tuple[str, bool, str], tmp_path: Path
) -> None:
    found = choose_source(folder(tmp_path / path, files), None)
    assert found is not None
    assert (found.source, found.guessed) == choice[:2]
    assert choice[2] in found.why


@pytest.mark.parametrize("path", ["deadbeef.json", "wrong.json", f"v2/semi_private_eval/{V2[0].id}.json"])
def test_what_names_and_ids_do_not_tell_is_not_guessed(path: str, tmp_path: Path) -> None:
    assert choose_source(folder(tmp_path / "gpt", [path]), None) is None


def test_the_ids_within_one_file_for_all_tasks_tell_its_set(tmp_path: Path) -> None:
    (tmp_path / "submission.json").write_text(json.dumps({V2[0].id: [], V2[1].id: []}))
    assert choose_source(scan(tmp_path), None) == Choice(
        "ARC2-Eval", "guessed: 2 task ids are of this set", guessed=True
    )


def test_a_set_of_the_directory_is_available(tmp_path: Path) -> None:
    (tmp_path / "ConceptARC").mkdir()
    (tmp_path / "ConceptARC" / "AboveBelow1.json").write_text("{}")
    assert "ConceptARC" in available_sources(tmp_path)
    found = choose_source(folder(tmp_path / "gpt", ["AboveBelow1.json"]), tmp_path)
    assert found is not None
    assert found.source == "ConceptARC"
