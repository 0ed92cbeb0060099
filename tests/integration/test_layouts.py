"""Every layout that the official harness and its users land is scored exactly, and what does not count is named.

The trees are those that each upload mode of arcprize/arc-agi-benchmarking left on a Hub, with fewer tasks.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from common.arc.task_sets import Task
from common.events import ModelDiscovered
from common.outcomes import TransientError
from ingester.ingestion.commit import Commit

from tests.support.hub import TestHub
from tests.support.hub.faults import Corrupt
from tests.support.pipeline import Pipeline
from tests.support.submissions import V1, V2, answer_file, rows_of, solved, tasks, unsolved

OURS = tasks()[:3]
OF_V1 = tasks("ARC1-Eval")[:3]
MODEL = "random-baseline"
NULL = [{"attempt_1": None, "attempt_2": None}]

Findings = set[tuple[str, str, bool]]


def each(folder: str, of: Iterable[Task] = OURS) -> dict[str, bytes]:
    """Return a folder with a solved file for each task."""
    return {f"{folder}/{task.id}.json": solved(task) for task in of}


def of_model(name: str, task: Task) -> bytes:
    """Return a file whose attempts say of which model they are, as the harness writes it."""
    document = json.loads(answer_file(task))
    for pair in document:
        for attempt in pair.values():
            attempt["metadata"]["test_id"] = name
    return json.dumps(document).encode()


def for_all(answers: Mapping[str, Any]) -> bytes:
    return json.dumps(answers).encode()


def bare(task: Task) -> list[dict[str, Any]]:
    """Return right answers as Kaggle and the harness of 2024 have them: grids without anything else."""
    return [{"attempt_1": [[0, 0], [0, 0]], "attempt_2": rows_of(pair.output)} for pair in task.test]


async def findings(pipeline: Pipeline, model: str, dataset: str = V2) -> Findings:
    """Return what is said of the current version: of which task or path, of which kind, whether it cost the file."""
    version = await pipeline.version(model, dataset)
    rows = await pipeline.pool.fetch(
        "SELECT coalesce(puzzle_id, '') AS about, kind, fatal FROM ingestion_errors WHERE run_id = $1",
        version["run_id"],
    )
    return {(row["about"], row["kind"], row["fatal"]) for row in rows}


async def message(pipeline: Pipeline, model: str, kind: str) -> str:
    version = await pipeline.version(model)
    (row,) = await pipeline.pool.fetch(
        "SELECT message FROM ingestion_errors WHERE run_id = $1 AND kind = $2", version["run_id"], kind
    )
    return str(row["message"])


async def paths(pipeline: Pipeline, model: str, dataset: str = V2) -> dict[str, str]:
    """Return the path of the file that answers each task."""
    version = await pipeline.version(model, dataset)
    rows = await pipeline.pool.fetch("SELECT puzzle_id, hf_path FROM task_results WHERE version_id = $1", version["id"])
    return {row["puzzle_id"]: row["hf_path"] for row in rows}


OTHER_SETS = {("v1/public_eval", "other_task_set", False), ("v2/semi_private_eval", "other_task_set", False)}
CONFIG = {**each("v1/public_eval", OF_V1), **each("v2/public_eval"), **each("v2/semi_private_eval", OURS[:2])}
TREES: dict[str, tuple[dict[str, bytes], str, Findings]] = {
    "flat, with the scorer's report": (each(".") | {"./results.json": b"{}"}, "{}.json", set()),
    "the configuration's folder": (CONFIG, "v2/public_eval/{}.json", OTHER_SETS),
    "the run's name is a version": (each("v2"), "v2/{}.json", set()),
    "a name with a slash": (
        each("gpt-x") | {"gpt-x/results.json": b"{}"},
        "gpt-x/{}.json",
        {("", "nested_folder", False)},
    ),
    "two models in one folder": (
        each("gpt-x") | {f"gpt-y/{OURS[0].id}.json": unsolved(OURS[0])},
        "gpt-x/{}.json",
        {("", "nested_folder", False), ("gpt-y", "duplicate_file", False)},
    ),
    "upper case": ({f"{task.id.upper()}.JSON": solved(task) for task in OURS}, "{upper}.JSON", set()),
    "byte order marks": ({f"{task.id}.json": b"\xef\xbb\xbf" + solved(task) for task in OURS}, "{}.json", set()),
    "two files for a task": (
        each("v2/public_eval") | {f"v2/{OURS[0].id}.json": solved(OURS[0])},
        "v2/public_eval/{}.json",
        {(OURS[0].id, "duplicate_file", False)},
    ),
    "the harness of 2024": (
        {"attemps.json": for_all({task.id: bare(task) for task in OURS}), "results.json": b"{}"},
        "attemps.json",
        set(),
    ),
    "Kaggle's": ({"submission.json": for_all({task.id: bare(task) for task in OURS})}, "submission.json", set()),
    "one file with attempts as objects": (
        {"v2/Attempts.json": b"\xef\xbb\xbf" + for_all({task.id: json.loads(solved(task)) for task in OURS})},
        "v2/Attempts.json",
        set(),
    ),
}


@pytest.mark.parametrize("tree", TREES)
async def test_what_is_landed_is_scored_and_what_does_not_count_is_named(
    pipeline: Pipeline, hub: TestHub, tree: str
) -> None:
    files, path, said = TREES[tree]
    hub.commit(V2, {f"{MODEL}/{name.removeprefix('./')}": body for name, body in files.items()})
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert (announced.tasks_submitted, announced.score, announced.failed) == (3, 3 / 120, 0)
    assert await findings(pipeline, MODEL) == said
    version = await pipeline.version(MODEL)
    assert version["warnings"] == sum(kind != "nested_folder" for _, kind, _ in said)
    assert (version["status"], version["complete"]) == ("completed", True)
    first = path if tree != "two files for a task" else "v2/{}.json"
    expected = {task.id: path.format(task.id, upper=task.id.upper()) for task in OURS}
    assert await paths(pipeline, MODEL) == expected | {OURS[0].id: first.format(OURS[0].id, upper=OURS[0].id.upper())}
    assert await pipeline.settle() == []


async def test_one_tree_with_both_versions_is_read_by_each_dataset_as_its_own(pipeline: Pipeline, hub: TestHub) -> None:
    for dataset in (V1, V2):
        hub.commit(dataset, {f"{MODEL}/{name}": body for name, body in CONFIG.items()})
    announced = await pipeline.settle()
    assert {(each.dataset, each.score) for each in announced if each} == {(V1, 3 / 400), (V2, 3 / 120)}
    assert set((await paths(pipeline, MODEL, V1)).values()) == {f"v1/public_eval/{task.id}.json" for task in OF_V1}


async def test_an_upload_without_a_models_name_is_ingested_and_says_whose_its_files_are(
    pipeline: Pipeline, hub: TestHub
) -> None:
    one, two, three = OURS
    hub.commit(V2, {f"public_eval/{one.id}.json": of_model(MODEL, one), "v1/README.md": b"-"})
    await pipeline.settle()
    lacks = "the folder is called like a task set: the upload lacked a model's name"
    assert await message(pipeline, "public_eval", "model_name_missing") == f"{lacks}; the files say they are of {MODEL}"
    # The second model of such an upload overwrites files of the first one.
    hub.commit(V2, {f"public_eval/{task.id}.json": of_model("random-two", task) for task in (two, three)})
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert announced.tasks_submitted == 3
    said = f"; the files say they are of several models: {MODEL}, random-two"
    assert await message(pipeline, "public_eval", "model_name_missing") == lacks + said


async def test_folders_of_other_sets_at_the_root_answer_nothing_of_this_one(pipeline: Pipeline, hub: TestHub) -> None:
    in_both_sets = [task for task in OURS if task.id in {"0934a4d8", "136b0064"}]
    hub.commit(V2, each("v1/public_eval", in_both_sets) | each("semi_private_eval"))
    announced = await pipeline.settle()
    assert {(each.model, each.tasks_submitted) for each in announced if each} == {("v1", 0), ("semi_private_eval", 0)}
    for model, files in (("v1", "2 files"), ("semi_private_eval", "3 files")):
        assert await message(pipeline, model, "nothing_usable") == f"no answer could be used: other_task_set in {files}"
        assert ("", "model_name_missing", False) in await findings(pipeline, model)


UNUSABLE: dict[str, tuple[dict[str, bytes], str]] = {
    "of another version": (each("v1/public_eval", OF_V1), "other_task_set in 3 files"),
    "of the semi-private set": (each("semi_private_eval"), "other_task_set in 3 files"),
    "of tasks that the set does not have": ({"deadbeef.json": b"[]"}, "unknown_task in 1 file"),
    "not JSON, and called like no task": (
        {f"{OURS[0].id}.json": b"<html>", "a.json": b"", "b.json": b""},
        "no_task_name in 2 files, not_json in 1 file",
    ),
    "one file for all, of another set": ({"submission.json": for_all({"deadbeef": NULL})}, "unknown_task in 1 file"),
    "one file for all, cut off": ({"submission.json": b'{"'}, "not_json in 1 file"),
    "one file for all, of bad tasks": (
        {"submission.json": for_all({task.id: {} for task in OURS})},
        "not_a_submission in 3 files",
    ),
}


@pytest.mark.parametrize("case", UNUSABLE)
async def test_a_submission_of_which_nothing_can_be_used_is_there_with_the_reason(
    pipeline: Pipeline, hub: TestHub, case: str
) -> None:
    files, reason = UNUSABLE[case]
    hub.commit(V2, {f"m/{name}": body for name, body in files.items()})
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert (announced.tasks_submitted, announced.score, announced.attempts) == (0, 0, ())
    assert (await pipeline.version("m"))["status"] == "partial"
    assert await message(pipeline, "m", "nothing_usable") == f"no answer could be used: {reason}"
    assert await pipeline.settle() == []


async def test_a_submission_whose_attempts_are_all_null_is_there_and_answers_nothing(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, {f"dead-endpoint/{task.id}.json": json.dumps(NULL * len(task.test)).encode() for task in OURS})
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert (announced.tasks_submitted, announced.score_submitted, announced.attempts) == (3, 0, ())
    assert (await pipeline.version("dead-endpoint"))["status"] == "partial"
    assert (await message(pipeline, "dead-endpoint", "nothing_usable")).startswith("no answer could be used")


async def test_a_folder_without_answers_is_no_submission(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {"pictures/a.png": b"-", "reports/results.json": b"{}"})
    assert await pipeline.settle() == [None, None]
    assert await pipeline.pool.fetchval("SELECT count(*) FROM submission_versions") == 0
    assert await pipeline.settle() == []


WHOLE = {
    OURS[0].id: bare(OURS[0]),
    OURS[1].id: {"attempt_1": []},
    OURS[2].id: bare(OURS[2]),
    "deadbeef": NULL,
}


async def test_a_file_for_all_tasks_is_fetched_once_and_its_findings_stay(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {"m/submission.json": for_all(WHOLE)})
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert (announced.tasks_submitted, announced.failed, announced.skipped) == (2, 1, 0)
    said = {(OURS[1].id, "not_a_submission", True), ("submission.json", "unknown_task", False)}
    assert await findings(pipeline, "m") == said
    assert (await pipeline.version("m"))["warnings"] == 1
    hub.commit(V2, {"m/README.md": b"new"})
    assert await pipeline.settle() == [None], "no answer changed"
    assert await findings(pipeline, "m") == said
    assert pipeline.downloads() == 1
    hub.commit(V2, {"m/submission.json": for_all({OURS[0].id: bare(OURS[0])})})
    (changed,) = await pipeline.settle()
    assert changed is not None
    assert (changed.tasks_submitted, changed.score, changed.failed) == (1, 1 / 120, 0)
    rows = "SELECT count(*) FROM explanations WHERE removed_upstream_at IS NULL"
    assert await pipeline.pool.fetchval(rows) == 2


async def test_the_same_content_under_a_name_of_the_other_kind_is_read_anew(pipeline: Pipeline, hub: TestHub) -> None:
    task = OURS[0]
    hub.commit(V2, {f"m/{task.id}.json": solved(task)})
    await pipeline.settle()
    hub.commit(V2, {f"m/{task.id}.json": None, "m/submission.json": solved(task)})
    (whole,) = await pipeline.settle()
    assert whole is not None
    assert await findings(pipeline, "m") >= {("submission.json", "not_a_submission", True)}
    assert whole.tasks_submitted == 0
    hub.commit(V2, {"m/submission.json": for_all({task.id: bare(task)})})
    await pipeline.settle()
    hub.commit(V2, {f"m/{task.id}.json": for_all({task.id: bare(task)}), "m/submission.json": None})
    (single,) = await pipeline.settle()
    assert single is not None
    assert await findings(pipeline, "m") >= {(task.id, "not_a_submission", True)}
    assert single.tasks_submitted == 0


async def test_files_for_each_task_take_the_place_of_one_for_all(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {"m/submission.json": for_all(WHOLE)})
    await pipeline.settle()
    hub.commit(V2, {f"m/{OURS[0].id}.json": solved(OURS[0])})
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert (announced.tasks_submitted, announced.failed, announced.skipped) == (1, 0, 1)
    assert await findings(pipeline, "m") == {("submission.json", "duplicate_file", False)}
    assert await paths(pipeline, "m") == {OURS[0].id: f"{OURS[0].id}.json"}


async def test_a_run_goes_on_with_a_file_for_all_tasks_that_an_earlier_delivery_staged(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, {"m/submission.json": for_all(WHOLE)})
    event = ModelDiscovered(dataset=V2, model="m")
    await pipeline.pool.execute("ALTER TABLE submission_versions ADD CONSTRAINT never CHECK (false)")
    with pytest.raises(asyncpg.CheckViolationError):
        await pipeline.ingester.ingest(event, 1, 1)
    staged = await pipeline.pool.fetchval("SELECT count(*) FROM staged_rows")
    # Its own row, one for each of its tasks, and those of two attempts for both that can be used.
    assert staged == 1 + 3 + 2 * 2
    await pipeline.pool.execute("ALTER TABLE submission_versions DROP CONSTRAINT never")
    announced = await pipeline.ingester.ingest(event, 2, 1)
    assert announced is not None
    assert (announced.tasks_submitted, announced.failed) == (2, 1)
    assert pipeline.downloads() == 1


async def test_rows_of_a_file_for_all_tasks_that_are_not_there_any_more_are_noticed(
    pipeline: Pipeline, hub: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.commit(V2, {"m/submission.json": for_all(WHOLE)})
    write = Commit.write

    async def losing(*arguments: Any) -> Any:
        await pipeline.pool.execute("DELETE FROM staged_rows WHERE puzzle_id = $1", OURS[2].id)
        return await write(*arguments)

    monkeypatch.setattr(Commit, "write", losing)
    ingester = replace(pipeline.ingester, holds=False)
    with pytest.raises(TransientError, match="3 answers were staged"):
        await ingester.ingest(ModelDiscovered(dataset=V2, model="m"))


async def test_a_forced_run_on_a_bad_day_keeps_what_a_file_for_all_tasks_said(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {"m/submission.json": for_all(WHOLE)})
    await pipeline.settle()
    hub.faults.add(Corrupt(), "/resolve/")
    announced = await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m", force=True), delivery_count=6)
    assert announced is not None
    assert (announced.tasks_submitted, announced.failed) == (2, 1)
    assert (await pipeline.version("m"))["complete"]
