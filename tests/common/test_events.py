"""Events are read from any client's JSON, refuse what cannot be, and carry keys that keep them from being doubled."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from common.bus.delivery import parse
from common.events import (
    DatasetSynced,
    DeadLetter,
    ModelDiscovered,
    ModelIngested,
    ModelIngestionFailed,
    SyncCompleted,
    SyncRequested,
    body_of,
    headers_of,
)
from common.outcomes import PermanentError
from hypothesis import given
from hypothesis import strategies as st

OID = "a" * 40
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "force"),
    [
        ({}, True),
        ({"trigger": "manual"}, True),
        ({"trigger": "webhook"}, False),
        ({"force": False}, False),
        ({"trigger": "schedule", "force": True}, True),
        ({"force": None}, True),
    ],
)
def test_only_a_manual_event_forces_unless_it_says_otherwise(more: dict[str, Any], force: bool) -> None:  # noqa: FBT001 - a table
    assert parse(ModelDiscovered, json.dumps({"dataset": "o/d", "model": "m", **more}).encode()).force is force


def test_what_is_not_known_is_left_out() -> None:
    event = parse(ModelDiscovered, b'{"dataset": "o/d", "model": "m", "colour": "green"}')
    assert event == ModelDiscovered(dataset="o/d", model="m")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "body: is not JSON"),
        (b"null", "body: must be a JSON object"),
        (b"[]", "body: must be a JSON object"),
        (b'{"dataset": "o/d"}', "model: is missing"),
        (b'{"dataset": 1, "model": 2}', "dataset: must be text (and 1 more)"),
        (b'{"dataset": "o/d", "model": ""}', "model: must not be empty"),
        (b'{"dataset": "o/d", "model": "m", "tree_oid": "main"}', "tree_oid: must be a git hash"),
        (
            b'{"dataset": "o/d", "model": "m", "published_at": "2026-11-23T00:00:00"}',
            "published_at: must say its time zone",
        ),
        (b'{"dataset": "o/d", "model": "m", "trigger": "whim"}', "trigger: must be 'schedule'"),
    ],
)
def test_a_wrong_body_is_permanent_with_the_first_reason(body: bytes, reason: str) -> None:
    with pytest.raises(PermanentError) as caught:
        parse(ModelDiscovered, body)
    assert str(caught.value).startswith(reason)
    assert caught.value.kind == "invalid_event"


@given(st.binary(max_size=200))
def test_no_body_is_anything_but_an_event_or_permanent(body: bytes) -> None:
    with contextlib.suppress(PermanentError):
        assert parse(ModelDiscovered, body).model


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=50)


@given(st.builds(ModelDiscovered, dataset=TEXT, model=TEXT, tree_oid=st.none() | st.just(OID), force=st.booleans()))
def test_an_event_survives_the_wire(event: ModelDiscovered) -> None:
    assert parse(ModelDiscovered, body_of(event)) == event


def test_a_watchers_event_has_the_key_of_its_content_and_a_manual_one_a_fresh_one() -> None:
    seen = ModelDiscovered(dataset="o/d", model="m", tree_oid=OID, trigger="schedule")
    assert seen.idempotency_key() == f"o/d@m@{OID}"
    manual = ModelDiscovered(dataset="o/d", model="m", tree_oid=OID)
    assert manual.idempotency_key() != manual.idempotency_key()


def test_events_for_one_content_have_one_content_key_whatever_their_commit_and_trigger() -> None:
    seen = ModelDiscovered(dataset="o/d", model="m", tree_oid=OID, revision="1" * 40, trigger="schedule")
    again = seen.model_copy(update={"revision": "2" * 40, "trigger": "manual"})
    assert seen.content_key == again.content_key == f"o/d@m@{OID}"
    assert seen.content_key not in {seen.model_copy(update={"tree_oid": "b" * 40}).content_key, "o/d@m"}


def test_without_a_content_a_watchers_event_has_a_fresh_key() -> None:
    unknown = ModelDiscovered(dataset="o/d", model="m", trigger="schedule")
    assert unknown.idempotency_key() != unknown.idempotency_key()


def test_an_event_without_a_name_of_its_own_has_a_fresh_key() -> None:
    failed = ModelIngestionFailed(kind="integrity", reason="why", delivery_count=6, failed_at=NOW)
    assert failed.idempotency_key() != failed.idempotency_key()
    assert len(failed.idempotency_key()) == 32


def test_a_runs_end_is_told_once_under_each_name_and_again_by_another_database() -> None:
    counts = dict.fromkeys(("tasks_total", "tasks_submitted", "successful", "failed", "skipped", "duration_ms"), 1)
    about = {"source": "ARC2-Eval", "revision": OID, "tree_oid": OID, "attempts": (), "display_name": "M"}
    ingested = ModelIngested(
        run_id=7,
        dataset="o/d",
        model="m",
        score=1,
        ingested_at=NOW,
        auto_triggered=True,
        trigger="manual",
        **about,
        **counts,
    )
    assert ingested.idempotency_key() == "ingested-7@m@2026-11-23T00:00:00+00:00"
    assert ModelIngestionFailed.key_of(7, NOW) == "failed-7@2026-11-23T00:00:00+00:00"


def test_a_body_leaves_out_what_is_not_known() -> None:
    assert json.loads(body_of(SyncRequested(request_id="w-1"))) == {"trigger": "manual", "request_id": "w-1"}


def test_a_webhooks_request_is_known_by_its_delivery() -> None:
    assert SyncRequested(request_id="w-1").idempotency_key() == "w-1"
    assert SyncRequested().idempotency_key() != SyncRequested().idempotency_key()


def test_headers_are_those_of_cloudevents_and_agree_on_the_id() -> None:
    headers = headers_of(SyncRequested(), "query-api", "w-1")
    assert headers["Nats-Msg-Id"] == headers["ce-id"] == "w-1"
    assert (headers["ce-type"], headers["ce-source"]) == ("arcwatch.sync.requested", "arcwatch/query-api")
    assert datetime.fromisoformat(headers["ce-time"]).tzinfo is not None
    assert (headers["content-type"], headers["ce-specversion"]) == ("application/json", "1.0")


def test_a_syncs_event_stays_small_whatever_the_number_of_models() -> None:
    quiet = DatasetSynced(dataset="o/d", seen=5000, unchanged=tuple(f"model-{number}" for number in range(5000)))
    event = SyncCompleted(
        sync_id=1,
        trigger="schedule",
        status="completed",
        started_at=NOW,
        completed_at=NOW,
        datasets=(quiet,),
        models_seen=5000,
        new_models_found=0,
        changed=0,
    )
    assert len(body_of(event)) < 1000
    assert event.idempotency_key() == event.model_copy().idempotency_key()
    again = event.model_copy(update={"started_at": NOW + timedelta(seconds=1)})
    assert again.idempotency_key() != event.idempotency_key(), "another database counts from 1 again"


def dead_letter_of(**more: Any) -> DeadLetter:
    about = {"service": "ingester", "kind": "folder_gone", "reason": "no folder", "subject": "model.discovered"}
    rest = {"body": "{}", "headers": {}, "delivery_count": 1, "stream_sequence": 7, "failed_at": NOW}
    return DeadLetter.model_validate({**about, **rest, **more})


def test_a_replayed_dead_letter_has_a_fresh_id_and_keeps_the_rest() -> None:
    dead_letter = dead_letter_of(headers={"nats-msg-id": "old", "ce-source": "arcwatch/watcher"})
    assert (dead_letter.subject_of("watcher"), dead_letter.idempotency_key) == ("dead.watcher", "dead-ingester-7")
    again = dead_letter.replayed()
    assert again.headers["ce-source"] == "arcwatch/watcher"
    ids = [value for name, value in again.headers.items() if name.lower() == "nats-msg-id"]
    assert len(ids) == 1
    assert ids != ["old"]
    assert dead_letter.replayed().headers != again.headers


@pytest.mark.parametrize("filler", ["x", "\0", "😀"], ids=["plain", "control", "wide"])
def test_a_dead_letter_is_whole_up_to_a_quarter_of_a_mebibyte_of_json(filler: str) -> None:
    in_json = len(json.dumps(filler, ensure_ascii=False).encode()) - 2
    room = 256 * 1024 - len(dead_letter_of(body="").model_dump_json())
    body = filler * (room // in_json) + "." * (room % in_json)
    assert dead_letter_of(body=body).fitting() == dead_letter_of(body=body)
    assert dead_letter_of(body=body + ".").fitting().shortened


def test_a_dead_letter_that_is_too_long_keeps_its_beginnings() -> None:
    headers = {f"{number:02}{'n' * 300}": "v" * 300 for number in range(30)}
    long = dead_letter_of(body="b" * 300_000, reason="r" * 10_000, headers=headers)
    kept = {f"{number:02}{'n' * 254}": "v" * 256 for number in range(20)}
    assert long.fitting() == dead_letter_of(body="b" * 8192, reason="r" * 8192, headers=kept, shortened=True)
