"""When a watcher looks next, which syncs it goes on with, and what a sync's parts add up to: values in, values out."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from common.events import DatasetSynced
from common.schedule import Schedule, parse_windows
from watcher import sync
from watcher.compare import compare
from watcher.poll import Poller, _repeated
from watcher.store.syncs import Listing, SyncRow
from watcher.sync import Request

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def poller(schedule: Schedule | None = None, **options: Any) -> Poller:
    return Poller(cast("Any", None), schedule or Schedule("0 2 * * *"), **options)


@pytest.mark.parametrize(
    ("before", "seconds"), [(3600, 15), (15.5, 15), (15, 15), (14, 14), (0.05, 0.05), (0.01, 0.05), (0, 15)]
)
def test_a_look_comes_at_the_tick_within_a_quarter_of_a_minute_and_never_at_once(before: float, seconds: float) -> None:
    tick = datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert poller().seconds_to_next_look(tick - timedelta(seconds=before)) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("expression", "windows", "hours"),
    [
        ("0 2 * * *", "", 24),
        ("0 2,4 * * *", "", 22),
        ("0 2 * * 1,3", "", 5 * 24),
        ("0 2 * * 1", "", 7 * 24),
        ("0 * * * *", "20:00-06:00", 11),
        ("0 2 1 * *", "", 31 * 24),
    ],
)
def test_the_longest_gap_is_that_of_the_syncs_that_will_run(expression: str, windows: str, hours: int) -> None:
    schedule = Schedule(expression, parse_windows(windows))
    assert poller(schedule).longest_gap_seconds(NOON) == hours * 3600


def test_without_cron_jobs_there_is_no_gap_and_the_look_is_for_dead_watchers_alone() -> None:
    off, now = poller(enabled=False), datetime(2026, 11, 24, 1, 59, 59, tzinfo=UTC)
    assert (off.longest_gap_seconds(now), off.seconds_to_next_look(now)) == (0, 15)


@pytest.mark.parametrize("trigger", ["schedule", "catch_up", "startup"])
def test_a_sync_that_ran_by_itself_is_gone_on_with_as_what_it_was(trigger: Any) -> None:
    for auto_ingest in (True, False):
        found = _repeated(SyncRow(1, NOON, trigger), auto_ingest=auto_ingest)
        assert found == Request(trigger, auto_ingest=auto_ingest, scheduled_for=NOON)


@pytest.mark.parametrize("trigger", ["manual", "webhook", "whim", ""])
def test_a_sync_that_a_request_asked_for_is_not_gone_on_with(trigger: str) -> None:
    assert _repeated(SyncRow(1, None, trigger), auto_ingest=True) is None


@pytest.mark.parametrize(
    ("listed", "failed", "failing"),
    [
        (None, None, False),
        (0, None, False),
        (None, 0, True),
        (-1, 0, True),
        (0, 0, False),
        (1, 0, False),
        (-1, 1, False),
    ],
)
def test_a_listing_fails_since_an_instant_when_its_last_try_failed_by_then(
    listed: int | None,
    failed: int | None,
    failing: bool,  # noqa: FBT001 - a table
) -> None:
    instants = [None if each is None else NOON + timedelta(seconds=each) for each in (listed, failed)]
    assert Listing("a/b", *instants).failing_since(NOON) is failing


SYNCED = DatasetSynced(dataset="a/b", seen=5, new=("n",), changed=("c", "d"), renamed=(("o", "p"), ("q", "r")))
FAILED = DatasetSynced(dataset="c/d", error="503")


@pytest.mark.parametrize(
    ("results", "status", "error"),
    [
        ([SYNCED], "completed", None),
        ([SYNCED, FAILED], "partial", "c/d: 503"),
        ([FAILED, FAILED.model_copy(update={"dataset": "e/f"})], "failed", "c/d: 503; e/f: 503"),
    ],
)
def test_a_sync_failed_only_if_every_dataset_did_and_names_those_that_did(
    results: list[DatasetSynced], status: str, error: str | None
) -> None:
    completed = sync._completed(7, Request("schedule"), NOON, NOON, results)
    assert (completed.status, completed.error) == (status, error)


def test_a_syncs_event_adds_up_its_datasets_and_says_what_it_was_asked() -> None:
    asked = Request(
        "webhook",
        auto_ingest=False,
        scheduled_for=NOON - timedelta(1),
        requested_by="me",
        request_id="w-1",
        event_sequence=5,
    )
    later = NOON + timedelta(seconds=9)
    completed = sync._completed(7, asked, NOON, later, [SYNCED, SYNCED, FAILED])
    assert (completed.sync_id, completed.trigger, completed.auto_ingest) == (7, "webhook", False)
    assert (completed.scheduled_for, completed.started_at, completed.completed_at) == (NOON - timedelta(1), NOON, later)
    assert (completed.models_seen, completed.new_models_found, completed.changed) == (10, 6, 4)
    assert (completed.requested_by, completed.request_id, completed.event_sequence) == ("me", "w-1", 5)
    assert completed.datasets == (SYNCED, SYNCED, FAILED)


def test_folders_without_tasks_are_no_models() -> None:
    listed = {"m": "1", "n": "2", "reports": "3"}
    assert sync._models(listed, compare(listed, {}, {("reports", "3")})) == 2
