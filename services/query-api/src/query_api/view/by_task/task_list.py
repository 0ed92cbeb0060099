"""What is answered of tasks from the view: all of a set, and the page of one task before its answers are read. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.process.choices import no_such

from query_api.schemas.per_task import task_outcomes as shapes
from query_api.schemas.problems import ProblemError
from query_api.store.rows import Submission
from query_api.view.answers import Moment
from query_api.view.by_task.board import RESULTS, Board, ranked
from query_api.view.named_models import known_dataset
from query_api.view.snapshot import View
from query_api.view.task_sets import TaskIndex

_ORDER = {result: place for place, result in enumerate((*RESULTS.values(), None))}


def list_tasks(moment: Moment, query: shapes.TasksQuery) -> shapes.TasksAnswer:
    """Every task: by how many it is solved, first when, and what each submission makes of it."""
    view = moment.state.view
    dataset = query.dataset and known_dataset(view, query.dataset, moment.settings.hf_datasets)
    found = [
        (tasks, submissions)
        for tasks in moment.task_sets.values()
        if query.source in {None, tasks.source} and (submissions := ranked(view, tasks.source, dataset))
    ]
    complete = all(
        (known := view.outcomes.get(each.key)) and known.costs is not None for _, members in found for each in members
    )
    data = tuple(_task_set(Board(tasks, submissions, view)) for tasks, submissions in found)
    return shapes.TasksAnswer(complete=complete, data=data, **moment.freshness)


def _task_set(board: Board) -> shapes.TaskSetOutcomes:
    return shapes.TaskSetOutcomes(
        source=board.tasks.source,
        name=board.tasks.name,
        tasks=tuple(shapes.TaskFigures(**figures) for figures in board.all_figures()),
        models=tuple(
            shapes.SubmissionOutcomes(**each.named, results=results)
            for each, results in zip(board.members, board.results(), strict=True)
        ),
    )


@dataclass(frozen=True)
class TaskPage:
    """One task, and whose answers a page of it shows."""

    board: Board
    sources: tuple[str, ...]
    results: shapes.ResultCounts
    total: int
    shown: Sequence[tuple[Submission, shapes.Outcome | None]]


def page_of(view: View, task_sets: Mapping[str, TaskIndex], query: shapes.TaskAnswersQuery) -> TaskPage:
    """Return which answers a request means; raises a ProblemError for a task that no set holds."""
    holding = {each.source: each for each in task_sets.values() if query.task in each.pairs}
    if query.source is not None and query.source not in holding:
        where = f"{query.source!r}; it is in {', '.join(holding)}" if holding else "any task set"
        raise ProblemError(404, f"there is no task {query.task!r} in {where}")
    if not holding:
        there = {task for each in task_sets.values() for task in each.pairs}
        raise ProblemError(404, no_such("task", query.task, there))
    dataset = query.dataset and view.spelled(query.dataset)
    # Of several sets one that is answered.
    source = query.source or next((each for each in holding if ranked(view, each, dataset)), next(iter(holding)))
    board = Board(holding[source], ranked(view, source, dataset), view)
    place = board.place_of(query.task)
    result_of = {each.submission.key: RESULTS[each.outcomes.results[place]] for each in board.members}
    rows = [(each, result_of.get(each.key)) for each in ranked(view, source, dataset)]
    wanted = sorted((row for row in rows if query.result in {None, row[1]}), key=lambda row: _ORDER[row[1]])
    counts = Counter(result_of.values())
    return TaskPage(
        board,
        tuple(holding),
        shapes.ResultCounts(**{name: counts[name] for name in RESULTS.values()}),
        len(wanted),
        wanted[query.offset : query.offset + query.limit],
    )
