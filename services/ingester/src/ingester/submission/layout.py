"""Which files of a model's folder answer which task: every layout that people upload, and a word on what is left out.

Read are `<task>.json`, the same in folders below (the official harness writes `v2/public_eval/<task>.json`), and
one file for all tasks. Names count in any letter case. docs/submissions.md says the same to those who upload.

A run is what lies in one folder, those that name a task set not counted. Runs that answer a task twice are of several
models or tries, and a score of both would be of neither: the one nearest to the model's folder counts whole, at the
same depth the one with most tasks, then the first by name. Within a run the file nearest to the model's folder counts;
at the same depth the one whose folders name the task set; then the first by name.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath
from typing import NamedTuple

from common.arc.file_names import is_json, is_whole_submission, stem_of
from common.arc.set_names import SetName, set_name_of
from common.error_kinds import ErrorKind, NoteKind

# ARC task ids are the first eight hex digits of a hash; other sets use words, which no rule can tell from a report.
_TASK_ID = re.compile(r"[0-9a-f]{8}", re.IGNORECASE)
# Files that official submissions hold besides the tasks.
_REPORTS = frozenset({"results", "metadata", "summary", "config"})
# Of files that are listed one by one in findings.
_NAMED = 5


class LayoutFinding(NamedTuple):
    """What is to be said of a listing. `subject` is a task id, or a path below the model's folder ("" for itself)."""

    subject: str
    kind: ErrorKind | NoteKind
    message: str
    files: int = 1


Run = tuple[str, ...]
"""The folders in which a run lies, without those that name a task set."""


@dataclass(frozen=True)
class Layout:
    """Every path of a listing is in exactly one of these; paths are relative to the model's folder."""

    tasks: Mapping[str, str]
    """Task id -> path of the file that counts."""
    whole: tuple[str, ...]
    """Files that answer many tasks each, the one that counts first. Only where no file answers one task."""
    unknown: Mapping[str, str]
    """Task id that the set does not have -> path."""
    left_out: tuple[str, ...]
    """Answers that do not count: of another set, or of tasks that other files answer. Findings say so."""
    others: tuple[str, ...]
    """No answers: reports, texts, pictures."""
    findings: tuple[LayoutFinding, ...]

    @property
    def means_answers(self) -> bool:
        """Tell whether the folder was uploaded as a submission, whether or not anything in it can be used."""
        misnamed = any(finding.kind is NoteKind.NO_TASK_NAME for finding in self.findings)
        return bool(self.tasks or self.whole or self.unknown or self.left_out or misnamed)


def read_layout(model: str, paths: Iterable[str], tasks: Collection[str], source: str) -> Layout:
    """Sort the paths of a model's folder. `tasks` are the ids of the set that `source` names."""
    sorter = _Sorter(model, tasks, SetName.of_source(source))
    for path in sorted(paths, key=_rank):
        sorter.add(path)
    return sorter.layout()


def _rank(path: str) -> tuple[int, bool, str]:
    """Order the files of one task: the first one counts."""
    parts = PurePosixPath(path).parts
    return len(parts), set_name_of(parts[:-1]) is None, path


def _run_of(path: str) -> Run:
    return tuple(folder for folder in PurePosixPath(path).parts[:-1] if set_name_of([folder]) is None)


class _Sorter:
    def __init__(self, model: str, tasks: Collection[str], wanted: SetName | None) -> None:
        self._model = model
        self._ids = {each.casefold(): each for each in tasks}
        self._wanted = wanted
        self._runs: dict[Run, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._unknown: dict[str, list[str]] = defaultdict(list)
        self._whole: list[str] = []
        self._of_other_sets: dict[str, list[str]] = defaultdict(list)
        self._misnamed: list[str] = []
        self._others: list[str] = []

    def add(self, path: str) -> None:
        """Put a path where it belongs; of those of one task the first one counts."""
        file = PurePosixPath(path)
        stem = stem_of(path)
        if not is_json(path) or any(part.startswith(".") for part in file.parts):
            self._others.append(path)
        elif stem in self._ids or _TASK_ID.fullmatch(stem) or is_whole_submission(path):
            self._add_answers(path, file, stem)
        elif stem in _REPORTS:
            self._others.append(path)
        else:
            self._misnamed.append(path)

    def _add_answers(self, path: str, file: PurePosixPath, stem: str) -> None:
        # An upload without a model's name makes a folder `v1` or `semi_private_eval`: that is believed, too.
        named = set_name_of([self._model, *file.parts[:-1]])
        if named and not (self._wanted and named.fits(self._wanted)):
            self._of_other_sets["/".join(file.parts[:-1])].append(path)
        elif is_whole_submission(path):
            self._whole.append(path)
        elif task_id := self._ids.get(stem):
            self._runs[_run_of(path)][task_id].append(path)
        else:
            self._unknown[stem].append(path)

    def layout(self) -> Layout:
        """Return what was found."""
        answers, other_runs = self._choose_runs()
        # A file for all tasks is a copy of those for single tasks, and would have to be fetched to say nothing new.
        whole, superfluous = ([], self._whole) if answers else (self._whole[:1], self._whole[1:])
        left_out = (
            *_flat(self._of_other_sets.values()),
            *_flat(paths[1:] for paths in answers.values()),
            *_flat(_flat(run.values()) for run in other_runs.values()),
            *_flat(paths[1:] for paths in self._unknown.values()),
            *superfluous,
        )
        return Layout(
            tasks={task_id: paths[0] for task_id, paths in answers.items()},
            whole=tuple(whole),
            unknown={task_id: paths[0] for task_id, paths in self._unknown.items()},
            left_out=left_out,
            others=(*self._others, *self._misnamed),
            findings=(
                *self._findings(),
                *_runs_below(answers),
                *_duplicates(answers),
                *_runs_left_out(other_runs, answers),
                *_superfluous(superfluous),
            ),
        )

    def _choose_runs(self) -> tuple[dict[str, list[str]], dict[str, Mapping[str, list[str]]]]:
        """Return the answers that count, by task, and the runs of which none counts, by folder."""
        answers: dict[str, list[str]] = {}
        others: dict[str, Mapping[str, list[str]]] = {}
        for folders, run in sorted(self._runs.items(), key=lambda item: (len(item[0]), -len(item[1]), item[0])):
            if answers.keys() & run.keys():
                others["/".join(folders)] = run
            else:
                answers |= run
        return answers, others

    def _findings(self) -> Iterator[LayoutFinding]:
        if set_name_of([self._model]):
            message = "the folder is called like a task set: the upload lacked a model's name"
            yield LayoutFinding("", NoteKind.MODEL_NAME_MISSING, message)
        for folder, paths in self._of_other_sets.items():
            message = f"{len(paths)} files are of another task set than this dataset's: they do not count"
            yield LayoutFinding(folder, NoteKind.OTHER_TASK_SET, message, len(paths))
        for task_id, paths in self._unknown.items():
            message = f"the task set has no task of this name ({_enumerate(paths)})"
            yield LayoutFinding(task_id, ErrorKind.UNKNOWN_TASK, message)
        if self._misnamed:
            message = f"no names of tasks: {_enumerate(self._misnamed)}"
            yield LayoutFinding("", NoteKind.NO_TASK_NAME, message, len(self._misnamed))


def _runs_below(answers: Mapping[str, list[str]]) -> Iterator[LayoutFinding]:
    runs = {_run_of(paths[0]) for paths in answers.values()} - {()}
    if runs:
        message = f"answers of this model are read from {_enumerate(sorted(map('/'.join, runs)))}"
        yield LayoutFinding("", NoteKind.NESTED_FOLDER, message)


def _duplicates(answers: Mapping[str, list[str]]) -> Iterator[LayoutFinding]:
    for task_id, (first, *others) in answers.items():
        if others:
            message = f"{first} counts, {_enumerate(others)} not"
            yield LayoutFinding(task_id, NoteKind.DUPLICATE_FILE, message, len(others))


def _runs_left_out(
    runs: Mapping[str, Mapping[str, list[str]]], answers: Mapping[str, list[str]]
) -> Iterator[LayoutFinding]:
    for folder, run in runs.items():
        shared = next(task_id for task_id in run if task_id in answers)
        files = len(_flat(run.values()))
        message = f"{files} files of another run or model do not count: {answers[shared][0]} does"
        yield LayoutFinding(folder, NoteKind.DUPLICATE_FILE, message, files)


def _superfluous(paths: Iterable[str]) -> Iterator[LayoutFinding]:
    for path in paths:
        message = "not read: there are files for each task, or another file for all of them"
        yield LayoutFinding(path, NoteKind.DUPLICATE_FILE, message)


def _flat(lists: Iterable[Iterable[str]]) -> list[str]:
    return list(chain.from_iterable(lists))


def _enumerate(paths: list[str]) -> str:
    shown = ", ".join(paths[:_NAMED])
    return f"{shown} and {len(paths) - _NAMED} more" if len(paths) > _NAMED else shown
