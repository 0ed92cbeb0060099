"""Stored figures are recomputed by the second implementation: what was tampered with is found, and named."""

import json
from typing import Any

import pytest
from common.events import ModelDiscovered
from common.outcomes import TransientError
from ingester import model_gauges
from ingester.ingestion.ingest import Ingester
from ingester.store.verdicts import current_versions
from ingester.verification.judgement import ComparedWith
from ingester.verification.verification import Verification, Verified

from tests.support.hub.faults import Status
from tests.support.hub.git_faults import MissingObjects
from tests.support.pipeline import Pipeline
from tests.support.submissions import V2, answer_file, attempt, rows_of, solved, submission, tasks, unsolved

TASKS = tasks()
ONE = next(task for task in TASKS if len(task.test) == 1)
TWO = next(task for task in TASKS if len(task.test) == 2)
THIRD, FOURTH = [task for task in TASKS if task not in {ONE, TWO}][:2]
FILES = {ONE: solved(ONE), TWO: answer_file(TWO, right=[1]), THIRD: unsolved(THIRD)}


def verification(ingester: Ingester) -> Verification:
    return Verification(ingester.pool, ingester.hub, None, ingester.metrics.count_verification)


async def verify(pipeline: Pipeline, compared_with: ComparedWith = "rows", model: str = "m") -> Verified:
    (version,) = await current_versions(pipeline.pool, V2, model)
    found = await verification(pipeline.ingester).verify(version.id, compared_with)
    assert found is not None
    return found


def names(found: Verified) -> list[tuple[str, str]]:
    return [(each.name, each.figure) for each in found.judgement.disagreements]


async def land(pipeline: Pipeline, files: dict[Any, bytes] | None = None, **others: bytes) -> None:
    content = submission("m", files or FILES) | {f"m/{name}.json": body for name, body in others.items()}
    pipeline.hub.commit(V2, content)
    await pipeline.settle()


@pytest.mark.parametrize("compared_with", ["rows", "hub"])
async def test_a_good_version_is_verified_and_the_verdict_stored(
    pipeline: Pipeline, compared_with: ComparedWith
) -> None:
    await land(pipeline)
    found = await verify(pipeline, compared_with)
    assert (found.judgement.verdict, names(found)) == ("verified", [])
    row = await pipeline.pool.fetchrow("SELECT * FROM verifications")
    assert row is not None
    assert (row["compared_with"], row["verdict"], row["disagreements"]) == (compared_with, "verified", "[]")
    assert (row["verified_at"], row["figures"]) == (found.at, found.judgement.figures)
    assert found.judgement.figures > 20
    counted = pipeline.ingester.metrics.registry.get_sample_value(
        "arcwatch_verifications_total", {"compared_with": compared_with, "verdict": "verified"}
    )
    assert counted == 1


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE explanations SET is_prediction_correct = false WHERE is_prediction_correct",
            [("wrong_verdict", f"{ONE.id} attempt_1")],
        ),
        (
            f"UPDATE explanations SET predicted_output_grid = '[[0]]' WHERE puzzle_id = '{ONE.id}'",
            [
                ("wrong_score", ONE.id),
                ("wrong_figure", "attempt_1"),
                ("wrong_score", "tasks_solved"),
                ("wrong_score", "pairs_solved"),
                ("wrong_score", "score"),
                ("wrong_score", "score_submitted"),
                ("wrong_verdict", f"{ONE.id} attempt_1"),
            ],
        ),
        (
            "UPDATE explanations SET multi_test_average_accuracy = 1 WHERE multi_test_average_accuracy = 0.5",
            [("wrong_verdict", f"{TWO.id} attempt_1")],
        ),
        (
            f"UPDATE explanations SET estimated_cost = 5 WHERE puzzle_id = '{ONE.id}'",
            [("wrong_figure", "total_cost")],
        ),
        (
            f"UPDATE explanations SET total_tokens = NULL WHERE puzzle_id = '{ONE.id}'",
            [("wrong_figure", "total_tokens")],
        ),
        (
            f"UPDATE explanations SET api_processing_time_ms = 1 WHERE puzzle_id = '{ONE.id}'",
            [("wrong_figure", "total_time_ms")],
        ),
        ("UPDATE submission_versions SET total_cost = 'Infinity'", [("wrong_figure", "total_cost")]),
        ("UPDATE submission_versions SET attempts = '[{}]'", [("wrong_figure", "row")]),
        ("UPDATE submission_versions SET tasks_submitted = 4", [("wrong_score", "tasks_submitted")]),
        ("UPDATE submission_versions SET score = score + 1e-16", [("wrong_score", "score")]),
    ],
)
async def test_what_was_tampered_with_is_found_and_named(
    pipeline: Pipeline, statement: str, expected: list[tuple[str, str]]
) -> None:
    await land(pipeline)
    await pipeline.pool.execute(statement)
    found = await verify(pipeline)
    assert (found.judgement.verdict, names(found)) == ("differs", expected)
    stored = json.loads(await pipeline.pool.fetchval("SELECT disagreements FROM verifications"))
    assert [(each["name"], each["figure"]) for each in stored] == expected


async def test_a_row_that_is_missing_is_found(pipeline: Pipeline) -> None:
    await land(pipeline)
    await pipeline.pool.execute("DELETE FROM explanations WHERE puzzle_id = $1 AND model_name = 'm-attempt2'", ONE.id)
    assert [name for name, _ in names(await verify(pipeline))] == ["wrong_figure"] * 4


async def test_changed_task_results_are_found_from_rows_and_from_the_hub(pipeline: Pipeline) -> None:
    await land(pipeline)
    await pipeline.pool.execute("UPDATE task_results SET pairs_solved = 0 WHERE puzzle_id = $1", ONE.id)
    assert names(await verify(pipeline)) == [("wrong_score", ONE.id)]
    assert names(await verify(pipeline, "hub")) == [("wrong_score", ONE.id)]
    await pipeline.pool.execute("DELETE FROM task_results WHERE puzzle_id = $1", ONE.id)
    assert names(await verify(pipeline, "hub")) == [("missing_task", ONE.id)]


async def test_the_submissions_own_report_is_compared_task_by_task(pipeline: Pipeline) -> None:
    results = {ONE.id: {"score": 1.0}, TWO.id: {"score": 1.0}, "ffffffff": {"score": 0.0}}
    report = {"score": 9.0, "task_results": results}
    await land(pipeline, results=json.dumps(report).encode())
    found = await verify(pipeline, "hub")
    assert found.judgement.verdict == "explained"
    assert set(names(found)) == {
        ("different_report", f"results.json {TWO.id}"),
        ("incomplete_report", f"results.json {THIRD.id}"),
        ("stale_report", "results.json ffffffff"),
        ("contradictory_report", "results.json score"),
    }


async def test_files_that_were_not_read_are_named_and_the_rest_is_verified(pipeline: Pipeline) -> None:
    padded = answer_file(FOURTH, padding=pipeline.ingester.settings.ingest_max_file_bytes)
    await land(pipeline, FILES | {FOURTH: padded})
    found = await verify(pipeline, "hub")
    assert (found.judgement.verdict, names(found)) == ("explained", [("unread_file", f"{FOURTH.id}.json")])


async def test_a_history_that_was_rewritten_is_told_and_content_that_stayed_is_still_verified(
    pipeline: Pipeline,
) -> None:
    await land(pipeline)
    pipeline.hub.squash(V2)
    assert (await verify(pipeline, "hub")).judgement.verdict == "verified"
    pipeline.hub.commit(V2, submission("m", {ONE: unsolved(ONE)}))
    pipeline.hub.squash(V2)
    found = await verify(pipeline, "hub")
    assert (found.judgement.verdict, names(found)) == ("impossible", [("rewritten_upstream", "revision")])


async def test_the_hubs_files_come_by_pack_and_one_by_one_alike(pipeline: Pipeline) -> None:
    await land(pipeline, {task: solved(task) for task in tasks()[:6]})
    asked = pipeline.hub.requests
    verdicts = []
    for fault, by_file in ((None, 0), (MissingObjects(1), 1), (Status(404), 6)):
        asked.clear()
        if fault:
            pipeline.hub.faults.add(fault, "git-upload-pack", times=1)
        verdicts.append((await verify(pipeline, "hub")).judgement)
        assert (asked.count("git-upload-pack"), asked.count("resolve")) == (1, by_file)
    assert [each.verdict for each in verdicts] == ["verified"] * 3
    assert len({each.figures for each in verdicts}) == 1


async def test_a_hub_that_is_away_gives_no_verdict(pipeline: Pipeline) -> None:
    await land(pipeline)
    pipeline.hub.faults.add(Status(403), "resolve")
    with pytest.raises(TransientError):
        await verify(pipeline, "hub")
    assert await pipeline.pool.fetchval("SELECT count(*) FROM verifications") == 0


async def test_older_rules_and_another_task_set_explain_what_differs(pipeline: Pipeline) -> None:
    await land(pipeline)
    await pipeline.pool.execute("UPDATE submission_versions SET score = 0.5, rules_version = NULL")
    assert names(await verify(pipeline)) == [("older_rules", "score")]
    await pipeline.pool.execute("UPDATE submission_versions SET task_set_version = 'other'")
    assert names(await verify(pipeline)) == [("task_set_mismatch", "score")]


async def test_odd_answers_are_verified_from_both(pipeline: Pipeline) -> None:
    right = rows_of(TWO.test[0].output)
    odd = [
        {"attempt_1": attempt(None, 0), "attempt_2": None},
        {"attempt_1": attempt("no grid", 1), "attempt_11": right},
        {"attempt_1": attempt(right, 0), "attempt_2": {"answer": right, "metadata": {"pair_index": 99}}},
    ]
    files = {TWO: json.dumps(odd).encode(), ONE: b"[]", THIRD: b"{", FOURTH: b'[{"attempt_1": {"answer": null}}]'}
    await land(pipeline, files)
    for compared_with in ("rows", "hub"):
        found = await verify(pipeline, compared_with)
        assert (found.judgement.verdict, names(found)) == ("verified", [])


async def test_the_metric_of_the_alert_follows_the_newest_verification_of_each_kind(pipeline: Pipeline) -> None:
    async def differing() -> float | None:
        await model_gauges.update(pipeline.pool, (V2,), pipeline.ingester.metrics)
        return pipeline.ingester.metrics.registry.get_sample_value("arcwatch_ingester_differing_versions")

    await land(pipeline)
    assert await differing() == 0
    await pipeline.pool.execute("UPDATE submission_versions SET total_cost = 7")
    await verify(pipeline)
    assert await differing() == 1
    await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m", force=True))
    assert await differing() == 0  # of the content of before
    assert (await verify(pipeline)).judgement.verdict == "verified"
    assert await differing() == 0
