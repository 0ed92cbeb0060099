"""Prebuilt answers take a bounded room, whoever asks for what; those that are asked for often stay."""

import gc
import gzip
import re
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from query_api import app
from query_api.routes.access import SECURITY_HEADERS
from query_api.routes.export.negotiation import accepts_gzip
from query_api.schemas.accuracy import HarnessQuery
from query_api.schemas.base import JSON, Answer, Query, Rendered
from query_api.schemas.cached import LatestQuery, ModelsQuery
from query_api.server import response_cache
from query_api.server.response_cache import CachedResponse, ResponseCache, StateResponses, build_response
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
    assert len(kept._kept) == 2_000
    assert taken / 1.3 < kept.kept_bytes < taken * 1.3


def test_small_answers_are_bounded_by_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache, "MAX_KEPT_RESPONSES", 10)
    kept = _empty()
    for number in range(100):
        _make(kept, f"/{number}")
    assert len(kept._kept) == 10


def test_large_answers_are_bounded_by_their_bytes() -> None:
    kept = _empty()
    for number in range(40):
        _make(kept, f"/{number}", 1024 * 1024)
        assert kept.kept_bytes <= response_cache.MAX_KEPT_BYTES
    assert len(kept._kept) == 15


def test_an_answer_larger_than_all_room_displaces_nothing() -> None:
    kept = _empty()
    _make(kept, "/small")
    _make(kept, "/large", response_cache.MAX_KEPT_BYTES)
    assert kept.get("/small", zipped=False)
    assert kept.get("/large", zipped=False) is None


def test_what_is_asked_for_stays_and_what_no_client_asks_for_goes(monkeypatch: pytest.MonkeyPatch) -> None:
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
        (ModelsQuery(cursor="abc", order="asc"), True),
        (ModelsQuery(search="gpt"), False),
        (ModelsQuery(family="made up"), False),
        (ModelsQuery(dataset=DATASET, source="made up"), False),
        (HarnessQuery(base_model_name="m"), True),
        (HarnessQuery(base_model_name="m", dataset="evaluation2", hf_dataset=DATASET), True),
        (HarnessQuery(base_model_name="m", dataset="made-up"), False),
        (HarnessQuery(base_model_name="m", hf_dataset="made/up"), False),
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
        assert len(caches[0].current()._kept) == 1


def _made_up(number: int) -> tuple[str, ...]:
    return (
        f"{HOT}?dataset=made/up{number}",
        f"/api/models?source=made-up-{number}",
        f"{HOT}?made-up-{number}=1",
        f"{HOT}?by=made-up-{number}",
        f"/made-up-{number}",
    )


BODY = b"{" + b" " * 2_000 + b"}"


def _sent(response: CachedResponse) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in SECURITY_HEADERS}


def test_a_response_says_what_it_is_and_how_it_may_be_kept() -> None:
    plain = build_response(b"{}")
    assert plain.body == b"{}"
    assert re.fullmatch(r'"[0-9a-f]{24}"', plain.etag)
    assert SECURITY_HEADERS.items() <= dict(plain.headers).items()
    assert _sent(plain) == {"Content-Type": JSON, "Cache-Control": "no-cache", "ETag": plain.etag}
    assert build_response(b"{}", content_type="text/csv").headers["Content-Type"] == "text/csv"
    assert build_response(b"[]").etag != plain.etag == build_response(b"{}").etag


def test_the_head_of_a_response_is_its_status_line_and_headers() -> None:
    first, *lines, end = build_response(b"{}").head.decode().split("\r\n")
    assert (first, end) == ("HTTP/1.1 200 OK", "")
    assert lines[-1] == "Content-Length: 2"
    assert dict(line.split(": ", 1) for line in lines[:-1]) == dict(build_response(b"{}").headers)


def test_a_zipped_response_is_the_same_answer_under_a_tag_of_its_own() -> None:
    plain, zipped = build_response(BODY), build_response(BODY, encoding="gzip")
    assert gzip.decompress(zipped.body) == BODY
    assert len(zipped.body) < 100
    assert int.from_bytes(zipped.body[4:8]) == 0, "every replica sends the same bytes, whenever it made them"
    assert zipped.etag != plain.etag
    assert _sent(zipped) == _sent(plain) | {"Content-Encoding": "gzip", "ETag": zipped.etag}


@pytest.mark.parametrize(("size", "worth"), [(1_399, False), (1_400, True)])
def test_what_fits_into_a_packet_is_not_zipped(size: int, *, worth: bool) -> None:
    made = _empty().make("/", zipped=True, answer=lambda _: Rendered(b"x" * size, JSON))
    assert (made.headers.get("Content-Encoding") == "gzip", "Vary" in made.headers) == (worth, worth)
    plain = _empty().make("/", zipped=False, answer=lambda _: Rendered(b"x" * size, "text/csv"))
    assert (plain.headers.get("Content-Encoding"), plain.headers["Content-Type"]) == (None, "text/csv")
    assert plain.headers.get("Vary") == ("Accept-Encoding" if worth else None)


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        *(("", False), ("identity", False), ("gzipped", False), ("br, x-gzip", False)),
        *(("gzip", True), ("GZIP", True), ("br, gzip", True), ("gzip;q=0.5", True), (" gzip ; q=1", True)),
        *(("gzip;q=0", False), ("gzip; q=0.0", False), ("gzip;q=0.00", False), ("gzip;q = 0.000", False)),
        ("gzip;q=0, gzip", False),
    ],
)
def test_a_client_takes_gzip_when_it_says_so(accepted: str, *, takes: bool) -> None:
    assert accepts_gzip(accepted) is takes


def test_an_answer_is_made_once_for_each_encoding_and_kept_where_that_is_wanted() -> None:
    kept = _empty()
    made: list[Moment] = []

    def answer(moment: Moment) -> Answer:
        made.append(moment)
        return Answer()

    first = kept.make("/a", zipped=True, answer=answer)
    assert (first.body, first.headers["Content-Type"]) == (b'{"success":true}', JSON)
    assert made == [kept.moment]
    assert kept.get("/a", zipped=True) is first
    assert kept.get("/a", zipped=False) is None
    kept.make("/b", zipped=True, answer=answer, keep=False)
    assert kept.get("/b", zipped=True) is None


def test_room_is_counted_with_paths_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache, "MAX_KEPT_RESPONSES", 2)
    kept = _empty()
    for path, size in (("/one", 10), ("/second", 20), ("/the third", 30)):
        _make(kept, path, size)
    left = [kept.get(path, zipped=False) for path in ("/second", "/the third")]
    assert kept.kept_bytes == sum(
        len(each.body) + len(each.head) + len(path) + response_cache._OVERHEAD_BYTES
        for each, path in zip(left, ("/second", "/the third"), strict=True)
        if each
    )


def test_an_answer_that_takes_all_room_to_the_byte_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = build_response(b"x" * 60).kept_bytes + len("/a")
    for room, is_kept in ((taken, True), (taken - 1, False)):
        monkeypatch.setattr(response_cache, "MAX_KEPT_BYTES", room)
        kept = _empty()
        _make(kept, "/a")
        assert (kept.get("/a", zipped=False) is not None) is is_kept


def test_answers_are_those_of_the_present_view_and_day() -> None:
    times = [datetime(2026, 3, 1, 12, tzinfo=UTC)]
    states = [State(View())]
    settings = Settings(enable_cron_jobs=False)
    task_sets: dict[str, Any] = {}
    cache = ResponseCache(lambda: states[-1], settings, task_sets, lambda: _seconds(times[-1]))
    first = cache.current()
    assert first.moment == Moment(states[0], times[0], settings, task_sets)
    assert first.moment.task_sets is task_sets
    assert first.expires_at == datetime(2026, 3, 2, tzinfo=UTC).timestamp()
    assert cache.current() is first
    states.append(State(View()))
    second = cache.current()
    assert (second is first, second.moment.state is states[1]) == (False, True)
    times.append(datetime(2026, 3, 1, 23, 59, 59, 999_000, tzinfo=UTC))
    assert cache.current() is second
    times.append(datetime(2026, 3, 2, tzinfo=UTC))
    third = cache.current()
    assert (third is second, third.moment.now) == (False, times[-1])


def _seconds(at: datetime) -> float:
    return at.timestamp()
