"""Events leave in the API's shapes: a model as its row in /api/models, names in camelCase, nothing that is private."""

import json
from dataclasses import replace
from typing import Any

import pytest
from common.events import (
    DatasetSynced,
    Event,
    IngestionProgress,
    ModelIngested,
    ModelIngestionFailed,
    SyncCompleted,
)
from query_api.schemas.live_events import LiveEvents
from query_api.store.rows import Submission
from query_api.view.snapshot import View
from query_api.view.standings import Standing
from query_api.view.stream import frames
from query_api.view.stream.event_id import EventId
from query_api.view.stream.frames import PINGS, Frame, FrameLog, frame_of, reset_frame

from tests.support.writer import DATASET, START, submission

KNOWN = submission("m-1", 4, run_id=7)
VIEW = replace(View.of([KNOWN], None), standings={KNOWN.key: Standing(3, (2, 7), 5)})
FAILED = ModelIngestionFailed(
    run_id=3, dataset=DATASET, model="m-2", kind="folder_gone", reason="no such folder", delivery_count=6,
    failed_at=START,
)  # fmt: skip
SYNCED = SyncCompleted(
    sync_id=1, trigger="manual", status="partial", started_at=START, completed_at=START, models_seen=3,
    new_models_found=1, changed=2, requested_by="admin at 192.0.2.7", request_id="r-1",
    datasets=(DatasetSynced(dataset=DATASET, seen=3, new=("m-9",), renamed=(("a", "b"),), error="unreachable"),),
)  # fmt: skip


def ingested(run_id: int) -> ModelIngested:
    """Return the event of a run of the known model."""
    known = KNOWN.model_copy(update={"run_id": run_id})
    shared: dict[str, Any] = {
        name: getattr(known, name)
        for name in ModelIngested.model_fields
        if name in Submission.model_fields and name != "attempts"
    }
    return ModelIngested(
        **shared, attempts=("m-1-attempt1",), display_name="M", successful=120, failed=2, skipped=0, duration_ms=1,
        auto_triggered=True, trigger="webhook", cost=0.5,
    )  # fmt: skip


def data(event: Event, view: View = VIEW) -> tuple[str, Any]:
    """Return an event's name and data as they are sent."""
    frame = frame_of(event, view, EventId(9, 5))
    assert frame is not None
    first, name, body = frame.data.decode().splitlines()[:3]
    assert (first, frame.sequence) == ("id: 9-5", 5)
    return name.removeprefix("event: "), json.loads(body.removeprefix("data: "))


def test_a_model_comes_as_the_row_that_the_api_answers_with() -> None:
    name, found = data(ingested(KNOWN.run_id))
    run = {"runId": 7, "trigger": "webhook", "autoTriggered": True, "landed": True}
    assert (name, found) == ("ingested", json.loads(VIEW.row(KNOWN).model_dump_json()) | run)
    assert (found["rank"], found["rankRange"], found["notDistinguishable"]) == (3, {"best": 2, "worst": 7}, 5)
    assert found["scoreInterval"]["low"] < found["score"] < found["scoreInterval"]["high"]


def test_who_listens_is_told_whether_anything_landed() -> None:
    changed = ingested(KNOWN.run_id).model_copy(update={"landed": False})
    assert data(changed)[1]["landed"] is False
    before = json.loads(ingested(KNOWN.run_id).model_dump_json(exclude={"landed", "landed_at"}))
    assert ModelIngested.model_validate(before).landed, "an event from before this was told"


def test_an_older_version_comes_with_its_own_figures_and_null_for_what_only_the_database_knew() -> None:
    _, found = data(ingested(6))
    assert (found["runId"], found["totalCost"], found["errors"], found["status"]) == (6, 0.5, 2, "partial")
    assert (found["tasksSolved"], found["totalTokens"]) == (None, None)
    assert (found["rank"], found["rankRange"], found["notDistinguishable"]) == (None, None, None)
    assert data(ingested(6), View())[1] == found


def test_a_figure_that_can_not_be_costs_itself_not_the_event() -> None:
    _, found = data(ingested(6).model_copy(update={"score": 7.5, "score_submitted": -1.0}))
    assert (found["score"], found["scoreSubmitted"], found["tasksSubmitted"]) == (0, None, 120)


def test_failures_syncs_and_progress_come_in_camel_case() -> None:
    assert data(FAILED) == (
        "failed",
        {
            "runId": 3, "dataset": DATASET, "model": "m-2", "kind": "folder_gone", "reason": "no such folder",
            "deliveryCount": 6, "dryRun": False, "failedAt": "2026-03-01T12:00:00Z",
        },
    )  # fmt: skip
    name, found = data(SYNCED)
    assert (name, found["newModelsFound"], found["requestId"], found["status"]) == ("sync", 1, "r-1", "partial")
    assert found["datasets"] == [
        {
            "dataset": DATASET, "seen": 3, "new": ["m-9"], "changed": [], "renamed": [["a", "b"]], "vanished": [],
            "error": "unreachable",
        }
    ]  # fmt: skip
    progress = frame_of(IngestionProgress(run_id=1, dataset=DATASET, model="m", done=3, total=9), VIEW)
    assert progress is not None
    assert progress.data.startswith(b'event: progress\ndata: {"runId":1,')


def test_no_event_says_from_which_address_a_sync_was_asked_for() -> None:
    _, found = data(SYNCED)
    assert "requestedBy" not in found
    assert "192.0.2.7" not in str(found)


@pytest.mark.parametrize("name", LiveEvents.model_fields)
def test_every_event_that_the_document_names_has_a_shape_of_its_own(name: str) -> None:
    shapes = [field.annotation for field in LiveEvents.model_fields.values()]
    assert shapes.count(LiveEvents.model_fields[name].annotation) == 1


def kept(log: FrameLog) -> list[int | None]:
    """Return the places of all that a log still has."""
    return next([each.sequence for each in found] for place in range(99) if (found := log.after(place)) is not None)


def test_frames_are_bounded_by_number_and_bytes() -> None:
    log = FrameLog(3, 100)
    for number in range(3):
        assert kept(log) == list(range(number))
        log.add(Frame(number, b"x" * 10))
    log.add(Frame(3, b"x" * 10))
    assert (kept(log), log.after(0)) == ([1, 2, 3], None)
    large = Frame(4, b"x" * 85)
    log.add(large)
    assert (kept(log), log.after(4), log.after(5)) == ([3, 4], [large], [])
    log.add(Frame(5, b"x" * 1_000))
    assert (kept(log), log.total) == ([5], 6)


def test_what_waits_for_a_slow_client_is_written_in_pieces() -> None:
    parts = [bytes([number]) * 10_000 for number in range(100)]
    pieces = list(frames.chunks(parts))
    assert b"".join(pieces) == b"".join(parts)
    assert max(map(len, pieces)) < 80_000
    assert len(pieces) < 20


def test_a_reset_says_why_and_from_where_the_client_goes_on() -> None:
    assert reset_frame(EventId(9, 5), "too old") == Frame(5, b'id: 9-5\nevent: reset\ndata: {"reason":"too old"}\n\n')


def test_a_ping_moves_no_client_on() -> None:
    assert PINGS == {
        False: b'event: ping\ndata: {"stale":false}\n\n',
        True: b'event: ping\ndata: {"stale":true}\n\n',
    }


def test_frames_may_fill_the_bound() -> None:
    log = FrameLog(3, 100)
    for number, size in ((1, 60), (2, 40)):
        log.add(Frame(number, b"x" * size))
    assert kept(log) == [1, 2]


def test_a_piece_is_written_when_it_has_64_kib() -> None:
    size = 64 * 1024
    assert list(map(len, frames.chunks([b"x" * size, b"y", b"z" * (size - 1), b"z"]))) == [size, size, 1]
    assert list(map(len, frames.chunks([b"x" * (size - 1), b"yy", b"z"]))) == [size + 1, 1]
