"""The harness route's score is of the whole set, of one submission, and of no other figures than the view's."""

from datetime import UTC, datetime
from typing import Any

import pytest
from query_api.schemas.accuracy import HarnessAccuracy, HarnessQuery
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.store.rows import Submission
from query_api.view.answer_statistics import percentage
from query_api.view.answers import Moment, get_harness_accuracy
from query_api.view.projection import State
from query_api.view.snapshot import View
from query_api.view.task_sets import TaskIndex

from tests.support.writer import DATASET, submission

V1 = "arcprize/arc_agi_v1_public_eval"
TASKS = {
    "evaluation": TaskIndex("evaluation", "ARC1-Eval", {"x": 1, "y": 3}, "v"),
    "evaluation2": TaskIndex("evaluation2", "ARC2-Eval", {"a": 1, "b": 2, "c": 1}, "v"),
}
FIGURES = {"score": 1 / 3, "tasks_total": 3, "tasks_solved": 1, "pairs_total": 4, "pairs_solved": 2}
M = submission("m", 1, 1, **FIGURES)


def harness(*submissions: Submission, **query: Any) -> HarnessAccuracy:
    moment = Moment(State(View.of(submissions, None)), datetime(2026, 3, 3, tzinfo=UTC), Settings(), TASKS)
    return get_harness_accuracy(moment, HarnessQuery(**{"base_model_name": "m", **query})).data


def test_a_score_is_over_all_tasks_and_pairs_of_the_set() -> None:
    assert harness(M).model_dump() == {
        "baseModelName": "m",
        "attempt1ModelName": "m-attempt1",
        "attempt2ModelName": "m-attempt2",
        "dataset": "evaluation2",
        "hfDataset": DATASET,
        "puzzlesCounted": 3,
        "puzzlesFullySolved": 1,
        "harnessScore": 1 / 3,
        "harnessScorePercentage": 33.33,
        "pairWeightedCorrectPairs": 2,
        "pairWeightedTotalPairs": 4,
        "pairWeightedAccuracy": 0.5,
        "pairWeightedAccuracyPercentage": 50.0,
    }


def test_half_of_the_last_digit_goes_up_as_in_the_existing_app() -> None:
    # As scores of 400 tasks may be; round() would take the even digit.
    scores = [harness(M.model_copy(update={"score": score})).harness_score_percentage for score in (0.39125, 0.50625)]
    assert scores == [39.13, 50.63]
    assert [percentage(each) for each in (0.0, 1 / 3, 1.0)] == [0.0, 33.33, 100.0]


def test_a_model_that_answers_another_set_scores_nothing_of_all_its_tasks() -> None:
    found = harness(M, dataset="evaluation")
    assert (found.hf_dataset, found.puzzles_counted, found.pair_weighted_total_pairs) == (None, 2, 4)
    assert (found.puzzles_fully_solved, found.harness_score, found.harness_score_percentage) == (0, 0, 0)
    assert (found.pair_weighted_correct_pairs, found.pair_weighted_accuracy) == (0, 0)


def test_a_dataset_alone_says_which_set_is_meant() -> None:
    other = submission("m", 2, 2, dataset=V1, source="ARC1-Eval", score=0.5)
    found = harness(M, other, hf_dataset=V1)
    assert (found.dataset, found.hf_dataset, found.harness_score) == ("evaluation", V1, 0.5)
    assert harness(M, other).hf_dataset == DATASET
    # The name of a dataset in place of the set is answered with the set's.
    assert harness(M, other, dataset=V1).dataset == "evaluation"


def test_of_two_datasets_on_one_set_the_one_asked_for_answers() -> None:
    again = submission("m", 1, 2, dataset="o/arc_agi_v2_public_eval", score=0.75)
    asked = (None, DATASET, again.dataset)
    assert [harness(M, again, hf_dataset=each).harness_score for each in asked] == [0.75, 1 / 3, 0.75]
    assert harness(M, again, dataset="evaluation2", hf_dataset=DATASET).harness_score == 1 / 3


def test_a_score_is_of_the_edition_of_the_set_that_it_was_made_by() -> None:
    found = harness(submission("m", 1, 1, score=1.0, tasks_total=2, tasks_solved=2, pairs_total=3, pairs_solved=3))
    assert (found.puzzles_counted, found.pair_weighted_total_pairs, found.pair_weighted_accuracy) == (2, 3, 1.0)


def test_a_folder_named_like_an_attempt_is_not_taken_for_it() -> None:
    odd = submission("m-attempt1", 1, 2, dataset="o/arc_agi_v2_public_eval", score=0.25)
    assert harness(M, odd, base_model_name="m-attempt1").harness_score == 0.25
    with pytest.raises(ProblemError, match="is an attempt"):
        harness(M, odd, base_model_name="m-attempt1", hf_dataset=DATASET)


def test_a_score_says_how_old_it_is() -> None:
    since = datetime(2026, 3, 2, tzinfo=UTC)
    state = State(View.of([M], None), since)
    found = get_harness_accuracy(Moment(state, since, Settings(), TASKS), HarnessQuery(base_model_name="m"))
    assert (found.stale, found.as_of) == (True, since)


def test_what_an_event_alone_does_not_tell_is_null() -> None:
    unknown = M.model_copy(update={"tasks_solved": None, "pairs_total": None, "pairs_solved": None})
    found = harness(unknown)
    assert (found.harness_score, found.puzzles_fully_solved, found.pair_weighted_total_pairs) == (1 / 3, None, 4)
    assert (found.pair_weighted_correct_pairs, found.pair_weighted_accuracy) == (None, None)
    assert found.pair_weighted_accuracy_percentage is None


def test_more_pairs_than_there_are_make_no_share() -> None:
    found = harness(M.model_copy(update={"pairs_solved": 5}))
    assert (found.pair_weighted_correct_pairs, found.pair_weighted_accuracy) == (5, None)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"base_model_name": "nobody"}, "there is no model"),
        ({"base_model_name": "m-attempt1"}, "'m-attempt1' is an attempt"),
        ({"base_model_name": "m-attempt1", "dataset": "evaluation"}, "'m-attempt1' is an attempt"),
        ({"dataset": "nowhere"}, "there is no task set"),
        ({"hf_dataset": "no/such"}, "no submission of a dataset"),
    ],
)
def test_what_is_not_there_is_said(query: dict[str, Any], says: str) -> None:
    with pytest.raises(ProblemError, match=says) as raised:
        harness(M, **query)
    assert raised.value.status == 404
