"""The sample submissions are honest, the same on every machine, and in the official format."""

import json
from collections.abc import Iterator
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
from common.arc.task_sets import Grid, Pair, Task, TaskSet, load_task_set
from localhub.samples.bench import Bench
from localhub.samples.models import MODELS
from localhub.samples.submission import submission_files

SOURCE = "ARC1-Eval"
BY_NAME = {model.folder: model for model in MODELS}


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(SOURCE)


def parsed(files: dict[str, bytes]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for name, content in files.items():
        yield name.removesuffix(".json"), json.loads(content)


def grid_of(slot: dict[str, Any] | None) -> Grid | None:
    if slot is None:
        return None
    answer = slot["answer"]
    rows = json.loads(answer[answer.index("{") + 1 : -1]) if isinstance(answer, str) else answer
    return tuple(map(bytes, rows))


def solved(files: dict[str, bytes]) -> Fraction:
    """Score by the official rule, over the whole task set."""
    tasks = load_task_set(SOURCE).tasks
    score = Fraction(0)
    for task_id, pairs in parsed(files):
        test = tasks[task_id].test
        right = sum(
            any(grid_of(slot) == expected.output for slot in pair.values())
            for pair, expected in zip(pairs, test, strict=True)
        )
        score += Fraction(right, len(test))
    return score / len(tasks)


def test_solvers_never_see_what_they_have_to_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the expected outputs are, the answers are the same."""
    honest = load_task_set(SOURCE, with_train=True)
    some = dict(list(honest.tasks.items())[::8])
    senseless = ((b"\x09",),) * 3
    hidden = {
        task_id: Task(task_id, task.train, tuple(map(Pair, (pair.input for pair in task.test), senseless)))
        for task_id, task in some.items()
    }
    model = BY_NAME["baseline-ensemble-2-thinking-max"]
    answers_to = []
    for tasks in (some, hidden):
        task_set = TaskSet(SOURCE, MappingProxyType(tasks), 0, "")
        monkeypatch.setattr("localhub.samples.bench.load_task_set", lambda *_, found=task_set, **__: found)
        answers_to.append(submission_files(model, Bench(SOURCE)))
    assert answers_to[0] == answers_to[1]
    assert len(answers_to[0]) == len(some)


def test_the_scores_are_real_and_different(bench: Bench) -> None:
    scores = {name: solved(submission_files(model, bench)) for name, model in BY_NAME.items()}
    assert all(0 < score < Fraction(1, 2) for score in scores.values())
    assert len(set(scores.values())) >= 10
    low, medium, high = (scores[f"baseline-ensemble-1-thinking-{effort}"] for effort in ("low", "medium", "high"))
    assert low < medium < high <= scores["baseline-ensemble-2-thinking-max"]


def test_something_of_arc_agi_2_is_solved_too() -> None:
    tasks = load_task_set("ARC2-Eval").tasks
    files = submission_files(BY_NAME["baseline-symmetry-2026-10-12"], Bench("ARC2-Eval"))
    right = [
        task_id
        for task_id, pairs in parsed(files)
        if any(
            grid_of(slot) == tasks[task_id].test[index].output
            for index, pair in enumerate(pairs)
            for slot in pair.values()
        )
    ]
    assert right


def test_files_are_the_same_every_time(bench: Bench) -> None:
    model = BY_NAME["baseline-ensemble-2-thinking-max"]
    assert submission_files(model, bench) == submission_files(model, Bench(SOURCE))


def test_a_submission_answers_the_whole_set(bench: Bench) -> None:
    for name in ("baseline-tiles-2026-09-15", "baseline-symmetry-2026-10-12"):
        assert len(submission_files(BY_NAME[name], bench)) == 400


def test_a_file_has_every_field_of_the_official_format(bench: Bench) -> None:
    files = submission_files(BY_NAME["baseline-ensemble-1-thinking-high"], bench)
    for task_id, pairs in parsed(files):
        for index, pair in enumerate(pairs):
            assert list(pair) == ["attempt_1", "attempt_2"]
            for slot in filter(None, pair.values()):
                check_attempt(slot, task_id, index)


def check_attempt(slot: dict[str, Any], task_id: str, index: int) -> None:
    assert slot["correct"] is None
    metadata = slot["metadata"]
    assert (metadata["task_id"], metadata["pair_index"]) == (task_id, index)
    assert metadata["start_timestamp"] < metadata["end_timestamp"]
    assert [choice["message"]["role"] for choice in metadata["choices"]] == ["user", "assistant"]
    usage, cost, kwargs = metadata["usage"], metadata["cost"], metadata["kwargs"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] == len(metadata["reasoning_summary"].split())
    parts = [cost[name] for name in ("prompt_cost", "completion_cost", "reasoning_cost")]
    assert cost["total_cost"] == pytest.approx(sum(parts))
    assert cost["prompt_cost"] == pytest.approx(usage["prompt_tokens"] * kwargs["usd_per_token_read"])
    written = cost["completion_cost"] + cost["reasoning_cost"]
    assert written == pytest.approx(usage["completion_tokens"] * kwargs["usd_per_token_written"])


def test_the_two_attempts_come_from_different_solvers_and_differ(bench: Bench) -> None:
    model = BY_NAME["baseline-ensemble-2-thinking-max"]
    for _task_id, pairs in parsed(submission_files(model, bench)):
        for pair in pairs:
            first, second = pair["attempt_1"], pair["attempt_2"]
            if first and second:
                assert first["answer"] != second["answer"]
                assert first["metadata"]["kwargs"]["solver"] != second["metadata"]["kwargs"]["solver"]


def test_the_samples_hold_empty_slots_texts_and_tasks_left_out(bench: Bench) -> None:
    careful = submission_files(BY_NAME["baseline-ensemble-2-careful"], bench)
    assert 0 < len(careful) < 400
    words = dict(parsed(submission_files(BY_NAME["baseline-tiles-2-2026-11-02"], bench)))
    assert any(isinstance(pair["attempt_1"]["answer"], str) for pairs in words.values() for pair in pairs)
    overlay = dict(parsed(submission_files(BY_NAME["baseline-overlay-2026-10-12"], bench)))
    assert any(pair["attempt_2"] is None for pairs in overlay.values() for pair in pairs)
