"""The latest model is right at once, counts days in UTC, and is null before the first."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from query_api.schemas.cached import LatestQuery
from query_api.server.response_cache import ResponseCache
from query_api.settings import Settings
from query_api.view.answers import Moment, ago, days_between, get_latest_model
from query_api.view.projection import State
from query_api.view.snapshot import View, moment_of

from tests.support.api import Api
from tests.support.writer import DATASET, START, Writer, submission

PATH = "/api/metrics/latest-model"
OTHER = "arcprize/arc_agi_v1_public_eval"


async def test_data_is_null_before_the_first_ingestion(api: Api) -> None:
    assert await api.get(PATH) == (200, {"success": True, "stale": False, "asOf": None, "data": None})


async def test_a_model_that_lands_is_the_latest_at_once(api: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest("gemini-3-flash-preview-thinking-high", ingested_at=datetime.now(UTC)))
    found = await api.until_latest("gemini-3-flash-preview-thinking-high")
    assert found["modelName"] == "gemini-3-flash-preview-thinking-high-attempt1"
    assert found["displayLabel"] == "Latest: Gemini 3 Flash Preview (High) (today)"
    assert (found["model"], found["dataset"]) == ("gemini-3-flash-preview-thinking-high", DATASET)
    assert (found["daysAgo"], found["score"], found["tasksTotal"]) == (0, 0.5, 120)


async def test_published_and_ingested_may_name_different_models(api: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest("new-upload-1", published_at=START))
    await writer.publish(await writer.ingest("old-upload-2", published_at=START - timedelta(days=90)))
    await api.until_latest("old-upload-2", f"{PATH}?by=ingested")
    assert (await api.data(f"{PATH}?by=published"))["model"] == "new-upload-1"


async def test_a_dataset_has_a_latest_of_its_own(api: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest("first", dataset=OTHER), await writer.ingest("second"))
    await api.until_latest("second")
    assert (await api.data(f"{PATH}?dataset={OTHER}"))["model"] == "first"
    status, body = await api.get(f"{PATH}?dataset=nobody/nothing")
    assert (status, OTHER in body["detail"]) == (404, True)


async def test_a_model_whose_folder_vanished_is_not_the_latest_any_more(api: Api, writer: Writer) -> None:
    await writer.ingest("stays")
    await writer.ingest("vanishes")
    await writer.remove("vanishes")
    await writer.publish(await writer.sync())
    await api.until_latest("stays")
    rows = {row["model"]: row["status"] for row in await api.data("/api/models")}
    assert rows == {"stays": "completed", "vanishes": "removed"}


@pytest.mark.parametrize(
    ("then", "days"),
    [
        ("2026-03-03T00:00:00Z", 0),
        ("2026-03-02T23:59:59Z", 1),
        ("2026-03-01T00:00:00Z", 2),
        ("2026-03-09T00:00:00Z", 0),
    ],
)
def test_days_are_calendar_days_in_utc(then: str, days: int) -> None:
    assert days_between(datetime.fromisoformat(then), datetime(2026, 3, 3, tzinfo=UTC).date()) == days


def test_days_are_of_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    then = datetime.fromisoformat("2026-03-03T01:00:00+02:00")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        days = days_between(then, datetime(2026, 3, 3, tzinfo=UTC).date())
    time.tzset()
    assert days == 1


def test_what_was_never_published_counts_from_its_ingestion() -> None:
    dated = submission("m-1", 1, 1)
    undated = submission("m-1", 1, 1, published_at=None)
    days = [moment_of(each, by) for each in (dated, undated) for by in ("published", "ingested")]
    assert days == [START, dated.ingested_at, dated.ingested_at, dated.ingested_at]


def test_days_read_as_people_say_them() -> None:
    assert [ago(days) for days in (0, 1, 2)] == ["today", "1 day ago", "2 days ago"]


def test_days_go_by_without_any_event() -> None:
    state = State(View.of([submission("m-1", 1, 1)], None))
    now = datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC).timestamp()
    response_cache = ResponseCache(lambda: state, Settings(), {}, clock=lambda: now)
    labels = []
    for _ in range(3):
        page = response_cache.current().make(
            PATH, zipped=False, answer=lambda moment: get_latest_model(moment, LatestQuery())
        )
        labels.append((json.loads(page.body)["data"]["daysAgo"], page.etag))
        now += 1
    assert [days for days, _ in labels] == [1, 2, 2]
    assert labels[0][1] != labels[1][1] == labels[2][1]


def test_an_answer_expires_at_midnight_or_at_the_next_tick() -> None:
    state = State(View())
    night = Settings(hf_sync_schedule="0 2 * * *")
    moment = Moment(state, datetime(2026, 3, 3, 12, tzinfo=UTC), night)
    assert moment.expires_at() == datetime(2026, 3, 4, tzinfo=UTC)
    assert get_latest_model(moment, LatestQuery()).data is None
    soon = Moment(state, datetime(2026, 3, 3, 1, tzinfo=UTC), night)
    assert soon.expires_at() == datetime(2026, 3, 3, 2, tzinfo=UTC)
