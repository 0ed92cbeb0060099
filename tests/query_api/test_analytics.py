"""The analytics pages get right numbers: over all tasks of the set, with what was not attempted counted."""

from query_api.analytics import TaskAnswer, base_name, compare, metrics, performance
from query_api.task_sets import TaskIndex

TASKS = TaskIndex("evaluation2", "ARC2-Eval", {"a": 1, "b": 2, "c": 1, "d": 2})


def answers(**pairs: tuple[bool, ...]) -> dict[str, TaskAnswer]:
    return {task_id: TaskAnswer(task_id, each) for task_id, each in pairs.items()}


def test_each_task_of_the_set_is_in_one_list() -> None:
    found = performance("m-attempt1", TASKS, answers(a=(True,), b=(True, False), zz=(True,)))
    assert (found.correct, found.incorrect, found.not_attempted) == (("a",), ("b",), ("c", "d"))
    assert found.summary.model_dump() == {"correct": 1, "incorrect": 1, "notAttempted": 2, "totalPuzzles": 4}


def test_averages_are_over_the_answers_that_tell_the_figure() -> None:
    given = {
        "a": TaskAnswer("a", (True,), cost=1.0, time_ms=100, tokens=10),
        "b": TaskAnswer("b", (False, True), cost=3.0, time_ms=None, tokens=30),
        "c": TaskAnswer("c", (False,)),
    }
    found = metrics("m-attempt1", TASKS, given)
    assert (found.overall.count, found.overall.avg_cost, found.overall.total_cost) == (3, 2.0, 4.0)
    assert (found.overall.avg_time, found.correct.avg_tokens, found.incorrect.count) == (100.0, 10.0, 2)


def test_two_attempts_are_joined_over_all_pairs_of_the_set() -> None:
    first = answers(a=(True,), b=(True, False), c=(False,))
    second = answers(a=(True,), b=(False, True))
    union = compare(TASKS, {"m-attempt1": first, "m-attempt2": second}).summary.attempt_union_stats[0]
    assert (union.base_model_name, union.union_correct_count, union.total_test_pairs) == ("m", 3, 6)
    assert union.union_accuracy_percentage == 50.0
    assert (union.puzzles_counted, union.puzzles_fully_solved_ids) == (3, ("a", "b"))


def test_agreement_counts_every_task_once() -> None:
    first = answers(a=(True,), b=(True, True), c=(False,))
    second = answers(a=(True,), b=(True, False), c=(False,))
    found = compare(TASKS, {"x-attempt1": first, "y-attempt1": second})
    summary = found.summary
    assert (summary.all_correct, summary.all_incorrect, summary.all_not_attempted) == (1, 1, 1)
    assert (summary.one_correct, summary.model1_only_correct, summary.model2_only_correct) == (1, 1, 0)
    assert (summary.fully_solved_count, summary.unsolved_count) == (2, 2)
    assert summary.winner_model == "x-attempt1"
    assert summary.attempt_union_stats == ()
    details = {each.puzzle_id: (each.model1_result, each.model2_result) for each in found.details}
    assert details["b"] == ("correct", "incorrect")
    assert details["d"] == ("not_attempted", "not_attempted")


def test_who_answers_little_does_not_win_by_accuracy() -> None:
    careful = answers(a=(True,))
    broad = answers(a=(True,), b=(True, True), c=(False,))
    summary = compare(TASKS, {"careful-attempt1": careful, "broad-attempt1": broad}).summary
    assert (summary.winner_model, summary.accuracy_leader_model) == ("broad-attempt1", "careful-attempt1")


def test_a_third_model_that_is_not_asked_for_leaves_no_field() -> None:
    found = compare(TASKS, {"x-attempt1": {}, "y-attempt1": {}}).model_dump()
    assert "model3Name" not in found["summary"]
    assert "model3OnlyCorrect" not in found["summary"]
    assert set(found["details"][0]) == {"puzzleId", "model1Result", "model2Result"}
    assert found["summary"]["winnerModel"] is None


def test_the_base_of_an_attempt_is_its_folder() -> None:
    assert base_name("gpt-5-attempt12") == "gpt-5"
    assert base_name("first-attempt") == "first-attempt"
