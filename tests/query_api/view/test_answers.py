"""Answers from the view: filtered, ordered, cut into pages, and telling how fresh they are."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from common.names.fields import Entry, NameFields
from common.names.registry import ModelNames
from query_api.schemas.cached import AttemptRow, LatestQuery, ModelsQuery, SortBy
from query_api.schemas.cursors import write_cursor
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.store.rows import Stored, Submission, Sync
from query_api.view.answers import Moment, get_cron_status, get_latest_model, get_quick_stats, list_models
from query_api.view.projection import State
from query_api.view.snapshot import View

from tests.support.writer import DATASET, START, submission

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
OTHER = "arcprize/arc_agi_v1_public_eval"
A = submission("a", 1, 1, total_cost=None, published_at=START + timedelta(days=2))
B = submission("b", 3, 2, total_cost=9.0, published_at=None)
C = submission("c", 2, 3, dataset=OTHER, source="ARC1-Eval", total_cost=0.5)
D = submission("d", 2, 4, status="removed")

NAMES = ModelNames(
    admin={
        folder: Entry(NameFields(display_name=name), {})
        for folder, name in {"a": "zebra", "b": "Yak", "c": "ant", "d": "Bee"}.items()
    }
)


def moment(
    *submissions: Submission, sync: Sync | None = None, as_of: datetime | None = None, **settings: Any
) -> Moment:
    view = replace(View.of(submissions, sync), names=NAMES)
    return Moment(State(view, as_of), NOW, Settings(**settings))


def listed(**query: Any) -> tuple[int, list[str]]:
    found = json.loads(list_models(moment(A, B, C, D), ModelsQuery(**query)).body)
    return found["total"], [each["model"] for each in found["data"]]


@pytest.mark.parametrize(
    ("sort", "order"),
    [("score", "bcda"), ("ingestedAt", "dcba"), ("publishedAt", "acdb"), ("model", "cdba"), ("cost", "cdba")],
)
def test_each_order_puts_the_best_first_and_what_is_unknown_last(sort: SortBy, order: str) -> None:
    assert listed(sort=sort) == (4, list(order))


def test_every_order_that_may_be_asked_for_is_there() -> None:
    assert {listed(sort=sort)[0] for sort in get_args(SortBy)} == {4}


def test_quick_stats_count_a_model_of_two_datasets_once_and_say_what_the_database_held() -> None:
    view = View.of([A, B, submission("a", 2, 5, dataset=OTHER)], None, Stored(77, START))
    away = Moment(State(view, START, database_connected=False), NOW, Settings())
    found = get_quick_stats(away)
    assert (found.total_models, found.total_explanations, found.last_ingestion) == (2, 77, START)
    assert (found.database_connected, found.timestamp, found.stale, found.as_of) == (False, NOW, True, START)
    assert get_quick_stats(moment()).model_dump(exclude={"timestamp"}) == {
        "stale": False, "asOf": None, "success": True,
        "totalModels": 0, "totalExplanations": 0, "databaseConnected": True, "lastIngestion": None,
    }  # fmt: skip


def test_filters_go_together_and_the_total_is_of_what_passes_them() -> None:
    assert listed(dataset=OTHER) == (1, ["c"])
    assert listed(source="ARC1-Eval") == (1, ["c"])
    assert listed(status="removed") == (1, ["d"])
    assert listed(source="ARC2-Eval", status="completed", sort="model") == (2, ["b", "a"])
    assert listed(dataset=OTHER, status="removed") == (0, [])


def test_a_page_is_a_part_of_the_whole_order() -> None:
    assert listed(sort="score", offset=1, limit=2) == (4, ["c", "d"])
    assert listed(sort="score", offset=4) == (4, [])


@pytest.mark.parametrize(
    ("sort", "order", "shown"),
    [
        ("score", "asc", "acdb"),
        ("score", "desc", "bcda"),
        ("ingestedAt", "asc", "abcd"),
        ("publishedAt", "asc", "cdab"),
        ("model", "desc", "abdc"),
        ("cost", "desc", "bdca"),
    ],
)
def test_the_other_way_round_ties_and_what_is_unknown_stay_where_they_were(
    sort: SortBy, order: str, shown: str
) -> None:
    assert listed(sort=sort, order=order) == (4, list(shown))


def test_names_and_families_are_found_in_any_letter_case() -> None:
    assert listed(search="YAK")[1] == ["b"]
    assert listed(search="ant c")[1] == ["c"]
    assert listed(search="ant b") == (0, [])
    shown = moment(submission("gpt-5", 1, 1), submission("claude-opus-5", 1, 2))
    found = json.loads(list_models(shown, ModelsQuery(family="gpt")).body)
    assert (found["total"], [each["model"] for each in found["data"]]) == (1, ["gpt-5"])


def page_of(shown: Moment, **query: Any) -> tuple[list[str], str | None]:
    found = json.loads(list_models(shown, ModelsQuery(**query)).body)
    return [each["model"] for each in found["data"]], found["nextCursor"]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", get_args(SortBy))
def test_a_cursor_goes_on_where_a_page_ended_whatever_landed_meanwhile(sort: SortBy, order: str) -> None:
    query = {"sort": sort, "order": order, "limit": 1}
    landed = [
        submission(name, content, 9, dataset=OTHER, published_at=at, total_cost=cost)
        for content, (name, at, cost) in enumerate(
            [("0", START + timedelta(days=9), 0.1), ("m", START, 5.0), ("zz", START - timedelta(days=9), 99.0)]
        )
    ]
    names, cursor = page_of(moment(A, B, C, D), **query)
    while cursor:
        more, cursor = page_of(moment(A, B, C, D, *landed), **query, cursor=cursor)
        names += more
    # Each of those that were there once, in their order; of those that landed, only what comes after the place.
    assert [name for name in names if name in "abcd"] == listed(sort=sort, order=order)[1]
    whole = page_of(moment(A, B, C, D, *landed), sort=sort, order=order)[0]
    assert names == whole[whole.index(names[0]) :]


def test_the_last_page_has_no_cursor_and_neither_has_a_whole_answer() -> None:
    assert page_of(moment(A, B)) == (["b", "a"], None)
    _, cursor = page_of(moment(A, B), limit=1)
    assert page_of(moment(A, B), limit=1, cursor=cursor) == (["a"], None)
    # The one that it was made at has gone since.
    assert page_of(moment(A), limit=1, cursor=cursor) == (["a"], None)


@pytest.mark.parametrize("letter", ["\u0390", "\U0001f9e9"], ids=["three letters in lower case", "four bytes"])
def test_a_cursor_that_is_handed_out_is_taken_back_however_long_the_names_are(letter: str) -> None:
    folders = [letter * (251 // len(letter.encode())) + number for number in "12"]
    names = {each: Entry(NameFields(display_name=letter * 254 + each[-1]), {}) for each in folders}
    found = [submission(each, 1, number, dataset="o" * 39 + "/" + "n" * 96) for number, each in enumerate(folders)]
    shown = Moment(State(replace(View.of(found, None), names=ModelNames(admin=names))), NOW, Settings())
    first, cursor = page_of(shown, sort="model", limit=1)
    assert page_of(shown, sort="model", limit=1, cursor=cursor) == (folders[1:], None)
    assert first == folders[:1]


def written(*place: object) -> str:
    """Return a cursor that holds what we never write, for the list by score."""
    return write_cursor(ModelsQuery(), *place)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"cursor": "nonsense"}, "none of ours"),
        ({"cursor": written(0.5, "a/b", "m"), "offset": 1}, "offset is another place"),
        ({"cursor": "é"}, "none of ours"),
        ({"cursor": "W10"}, "none of ours"),
        ({"cursor": written(0.5)}, "none of ours"),
        ({"cursor": written("half", "a/b", "m")}, "none of ours"),
        ({"cursor": written(0.5, "a/b", 7)}, "none of ours"),
        ({"cursor": written(0.5, "a/b", "m"), "sort": "cost"}, "begin again"),
        ({"cursor": written(0.5, "a/b", "m"), "search": "gpt"}, "begin again"),
    ],
)
def test_a_cursor_of_another_list_or_none_of_ours_is_refused_in_words(query: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError, match=words) as caught:
        page_of(moment(A, B), **query)
    assert (caught.value.status, caught.value.details.errors[0].field) == (422, "cursor")


def test_an_answer_says_since_when_it_may_lag() -> None:
    assert (moment().freshness, moment(as_of=START).freshness) == (
        {"stale": False, "as_of": None},
        {"stale": True, "as_of": START},
    )
    found = json.loads(list_models(moment(A, as_of=START), ModelsQuery()).body)
    assert (found["stale"], found["success"]) == (True, True)
    assert get_latest_model(moment(as_of=START), LatestQuery()).stale is True
    assert get_latest_model(moment(A, as_of=START), LatestQuery()).as_of == START
    assert get_cron_status(moment(as_of=START)).as_of == START


def test_a_submission_without_attempts_holds_nothing_usable_and_is_not_the_latest() -> None:
    assert get_latest_model(moment(A.model_copy(update={"attempts": ()})), LatestQuery()).data is None


def test_the_latest_is_asked_for_by_its_instant_and_its_dataset() -> None:
    def latest(**query: Any) -> str | None:
        found = get_latest_model(moment(A, B, C, D), LatestQuery(**query)).data
        return found.model_name if found else None

    assert (latest(), latest(by="published")) == ("c-attempt1", "a-attempt1")
    assert (latest(dataset=DATASET), latest(by="published", dataset=OTHER)) == ("b-attempt1", "c-attempt1")
    other = C.model_copy(update={"attempts": (AttemptRow(model_name="c-attempt2", accuracy_percent=1.0),)})
    found = get_latest_model(moment(other), LatestQuery()).data
    assert found is not None
    assert found.model_name == "c-attempt2"


def test_a_row_shows_each_attempts_accuracy_as_json() -> None:
    found = list_models(moment(A), ModelsQuery())
    (shown,) = json.loads(found.body)["data"]
    assert shown["attempts"] == [{"modelName": "a-attempt1", "accuracyPercent": 40.0}]
    assert found.content_type == "application/json; charset=utf-8"


def test_the_latest_published_counts_days_from_its_publication() -> None:
    published = A.model_copy(update={"published_at": NOW - timedelta(days=9), "landed_at": NOW})
    ages = [get_latest_model(moment(published), LatestQuery(by=by)).data for by in ("ingested", "published")]
    assert [each and each.days_ago for each in ages] == [0, 9]
    assert ages[1] is not None
    assert ages[1].display_label == "Latest: zebra (9 days ago)"


def test_what_was_ingested_again_without_other_answers_is_as_old_as_its_landing() -> None:
    landed = NOW - timedelta(days=3)
    again = A.model_copy(update={"landed_at": landed, "ingested_at": NOW})
    newer = B.model_copy(update={"landed_at": landed + timedelta(days=1), "ingested_at": landed + timedelta(days=1)})
    found = get_latest_model(moment(again, newer), LatestQuery()).data
    assert found is not None
    assert (found.model, found.days_ago) == (B.model, 2)
    alone = get_latest_model(moment(again), LatestQuery()).data
    assert alone is not None
    assert (alone.days_ago, alone.landed_at, alone.ingested_at) == (3, landed, NOW)


SYNC = Sync(7, "webhook", "partial", START, 3, "c/d: 503")


def test_the_last_sync_is_told_as_it_ended() -> None:
    found = get_cron_status(moment(sync=SYNC, hf_sync_auto_ingest=False))
    assert (found.last_run, found.last_status, found.last_new_models_found) == (START, "partial", 3)
    assert (found.last_trigger, found.last_error) == ("webhook", "c/d: 503")
    assert (found.cron_enabled, found.schedule, found.auto_ingest) == (True, "0 2 * * *", False)
    assert found.next_run == datetime(2026, 3, 4, 2, tzinfo=UTC)


def test_a_status_of_a_newer_version_is_not_told_and_before_the_first_sync_all_is_null() -> None:
    newer = get_cron_status(moment(sync=replace(SYNC, status="unknown")))
    assert (newer.last_status, newer.last_run) == (None, START)
    never = get_cron_status(moment())
    last = (never.last_run, never.last_status, never.last_new_models_found, never.last_trigger, never.last_error)
    assert last == (None,) * 5


def test_without_cron_jobs_no_run_is_next_and_an_answer_expires_at_midnight() -> None:
    off = moment(enable_cron_jobs=False, hf_sync_schedule="0 13 * * *")
    assert (off.next_run(), get_cron_status(off).next_run) == (None, None)
    assert off.expires_at() == datetime(2026, 3, 4, tzinfo=UTC)
