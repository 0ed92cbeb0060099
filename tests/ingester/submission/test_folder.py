"""A folder's score comes from its paths and bytes alone, and every file in it is accounted for."""

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from common.arc.task_sets import TaskSet
from common.error_kinds import ErrorKind, NoteKind
from ingester.submission.folder import FolderScore, score_folder

from tests.ingester.samples import ATTEMPT, ONE, RIGHT, TWO

TASKS = TaskSet("ARC1-Eval", MappingProxyType({each.id: each for each in (ONE, TWO)}), 3, "v")
WRONG = ATTEMPT | {"answer": [[9]]}


def as_file(document: Any) -> bytes:
    return json.dumps(document).encode()


SOLVED = as_file([{"attempt_1": WRONG, "attempt_2": RIGHT}])


def score(files: Mapping[str, bytes], **options: Any) -> FolderScore:
    sizes = {path: len(content) for path, content in files.items()}
    return score_folder("m", sizes, files.__getitem__, TASKS, **options)


def kinds(scored: FolderScore) -> list[tuple[str, str, bool]]:
    return sorted((each.subject, each.kind, each.fatal) for each in scored.findings)


def test_a_folder_s_figures_are_added_up_over_tasks_and_attempts() -> None:
    half = as_file([{"attempt_1": None}, {"attempt_1": [[7]], "attempt_2": None}])
    scored = score({f"{ONE.id}.json": SOLVED, f"v1/{TWO.id}.json": half, "README.md": b""})
    figures = scored.figures
    assert (figures.tasks_total, figures.tasks_submitted, figures.tasks_solved) == (2, 2, 1)
    assert (figures.pairs_total, figures.pairs_solved) == (3, 1)
    assert (figures.score, figures.score_submitted) == (0.5, 0.5)
    attempts = {each.model_name: (each.pairs_correct, each.pairs_submitted) for each in figures.attempts}
    assert attempts == {"m-attempt1": (0, 2), "m-attempt2": (1, 1)}
    assert [(each.puzzle_id, each.hf_path) for each in scored.results] == [
        (ONE.id, f"{ONE.id}.json"),
        (TWO.id, f"v1/{TWO.id}.json"),
    ]
    assert scored.results[0].hf_blob_oid == hashlib.sha1(b"blob %d\0" % len(SOLVED) + SOLVED).hexdigest()
    assert (scored.status, scored.means_answers) == ("completed", True)


def test_costs_tokens_and_time_are_those_of_all_attempts() -> None:
    usage = {"usage": {"total_tokens": 7}, "cost": {"total_cost": 0.1}}
    attempt = ATTEMPT | {"metadata": usage}
    figures = score({f"{ONE.id}.json": as_file([{f"attempt_{number}": attempt for number in range(1, 4)}])}).figures
    assert (figures.total_tokens, figures.total_time_ms) == (21, None)
    assert figures.total_cost == pytest.approx(0.3)


def test_one_file_for_all_tasks_counts_for_each() -> None:
    scored = score({"submission.json": as_file({ONE.id: json.loads(SOLVED), "deadbeef": []})})
    assert [(each.puzzle_id, each.hf_path) for each in scored.results] == [(ONE.id, "submission.json")]
    assert kinds(scored) == [("submission.json", "unknown_task", False)]


def test_a_file_that_cannot_be_read_or_is_too_large_costs_itself() -> None:
    files = {f"{ONE.id}.json": SOLVED, f"{TWO.id}.json": SOLVED * 10}

    def read(path: str) -> bytes:
        raise PermissionError(13, "Permission denied")

    sizes = {path: len(content) for path, content in files.items()}
    scored = score_folder("m", sizes, read, TASKS, max_file_bytes=len(SOLVED))
    assert kinds(scored) == [
        ("", NoteKind.NOTHING_USABLE, False),
        (ONE.id, ErrorKind.UNAVAILABLE, True),
        (TWO.id, ErrorKind.TOO_LARGE, True),
    ]
    assert any("Permission denied" in each.message for each in scored.findings)
    assert scored.status == "partial"


def test_a_broken_file_costs_itself() -> None:
    scored = score({f"{ONE.id}.json": SOLVED, f"{TWO.id}.json": b"{"})
    assert kinds(scored) == [(TWO.id, ErrorKind.NOT_JSON, True)]
    assert (scored.status, scored.figures.tasks_submitted) == ("partial", 1)


def test_where_the_name_is_in_doubt_the_files_say_whose_they_are() -> None:
    attempts = [{f"attempt_{number}": ATTEMPT | {"metadata": {"test_id": name}}} for number, name in enumerate("ba")]
    scored = score({f"run/{TWO.id}.json": as_file(attempts)})
    (finding,) = (each for each in scored.findings if each.kind is NoteKind.NESTED_FOLDER)
    assert finding.message.endswith("; the files say they are of several models: a, b")


def test_a_folder_of_pictures_means_no_answers() -> None:
    assert not score({"picture.png": b""}).means_answers


def test_each_file_that_is_read_is_told_of() -> None:
    seen: list[str] = []
    score({f"{ONE.id}.json": SOLVED, "README.md": b""}, on_file=seen.append)
    assert seen == [f"{ONE.id}.json"]
