"""The view is a value: what it is told of gives a new one, and what is old, doubled or gone changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from common.events import ModelIngested
from query_api.schemas.cached import Verification
from query_api.store.rows import Stored, Submission, Sync
from query_api.view.snapshot import View

from tests.support.writer import DATASET, START, oid, submission

OTHER = "arcprize/arc_agi_v1_public_eval"


def view(*submissions: Submission) -> View:
    return View.of(submissions, None)


def event(model: str, content: int, run_id: int, **values: Any) -> ModelIngested:
    """Return the event that announces `submission` of the same arguments."""
    fields: dict[str, Any] = {
        "run_id": run_id,
        "dataset": DATASET,
        "model": model,
        "source": "ARC2-Eval",
        "revision": oid(run_id),
        "tree_oid": oid(content),
        "attempts": (f"{model}-attempt1", f"{model}-attempt2"),
        "display_name": model.title(),
        "tasks_total": 120,
        "tasks_submitted": 118,
        "successful": 118,
        "failed": 0,
        "skipped": 1,
        "score": 0.25,
        "score_submitted": 0.5,
        "cost": 2.5,
        "published_at": START,
        "ingested_at": START + timedelta(seconds=run_id),
        "duration_ms": 5,
        "auto_triggered": True,
        "trigger": "schedule",
    }
    return ModelIngested(**fields | values)


def test_a_view_holds_what_the_database_holds_and_nothing_before_it_was_asked() -> None:
    sync = Sync(1, "manual", "completed", START, 1, None)
    assert View.of([submission("m-1", 1, 1)], sync).last_sync is sync
    assert (dict(View().submissions), View().last_sync) == ({}, None)


def test_what_the_database_held_stays_until_the_whole_of_it_is_asked_again() -> None:
    before = View.of([submission("m-1", 1, 1)], None, Stored(7, START))
    after = (before.patched(event("m-2", 7, 3)), before.reread([(DATASET, "m-1")], []))
    assert [len(each.submissions) for each in after] == [2, 0]
    assert [each.stored for each in after] == [Stored(7, START)] * 2


def test_an_event_alone_gives_what_it_tells_and_leaves_the_rest_unknown() -> None:
    (found,) = view().patched(event("m-1", 7, 3, failed=2)).submissions.values()
    assert found.key == (DATASET, "m-1")
    assert (found.source, found.status, found.errors) == ("ARC2-Eval", "partial", 2)
    assert (found.tree_oid, found.revision, found.run_id) == (oid(7), oid(3), 3)
    assert (found.published_at, found.ingested_at) == (START, START + timedelta(seconds=3))
    assert (found.score, found.score_submitted, found.total_cost) == (0.25, 0.5, 2.5)
    assert (found.tasks_total, found.tasks_submitted) == (120, 118)
    assert (found.tasks_solved, found.pairs_total, found.pairs_solved, found.total_tokens) == (None,) * 4
    assert [(each.model_name, each.accuracy_percent) for each in found.attempts] == [
        ("m-1-attempt1", None),
        ("m-1-attempt2", None),
    ]


def test_an_event_without_failed_files_is_of_a_completed_ingestion() -> None:
    (found,) = view().patched(event("m-1", 7, 3)).submissions.values()
    assert (found.status, found.errors) == ("completed", 0)


def test_an_event_of_what_is_known_or_older_changes_nothing() -> None:
    known = view(submission("m-1", 5, 5))
    assert known.patched(event("m-1", 5, 5)) is known
    assert known.patched(event("m-1", 4, 4)) is known
    assert known.patched(event("m-1", 4, 9, ingested_at=START)) is known
    later = known.patched(event("m-1", 6, 6))
    assert later.submissions[DATASET, "m-1"].run_id == 6


def test_an_event_takes_away_the_old_name_of_its_run_and_nothing_else() -> None:
    old, copy, elsewhere = (
        submission("old", 5, 5),
        submission("copy", 5, 4),
        submission("old", 5, 5, dataset=OTHER),
    )
    same_run = submission("same-run", 6, 5)
    after = view(old, copy, elsewhere, same_run).patched(event("new", 5, 5))
    assert set(after.submissions) == {(DATASET, "new"), (DATASET, "copy"), (OTHER, "old"), (DATASET, "same-run")}


def test_what_was_asked_for_and_not_found_is_gone() -> None:
    before = view(submission("a", 1, 1), submission("b", 2, 2), submission("c", 3, 3))
    after = before.reread({(DATASET, "a"), (DATASET, "b")}, [submission("b", 4, 4)])
    assert {key[1]: each.run_id for key, each in after.submissions.items()} == {"b": 4, "c": 3}
    assert len(before.submissions) == 3


def test_twins_are_others_of_the_dataset_with_the_same_content() -> None:
    here, twin = submission("here", 1, 1), submission("twin", 1, 2)
    other, elsewhere = submission("other", 2, 3), submission("elsewhere", 1, 4, dataset=OTHER)
    assert view(here, twin, other, elsewhere).twins({here.key}, {oid(1)}) == {twin.key}


def test_an_attempt_is_held_by_the_newest_submission_of_its_source() -> None:
    older = submission("m", 1, 1)
    newer = submission("m", 2, 2, dataset=OTHER, source="ARC1-Eval")
    both = view(newer, older)
    assert both.holding("m-attempt1") is newer
    assert both.holding("m-attempt1", source="ARC2-Eval") is older
    assert both.holding("m-attempt1", source="ARC2") is None
    assert both.holding("nobody-attempt1") is None


@pytest.mark.parametrize(
    "change",
    [{"status": "removed"}, {"tasks_submitted": 0}, {"attempts": ()}],
    ids=["gone-upstream", "without-tasks", "without-an-attempt"],
)
def test_the_latest_is_still_upstream_and_has_answers(change: dict[str, Any]) -> None:
    older, newer = submission("older", 1, 1), submission("newer", 2, 2)
    assert view(older, newer).latest() is newer
    assert view(older, newer.model_copy(update=change)).latest() is older
    assert view(newer.model_copy(update=change)).latest() is None


def test_the_latest_of_equals_is_of_the_later_run_then_by_name() -> None:
    first = submission("a", 1, 1)
    later_run = submission("b", 1, 2, ingested_at=first.ingested_at)
    assert view(later_run, first).latest() is later_run
    same_run = submission("c", 1, 2, ingested_at=first.ingested_at)
    assert view(same_run, later_run).latest() is same_run


def test_the_latest_published_has_a_date_and_ties_go_to_the_later_ingested() -> None:
    early = submission("early", 1, 1)
    late = submission("late", 1, 2, published_at=START + timedelta(days=1))
    undated = submission("undated", 1, 3, published_at=None)
    assert view(undated, late, early).latest("published") is late
    assert view(undated).latest("published") is None
    tie = submission("tie", 1, 9)
    assert view(tie, early).latest("published") is view(early, tie).latest("published") is tie


def test_a_dataset_has_a_latest_of_its_own() -> None:
    here, there = submission("here", 1, 1), submission("there", 1, 2, dataset=OTHER)
    assert view(here, there).latest(dataset=DATASET) is here
    assert view(here, there).latest("published", OTHER) is there


def test_a_verification_is_nothing_that_an_event_should_have_announced() -> None:
    found = Verification(verdict="differs", at=START, compared_with="rows", figures=1)
    plain, verified = submission("m", 1, 1), submission("m", 1, 1, verified=found)
    assert view(plain) != view(verified)
    assert view(plain).as_announced() == view(verified).as_announced()
    assert view(plain).as_announced() != view(submission("m", 2, 2)).as_announced()
