"""One submission shows its versions, what changed between them, its errors and its tasks."""

import asyncpg

from tests.support.api import Api
from tests.support.writer import DATASET, Writer, oid


async def _results(pool: asyncpg.Pool, tree_oid: str, tasks: dict[str, tuple[str, int, int]]) -> None:
    version_id = await pool.fetchval("SELECT id FROM submission_versions WHERE tree_oid = $1", tree_oid)
    for puzzle_id, (content, total, solved) in tasks.items():
        await pool.execute(
            "INSERT INTO task_results VALUES ($1, $2, $3, $4, $5)", version_id, puzzle_id, oid(content), total, solved
        )


async def test_versions_tell_what_changed(api: Api, writer: Writer, pool: asyncpg.Pool) -> None:
    old = await writer.ingest("m-1", content=1, score=0.1)
    await _results(pool, old.tree_oid, {"a": ("a1", 1, 0), "b": ("b1", 2, 2), "c": ("c1", 1, 1)})
    new = await writer.ingest("m-1", content=2, score=0.2)
    await _results(pool, new.tree_oid, {"a": ("a2", 1, 1), "b": ("b1", 2, 2), "d": ("d1", 1, 0)})
    found = await api.data(f"/api/models/{DATASET}/m-1")
    assert [version["score"] for version in found["versions"]] == [0.2, 0.1]
    assert found["versions"][0]["changes"] == {
        "added": ["d"], "removed": ["c"], "changed": ["a"], "newlySolved": ["a"], "noLongerSolved": ["c"],
    }  # fmt: skip
    assert found["versions"][1]["changes"] is None
    assert found["versions"][1]["supersededAt"] is not None
    assert [task["puzzleId"] for task in found["tasks"]] == ["a", "b", "d"]
    assert (found["score"], found["treeOid"]) == (0.2, new.tree_oid)


async def test_a_dataset_may_be_written_as_one_part(api: Api, writer: Writer) -> None:
    await writer.ingest("m-1")
    assert (await api.data(f"/api/models/{DATASET.replace('/', '%2F')}/m-1"))["model"] == "m-1"


async def test_errors_are_shown_fatal_ones_first(api: Api, writer: Writer, pool: asyncpg.Pool) -> None:
    event = await writer.ingest("m-1", failed=1)
    for puzzle_id, kind, fatal in (("a", "text_replaced", False), ("b", "not_json", True)):
        await pool.execute(
            "INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal) VALUES ($1, $2, $3, 'why', $4)",
            event.run_id, puzzle_id, kind, fatal,
        )  # fmt: skip
    found = await api.data(f"/api/models/{DATASET}/m-1")
    assert [(error["puzzleId"], error["fatal"]) for error in found["ingestionErrors"]] == [("b", True), ("a", False)]
    assert (found["status"], found["errors"]) == ("partial", 1)


async def test_an_unknown_submission_is_a_404(api: Api) -> None:
    status, body = await api.get(f"/api/models/{DATASET}/nobody")
    assert (status, body["status"]) == (404, 404)
