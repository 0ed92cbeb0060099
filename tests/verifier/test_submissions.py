"""The verifier and the ingester agree on every figure of whole submissions, whatever their layout and content."""

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from common.arc.task_sets import Pair, Task, TaskSet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingester.submission.aggregate import AttemptSums, TaskResult, aggregate
from ingester.submission.layout import read_layout
from ingester.submission.limits import Limits
from ingester.submission.staged_row import Row
from ingester.submission.transform import transform, transform_whole
from verifier.comparison import compare
from verifier.figures import AttemptFigures, Figures, add_up
from verifier.rules import TaskScore
from verifier.submissions import choose, score_file
from verifier.task_sets import Outputs

from tests.ingester.strategies import GRIDS, outputs_of, submissions

SOURCE = "ARC2-Eval"
FOLDERS = ["", "", "", "v2", "public_eval", "v2/public_eval", "V2-Public-Eval", "arc_agi_2", "run", "run/v2", "try 2"]
FOLDERS += ["v1", "semi_private_eval", "v2/private", "ARC-AGI-1/public_evaluation_set", "v2/training", ".cache", "a/b"]
FOLDERS += ["arc-prize", "v22", "evals", "agi2eval", "public_eval/v1", "v1/v2", "results"]
NAMES = ["0a1b2c3d", "0A1B2C3D", "4e5f6a7b", "abovebelow1", "ffffffff", "submission", "Attempts", "attemps", "results"]
NAMES += ["notes", ".0a1b2c3d", "0a1b2c3d.copy"]
ENDINGS = [".json", ".json", ".json", ".JSON", ".txt", ""]


@st.composite
def task_sets(draw: Any) -> TaskSet:
    outputs = [draw(st.lists(GRIDS, min_size=1, max_size=3)) for _ in range(3)]
    pairs = [tuple(Pair((b"\0",), tuple(map(bytes, grid))) for grid in grids) for grids in outputs]
    ids = ("0a1b2c3d", "4e5f6a7b", "AboveBelow1")
    tasks = {task_id: Task(task_id, (), each) for task_id, each in zip(ids, pairs, strict=True)}
    return TaskSet(SOURCE, MappingProxyType(tasks), sum(map(len, pairs)), "v")


PATHS = st.builds(
    lambda folder, name, ending: f"{folder}/{name}{ending}".lstrip("/"),
    st.sampled_from(FOLDERS),
    st.sampled_from(NAMES),
    st.sampled_from(ENDINGS),
)


@st.composite
def folders(draw: Any, tasks: TaskSet) -> dict[str, bytes]:
    """Draw the files of a model's folder."""
    return {path: draw(contents(path, tasks)) for path in draw(st.sets(PATHS, max_size=6))}


@st.composite
def contents(draw: Any, path: str, tasks: TaskSet) -> bytes:
    if draw(st.sampled_from([False] * 8 + [True])):
        return bytes(draw(st.sampled_from([b"", b"{", b"{}", b"[]", b"[{}]", b"[1]", b'{"0a1b2c3d": 7}', b"NaN"])))
    if any(word in path.lower() for word in ("submission", "att")):
        ids = draw(st.sets(st.sampled_from([*tasks.tasks, "0A1B2C3D", "ffffffff"])))
        document: Any = {task_id: draw(_answers(task_id, tasks)) for task_id in sorted(ids)}
    else:
        document = draw(_answers(path.rpartition("/")[2].partition(".")[0], tasks))
    mark: bytes = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return mark + json.dumps(document).encode()


def _answers(task_id: str, tasks: TaskSet) -> st.SearchStrategy[list[Any]]:
    task = tasks.tasks.get(task_id.lower()) or tasks.tasks["AboveBelow1"]
    return submissions(outputs_of(task))


def ingested(files: Mapping[str, bytes], tasks: TaskSet) -> Figures:
    """Return what the ingester makes of a folder."""
    layout = read_layout("m", files, tasks.tasks, tasks.source)
    rows = [
        row
        for task_id, path in layout.tasks.items()
        for row in transform(files[path], tasks.tasks[task_id], "m", Limits())
    ]
    rows += [row for path in layout.whole for row in transform_whole(files[path], path, tasks, "m", Limits())]
    results = [
        TaskResult(row.puzzle_id, "", row.pairs_total, row.pairs_solved or 0)
        for row in rows
        if row.model_name is None and row.pairs_total
    ]
    return figures_of(tasks, results, [row for row in rows if row.model_name])


def figures_of(tasks: TaskSet, results: list[TaskResult], rows: Iterable[Row]) -> Figures:
    attempts: dict[str, list[Row]] = {}
    for row in rows:
        attempts.setdefault(row.model_name or "", []).append(row)
    totals = aggregate(tasks, results, [sums_of(name, each) for name, each in attempts.items()])
    return Figures(
        tasks={each.puzzle_id: (each.pairs_solved, each.pairs_total) for each in results},
        attempts={
            int(each.model_name.removeprefix("m-attempt")): AttemptFigures(
                each.pairs_correct, each.pairs_submitted, each.accuracy_percent
            )
            for each in totals.attempts
        },
        **{name: getattr(totals, name) for name in Figures.__dataclass_fields__ if name not in {"tasks", "attempts"}},
    )


def sums_of(name: str, rows: list[Row]) -> AttemptSums:
    """Add an attempt's rows as the database does."""
    tokens = [row.total_tokens for row in rows if row.total_tokens is not None]
    times = [row.api_processing_time_ms for row in rows if row.api_processing_time_ms is not None]
    pairs = [pair for row in rows for pair in pairs_of(row)]
    return AttemptSums(
        model_name=name,
        pairs_correct=sum(right for right, _ in pairs),
        pairs_submitted=sum(answered for _, answered in pairs),
        costs=[row.estimated_cost for row in rows if row.estimated_cost is not None],
        tokens=sum(tokens) if tokens else None,
        time_ms=sum(times) if times else None,
    )


def pairs_of(row: Row) -> list[tuple[bool, bool]]:
    """Return of each pair whether it is right, and whether there is an answer."""
    answers = json.loads(row.multiple_predicted_outputs or f"[{row.predicted_output_grid or 'null'}]")
    results = json.loads(row.multi_test_results or "")
    return [(each["isPredictionCorrect"], answer is not None) for each, answer in zip(results, answers, strict=True)]


def score_submission(model: str, files: Mapping[str, bytes], outputs: Outputs, source: str) -> dict[str, TaskScore]:
    """Score the files that count, as a verification does one by one."""
    choice = choose(model, files, outputs, source)
    scores: dict[str, TaskScore] = {}
    for path in choice.answers:
        scores |= score_file(choice, path, files[path], outputs)
    return scores


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_both_implementations_agree_on_every_figure_of_a_folder(data: st.DataObject) -> None:
    tasks = data.draw(task_sets())
    files = data.draw(folders(tasks))
    outputs = {task_id: outputs_of(task) for task_id, task in tasks.tasks.items()}
    assert compare(ingested(files, tasks), add_up(score_submission("m", files, outputs, SOURCE), outputs)) == []


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["m", "v1", "v2", "semi_private_eval", "ARC-AGI-v2 public eval"]),
    st.sets(PATHS, max_size=12),
    st.sampled_from([SOURCE, "ARC1", "ARC2-Semi-Private", "ConceptARC"]),
)
def test_both_implementations_choose_the_same_files(model: str, paths: set[str], source: str) -> None:
    ids = {"0a1b2c3d", "4e5f6a7b", "AboveBelow1"}
    layout = read_layout(model, paths, ids, source)
    choice = choose(model, paths, ids, source)
    assert (choice.tasks, choice.whole) == (layout.tasks, next(iter(layout.whole), None))


@given(st.sets(PATHS, max_size=12))
def test_the_files_that_were_chosen_are_chosen_again_without_the_others(paths: set[str]) -> None:
    ids = {"0a1b2c3d", "4e5f6a7b", "AboveBelow1"}
    choice = choose("m", paths, ids, SOURCE)
    assert choose("m", {*choice.answers, *filter(None, [choice.report])}, ids, SOURCE) == choice


@pytest.mark.parametrize(
    ("paths", "report"),
    [
        (["results.json", "v2/results.json"], "results.json"),
        (["v2/public_eval/Results.JSON", "v1/results.json"], "v2/public_eval/Results.JSON"),
        (["results.txt", "v1/results.json"], None),
    ],
)
def test_the_report_is_the_nearest_one_of_the_set(paths: list[str], report: str | None) -> None:
    assert choose("m", paths, {"0a1b2c3d"}, SOURCE).report == report


def test_of_two_runs_that_answer_a_task_the_one_with_more_tasks_counts() -> None:
    paths = {"a/0a1b2c3d.json", "b/0a1b2c3d.json", "b/4e5f6a7b.json"}
    chosen = {"0a1b2c3d": "b/0a1b2c3d.json", "4e5f6a7b": "b/4e5f6a7b.json"}
    assert choose("m", paths, {"0a1b2c3d", "4e5f6a7b"}, SOURCE).tasks == chosen


def test_the_first_key_of_a_task_counts_in_a_file_for_all_tasks() -> None:
    right, wrong = [{"attempt_1": [[1]]}], [{"attempt_1": [[2]]}]
    document = json.dumps({"0A1B2C3D": right, "0a1b2c3d": wrong}).encode()
    scores = score_submission("m", {"submission.json": document}, {"0a1b2c3d": [[[1]]]}, SOURCE)
    assert scores["0a1b2c3d"].pairs_solved == 1


def test_an_answer_of_null_is_no_answer_and_costs_what_it_says() -> None:
    document = json.dumps([{"attempt_1": {"answer": None, "metadata": {"cost": {"total_cost": 2}}}}]).encode()
    outputs = {"0a1b2c3d": [[[1]]]}
    figures = add_up(score_submission("m", {"0a1b2c3d.json": document}, outputs, SOURCE), outputs)
    assert (figures.attempts[1].pairs_submitted, figures.total_cost) == (0, 2.0)
