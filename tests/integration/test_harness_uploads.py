"""What the official harness uploads, each of its ways, is scored by the official rule, or the findings say why not.

The folders are written as its runners write them, and uploaded by the calls of its submission_cli.py (28e67d5) to
the official client, so the local Hub's commits are those of the real one: several for a large folder.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from common.arc.task_sets import Task
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError
from verifier.rules import score_task
from verifier.task_sets import read_outputs

from tests.support.hub import TestHub
from tests.support.hub.faults import Status
from tests.support.pipeline import Pipeline
from tests.support.stored import stored
from tests.support.submissions import V1, V2, answer_file, tasks

CONFIG, OTHER = "random-baseline", "random-two"
OURS = tasks()[:4]
OF_V1 = tasks("ARC1-Eval")[:3]
OUTPUTS = {V1: read_outputs("ARC1-Eval"), V2: read_outputs("ARC2-Eval")}
Findings = set[tuple[str, str]]
ask: Any = asyncio.to_thread


class Harness(NamedTuple):
    """The two commands of the official harness' submission_cli.py."""

    api: HfApi

    async def upload(self, directory: Path, dataset: str = V2, *, name: str | None = None) -> None:
        await ask(self.api.create_repo, dataset, repo_type="dataset", private=True, exist_ok=True)
        await self._upload_folder(directory, dataset, name or directory.name)

    async def bulk_upload(self, directory: Path, dataset: str = V2) -> None:
        await ask(self.api.create_repo, dataset, repo_type="dataset", private=True, exist_ok=True)
        for each in await ask(folders_in, directory):
            await self._upload_folder(each, dataset, each.name)

    async def _upload_folder(self, directory: Path, dataset: str, name: str) -> None:
        options = {"repo_id": dataset, "repo_type": "dataset"}
        await ask(self.api.upload_folder, folder_path=str(directory), path_in_repo=name, **options)


@pytest.fixture
def harness(hub: TestHub) -> Harness:
    return Harness(HfApi(endpoint=hub.url, token="hf_any"))


def run(directory: Path, of: Iterable[Task], config: str = CONFIG, *, attempts: int = 2) -> Path:
    """Write a run: the first task is solved, of the others the first pair, but for the last one's null attempts."""
    directory.mkdir(parents=True)
    first, *others, last = of
    for task in (first, *others, last):
        right = range(len(task.test)) if task is first else (0,)
        document = json.loads(answer_file(task, right=() if task is last else right))
        for pair in document:
            for number in range(3, attempts + 1):
                pair[f"attempt_{number}"] = dict(pair["attempt_2"])
            for each in pair.values():
                each["metadata"]["test_id"] = config
            if task is last:
                pair["attempt_2"] = None
        write(directory / f"{task.id}.json", document)
    return directory


def nested(root: Path, *configs: str) -> Path:
    """Write runs of both versions and of the set that is not public, as run_configs.py does."""
    for config in configs:
        run(root / config / "v1" / "public_eval", OF_V1, config)
        run(root / config / "v2" / "public_eval", OURS if config == CONFIG else OURS[1:], config)
        run(root / config / "v2" / "semi_private_eval", OURS[:2], config)
    return root


def folders_in(directory: Path) -> list[Path]:
    return [each for each in directory.iterdir() if each.is_dir()]


def write(file: Path, document: Any) -> None:
    file.write_text(json.dumps(document, indent=4))


def official(files: Path, dataset: str = V2) -> tuple[int, float]:
    """Return the number of files and the sum of task scores, by the implementation that shares no code with ours."""
    scores = {
        each.stem: score_task(json.loads(each.read_bytes()), OUTPUTS[dataset][each.stem])
        for each in files.glob("*.json")
        if each.stem != "results"
    }
    return len(scores), sum(each.pairs_solved / each.pairs_total for each in scores.values())


async def assert_scored(
    pipeline: Pipeline, model: str, files: Path, findings: Findings, dataset: str = V2
) -> dict[str, str]:
    """Compare what is stored of a model with the files that count; return the findings' messages by kind."""
    version = await pipeline.version(model, dataset)
    submitted, total = official(files, dataset)
    assert total > 0
    assert version["tasks_submitted"] == submitted
    assert version["score"] == pytest.approx(total / len(OUTPUTS[dataset]), rel=1e-12)
    assert version["score_submitted"] == pytest.approx(total / submitted, rel=1e-12)
    return await assert_findings(pipeline, model, findings, dataset)


async def assert_findings(pipeline: Pipeline, model: str, findings: Findings, dataset: str = V2) -> dict[str, str]:
    errors = (await stored(pipeline.pool, dataset, model))["errors"]
    assert {(about, kind) for about, kind, _, _ in errors} == findings
    return {kind: message for _, kind, message, _ in errors}


async def models(pipeline: Pipeline) -> set[str]:
    rows = await pipeline.pool.fetch("SELECT model FROM submission_versions WHERE superseded_at IS NULL")
    return {row["model"] for row in rows}


def nulls(last: Task = OURS[-1]) -> Findings:
    return {(last.id, "null_attempt")}


OTHER_SETS: Findings = {("v1/public_eval", "other_task_set"), ("v2/semi_private_eval", "other_task_set")}


@pytest.mark.parametrize("name", [None, "my-model"])
async def test_a_run_lands_under_its_folders_name_or_the_given_one(
    pipeline: Pipeline, harness: Harness, tmp_path: Path, name: str | None
) -> None:
    files = run(tmp_path / CONFIG, OURS)
    write(files / "results.json", {"score": 1.0, "total_tasks": 4, "task_results": {}})
    await harness.upload(files, name=name)
    await pipeline.settle()
    assert await models(pipeline) == {name or CONFIG}
    await assert_scored(pipeline, name or CONFIG, files, nulls())


@pytest.mark.parametrize("dataset", [V1, V2])
async def test_of_a_configurations_folder_the_datasets_own_set_counts(
    pipeline: Pipeline, harness: Harness, tmp_path: Path, dataset: str
) -> None:
    root = nested(tmp_path, CONFIG)
    await harness.upload(root / CONFIG, dataset)
    await pipeline.settle()
    if dataset == V2:
        counts = root / CONFIG / "v2" / "public_eval"
        await assert_scored(pipeline, CONFIG, counts, nulls() | OTHER_SETS)
    else:
        of_v2 = {("v2/public_eval", "other_task_set"), ("v2/semi_private_eval", "other_task_set")}
        counts = root / CONFIG / "v1" / "public_eval"
        await assert_scored(pipeline, CONFIG, counts, nulls(OF_V1[-1]) | of_v2, V1)


async def test_two_models_that_were_uploaded_without_names_are_one_folder_that_says_so(
    pipeline: Pipeline, harness: Harness, tmp_path: Path
) -> None:
    root = nested(tmp_path / "nested", CONFIG, OTHER)
    await harness.upload(root / CONFIG / "v2" / "public_eval")
    await pipeline.settle()
    lacks = nulls() | {("", "model_name_missing")}
    said = await assert_scored(pipeline, "public_eval", root / CONFIG / "v2" / "public_eval", lacks)
    assert said["model_name_missing"].endswith(f"they are of {CONFIG}")
    await harness.upload(root / OTHER / "v2" / "public_eval")
    await pipeline.settle()
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for config in (CONFIG, OTHER):
        for file in await ask(list, (root / config / "v2" / "public_eval").iterdir()):
            (mixed / file.name).write_bytes(file.read_bytes())
    said = await assert_scored(pipeline, "public_eval", mixed, lacks)
    assert said["model_name_missing"].endswith(f"of several models: {CONFIG}, {OTHER}")


async def test_a_splits_folder_with_a_name_is_a_model(pipeline: Pipeline, harness: Harness, tmp_path: Path) -> None:
    files = nested(tmp_path, CONFIG) / CONFIG / "v2" / "public_eval"
    await harness.upload(files, name=CONFIG)
    await pipeline.settle()
    assert await models(pipeline) == {CONFIG}
    await assert_scored(pipeline, CONFIG, files, nulls())


async def test_a_bulk_of_configurations_is_a_model_each(pipeline: Pipeline, harness: Harness, tmp_path: Path) -> None:
    root = nested(tmp_path / "nested", CONFIG, OTHER)
    await harness.bulk_upload(root)
    await pipeline.settle()
    assert await models(pipeline) == {CONFIG, OTHER}
    for config in (CONFIG, OTHER):
        await assert_scored(pipeline, config, root / config / "v2" / "public_eval", nulls() | OTHER_SETS)


async def test_a_bulk_of_one_configuration_lands_folders_that_are_called_like_versions(
    pipeline: Pipeline, harness: Harness, tmp_path: Path
) -> None:
    root = nested(tmp_path, CONFIG) / CONFIG
    await harness.bulk_upload(root)
    await pipeline.settle()
    assert await models(pipeline) == {"v1", "v2"}
    lacks = {("", "model_name_missing")}
    v2 = nulls() | lacks | {("semi_private_eval", "other_task_set")}
    said = await assert_scored(pipeline, "v2", root / "v2" / "public_eval", v2)
    assert said["model_name_missing"].endswith(f"they are of {CONFIG}")
    unusable = await pipeline.version("v1")
    assert (unusable["tasks_submitted"], unusable["score"], unusable["status"]) == (0, 0, "partial")
    assert {("", "nothing_usable"), *lacks} <= await kinds(pipeline, "v1")


async def test_a_bulk_of_a_version_lands_folders_that_are_called_like_splits(
    pipeline: Pipeline, harness: Harness, tmp_path: Path
) -> None:
    root = nested(tmp_path, CONFIG) / CONFIG / "v2"
    await harness.bulk_upload(root)
    await pipeline.settle()
    assert await models(pipeline) == {"public_eval", "semi_private_eval"}
    lacks = {("", "model_name_missing")}
    await assert_scored(pipeline, "public_eval", root / "public_eval", nulls() | lacks)
    hidden = await pipeline.version("semi_private_eval")
    assert (hidden["tasks_submitted"], hidden["score"]) == (0, 0), "tasks of the same names are of the public set"
    assert {("", "nothing_usable"), *lacks} <= await kinds(pipeline, "semi_private_eval")


async def kinds(pipeline: Pipeline, model: str) -> Findings:
    return {(about, kind) for about, kind, _, _ in (await stored(pipeline.pool, V2, model))["errors"]}


async def test_a_run_called_like_a_version_counts(pipeline: Pipeline, harness: Harness, tmp_path: Path) -> None:
    files = run(tmp_path / CONFIG / "v2", OURS)
    await harness.upload(tmp_path / CONFIG)
    await pipeline.settle()
    await assert_scored(pipeline, CONFIG, files, nulls())


async def test_a_name_with_a_slash_is_a_model_called_like_its_vendor(
    pipeline: Pipeline, harness: Harness, tmp_path: Path
) -> None:
    files = run(tmp_path / CONFIG, OURS)
    await harness.upload(files, name="openai/gpt-x")
    await pipeline.settle()
    assert await models(pipeline) == {"openai"}
    said = await assert_scored(pipeline, "openai", files, nulls() | {("", "nested_folder")})
    assert "gpt-x" in said["nested_folder"]


async def test_three_attempts_count_as_the_official_scorer_counts_them(
    pipeline: Pipeline, harness: Harness, tmp_path: Path
) -> None:
    files = run(tmp_path / CONFIG, OURS, attempts=3)
    last = files / f"{OURS[1].id}.json"
    document = json.loads(last.read_bytes())
    for pair, right in zip(document, OUTPUTS[V2][OURS[1].id], strict=True):
        pair["attempt_3"]["answer"] = right
    write(last, document)
    await harness.upload(files)
    await pipeline.settle()
    await assert_scored(pipeline, CONFIG, files, nulls())
    names = [each["model_name"] for each in json.loads((await pipeline.version(CONFIG))["attempts"])]
    assert names == [f"{CONFIG}-attempt{number}" for number in (1, 2, 3)]


async def test_a_dead_endpoints_null_attempts_are_a_submission_of_which_nothing_can_be_used(
    pipeline: Pipeline, harness: Harness, tmp_path: Path
) -> None:
    (tmp_path / "dead-endpoint").mkdir()
    for task in OURS:
        empty = [{"attempt_1": None, "attempt_2": None} for _ in task.test]
        write(tmp_path / "dead-endpoint" / f"{task.id}.json", empty)
    await harness.upload(tmp_path / "dead-endpoint")
    await pipeline.settle()
    version = await pipeline.version("dead-endpoint")
    assert (version["tasks_submitted"], version["score"], version["status"]) == (4, 0, "partial")
    all_null = {(task.id, "null_attempt") for task in OURS}
    await assert_findings(pipeline, "dead-endpoint", all_null | {("", "nothing_usable")})


async def test_null_attempts_that_a_later_run_fills_are_one_more_version(
    pipeline: Pipeline, harness: Harness, tmp_path: Path
) -> None:
    files = run(tmp_path / CONFIG, OURS)
    await harness.upload(files)
    await pipeline.settle()
    before, downloads = await pipeline.version(CONFIG), pipeline.downloads()
    filled = files / f"{OURS[-1].id}.json"
    filled.write_bytes(answer_file(OURS[-1], right=range(len(OURS[-1].test))))
    await harness.upload(files)
    await pipeline.settle()
    await assert_scored(pipeline, CONFIG, files, set())
    assert (await pipeline.version(CONFIG))["score"] > before["score"]
    assert pipeline.downloads() == downloads + 1
    await harness.upload(files)
    assert await pipeline.settle() == [], "unchanged"


NO_MODEL: dict[str, Callable[[Harness, Path], Any]] = {
    "upload .": lambda harness, files: harness._upload_folder(files, V2, ""),
    "a bulk of a flat run": lambda harness, files: harness.bulk_upload(files),
}


@pytest.mark.parametrize("mode", NO_MODEL)
async def test_what_lands_in_no_folder_is_no_model(
    pipeline: Pipeline, harness: Harness, tmp_path: Path, mode: str
) -> None:
    await NO_MODEL[mode](harness, run(tmp_path / CONFIG, OURS))
    assert await pipeline.settle() == []
    assert await models(pipeline) == set()


async def test_a_sync_between_the_commits_of_one_upload_sees_a_part_and_the_next_one_all(
    pipeline: Pipeline, hub: TestHub, harness: Harness, tmp_path: Path
) -> None:
    """The upload stops after its first commit of 250 files, and is begun again."""
    files = run(tmp_path / CONFIG, tasks("ARC1-Eval")[:300])
    second = hub.faults.add(Status(403), "/commit/", skip=1)
    with pytest.raises(HfHubHTTPError):
        await harness.upload(files, V1)
    hub.faults.remove(second)
    await pipeline.settle()
    part = await pipeline.version(CONFIG, V1)
    assert part["tasks_submitted"] == 250
    await harness.upload(files, V1)
    await pipeline.settle()
    await assert_scored(pipeline, CONFIG, files, nulls(tasks("ARC1-Eval")[299]), V1)
    assert pipeline.downloads() == 300
