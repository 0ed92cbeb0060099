"""Ingestion runs are filtered, sorted and paged, with the names that the admin page reads."""

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


async def test_a_parameter_that_does_not_exist_is_named(api: Api) -> None:
    status, body = await api.get(f"{PATH}?stauts=partial")
    assert (status, body["title"]) == (400, "Bad request")
    assert "'stauts'" in body["detail"]
    assert "status" in body["detail"]
