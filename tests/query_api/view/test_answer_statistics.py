"""The analytics pages get right numbers: over all tasks of the set, with what was not attempted counted."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from query_api.store.rows import TaskAnswer
from query_api.view.answer_statistics import accuracy_interval, base_name, compare, metrics, performance, together
from query_api.view.named_models import NamedModel
from query_api.view.task_sets import TaskIndex
from query_api.view.uncertainty import interval, p_value

from tests.support.writer import submission

TASKS = TaskIndex("evaluation2", "ARC2-Eval", {"a": 1, "b": 2, "c": 1, "d": 2}, "v")


def answers(**pairs: tuple[bool, ...]) -> dict[str, TaskAnswer]:
    return {task_id: TaskAnswer(task_id, each) for task_id, each in pairs.items()}


def test_each_task_of_the_set_is_in_one_list() -> None:
    found = performance("m-attempt1", TASKS, answers(a=(True,), b=(True, False), zz=(True,)))
    assert (found.correct, found.incorrect, found.not_attempted) == (("a",), ("b",), ("c", "d"))
    assert found.summary.model_dump() == {"correct": 1, "incorrect": 1, "notAttempted": 2, "totalPuzzles": 4}


def test_averages_are_over_the_answers_that_tell_the_figure() -> None:
    found_answers = {
        "a": TaskAnswer("a", (True,), cost=1.0, time_ms=100, tokens=10),
        "b": TaskAnswer("b", (False, True), cost=3.0, time_ms=None, tokens=30),
        "c": TaskAnswer("c", (False,)),
    }
    found = metrics("m-attempt1", TASKS, found_answers)
    assert (found.overall.count, found.overall.avg_cost, found.overall.total_cost) == (3, 2.0, 4.0)
    assert (found.overall.avg_time, found.correct.avg_tokens, found.incorrect.count) == (100.0, 10.0, 2)


def test_two_attempts_are_joined_over_all_pairs_of_the_set() -> None:
    first = answers(a=(True,), b=(True, False), c=(False,))
    second = answers(a=(True,), b=(False, True))
    union = compare(TASKS, {"m-attempt1": first, "m-attempt2": second}).summary.attempt_union_stats[0]
    assert (union.base_model_name, union.union_correct_count, union.total_test_pairs) == ("m", 3, 6)
    assert union.union_accuracy_percentage == 50.0
    assert (union.puzzles_counted, union.puzzles_fully_solved_ids) == (3, ("a", "b"))


def test_attempts_of_two_datasets_are_not_joined_and_each_says_its_own() -> None:
    right, wrong = answers(a=(True,)), answers(a=(False,))
    held = {
        name: NamedModel(name, submission("m", 1, 1, dataset=name.rpartition("/")[0] or "o/again"))
        for name in ("m-attempt1", "o/again/m-attempt2", "o/first/m-attempt2")
    }
    found = compare(TASKS, dict(zip(held, (right, wrong, wrong), strict=True)), held).summary
    assert [each.hf_dataset for each in found.model_performance] == ["o/again", "o/again", "o/first"]
    (union,) = found.attempt_union_stats
    assert (union.base_model_name, union.hf_dataset) == ("m", "o/again")
    assert union.attempt_model_names == ("m-attempt1", "o/again/m-attempt2")


def test_the_percentage_of_a_union_is_the_mean_of_the_task_scores_over_the_whole_set() -> None:
    first, second = answers(a=(True,), b=(True, False)), answers(b=(True,))
    (union,) = compare(TASKS, {"m-attempt1": first, "m-attempt2": second}).summary.attempt_union_stats
    # One task and half of another, of four; of pairs it would be two of six.
    assert (union.union_accuracy_percentage, union.union_correct_count, union.puzzles_counted) == (37.5, 2, 2)


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


def test_two_are_tested_on_the_tasks_that_both_answer_and_a_pair_counts_as_part_of_its_task() -> None:
    first = answers(a=(True,), b=(True, False), c=(True,), zz=(True,))
    second = answers(a=(False,), b=(True, True), d=(True, True), zz=(False,))
    (found,) = compare(TASKS, {"x": first, "y": second}).paired_tests
    assert (found.first, found.second, found.shared_tasks, found.difference) == ("x", "y", 2, 0.25)
    assert (found.p_value, found.distinguishable) == (p_value([2, 1], [0, 2]), False)


def test_of_three_each_two_are_tested_and_surely_different_ones_are_said_to_be() -> None:
    many = TaskIndex("s", "S", dict.fromkeys(map(str, range(6)), 1), "v")
    right, wrong = ({task_id: TaskAnswer(task_id, (each,)) for task_id in many.pairs} for each in (True, False))
    tests = compare(many, {"x": right, "y": wrong, "z": {}}).paired_tests
    assert [(each.first, each.second, each.p_value, each.difference) for each in tests] == [
        ("x", "y", 2 / 64, 1.0), ("x", "z", 1.0, None), ("y", "z", 1.0, None),
    ]  # fmt: skip
    assert [each.distinguishable for each in tests] == [True, False, False]


def test_attempts_together_have_a_pair_right_where_any_has_and_cost_what_all_cost() -> None:
    first = {"a": TaskAnswer("a", (True, False), cost=1.0, tokens=5), "b": TaskAnswer("b", (False,), time_ms=3)}
    second = {"a": TaskAnswer("a", (False, True), cost=0.5, time_ms=7)}
    assert together([first, second]) == {
        "a": TaskAnswer("a", (True, True), cost=1.5, tokens=5, time_ms=7),
        "b": TaskAnswer("b", (False,), time_ms=3),
    }
    assert (together([first]), together([])) == (first, {})


def test_the_interval_of_an_attempt_takes_the_pairs_of_a_task_as_one_answer() -> None:
    assert accuracy_interval(50.0, TASKS) == interval(0.5, 36 / 10)
    assert (accuracy_interval(None, TASKS), accuracy_interval(50.0, None)) == (None, None)


@pytest.mark.parametrize("models", [1, 2, 3, 4])
def test_a_model_that_is_not_asked_for_has_an_empty_name_no_count_and_no_result(models: int) -> None:
    asked = [f"x{number}-attempt1" for number in range(models)]
    found = compare(TASKS, {name: {} for name in asked}).model_dump()
    summary, numbers = found["summary"], (1, 2, 3, 4)
    assert [summary[f"model{number}Name"] for number in numbers] == [*asked, *[""] * (4 - models)]
    assert [summary[f"model{number}OnlyCorrect"] for number in numbers] == [0] * 4
    assert set(found["details"][0]) == {"puzzleId", *(f"model{number}Result" for number in range(1, models + 1))}
    assert summary["winnerModel"] is None


def test_one_model_alone_has_nothing_to_be_compared_with() -> None:
    found = compare(TASKS, {"x-attempt1": answers(a=(True,), c=(False,))})
    summary = found.summary
    assert (summary.all_correct, summary.all_incorrect, summary.all_not_attempted) == (1, 1, 2)
    assert (summary.one_correct, summary.model1_only_correct, summary.winner_model) == (0, 1, "x-attempt1")
    assert (found.paired_tests, summary.attempt_union_stats) == ((), ())


def counted_by_the_app(right: Sequence[int], answered: Sequence[int], models: int) -> dict[str, int]:
    """Count tasks in the classes of the existing app: the first one that a task fits."""
    found = dict.fromkeys(
        ("all_correct", "all_not_attempted", "all_incorrect", "three_correct", "two_correct", "one_correct"), 0
    )
    names = {0: "all_incorrect", 1: "one_correct", 2: "two_correct", 3: "three_correct"}
    for solvers, answering in zip(right, answered, strict=True):
        kind = "all_correct" if solvers == models else names[solvers] if answering else "all_not_attempted"
        found[kind] += 1
    return found


RESULTS = st.sampled_from(["correct", "incorrect", "not_attempted"])


@given(rows=st.integers(1, 4).flatmap(lambda models: st.lists(st.tuples(*[RESULTS] * models), min_size=1, max_size=9)))
def test_each_task_is_in_one_class_of_agreement_as_in_the_existing_app(rows: list[tuple[str, ...]]) -> None:
    models, tasks = len(rows[0]), TaskIndex("s", "S", {str(place): 1 for place in range(len(rows))}, "v")
    given_answers = {
        f"m{model}": {
            str(place): TaskAnswer(str(place), (row[model] == "correct",))
            for place, row in enumerate(rows)
            if row[model] != "not_attempted"
        }
        for model in range(models)
    }
    summary = dict(compare(tasks, given_answers).summary)
    right = [row.count("correct") for row in rows]
    wanted = counted_by_the_app(right, [models - row.count("not_attempted") for row in rows], models)
    assert {name: summary[name] for name in wanted} == wanted
    assert sum(wanted.values()) == len(rows)
    only = [summary[f"model{number}_only_correct"] for number in (1, 2, 3, 4)]
    assert only == [
        sum(r == 1 and row[m : m + 1] == ("correct",) for r, row in zip(right, rows, strict=True)) for m in range(4)
    ]


def test_the_base_of_an_attempt_is_its_folder() -> None:
    assert base_name("gpt-5-attempt12") == "gpt-5"
    assert base_name("first-attempt") == "first-attempt"


def test_an_answer_without_any_pair_is_not_right() -> None:
    found = performance("m-attempt1", TASKS, answers(a=(), b=(True, True)))
    assert (found.correct, found.incorrect, found.model_name, found.dataset) == (
        ("b",),
        ("a",),
        "m-attempt1",
        "evaluation2",
    )


COSTLY = {
    "a": TaskAnswer("a", (True,), cost=1.0, time_ms=100, tokens=10),
    "b": TaskAnswer("b", (False, True), cost=3.0, time_ms=300, tokens=30),
    "elsewhere": TaskAnswer("elsewhere", (True,), cost=1e6, time_ms=10**6, tokens=10**6),
}


def test_figures_are_of_the_sets_tasks_alone_and_zero_where_nothing_is_known() -> None:
    found = metrics("m-attempt1", TASKS, COSTLY)
    assert (found.model_name, found.dataset) == ("m-attempt1", "evaluation2")
    assert found.overall.model_dump() == {
        "count": 2,
        "avgCost": 2.0,
        "totalCost": 4.0,
        "avgTime": 200.0,
        "totalTime": 400,
        "avgTokens": 20.0,
        "totalTokens": 40,
    }
    assert (found.correct.total_cost, found.incorrect.total_cost) == (1.0, 3.0)
    nothing = metrics("m-attempt1", TASKS, answers(a=(True,))).overall
    assert (nothing.count, sum(nothing.model_dump().values())) == (1, 1)


def test_a_models_figures_count_what_it_left_out() -> None:
    found = compare(TASKS, {"x-attempt1": COSTLY, "y-attempt1": answers(b=(False, False))}).summary
    first, second = (each.model_dump() for each in found.model_performance)
    assert first == {
        "modelName": "x-attempt1",
        "hfDataset": None,
        "totalPuzzlesInDataset": 4,
        "attempts": 2,
        "coveragePercentage": 50.0,
        "correctCount": 1,
        "incorrectCount": 1,
        "notAttemptedCount": 2,
        "accuracyPercentage": 50.0,
        "avgProcessingTime": 200.0,
        "totalCost": 4.0,
        "avgCostPerAttempt": 2.0,
        "costPerCorrectAnswer": 4.0,
        "avgConfidence": 0.0,
        "confidenceWhenCorrect": None,
    }
    assert (second["coveragePercentage"], second["accuracyPercentage"]) == (25.0, 0.0)
    assert (second["costPerCorrectAnswer"], second["incorrectCount"], second["notAttemptedCount"]) == (None, 1, 3)


def test_percentages_have_two_digits() -> None:
    thirds = TaskIndex("x", "X", {"a": 1, "b": 1, "c": 1}, "v")
    (found, _) = compare(thirds, {"m-attempt1": answers(a=(True,)), "n-attempt1": {}}).summary.model_performance
    assert found.coverage_percentage == 33.33


def priced(cost: float, time_ms: int, **pairs: tuple[bool, ...]) -> dict[str, TaskAnswer]:
    return {task_id: TaskAnswer(task_id, each, cost, time_ms) for task_id, each in pairs.items()}


def test_the_cheapest_right_answer_and_the_shortest_time_lead() -> None:
    models = {
        "many-attempt1": priced(5.0, 50, a=(True,), c=(True,)),
        "cheap-attempt1": priced(1.0, 70, a=(True,), c=(False,)),
        "fast-attempt1": priced(0.1, 10, c=(False,)),
        "free-attempt1": answers(a=(False,)),
    }
    summary = compare(TASKS, models).summary
    costs = [each.cost_per_correct_answer for each in summary.model_performance]
    assert costs == [5.0, 2.0, None, None]
    assert (summary.winner_model, summary.accuracy_leader_model) == ("many-attempt1", "many-attempt1")
    assert (summary.most_efficient_model, summary.fastest_model) == ("cheap-attempt1", "fast-attempt1")


def test_of_equals_the_first_that_was_asked_for_leads_and_of_nothing_none() -> None:
    same = priced(1.0, 10, a=(True,))
    summary = compare(TASKS, {"x-attempt1": same, "y-attempt1": same}).summary
    leaders = (summary.winner_model, summary.accuracy_leader_model, summary.most_efficient_model, summary.fastest_model)
    assert leaders == ("x-attempt1",) * 4
    wrong = compare(TASKS, {"x-attempt1": answers(a=(False,)), "y-attempt1": {}}).summary
    assert (wrong.winner_model, wrong.accuracy_leader_model) == (None, "x-attempt1")
    assert (wrong.most_efficient_model, wrong.fastest_model) == (None, None)
    nothing = compare(TASKS, {"x-attempt1": {}, "y-attempt1": answers(a=(False,))}).summary
    assert nothing.accuracy_leader_model == "y-attempt1"
    assert nothing.model_performance[0].accuracy_percentage == 0


def test_four_models_agree_task_by_task() -> None:
    tasks = TaskIndex("evaluation2", "ARC2-Eval", dict.fromkeys("abcdefghijklm", 1), "v")
    # The first four models have one task right together, the first three two more, and so on; k is wrong, l and m rare.
    right = {"w": "abcdefghij", "x": "abcdef", "y": "abc", "z": "a"}
    answered = {"w": "abcdefghijk", "x": "abcdefghijk", "y": "abcdefghijk", "z": "abcdefghijkl"}
    models = {
        f"{name}-attempt1": {task: TaskAnswer(task, (task in right[name],)) for task in answered[name]}
        for name in "wxyz"
    }
    found = compare(tasks, models)
    summary = found.summary
    assert (summary.total_puzzles, summary.dataset) == (13, "evaluation2")
    assert (summary.all_correct, summary.all_incorrect, summary.all_not_attempted) == (1, 2, 1)
    assert (summary.three_correct, summary.two_correct, summary.one_correct) == (2, 3, 4)
    assert (summary.fully_solved_count, summary.unsolved_count) == (10, 3)
    only = summary.model_dump()
    assert [only[f"model{number}OnlyCorrect"] for number in (1, 2, 3, 4)] == [4, 0, 0, 0]
    assert [only[f"model{number}Name"] for number in (1, 2, 3, 4)] == list(models)
    assert found.details[3].model_dump() == {
        "puzzleId": "d",
        "model1Result": "correct",
        "model2Result": "correct",
        "model3Result": "incorrect",
        "model4Result": "incorrect",
    }


def test_a_union_counts_pairs_of_the_set_however_many_were_answered() -> None:
    first = answers(a=(True, True), b=(True,), d=(False, False))
    second = answers(b=(False, True), elsewhere=(True,))
    models = {"m-attempt1": first, "m-attempt2": second, "lone-attempt1": first}
    (union,) = compare(TASKS, models).summary.attempt_union_stats
    assert union.model_dump() == {
        "baseModelName": "m",
        "hfDataset": None,
        "attemptModelNames": ("m-attempt1", "m-attempt2"),
        "totalPuzzles": 4,
        "totalTestPairs": 6,
        "unionCorrectCount": 3,
        "unionAccuracyPercentage": 50.0,
        "puzzlesCounted": 3,
        "puzzlesFullySolved": 2,
        "puzzlesFullySolvedIds": ("a", "b"),
        "datasetTotalPuzzles": 4,
        "datasetTotalTestPairs": 6,
    }


def test_only_a_number_at_the_end_makes_an_attempt() -> None:
    names = ["m-attempt1-attempt2", "m-attempt", "m-attemptx", "m", "attempt1", "7"]
    assert [base_name(name) for name in names] == ["m-attempt1", "m-attempt", "m-attemptx", "m", "attempt1", "7"]
