"""What the analytics pages show of answers: by task, by cost, and side by side. Pure."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import combinations, zip_longest
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final

from query_api.schemas import performance as shapes
from query_api.schemas.base import Interval
from query_api.store.rows import Answers, TaskAnswer
from query_api.view.named_models import NamedModel
from query_api.view.task_sets import TaskIndex
from query_api.view.uncertainty import CONFIDENCE, interval, p_value

MAX_COMPARED = 4
_PARTS: Final = MappingProxyType({1: "one", 2: "two", 3: "three"})


def _result(answer: TaskAnswer | None) -> shapes.Result:
    """Say how a task went."""
    if answer is None:
        return "not_attempted"
    return "correct" if answer.correct else "incorrect"


def performance(
    model_name: str, tasks: TaskIndex, answers: Answers, hf_dataset: str | None = None
) -> shapes.Performance:
    """Return the tasks of a set by result."""
    by_result: dict[shapes.Result, list[str]] = {"correct": [], "incorrect": [], "not_attempted": []}
    for task_id in tasks.pairs:
        by_result[_result(answers.get(task_id))].append(task_id)
    counts = {result: len(found) for result, found in by_result.items()}
    return shapes.Performance(
        model_name=model_name,
        dataset=tasks.name,
        hf_dataset=hf_dataset,
        **{str(result): tuple(found) for result, found in by_result.items()},
        summary=shapes.PerformanceSummary(**counts, total_puzzles=len(tasks.pairs)),
    )


def accuracy_interval(accuracy_percent: float | None, tasks: TaskIndex | None) -> Interval | None:
    """Return the interval of an attempt's accuracy over all pairs of the set.

    Pairs of one task may be right or wrong together, so tasks are what was drawn; those with more pairs weigh more.
    """
    if accuracy_percent is None or tasks is None:
        return None
    return interval(accuracy_percent / 100, tasks.pairs_total**2 / sum(each * each for each in tasks.pairs.values()))


def attempt_figures(answers: Answers, tasks: TaskIndex | None) -> dict[str, Any]:
    """Return how many tasks an attempt solved whole, and what its answers took, as far as the task set is known."""
    known = [answer for task_id, answer in answers.items() if tasks is None or task_id in tasks.pairs]
    return {"tasks_correct": sum(each.correct for each in known), "overall": _figures(known)}


def metrics(model_name: str, tasks: TaskIndex, answers: Answers, hf_dataset: str | None = None) -> shapes.Metrics:
    """Return cost, time and tokens of all answers, of the right ones and of the others."""
    known = [answer for task_id, answer in answers.items() if task_id in tasks.pairs]
    return shapes.Metrics(
        model_name=model_name,
        dataset=tasks.name,
        hf_dataset=hf_dataset,
        overall=_figures(known),
        correct=_figures([each for each in known if each.correct]),
        incorrect=_figures([each for each in known if not each.correct]),
    )


def _figures(answers: Sequence[TaskAnswer]) -> shapes.FigureSet:
    figures: dict[str, float] = {}
    for name, figure in (("cost", "cost"), ("time", "time_ms"), ("tokens", "tokens")):
        told = [value for each in answers if (value := getattr(each, figure)) is not None]
        figures |= {f"avg_{name}": sum(told) / len(told) if told else 0.0, f"total_{name}": sum(told)}
    return shapes.FigureSet(count=len(answers), **figures)


def together(attempts: Collection[Answers]) -> Answers:
    """Return what attempts answer together: a pair is right where any of them has it right, and all of them cost."""
    if len(attempts) == 1:
        return next(iter(attempts))
    by_task: dict[str, list[TaskAnswer]] = {}
    for answers in attempts:
        for task_id, answer in answers.items():
            by_task.setdefault(task_id, []).append(answer)
    return {
        task_id: TaskAnswer(
            task_id,
            tuple(map(any, zip_longest(*(each.pairs for each in found)))),
            *(_sum(getattr(each, figure) for each in found) for figure in ("cost", "time_ms", "tokens")),
        )
        for task_id, found in by_task.items()
    }


def _sum(figures: Iterable[Any]) -> Any:
    told = [each for each in figures if each is not None]
    return sum(told) if told else None


def compare(
    tasks: TaskIndex, models: Mapping[str, Answers], of: Mapping[str, NamedModel] = MappingProxyType({})
) -> shapes.Comparison:
    """Compare up to four attempts or submissions, task by task; `of` tells each one's submission."""
    results = {name: [_result(answers.get(task_id)) for task_id in tasks.pairs] for name, answers in models.items()}
    rows = list(zip(*results.values(), strict=True))
    performances = [_performance(of.get(name) or NamedModel(name), tasks, models[name]) for name in models]
    return shapes.Comparison(
        summary=shapes.ComparisonSummary(
            total_puzzles=len(tasks.pairs),
            dataset=tasks.name,
            **{f"model{number}_name": name for number, name in enumerate(models, start=1)},
            **_agreement(rows, len(models)),
            **_leaders(performances),
            model_performance=tuple(performances),
            attempt_union_stats=tuple(_unions(tasks, models, of)),
        ),
        paired_tests=tuple(_paired_test(tasks, *two) for two in combinations(models.items(), 2)),
        details=tuple(
            shapes.ComparisonDetail(
                puzzle_id=task_id, **{f"model{number}_result": each for number, each in enumerate(row, start=1)}
            )
            for task_id, row in zip(tasks.pairs, rows, strict=True)
        ),
    )


def _paired_test(tasks: TaskIndex, first: tuple[str, Answers], second: tuple[str, Answers]) -> shapes.PairedTest:
    (name, answers), (other_name, others) = first, second
    shared = [task_id for task_id in tasks.pairs if task_id in answers and task_id in others]
    points, others_points = (
        [tasks.points(task_id, each[task_id].pairs) for task_id in shared] for each in (answers, others)
    )
    chance = p_value(points, others_points)
    return shapes.PairedTest(
        first=name,
        second=other_name,
        shared_tasks=len(shared),
        difference=(sum(points) - sum(others_points)) / (tasks.unit * len(shared)) if shared else None,
        p_value=chance,
        distinguishable=chance < 1 - CONFIDENCE,
    )


def _agreement(rows: Sequence[tuple[shapes.Result, ...]], models: int) -> dict[str, int]:
    right = Counter(row.count("correct") for row in rows)
    alone = Counter(row.index("correct") for row in rows if row.count("correct") == 1)
    unanswered = rows.count(("not_attempted",) * models)
    return {
        "all_correct": right[models],
        "all_incorrect": right[0] - unanswered,
        "all_not_attempted": unanswered,
        # All of them is no part of them: each task counts once.
        **{f"{word}_correct": right[count] if count < models else 0 for count, word in _PARTS.items()},
        "fully_solved_count": len(rows) - right[0],
        "unsolved_count": right[0],
        **{f"model{number + 1}_only_correct": alone[number] for number in range(MAX_COMPARED)},
    }


def _performance(model: NamedModel, tasks: TaskIndex, answers: Answers) -> shapes.ModelPerformance:
    found = metrics(model.name, tasks, answers)
    figures, correct, total = found.overall, found.correct.count, len(tasks.pairs)
    return shapes.ModelPerformance(
        model_name=model.name,
        hf_dataset=model.hf_dataset,
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
    return percentage(part / whole) if whole else 0.0


def percentage(fraction: float) -> float:
    """Return a fraction in percent with two digits; halves go up, as in the existing app and on paper."""
    return math.floor(fraction * 100 * 100 + 0.5) / 100


def _leaders(performances: Sequence[shapes.ModelPerformance]) -> dict[str, str | None]:
    def best(key: Callable[[shapes.ModelPerformance], float | None]) -> str | None:
        ranked = [(value, each.model_name) for each in performances if (value := key(each)) is not None]
        # The first of equals, in the order asked for.
        return max(ranked, key=itemgetter(0), default=(None, None))[1]

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


def _unions(
    tasks: TaskIndex, models: Mapping[str, Answers], of: Mapping[str, NamedModel]
) -> Iterable[shapes.AttemptUnion]:
    # Attempts of two datasets are of two models, whatever their names.
    groups: dict[tuple[str | None, str], list[str]] = {}
    for name in models:
        submission = of[name].submission if name in of else None
        group = submission.key if submission else (None, base_name(name))
        groups.setdefault(group, []).append(name)
    for (hf_dataset, base), names in groups.items():
        if len(names) > 1:
            yield _union(base, hf_dataset, tasks, {name: models[name] for name in names})


def _union(base: str, hf_dataset: str | None, tasks: TaskIndex, attempts: Mapping[str, Answers]) -> shapes.AttemptUnion:
    pairs_right, points, counted, solved = 0, 0, 0, []
    for task_id, pairs_total in tasks.pairs.items():
        answers = [answers[task_id].pairs for answers in attempts.values() if task_id in answers]
        right = tuple(map(any, zip_longest(*answers)))[:pairs_total]
        pairs_right += sum(right)
        points += tasks.points(task_id, right)
        counted += bool(answers)
        if sum(right) == pairs_total:
            solved.append(task_id)
    return shapes.AttemptUnion(
        base_model_name=base,
        hf_dataset=hf_dataset,
        attempt_model_names=tuple(attempts),
        total_puzzles=len(tasks.pairs),
        total_test_pairs=tasks.pairs_total,
        union_correct_count=pairs_right,
        union_accuracy_percentage=_percent(points, tasks.unit * len(tasks.pairs)),
        puzzles_counted=counted,
        puzzles_fully_solved=len(solved),
        puzzles_fully_solved_ids=tuple(solved),
        dataset_total_puzzles=len(tasks.pairs),
        dataset_total_test_pairs=tasks.pairs_total,
    )
