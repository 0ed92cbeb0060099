"""The query API knows each task set by the frontend's name, and says which one that it needs is missing."""

import json
from pathlib import Path

import pytest
from common.arc import task_sets
from common.arc.task_sets import load_task_set
from query_api.view.task_sets import TaskIndex, load
from structlog.testing import capture_logs

PAIR = {"input": [[1]], "output": [[1]]}


def put(folder: Path, source: str) -> None:
    (folder / source).mkdir()
    for name, pairs in (("b", 2), ("a", 1)):
        (folder / source / f"{name}.json").write_text(json.dumps({"train": [PAIR], "test": [PAIR] * pairs}))


def test_bundled_sets_are_there_under_the_frontends_names_and_sorted() -> None:
    found = load(None)
    assert list(found) == ["evaluation", "evaluation2", "training", "training2"]
    sets = [(each.source, len(each.pairs), each.pairs_total) for each in found.values()]
    assert sets == [("ARC1-Eval", 400, 419), ("ARC2-Eval", 120, 167), ("ARC1", 400, 416), ("ARC2", 1000, 1076)]
    assert all(list(each.pairs) == sorted(each.pairs) for each in found.values())


def test_a_set_of_the_tasks_directory_counts_its_pairs(tmp_path: Path) -> None:
    put(tmp_path, "ConceptARC")
    assert "arc-heavy" not in load(tmp_path)
    put(tmp_path, "ARC-Heavy")
    load.cache_clear()
    pairs = {"a": 1, "b": 2}
    version = load_task_set("ConceptARC", tmp_path).version
    assert load(tmp_path)["concept-arc"] == TaskIndex("concept-arc", "ConceptARC", pairs, version)
    assert load(tmp_path)["arc-heavy"] == TaskIndex("arc-heavy", "ARC-Heavy", pairs, version)


@pytest.mark.parametrize(("needed", "missing"), [((), []), (("ARC-Heavy",), ["ARC-Heavy"])])
def test_only_a_missing_set_that_is_needed_is_told(tmp_path: Path, needed: tuple[str, ...], missing: list[str]) -> None:
    with capture_logs() as lines:
        load(tmp_path, needed)
    assert [line["source"] for line in lines if line["event"] == "task_set.missing"] == missing
    assert all("ARC_TASKS_DIR" in line["reason"] for line in lines)


def test_a_bundled_set_that_is_missing_is_told_whether_it_is_needed_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_task_set.cache_clear()
    monkeypatch.setattr(task_sets, "find_spec", lambda _: None)
    with capture_logs() as lines:
        assert load(tmp_path) == {}
    assert [line["source"] for line in lines] == list(task_sets.BUNDLED)
    assert all("install it" in line["reason"] for line in lines)


def test_no_grid_stays_in_memory(tmp_path: Path) -> None:
    load(tmp_path)
    assert load_task_set.cache_info().currsize == 0
