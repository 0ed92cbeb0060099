"""Ingestion runs are filtered, sorted and paged, with the names that the admin page reads."""

import asyncpg

from tests.support.api import Api
from tests.support.writer import DATASET, Writer

PATH = "/api/admin/ingestion-history"
LEGACY = {
    "id", "datasetName", "baseUrl", "source", "totalPuzzles", "successful", "failed", "skipped", "durationMs",
    "dryRun", "accuracyPercent", "startedAt", "completedAt", "errorLog", "autoTriggered",
}  # fmt: skip


async def test_newest_runs_come_first_with_the_old_names(api: Api, writer: Writer) -> None:
    await writer.ingest("one")
    await writer.ingest("two", trigger="manual")
    status, body = await api.get(PATH)
    assert (status, body["total"]) == (200, 2)
    assert [run["datasetName"] for run in body["runs"]] == ["two", "one"]
    assert [run["autoTriggered"] for run in body["runs"]] == [False, True]
    assert set(body["runs"][0]) >= LEGACY
    assert isinstance(body["runs"][0]["accuracyPercent"], float)


async def test_runs_are_filtered_and_paged(api: Api, writer: Writer) -> None:
    for number in range(5):
        await writer.ingest(f"model-{number}", failed=number % 2, trigger="manual" if number == 4 else "schedule")
    _, body = await api.get(f"{PATH}?status=partial")
    assert {run["datasetName"] for run in body["runs"]} == {"model-1", "model-3"}
    _, body = await api.get(f"{PATH}?autoTriggered=false")
    assert [run["datasetName"] for run in body["runs"]] == ["model-4"]
    _, body = await api.get(f"{PATH}?dataset={DATASET}&limit=2&offset=2&sort=startedAt&order=asc")
    assert (body["total"], [run["datasetName"] for run in body["runs"]]) == (5, ["model-2", "model-3"])
    _, body = await api.get(f"{PATH}?model=model-2")
    assert body["total"] == 1
    run = body["runs"][0]["id"]
    _, body = await api.get(f"{PATH}?run={run}")
    assert [each["id"] for each in body["runs"]] == [run]


async def test_runs_are_searched_by_any_part_of_name_dataset_or_error(
    api: Api, writer: Writer, pool: asyncpg.Pool
) -> None:
    for name in ("gpt-5-2-high", "claude_opus", "claude-opus"):
        await writer.ingest(name)
    await pool.execute("UPDATE ingestion_runs SET error_log = 'the Hub said 503' WHERE dataset_name = 'claude_opus'")

    async def found(words: str) -> list[str]:
        _, body = await api.get(f"{PATH}?search={words}&order=asc")
        assert body["total"] == len(body["runs"])
        return [run["datasetName"] for run in body["runs"]]

    assert await found("OPUS") == ["claude_opus", "claude-opus"]
    assert await found("claude_") == ["claude_opus"], "an underscore is no wildcard"
    assert await found("said 503") == ["claude_opus"]
    assert len(await found("V2_public")) == 3
    assert await found("%25") == []


async def test_a_runs_errors_come_page_by_page_fatal_ones_first(api: Api, writer: Writer, pool: asyncpg.Pool) -> None:
    await writer.ingest("before")
    event = await writer.ingest("m-1", failed=2)
    for puzzle_id, kind, fatal in (("a", "text_replaced", False), ("c", "too_complex", True), ("b", "not_json", True)):
        await pool.execute(
            "INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal) VALUES ($1, $2, $3, 'why', $4)",
            event.run_id, puzzle_id, kind, fatal,
        )  # fmt: skip
    path = f"{PATH}/{event.run_id}/errors"
    _, first = await api.get(f"{path}?limit=2")
    _, second = await api.get(f"{path}?limit=2&offset=2")
    assert (first["run"], first["total"], first["fatal"]) == (event.run_id, 3, 2)
    assert [error["kind"] for error in first["errors"]] == ["not_json", "too_complex"]
    assert [error["puzzleId"] for error in second["errors"]] == ["a"]
    assert first["findings"] == second["findings"]
    assert [(each["kind"], each["count"]) for each in first["findings"]] == [
        ("not_json", 1),
        ("too_complex", 1),
        ("text_replaced", 1),
    ]
    _, history = await api.get(PATH)
    assert [run["findings"] for run in history["runs"]] == [first["findings"], []]


async def test_a_runs_errors_are_filtered(api: Api, writer: Writer, pool: asyncpg.Pool) -> None:
    run_id = (await writer.ingest("m-1", failed=2)).run_id
    kept = [("task_a", "text_replaced", False), ("task_c", "too_complex", True), ("task_b", "not_json", True)]
    for puzzle_id, kind, is_fatal in (*kept, ("taskxb", "of_tomorrow", False)):
        await pool.execute(
            "INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal) VALUES ($1, $2, $3, $4, $5)",
            run_id, puzzle_id, kind, f"why {kind}", is_fatal,
        )  # fmt: skip
    wanted = {
        "severity=error": ({"not_json", "too_complex"}, 2),
        "severity=note": ({"text_replaced", "of_tomorrow"}, 0),
        "severity=warning": (set(), 0),
        "kind=too_complex": ({"too_complex"}, 1),
        "kind=too_complex&severity=error": ({"too_complex"}, 1),
        "kind=too_complex&severity=note": (set(), 0),
        "search=TASK_B": ({"not_json"}, 1),
        "search=why+of_tom": ({"of_tomorrow"}, 0),
        "search=%25": (set(), 0),
    }
    for asked, (kinds, fatal) in wanted.items():
        _, found = await api.get(f"{PATH}/{run_id}/errors?{asked}")
        assert {each["kind"] for each in found["errors"]} == kinds, asked
        assert (found["total"], found["fatal"], len(found["findings"])) == (len(kinds), fatal, 4), asked
    assert (await api.get(f"{PATH}/{run_id}/errors?severity=bad"))[0] == 400


async def test_a_run_without_errors_has_an_empty_list_and_an_unknown_run_is_a_404(api: Api, writer: Writer) -> None:
    event = await writer.ingest("m-1")
    status, body = await api.get(f"{PATH}/{event.run_id}/errors")
    assert (status, body["total"], body["errors"]) == (200, 0, [])
    status, body = await api.get(f"{PATH}/{event.run_id + 1}/errors")
    assert (status, body["status"]) == (404, 404)
    assert (await api.get(f"{PATH}/first/errors"))[0] == 400


async def test_a_parameter_that_does_not_exist_is_named(api: Api) -> None:
    status, body = await api.get(f"{PATH}?stauts=partial")
    assert (status, body["title"]) == (400, "Bad request")
    assert "'stauts'" in body["detail"]
    assert "status" in body["detail"]


async def test_recent_activity_is_the_last_ten_runs_in_short(api: Api, writer: Writer, pool: asyncpg.Pool) -> None:
    for number in range(12):
        await writer.ingest(f"model-{number}", failed=number % 2)
    await pool.execute(
        "UPDATE ingestion_runs SET status = 'running', duration_ms = 0, accuracy_percent = NULL, dry_run = true "
        "WHERE dataset_name = 'model-11'"
    )
    status, body = await api.get("/api/admin/recent-activity")
    assert (status, [run["datasetName"] for run in body["runs"]]) == (200, [f"model-{n}" for n in range(11, 1, -1)])
    running, ended = body["runs"][:2]
    assert (running["completedAt"], running["duration"], running["accuracyPercent"]) == (None, 0, None)
    assert (running["dryRun"], running["failed"], ended["dryRun"], ended["failed"]) == (True, 1, False, 0)
    assert ended == {
        name: value for name, value in (await _run(api, "model-10")).items() if name in ended.keys() - {"duration"}
    } | {"duration": 1500}


async def _run(api: Api, model: str) -> dict[str, object]:
    _, body = await api.get(f"{PATH}?model={model}")
    found: dict[str, object] = body["runs"][0]
    return found
