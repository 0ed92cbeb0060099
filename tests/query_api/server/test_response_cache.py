"""Prebuilt answers take a bounded room, whoever asks for what; those that are asked for often stay."""

import gc
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from query_api import app
from query_api.schemas.base import Query
from query_api.schemas.cached import LatestQuery, ModelsQuery
from query_api.schemas.rendered import JSON, Rendered
from query_api.server import response_cache
from query_api.server.response_cache import ResponseCache, StateResponses
from query_api.settings import Settings
from query_api.view.answers import Moment
from query_api.view.projection import State
from query_api.view.snapshot import View

from tests.query_api.conftest import Start
from tests.support.writer import DATASET

HOT = "/api/metrics/latest-model"


def _empty() -> StateResponses:
    return StateResponses(Moment(State(View()), datetime(2026, 3, 1, tzinfo=UTC), Settings()))


def _make(kept: StateResponses, path: str, size: int = 60) -> None:
    kept.make(path, zipped=False, answer=lambda _: Rendered(b"x" * size, JSON), keep=True)


def test_what_pages_count_is_what_they_take() -> None:
    kept = _empty()
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(2_000):
            _make(kept, f"{HOT}?dataset=owner/n{number}")
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(kept) == 2_000
    assert taken / 1.3 < kept.kept_bytes < taken * 1.3


def test_small_answers_are_bounded_by_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache, "MAX_KEPT_RESPONSES", 10)
    kept = _empty()
    for number in range(100):
        _make(kept, f"/{number}")
    assert len(kept) == 10


def test_large_answers_are_bounded_by_their_bytes() -> None:
    kept = _empty()
    for number in range(40):
        _make(kept, f"/{number}", 1024 * 1024)
        assert kept.kept_bytes <= response_cache.MAX_KEPT_BYTES
    assert len(kept) == 15


def test_an_answer_larger_than_all_room_displaces_nothing() -> None:
    kept = _empty()
    _make(kept, "/small")
    _make(kept, "/large", response_cache.MAX_KEPT_BYTES)
    assert kept.get("/small", zipped=False)
    assert kept.get("/large", zipped=False) is None


def test_what_is_asked_for_stays_and_what_nobody_asks_for_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache, "MAX_KEPT_RESPONSES", 10)
    kept = _empty()
    _make(kept, "/hot")
    for number in range(100):
        _make(kept, f"/{number}")
        assert kept.get("/hot", zipped=False)
    assert kept.get("/99", zipped=False)
    assert kept.get("/1", zipped=False) is None


@pytest.mark.parametrize(
    ("query", "worth"),
    [
        (LatestQuery(), True),
        (LatestQuery(dataset=DATASET), True),
        (LatestQuery(dataset="made/up"), False),
        (ModelsQuery(source="ARC2-Eval"), True),
        (ModelsQuery(source="made up"), False),
        (ModelsQuery(dataset=DATASET, source="made up"), False),
    ],
)
def test_names_that_are_made_up_are_not_worth_keeping(query: Query, *, worth: bool) -> None:
    assert response_cache.is_cacheable(query, Settings(hf_datasets=(DATASET,))) is worth


async def test_strangers_fill_no_memory(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    caches: list[ResponseCache] = []

    class Noted(ResponseCache):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            caches.append(self)

    monkeypatch.setattr(app, "ResponseCache", Noted)
    async with start() as api:
        statuses = {(await api.get(path))[0] for number in range(100) for path in _made_up(number)}
        assert statuses == {200, 400, 404}
        assert (await api.get(HOT))[0] == 200
        assert len(caches[0].current()) == 1


def _made_up(number: int) -> tuple[str, ...]:
    return (
        f"{HOT}?dataset=made/up{number}",
        f"/api/models?source=made-up-{number}",
        f"{HOT}?made-up-{number}=1",
        f"{HOT}?by=made-up-{number}",
        f"/made-up-{number}",
    )
