"""Whatever a folder holds and whatever it is called, every file is accounted for, and the others are exact."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from common.arc.task_sets import load_task_set
from common.database.pool import open_pool
from common.events import ModelDiscovered
from common.outcomes import PermanentError
from hypothesis import HealthCheck, given, settings
from ingester.submission.layout import read_layout

from tests.support import pipeline as support
from tests.support.hub import TestHub
from tests.support.hub.faults import Replace
from tests.support.odd_folders import BAD, GOOD, OTHERS, TASK, folders, whole_submissions
from tests.support.pipeline import Pipeline
from tests.support.stored import Stored, committed, expected, expected_of_folder, scored, stored
from tests.support.submissions import V2, solved, submission, tasks

SET = load_task_set("ARC2-Eval")
NUMBERS = itertools.count()


async def accounts(pipeline: Pipeline, model: str, files: int, dataset: str = V2) -> tuple[int, int, int]:
    """Return a run's figures, once files listed = successful + failed + skipped."""
    run = await pipeline.pool.fetchrow(
        "SELECT r.* FROM ingestion_runs r JOIN submission_versions v ON v.run_id = r.id"
        " WHERE v.hf_dataset = $1 AND v.model = $2 AND v.superseded_at IS NULL",
        dataset,
        model,
    )
    assert run is not None
    assert run["successful"] + run["failed"] + run["skipped"] == files
    assert run["total_puzzles"] == files - run["skipped"]
    nothing = await pipeline.pool.fetchval(
        "SELECT count(*) FROM ingestion_errors WHERE run_id = $1 AND kind = 'nothing_usable'", run["id"]
    )
    assert run["status"] == ("partial" if run["failed"] or nothing else "completed")
    assert await pipeline.pool.fetchval("SELECT count(*) FROM staged_rows") == 0
    return run["successful"], run["failed"], run["skipped"]


async def test_every_bad_file_is_accounted_for_and_rows_are_what_the_transform_says(
    pipeline: Pipeline, hub: TestHub
) -> None:
    bad = dict(zip(tasks(), [body for body, _ in BAD.values()], strict=False))
    good = {task: solved(task) for task in tasks()[len(BAD) : len(BAD) + 3]}
    unknown = {"m/deadbeef.json": GOOD, "m/00000000.json": b"["}
    others = {f"m/{name}": body for name, body in OTHERS.items()}
    hub.commit(V2, submission("m", bad | good) | unknown | others)
    await pipeline.settle()
    found = await stored(pipeline.pool, V2, "m")
    wanted = expected(bad | good, "m")
    unread = "no names of tasks: a b.json, x..y.json, " + f"{'x' * 195}.json, é模型.json"
    listed = [
        ("", "no_task_name", unread, False),
        *(
            (name, "unknown_task", f"the task set has no task of this name ({name}.json)", True)
            for name in ("00000000", "deadbeef")
        ),
    ]
    assert found["rows"] == wanted["rows"]
    assert found["results"] == wanted["results"]
    assert found["errors"] == sorted([*wanted["errors"], *listed])
    kinds = {
        name: {error[1] for error in found["errors"] if error[0] == task.id}
        for task, name in zip(bad, BAD, strict=True)
    }
    assert kinds == {name: kinds for name, (_, kinds) in BAD.items()}
    fatal = sum(error[3] for error in found["errors"])
    files = len(bad) + len(good) + len(unknown) + len(others)
    assert await accounts(pipeline, "m", files) == (files - fatal - len(others), fatal, len(others))


async def test_200_mb_by_the_listing_are_refused_before_any_download(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {TASK: GOOD, tasks()[1]: solved(tasks()[1])}))
    sizes = {TASK.id: 200_000_000, tasks()[1].id: len(solved(tasks()[1]))}
    paths = {f"m/{task_id}.json": size for task_id, size in sizes.items()}
    listing = [{"type": "file", "oid": hub.oid(V2, path), "path": path, "size": size} for path, size in paths.items()]
    listing[0]["lfs"] = {"oid": "0" * 64, "size": 200_000_000, "pointerSize": 134}
    await pipeline.sync()
    hub.faults.add(Replace(json.dumps(listing).encode()), "/tree/[^/]+/m")
    await pipeline.drain()
    assert await pipeline.errors("m") == {TASK.id: "too_large"}
    assert await accounts(pipeline, "m", 2) == (1, 1, 0)
    assert pipeline.downloads() == 1


NAMES = [
    "a b",
    " a ",
    "é模型😀",
    "e\u0301",
    "a..b",
    "x" * 200,
    "a#b",
    "a?b=c&d",
    "100%",
    "a%2Fb",
    "a%23",
    "a+b",
    "a;b,c",
    "'\"<&>",
    "a\\b",
    "~a!$()*:@[]{}|^`",
]


async def test_a_model_may_have_any_name_that_a_folder_may_have(pipeline: Pipeline, hub: TestHub) -> None:
    for name in NAMES:
        hub.commit(V2, submission(name, {TASK: GOOD}))
    announced = await pipeline.settle()
    assert {each.model for each in announced if each and each.successful == 1} == set(NAMES)
    for name in NAMES:
        assert await stored(pipeline.pool, V2, name) == expected({TASK: GOOD}, name)
    assert await pipeline.settle() == []


async def test_a_task_may_have_any_name_that_a_file_may_have(
    hub: TestHub, database_url: str, nats_url: str, tmp_path: Path
) -> None:
    dataset = "owner/conceptarc_submissions"
    of_set = tmp_path / "tasks" / "ConceptARC"
    of_set.mkdir(parents=True)
    pair = {"input": [[0]], "output": [[1, 2]]}
    for name in NAMES:
        (of_set / f"{name}.json").write_text(json.dumps({"train": [pair], "test": [pair]}))
    files = {task: solved(task) for task in load_task_set("ConceptARC", tmp_path / "tasks").tasks.values()}
    hub.commit(dataset, submission("m", files))
    options: dict[str, Any] = {"hf_datasets": (dataset,), "arc_tasks_dir": tmp_path / "tasks"}
    async with support.build(hub, database_url, nats_url, **options) as pipeline:
        announced = await pipeline.ingester.ingest(ModelDiscovered(dataset=dataset, model="m"))
        assert announced is not None
        assert (announced.successful, announced.score) == (len(NAMES), 1)
        assert await stored(pipeline.pool, dataset, "m") == expected(files, "m")


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(before=folders() | whole_submissions(), after=folders() | whole_submissions())
async def test_any_folder_and_any_change_of_it_is_accounted_for(
    pipeline: Pipeline, hub: TestHub, before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    model = f"m{next(NUMBERS)}"
    for folder in (before, after):
        there = {f"{model}/{path}": body for path, body in (folder | {"README": b""}).items()}
        hub.commit(V2, there | {path: None for path in await listed(pipeline, model) if path not in there})
        announced = await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model=model, force=False))
        if announced is None:
            assert not read_layout(model, folder, SET.tasks, SET.source).means_answers
            continue
        found = await stored(pipeline.pool, V2, model)
        nothing = [error for error in found["errors"] if error[1] == "nothing_usable"]
        assert bool(nothing) is not bool(found["rows"])
        found["errors"] = [error for error in found["errors"] if error not in nothing]
        assert found == expected_of_folder(folder, model, SET)
        await accounts(pipeline, model, len(there) + tasks_beyond_files(folder, found))
        assert scored(folder, model, SET) == await committed(pipeline.pool, V2, model)


def tasks_beyond_files(folder: dict[str, bytes], found: Stored) -> int:
    """Return how many tasks more than files are answered: a file for all tasks counts once for each of them."""
    layout = read_layout("m", folder, SET.tasks, SET.source)
    if not layout.whole:
        return 0
    fatal = sum(bool(error[3]) for error in found["errors"])
    return len(found["results"]) + fatal - len(layout.unknown) - 1


async def listed(pipeline: Pipeline, model: str) -> list[str]:
    if model not in await pipeline.ingester.hub.folders(V2):
        return []
    return [file.path for file in await pipeline.ingester.hub.files(V2, model, "main")]


@pytest.mark.parametrize("short", [0, 1], ids=["fits", "too short"])
async def test_a_name_fits_with_every_attempt_or_is_refused_before_a_download(
    hub: TestHub, database_url: str, nats_url: str, short: int
) -> None:
    """The existing app's column may be narrow: one attempt that does not fit would cost the whole submission."""
    async with open_pool(database_url) as pool:
        width = len("m-attempt9999") - short
        await pool.execute(f"ALTER TABLE explanations ALTER COLUMN model_name TYPE varchar({width})")
    task = tasks()[0]
    hub.commit(V2, submission("m", {task: solved(task).replace(b"attempt_1", b"attempt_9999")}))
    async with support.build(hub, database_url, nats_url) as pipeline:
        await pipeline.sync()
        if short:
            with pytest.raises(PermanentError, match="ALTER COLUMN model_name TYPE text"):
                await pipeline.drain()
            assert pipeline.downloads() == 0
        else:
            (announced,) = await pipeline.drain()
            assert announced is not None
            assert announced.attempts == ("m-attempt2", "m-attempt9999")
