"""A score is of one edition of the task set and says of which; no other set's tasks stand in for those of a dataset."""

import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from common.arc.task_sets import Pair, Task, load_task_set
from common.events import ModelDiscovered
from common.outcomes import StartupError
from ingester.app import check_task_sets
from ingester.settings import Settings as IngesterSettings
from pydantic import SecretStr
from query_api.app import serving
from query_api.settings import Settings

from tests.support import pipeline as support
from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline
from tests.support.submissions import V2, answer_file, rows_of, solved, submission, tasks

A, B, C = [task for task in tasks() if len(task.test) == 1][:3]
BUNDLED = load_task_set("ARC2-Eval").version
# A first test pair that the set of today does not have any more, as of five tasks since 2025-05-15.
REMOVED = Pair((b"\x01",), (b"\x01\x02", b"\x03\x04"))


def as_it_was(task: Task) -> Task:
    return Task(task.id, task.train, (REMOVED, *task.test))


def write_edition(tasks_dir: Path, changed: Iterable[Task]) -> None:
    """Write the whole set, in which some tasks are as they were."""
    folder = tasks_dir / "ARC2-Eval"
    folder.mkdir(parents=True)
    for task in (dict(load_task_set("ARC2-Eval").tasks) | {each.id: each for each in changed}).values():
        test = [{"input": rows_of(pair.input), "output": rows_of(pair.output)} for pair in task.test]
        (folder / f"{task.id}.json").write_text(json.dumps({"train": [], "test": test}))


@pytest.fixture
async def older(hub: TestHub, database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[Pipeline]:
    """Lend a pipeline that has the edition in which A and B had a pair more."""
    write_edition(tmp_path / "sets", [as_it_was(A), as_it_was(B)])
    async with support.build(hub, database_url, nats_url, arc_tasks_dir=tmp_path / "sets") as built:
        yield built


@pytest.fixture
async def http(pipeline: Pipeline, database_url: str, nats_url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Lend a client of a query API that has the bundled set. The pipeline has made the topology that it needs."""
    settings = Settings(
        database_url=SecretStr(database_url), nats_url=SecretStr(nats_url), port=0, ops_port=0, log_level="error"
    )
    async with serving(settings) as (url, *_), aiohttp.ClientSession(url) as client:
        yield client


async def shown(http: aiohttp.ClientSession) -> dict[str, Any]:
    async with http.get(f"/api/models/{V2}/m") as answer:
        assert answer.status == 200
        found: dict[str, Any] = (await answer.json())["data"]
        return found


async def forced(pipeline: Pipeline) -> None:
    await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m", force=True))


async def test_content_of_an_older_edition_is_scored_by_todays_and_by_the_older_where_that_is_given(
    pipeline: Pipeline, older: Pipeline, hub: TestHub, http: aiohttp.ClientSession
) -> None:
    # Of A the pair that is gone is right; of B both, where the one that stayed had the index 1; C was never amended.
    files = {A: answer_file(as_it_was(A), right=[0]), B: answer_file(as_it_was(B), right=[0, 1]), C: solved(C)}
    hub.commit(V2, submission("m", files))
    await pipeline.settle()
    now = await shown(http)
    assert (now["score"], now["pairsTotal"]) == (1 / 120, 167)
    assert {each["puzzleId"]: each["pairsTotal"] for each in now["tasks"]} == {A.id: 1, B.id: 1, C.id: 1}
    noted = {(each["puzzleId"], each["kind"]) for each in now["ingestionErrors"]}
    assert noted == {(A.id, "pair_out_of_range"), (B.id, "pair_out_of_range")}
    assert (now["provenance"]["taskSetVersion"], now["provenance"]["taskSetCurrent"]) == (BUNDLED, True)

    await forced(older)
    then = await shown(http)
    assert (then["score"], then["pairsTotal"]) == ((0.5 + 1 + 1) / 120, 169)
    assert then["ingestionErrors"] == []
    origin = then["provenance"]
    assert (origin["taskSetVersion"] != BUNDLED, origin["taskSetVersionToday"]) == (True, BUNDLED)
    assert (origin["taskSetCurrent"], then["versions"][0]["taskSetCurrent"]) == (False, False)

    await forced(pipeline)
    again = await shown(http)
    assert (again["score"], again["provenance"]["taskSetCurrent"]) == (1 / 120, True)


async def test_a_new_version_is_of_one_edition_although_most_files_are_known_from_another(
    pipeline: Pipeline, older: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, submission("m", {A: solved(as_it_was(A)), C: solved(C)}))
    await pipeline.sync()
    await older.ingester.ingest(pipeline.published.pop())
    await pipeline.drain()
    before = await pipeline.version("m")
    assert (before["score"], before["pairs_total"]) == (2 / 120, 169)
    assert await pipeline.settle() == [], "another edition is no change of the content"
    hub.commit(V2, submission("m", {B: solved(B)}))
    await pipeline.settle()
    after = await pipeline.version("m")
    assert (after["score"], after["pairs_total"]) == (2 / 120, 167), "A's pair that is gone counts no more"
    assert after["task_set_version"] == BUNDLED
    kept = await pipeline.pool.fetchrow("SELECT * FROM submission_versions WHERE id = $1", before["id"])
    assert kept is not None
    assert (kept["score"], kept["task_set_version"]) == (before["score"], before["task_set_version"])


@pytest.mark.parametrize(
    ("dataset", "source"),
    [
        ("arcprize/arc_agi_v2_semi_private_eval", "ARC2-Semi-Private"),
        ("arcprize/arc_agi_v1_semi_private_eval", "ARC1-Semi-Private"),
        ("arcprize/arc_agi_v2_private_eval", "ARC2-Private"),
    ],
)
async def test_a_set_that_is_not_public_is_never_scored_by_the_public_one(
    hub: TestHub, database_url: str, nats_url: str, tmp_path: Path, dataset: str, source: str
) -> None:
    servers: dict[str, Any] = {"database_url": database_url, "nats_url": nats_url}
    write_edition(tmp_path / "sets", [])
    for tasks_dir in (None, tmp_path / "sets"):
        with pytest.raises(StartupError, match="ARC_TASKS_DIR") as refused:
            check_task_sets(IngesterSettings(**servers, hf_datasets=(dataset,), arc_tasks_dir=tasks_dir))
        assert source in str(refused.value)
    own = tmp_path / "sets" / source
    own.mkdir()
    (own / "00000000.json").write_text(json.dumps({"train": [], "test": [{"input": [[1]], "output": [[1]]}]}))
    hub.commit(dataset, submission("m", {C: solved(C)}))
    chosen: dict[str, Any] = {"hf_datasets": (dataset,), "arc_tasks_dir": tmp_path / "sets"}
    async with support.build(hub, database_url, nats_url, **chosen) as built:
        await built.ingester.ingest(ModelDiscovered(dataset=dataset, model="m"))
        version = await built.version("m", dataset)
        assert (version["source"], version["tasks_total"], version["tasks_submitted"]) == (source, 1, 0)
        assert await built.errors("m", dataset) == {C.id: "unknown_task"}, "a public task is none of that set"
