"""`arcwatch score` says what an ingestion would, without a server, and its exit status is one for CI."""

import json
from pathlib import Path
from typing import Any

import pytest
from arcwatch.cli import app
from typer.testing import CliRunner, Result

from tests.support.deployments import command
from tests.support.submissions import answer_file, solved, tasks, unsolved

TASKS = tasks()
TWO_PAIRS = next(task for task in TASKS if len(task.test) == 2)


def score(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["score", *map(str, arguments)])


def document(*arguments: object) -> Any:
    return json.loads(score(*arguments, "--json").stdout)


def write(folder: Path, **files: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name.removeprefix('t')}.json").write_bytes(content)
    return folder


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Lend a model's folder with one task solved, one half solved, one not."""
    one, two = (task for task in TASKS[:4] if task is not TWO_PAIRS and len(task.test) == 1), TWO_PAIRS
    first, second, *_ = one
    files = {first.id: solved(first), second.id: unsolved(second), two.id: answer_file(two, right=[1])}
    return write(tmp_path / "gpt", **{f"t{name}": content for name, content in files.items()})


def test_a_model_s_score_is_told_with_its_coverage(good: Path) -> None:
    run = score(good)
    lines = [line.split(maxsplit=1) for line in run.stdout.splitlines()]
    found = {line[0]: line[1] for line in lines if len(line) > 1}
    assert run.exit_code == 0
    assert found["model"] == "gpt"
    assert found["score"] == "1.25% of the set's 120 tasks (1.5 points)"
    assert found["of"] == "submitted  50.00% of 3 tasks"
    assert "guessed: 3 task ids" in run.stdout
    assert run.stdout.splitlines()[-1] == "passed: 0 errors, 0 warnings"


def test_json_says_every_figure_and_where_it_comes_from(good: Path) -> None:
    found = document(good)
    assert (found["failed"], found["differences"]) == ([], [])
    (model,) = found["models"]
    assert (model["score"], model["scoreSubmitted"]) == (1.5 / 120, 0.5)
    assert (model["tasksTotal"], model["tasksSubmitted"], model["tasksSolved"]) == (120, 3, 1)
    assert model["tasks"][TWO_PAIRS.id]["path"] == f"{TWO_PAIRS.id}.json"
    assert model["scoreInterval"]["low"] < model["score"] < model["scoreInterval"]["high"]
    assert [each["modelName"] for each in model["attempts"]] == ["gpt-attempt1", "gpt-attempt2"]


def test_an_error_fails_and_a_warning_does_where_it_is_asked(good: Path) -> None:
    (good / "deadbeef.json").write_bytes(b"[]")
    assert score(good).exit_code == 1
    assert document(good)["failed"] == ["gpt"]
    (good / "deadbeef.json").rename(good / "odd.json")
    assert score(good).exit_code == 0
    run = score(good, "--fail-on", "warning")
    assert run.exit_code == 1
    assert "warning: gpt: no_task_name (1)" in run.stdout
    assert run.stdout.splitlines()[-1] == "failed: 0 errors, 1 warnings"


def test_several_models_are_a_table_and_each_finding_names_its_model(good: Path) -> None:
    write(good.parent / "other", **{f"t{TASKS[0].id}": b"{"})
    run = score(good.parent)
    assert run.exit_code == 1
    assert run.stdout.splitlines()[0].split()[:3] == ["MODEL", "TASK", "SET"]
    assert "error: other: not_json (1)" in run.stdout
    assert document(good.parent)["failed"] == ["other"]


def test_what_cannot_be_read_is_a_finding(good: Path) -> None:
    (good / f"{TASKS[5].id}.json").symlink_to("/etc/hostname")
    run = score(good)
    assert run.exit_code == 1
    assert "error: gpt: unavailable (1). Make the file readable" in run.stdout
    assert "leads out of the folder" in run.stdout
    (good / f"{TASKS[5].id}.json").unlink()
    (good / "more").symlink_to("/etc")
    assert score(good).exit_code == 1
    assert document(good)["models"][0]["status"] == "partial"


@pytest.mark.parametrize(
    ("files", "arguments", "words"),
    [
        ({}, [], "no submission in"),
        ({"odd": b"[]"}, [], "neither names of folders nor ids of tasks"),
        ({"odd": b"[]"}, [], "ARC2-Eval"),
        ({"odd": b"[]"}, ["--source", "ARC3"], "there is no task set ARC3; there are ARC1, ARC1-Eval"),
    ],
)
def test_where_there_is_nothing_to_score_it_says_what_is_missing(
    files: dict[str, bytes], arguments: list[str], words: str, tmp_path: Path
) -> None:
    run = score(write(tmp_path / "gpt", **files), *arguments)
    assert run.exit_code == 2
    assert words in " ".join(run.stderr.replace("│", " ").split())


def test_a_folder_without_a_set_of_its_own_has_that_of_the_others(good: Path) -> None:
    write(good.parent / "odd", odd=b"[]")
    models = {model["model"]: model for model in document(good.parent)["models"]}
    assert models["odd"]["source"] == "ARC2-Eval"
    assert models["odd"]["sourceReason"] == "guessed: that of the others"


def test_its_own_output_is_expected_and_each_change_is_named(good: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    before.write_text(score(good, "--json").stdout)
    assert score(good, "--expect", before).exit_code == 0
    (good / f"{TWO_PAIRS.id}.json").write_bytes(solved(TWO_PAIRS))
    found = document(good, "--expect", before)
    named = {each["figure"]: (each["expected"], each["found"]) for each in found["differences"]}
    assert named["score"] == (1.5 / 120, 2 / 120)
    assert named[f"{TWO_PAIRS.id} pairsSolved"] == (1, 2)
    assert "attempt2 pairsCorrect" not in named
    (good / f"{TASKS[6].id}.json").write_bytes(unsolved(TASKS[6]))
    more = {each["figure"]: each["expected"] for each in document(good, "--expect", before)["differences"]}
    assert more[f"{TASKS[6].id} pairsSolved"] is None
    run = score(good, "--expect", before)
    assert run.exit_code == 1
    assert run.stdout.splitlines()[-1].startswith(f"failed: {len(more)} differences")


def test_a_model_that_is_not_expected_or_missing_is_a_difference(good: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    before.write_text(score(good, "--json").stdout)
    good.rename(good.parent / "renamed")
    found = document(good.parent / "renamed", "--expect", before)
    assert {(each["model"], each["name"]) for each in found["differences"]} == {
        ("gpt", "missing_model"),
        ("renamed", "unexpected_model"),
    }


def report(good: Path, **tasks: float) -> Path:
    """Write a report as the official scorer does: its score is a sum."""
    results = {name.removeprefix("t"): {"score": score, "cost": 0.1} for name, score in tasks.items()}
    path = good.parent / "report.json"
    path.write_text(json.dumps({"score": sum(tasks.values()), "total_tasks": len(tasks), "task_results": results}))
    return path


def test_the_official_report_is_expected_task_by_task(good: Path) -> None:
    first, second = sorted(file.stem for file in good.iterdir() if file.stem != TWO_PAIRS.id)
    scores = {f"t{first}": 1.0, f"t{second}": 0.0, f"t{TWO_PAIRS.id}": 0.5}
    assert document(good)["models"][0]["tasks"][first]["pairsSolved"] == 1
    assert score(good, "--expect", report(good, **scores)).exit_code == 0
    found = document(good, "--expect", report(good, **{f"t{first}": 1.0, f"t{TWO_PAIRS.id}": 1.0, "tdeadbeef": 1.0}))
    assert [(each["name"], each["figure"], each["expected"], each["found"]) for each in found["differences"]] == sorted(
        [
            ("incomplete_report", f"results.json {second}", None, 0.0),
            ("different_report", f"results.json {TWO_PAIRS.id}", 1.0, 0.5),
            ("stale_report", "results.json deadbeef", 1.0, None),
        ],
        key=lambda each: each[1],
    )
    assert score(good, "--expect", report(good, **{f"t{first}": 0.9})).exit_code == 1
    rounded = scores | {f"t{TWO_PAIRS.id}": 0.5 + 1e-15}
    assert score(good, "--expect", report(good, **rounded)).exit_code == 0


def test_a_report_of_one_model_is_not_compared_with_several(good: Path) -> None:
    write(good.parent / "models" / "a", **{f"t{TASKS[0].id}": b"[]"})
    write(good.parent / "models" / "b", **{f"t{TASKS[0].id}": b"[]"})
    run = score(good.parent / "models", "--expect", report(good, t1=1.0))
    assert run.exit_code == 2
    assert "of one model" in run.stderr


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_an_expectation_that_says_nothing_is_refused(content: str, good: Path, tmp_path: Path) -> None:
    (tmp_path / "expected.json").write_text(content)
    assert score(good, "--expect", tmp_path / "expected.json").exit_code == 2


async def test_it_needs_no_server_and_no_setting(good: Path) -> None:
    run = await command("score", str(good), env={"DATABASE_URL": "", "NATS_URL": "", "HF_HUB_OFFLINE": "1"})
    assert run.status == 0
    assert run.out[-1] == "passed: 0 errors, 0 warnings"
    assert run.err == []
