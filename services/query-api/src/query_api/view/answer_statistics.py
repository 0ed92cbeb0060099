"""What the analytics pages show of answers: by task, by cost, and side by side. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypedDict

from query_api.schemas.performance import (
    AttemptUnion,
    Comparison,
    ComparisonDetail,
    ComparisonSummary,
    FigureSet,
    Metrics,
    ModelPerformance,
    Performance,
    PerformanceSummary,
    Result,
)
from query_api.store.rows import Answers, TaskAnswer
from query_api.view.task_sets import TaskIndex

MIN_UNION = 2


class AttemptFigures(TypedDict, total=False):
    """What is said of one attempt on its model's page."""

    tasks_correct: int
    overall: FigureSet


def result_of(answer: TaskAnswer | None) -> Result:
    """Say how a task went."""
    if answer is None:
        return "not_attempted"
    return "correct" if answer.correct else "incorrect"


def performance(model_name: str, tasks: TaskIndex, answers: Answers) -> Performance:
    """Return the tasks of a set by result."""
    by_result: dict[Result, list[str]] = {"correct": [], "incorrect": [], "not_attempted": []}
    for task_id in tasks.pairs:
        by_result[result_of(answers.get(task_id))].append(task_id)
    correct, incorrect, missing = by_result["correct"], by_result["incorrect"], by_result["not_attempted"]
    return Performance(
        model_name=model_name,
        dataset=tasks.name,
        correct=tuple(correct),
        incorrect=tuple(incorrect),
        not_attempted=tuple(missing),
        summary=PerformanceSummary(
            correct=len(correct),
            incorrect=len(incorrect),
            not_attempted=len(missing),
            total_puzzles=len(tasks.pairs),
        ),
    )


def attempt_figures(answers: Answers, tasks: TaskIndex | None) -> AttemptFigures:
    """Return how many tasks an attempt solved whole, and what its answers took, as far as the task set is known."""
    known = [answer for task_id, answer in answers.items() if tasks is None or task_id in tasks.pairs]
    return {"tasks_correct": sum(each.correct for each in known), "overall": _figures(known)}


def metrics(model_name: str, tasks: TaskIndex, answers: Answers) -> Metrics:
    """Return cost, time and tokens of all answers, of the right ones and of the others."""
    known = [answer for task_id, answer in answers.items() if task_id in tasks.pairs]
    return Metrics(
        model_name=model_name,
        dataset=tasks.name,
        overall=_figures(known),
        correct=_figures([each for each in known if each.correct]),
        incorrect=_figures([each for each in known if not each.correct]),
    )


def _figures(answers: Sequence[TaskAnswer]) -> FigureSet:
    cost = [each.cost for each in answers if each.cost is not None]
    time = [each.time_ms for each in answers if each.time_ms is not None]
    tokens = [each.tokens for each in answers if each.tokens is not None]
    return FigureSet(
        count=len(answers),
        avg_cost=_average(cost),
        total_cost=sum(cost),
        avg_time=_average(time),
        total_time=sum(time),
        avg_tokens=_average(tokens),
        total_tokens=sum(tokens),
    )


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def compare(tasks: TaskIndex, models: Mapping[str, Answers]) -> Comparison:
    """Compare two to four attempts, task by task."""
    results = {name: [result_of(answers.get(task_id)) for task_id in tasks.pairs] for name, answers in models.items()}
    rows = list(zip(*results.values(), strict=True))
    performances = [_performance(name, tasks, answers) for name, answers in models.items()]
    return Comparison(
        summary=ComparisonSummary(
            total_puzzles=len(tasks.pairs),
            dataset=tasks.name,
            **_names(models),
            **_agreement(rows, len(models)),
            **_leaders(performances),
            model_performance=tuple(performances),
            attempt_union_stats=tuple(_unions(tasks, models)),
        ),
        details=tuple(
            ComparisonDetail(
                puzzle_id=task_id, **{f"model{number}_result": each for number, each in enumerate(row, start=1)}
            )
            for task_id, row in zip(tasks.pairs, rows, strict=True)
        ),
    )


def _names(models: Iterable[str]) -> dict[str, str]:
    return {f"model{number}_name": name for number, name in enumerate(models, start=1)}


def _agreement(rows: Sequence[tuple[Result, ...]], models: int) -> dict[str, int]:
    right = [row.count("correct") for row in rows]
    only = {
        f"model{number + 1}_only_correct": sum(
            count == 1 and row[number] == "correct" for count, row in zip(right, rows, strict=True)
        )
        for number in range(models)
    }
    return {
        "all_correct": right.count(models),
        "all_incorrect": sum(row.count("incorrect") == models for row in rows),
        "all_not_attempted": sum(row.count("not_attempted") == models for row in rows),
        "three_correct": right.count(3),
        "two_correct": right.count(2),
        "one_correct": right.count(1),
        "fully_solved_count": len(right) - right.count(0),
        "unsolved_count": right.count(0),
        **only,
    }


def _performance(name: str, tasks: TaskIndex, answers: Answers) -> ModelPerformance:
    figures = metrics(name, tasks, answers).overall
    correct = sum(answer.correct for task_id, answer in answers.items() if task_id in tasks.pairs)
    total = len(tasks.pairs)
    return ModelPerformance(
        model_name=name,
        total_puzzles_in_dataset=total,
        attempts=figures.count,
        coverage_percentage=_percent(figures.count, total),
        correct_count=correct,
        incorrect_count=figures.count - correct,
        not_attempted_count=total - figures.count,
        accuracy_percentage=_percent(correct, figures.count),
        avg_processing_time=figures.avg_time,
        total_cost=figures.total_cost,
        avg_cost_per_attempt=figures.avg_cost,
        cost_per_correct_answer=figures.total_cost / correct if correct else None,
    )


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _leaders(performances: Sequence[ModelPerformance]) -> dict[str, str | None]:
    def best(key: Callable[[ModelPerformance], float | None]) -> str | None:
        ranked = [(value, each.model_name) for each in performances if (value := key(each)) is not None]
        # The first of equals, in the order asked for.
        return max(ranked, key=lambda pair: pair[0])[1] if ranked else None

    return {
        # Of the whole set: who answers one task rightly has not won against who answers a hundred.
        "winner_model": best(lambda each: each.correct_count or None),
        "accuracy_leader_model": best(lambda each: each.accuracy_percentage if each.attempts else None),
        "most_efficient_model": best(
            lambda each: -each.cost_per_correct_answer if each.cost_per_correct_answer else None
        ),
        "fastest_model": best(lambda each: -each.avg_processing_time if each.avg_processing_time else None),
    }


def base_name(model_name: str) -> str:
    """Return the folder that an attempt belongs to."""
    base, marker, number = model_name.rpartition("-attempt")
    return base if marker and number.isdigit() else model_name


def _unions(tasks: TaskIndex, models: Mapping[str, Answers]) -> Iterable[AttemptUnion]:
    groups: dict[str, list[str]] = {}
    for name in models:
        groups.setdefault(base_name(name), []).append(name)
    for base, names in groups.items():
        if len(names) >= MIN_UNION:
            yield _union(base, names, tasks, [models[name] for name in names])


def _union(base: str, names: Sequence[str], tasks: TaskIndex, attempts: Sequence[Answers]) -> AttemptUnion:
    pairs_right, counted, solved = 0, 0, []
    for task_id, pairs_total in tasks.pairs.items():
        answers = [answers[task_id].pairs for answers in attempts if task_id in answers]
        right = sum(any(pair < len(each) and each[pair] for each in answers) for pair in range(pairs_total))
        pairs_right += right
        counted += bool(answers)
        if right == pairs_total:
            solved.append(task_id)
    return AttemptUnion(
        base_model_name=base,
        attempt_model_names=tuple(names),
        total_puzzles=len(tasks.pairs),
        total_test_pairs=tasks.pairs_total,
        union_correct_count=pairs_right,
        union_accuracy_percentage=_percent(pairs_right, tasks.pairs_total),
        puzzles_counted=counted,
        puzzles_fully_solved=len(solved),
        puzzles_fully_solved_ids=tuple(solved),
        dataset_total_puzzles=len(tasks.pairs),
        dataset_total_test_pairs=tasks.pairs_total,
    )
