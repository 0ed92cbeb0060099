"""One submission shows its versions, what changed between them, its errors and its tasks."""

import asyncpg
import pytest
from common.arc.rules import RULES, RULES_VERSION

from tests.query_api.conftest import Start
from tests.support.api import Api
from tests.support.writer import DATASET, Writer, oid


async def _results(pool: asyncpg.Pool, tree_oid: str, tasks: dict[str, tuple[str, int, int]]) -> None:
    version_id = await pool.fetchval("SELECT id FROM submission_versions WHERE tree_oid = $1", tree_oid)
    for puzzle_id, (content, total, solved) in tasks.items():
        await pool.execute(
            "INSERT INTO task_results VALUES ($1, $2, $3, $4, $5, $6)", version_id, puzzle_id, oid(content), total,
            solved, f"v2/{puzzle_id}.json",
        )  # fmt: skip


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


async def test_scores_that_a_rescore_replaced_stay_with_their_version(
    api: Api, writer: Writer, pool: asyncpg.Pool
) -> None:
    for content, score in ((1, 0.5), (2, 0.6)):
        event = await writer.ingest("m-1", content=content, score=score)
        for hour, rules in ((1, None), (2, 2)):
            await pool.execute(
                "INSERT INTO version_scores SELECT id, $2, 'abc', 120, 100, 1, 167, 1, $3, NULL, "
                "timestamptz '2026-01-01 00:00Z' + make_interval(hours => $4) "
                "FROM submission_versions WHERE tree_oid = $1",
                event.tree_oid, rules, score / 2 + hour / 100, hour,
            )  # fmt: skip
    newest, oldest = (await api.data(f"/api/models/{DATASET}/m-1"))["versions"]
    assert newest["scores"] == [
        {
            "score": 0.32,
            "scoreSubmitted": None,
            "rulesVersion": 2,
            "taskSetVersion": "abc",
            "replacedAt": "2026-01-01T02:00:00Z",
        },
        {
            "score": 0.31,
            "scoreSubmitted": None,
            "rulesVersion": None,
            "taskSetVersion": "abc",
            "replacedAt": "2026-01-01T01:00:00Z",
        },
    ]
    assert [each["score"] for each in oldest["scores"]] == [0.27, 0.26]


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
    assert [(each["kind"], each["count"], each["severity"]) for each in found["findings"]] == [
        ("not_json", 1, "error"),
        ("text_replaced", 1, "note"),
    ]
    assert [each["advice"] for each in found["findings"]] == [each["advice"] for each in found["ingestionErrors"]]


async def test_warnings_of_a_submission_are_those_of_its_version(
    start: Start, writer: Writer, pool: asyncpg.Pool
) -> None:
    await writer.ingest("m-1")
    await pool.execute("UPDATE submission_versions SET warnings = 7")
    async with start() as api:
        assert (await api.data(f"/api/models/{DATASET}/m-1"))["warnings"] == 7
        assert [each["warnings"] for each in await api.data("/api/models")] == [7]


async def test_a_verification_is_shown_and_what_differs_in_the_detail(
    start: Start, writer: Writer, pool: asyncpg.Pool
) -> None:
    await writer.ingest("m-1")
    await pool.execute(
        "INSERT INTO verifications (version_id, compared_with, verified_at, verdict, figures, disagreements)"
        """ SELECT id, 'hub', $1, 'differs', 9, '[{"name": "wrong_score", "figure": "f", "message": "why"}]'"""
        " FROM submission_versions",
        writer.now,
    )
    async with start() as api:
        found = (await api.data(f"/api/models/{DATASET}/m-1"))["verified"]
        assert found.pop("disagreements") == [{"name": "wrong_score", "figure": "f", "message": "why"}]
        assert (found["verdict"], found["comparedWith"], found["figures"]) == ("differs", "hub", 9)
        assert [each["verified"] for each in await api.data("/api/models")] == [found]


async def test_every_task_of_the_set_is_listed_answered_or_not(api: Api, writer: Writer, pool: asyncpg.Pool) -> None:
    first, second, *others = sorted(api.services.task_sets["evaluation2"].pairs)
    event = await writer.ingest("m-1")
    await _results(pool, event.tree_oid, {first: ("a", 1, 1), second: ("b", 2, 0), "of-no-set": ("c", 1, 1)})
    found = await api.data(f"/api/models/{DATASET}/m-1")
    assert [each["puzzleId"] for each in found["tasks"]] == [first, second, "of-no-set"]
    assert found["notAttempted"] == others
    assert len(others) == 118


async def test_each_attempt_tells_what_it_solved_and_took(api: Api, writer: Writer) -> None:
    one, other, *_ = sorted(api.services.task_sets["evaluation2"].pairs)
    await writer.ingest("m-1", attempts=5)
    await writer.answers("m-1-attempt1", {one: [True, True], other: [True, False]}, cost=0.5, tokens=10, time_ms=30)
    await writer.answers("m-1-attempt1", {"of-no-set": [True]}, cost=9.0, tokens=900, time_ms=900)
    await writer.answers("m-1-attempt5", {one: [True, True]}, cost=0.5)
    first, second, *_, fifth = (await api.data(f"/api/models/{DATASET}/m-1"))["attempts"]
    assert first == {
        "modelName": "m-1-attempt1",
        "accuracyPercent": 40.0,
        "accuracyInterval": {"low": pytest.approx(0.3115, abs=1e-4), "high": pytest.approx(0.4955, abs=1e-4)},
        "tasksCorrect": 1,
        "overall": {
            "count": 2, "avgCost": 0.5, "totalCost": 1.0, "avgTime": 30.0, "totalTime": 60.0, "avgTokens": 10.0,
            "totalTokens": 20,
        },
    }  # fmt: skip
    assert (second["tasksCorrect"], second["overall"]["count"]) == (0, 0)
    assert (fifth["modelName"], fifth["tasksCorrect"], fifth["overall"]) == ("m-1-attempt5", None, None)


async def test_the_figures_of_an_attempt_are_those_of_the_routes_for_one_attempt(start: Start, writer: Writer) -> None:
    await writer.ingest("m-1")
    async with start() as api:
        one, other, *_ = sorted(api.services.task_sets["evaluation2"].pairs)
        await writer.answers("m-1-attempt2", {one: [True], other: [False]}, cost=0.25, tokens=7, time_ms=11)
        second = (await api.data(f"/api/models/{DATASET}/m-1"))["attempts"][1]
        metrics = await api.data(f"/api/model-dataset/metrics/m-1-attempt2/{DATASET}")
        performance = await api.data(f"/api/model-dataset/performance/m-1-attempt2/{DATASET}")
    assert second["overall"] == metrics["overall"]
    assert second["tasksCorrect"] == performance["summary"]["correct"] == 1


async def test_every_figure_leads_to_its_files_commit_run_rules_and_edition(
    api: Api, writer: Writer, pool: asyncpg.Pool
) -> None:
    one = next(iter(api.services.task_sets["evaluation2"].pairs))
    old = await writer.ingest("m-1", content=1)
    event = await writer.ingest("m-1", content=2)
    await _results(pool, event.tree_oid, {one: ("a", 2, 1), "b": ("b", 1, 0)})
    await writer.answers("m-1-attempt1", {one: [True, False]}, cost=0.5, tokens=10, time_ms=30)
    edition = api.services.task_sets["evaluation2"].version
    scored = "UPDATE submission_versions SET rules_version = 2, task_set_version = $2 WHERE tree_oid = $1"
    await pool.execute(scored, event.tree_oid, edition)
    await pool.execute(scored, old.tree_oid, "older")
    found = await api.data(f"/api/models/{DATASET}/m-1")
    hub = f"https://huggingface.co/datasets/{DATASET}"
    assert found["tasks"][0] == {
        "puzzleId": one, "pairsTotal": 2, "pairsSolved": 1, "path": f"v2/{one}.json", "blobOid": oid("a"),
        "hubUrl": f"{hub}/blob/{event.revision}/m-1/v2/{one}.json",
        "attempts": [{"pairsSolved": 1, "cost": 0.5, "tokens": 10, "timeMs": 30}, None],
    }  # fmt: skip
    assert found["provenance"] == {
        "runId": event.run_id, "revision": event.revision, "hubUrl": f"{hub}/tree/{event.revision}/m-1",
        "rulesVersion": 2, "rules": RULES[2], "rulesVersionToday": RULES_VERSION, "taskSetVersion": edition,
        "taskSetVersionToday": edition, "taskSetCurrent": True,
    }  # fmt: skip
    origins = [
        (each["rulesVersion"], each["taskSetVersion"], each["taskSetCurrent"], each["hubUrl"])
        for each in found["versions"]
    ]
    assert origins == [
        (2, edition, True, f"{hub}/tree/{event.revision}"),
        (2, "older", False, f"{hub}/tree/{old.revision}"),
    ]


async def test_a_version_from_before_all_that_was_kept_says_that_it_is_not_known(
    api: Api, writer: Writer, pool: asyncpg.Pool
) -> None:
    event = await writer.ingest("m-1")
    await _results(pool, event.tree_oid, {"a": ("a", 1, 1)})
    await pool.execute("UPDATE task_results SET hf_path = NULL")
    found = await api.data(f"/api/models/{DATASET}/m-1")
    task = found["tasks"][0]
    assert (task["path"], task["hubUrl"], task["blobOid"]) == (None, None, oid("a"))
    origin = found["provenance"]
    assert (origin["rulesVersion"], origin["taskSetVersion"], origin["taskSetCurrent"]) == (None, None, None)
    assert origin["hubUrl"].endswith(f"/tree/{event.revision}/m-1")


async def test_without_the_task_set_all_answers_count_and_no_task_is_called_left_out(
    start: Start, writer: Writer
) -> None:
    await writer.ingest("m-1", source="ConceptARC")
    await writer.answers("m-1-attempt1", {"a": [True], "b": [False]}, cost=1.0)
    async with start() as api:
        found = await api.data(f"/api/models/{DATASET}/m-1")
    assert (found["notAttempted"], found["attempts"][0]["tasksCorrect"]) == ([], 1)
    assert found["attempts"][0]["overall"]["totalCost"] == 2.0


async def test_an_unknown_submission_is_a_404(api: Api) -> None:
    status, body = await api.get(f"/api/models/{DATASET}/nobody")
    assert (status, body["status"]) == (404, 404)
