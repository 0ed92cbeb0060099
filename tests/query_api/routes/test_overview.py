"""The list of submissions is filtered, sorted and paged; the schedule's state is shown with the last sync."""

from datetime import UTC, datetime, timedelta

from query_api.schemas.cached import CronStatusAnswer, ModelsAnswer
from query_api.settings import Settings

from tests.query_api.conftest import Start
from tests.support.api import Api
from tests.support.writer import DATASET, START, Writer

OTHER = "arcprize/arc_agi_v1_public_eval"


async def _fill(api: Api, writer: Writer) -> None:
    await writer.ingest("best", score=0.9, cost=30.0, published_at=START - timedelta(days=3))
    await writer.ingest("worst", score=0.1, cost=None, published_at=None)
    await writer.ingest(
        "middle", OTHER, source="ARC1-Eval", score=0.5, failed=2, published_at=START - timedelta(days=1)
    )
    await writer.publish(await writer.sync())
    await api.until("/api/models", lambda found: found["total"] == 3)


async def _names(api: Api, query: str) -> list[str]:
    return [row["model"] for row in await api.data(f"/api/models?{query}")]


async def test_rows_are_of_the_documented_shape(api: Api, writer: Writer) -> None:
    await _fill(api, writer)
    async with api.http.get("/api/models") as answer:
        found = ModelsAnswer.model_validate_json(await answer.read())
    best = found.data[0]
    assert (found.total, best.model, best.dataset, best.tasks_solved) == (3, "best", DATASET, 108)
    assert (best.status, found.data[1].status, found.data[1].errors) == ("completed", "partial", 2)
    assert [each.model_name for each in best.attempts] == ["best-attempt1", "best-attempt2"]


async def test_rows_are_sorted(api: Api, writer: Writer) -> None:
    await _fill(api, writer)
    assert await _names(api, "sort=score") == ["best", "middle", "worst"]
    assert await _names(api, "sort=ingestedAt") == ["middle", "worst", "best"]
    assert await _names(api, "sort=publishedAt") == ["middle", "best", "worst"]
    assert await _names(api, "sort=model") == ["best", "middle", "worst"]
    assert await _names(api, "sort=cost") == ["middle", "best", "worst"]


async def test_rows_are_filtered_and_paged(api: Api, writer: Writer) -> None:
    await _fill(api, writer)
    assert await _names(api, f"dataset={OTHER}") == ["middle"]
    assert await _names(api, "source=ARC2-Eval") == ["best", "worst"]
    assert await _names(api, "status=partial") == ["middle"]
    _, body = await api.get("/api/models?limit=1&offset=1")
    assert (body["total"], [row["model"] for row in body["data"]]) == (3, ["middle"])


async def test_the_last_sync_is_told_and_the_next_one_promised(api: Api, writer: Writer) -> None:
    status, before = await api.get("/api/admin/cron-status")
    assert (status, before["lastRun"], before["lastStatus"], before["lastNewModelsFound"]) == (200, None, None, None)
    await writer.publish(await writer.sync(status="partial", new=3, trigger="catch_up"))
    found = await api.until("/api/admin/cron-status", lambda body: body["lastRun"])
    assert (found["lastStatus"], found["lastNewModelsFound"], found["lastTrigger"]) == ("partial", 3, "catch_up")
    assert found["cronEnabled"]
    coming = CronStatusAnswer.model_validate(found).next_run
    assert coming is not None
    assert (coming.hour, coming.minute) == (2, 0)
    assert timedelta(0) < coming - datetime.now(UTC) <= timedelta(days=1)


async def test_without_cron_jobs_nothing_is_promised(start: Start) -> None:
    async with start(enable_cron_jobs=False) as api:
        _, body = await api.get("/api/admin/cron-status")
        assert (body["cronEnabled"], body["nextRun"]) == (False, None)


async def test_a_tick_that_falls_into_a_blackout_is_promised_for_its_end(start: Start) -> None:
    blackout = Settings(hf_sync_blackout="01:30-03:15").hf_sync_blackout
    async with start(hf_sync_blackout=blackout) as api:
        _, body = await api.get("/api/admin/cron-status")
        assert body["nextRun"].endswith("T03:15:00Z")
