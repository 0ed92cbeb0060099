"""Which files of a model's folder answer which task: every layout that people upload, and a word on what is left out.

Read are `<task>.json`, the same in folders below (the official harness writes `v2/public_eval/<task>.json`), and
one file for all tasks. Names count in any letter case. Where two files answer one task, the one nearest to the model's
folder counts; at the same depth the one whose folders name the task set; then the first by name.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from common.arc.set_names import SetName, set_name_of
from common.error_kinds import ErrorKind, NoteKind

# ARC task ids are the first eight hex digits of a hash; other sets use words, which no rule can tell from a report.
_TASK_ID = re.compile(r"[0-9a-f]{8}", re.IGNORECASE)
# Files that official submissions hold besides the tasks.
_REPORTS = frozenset({"results", "metadata", "summary", "config"})
# One object for all tasks: that of Kaggle's competition, and of the official harness before it wrote a file for each.
_WHOLE_SUBMISSIONS = frozenset({"submission", "attempts"})
# Of files that are listed one by one in findings.
_NAMED = 5


class LayoutFinding(NamedTuple):
    """What is to be said of a listing. `subject` is a task id, or a path below the model's folder ("" for itself)."""

    subject: str
    kind: ErrorKind | NoteKind
    message: str


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
    """Answers that do not count: of another set, or of a task that another file answers. Findings say so."""
    others: tuple[str, ...]
    """No answers: reports, texts, pictures."""
    findings: tuple[LayoutFinding, ...]


def read_layout(model: str, paths: Iterable[str], tasks: Collection[str], source: str) -> Layout:
    """Sort the paths of a model's folder. `tasks` are the ids of the set that `source` names."""
    sorter = _Sorter(tasks, SetName.of_source(source))
    for path in sorted(paths, key=sorter.rank):
        sorter.add(path)
    return sorter.layout(model)


class _Sorter:
    def __init__(self, tasks: Collection[str], wanted: SetName | None) -> None:
        self._ids = {each.casefold(): each for each in tasks}
        self._wanted = wanted
        self._by_task: dict[str, list[str]] = defaultdict(list)
        self._unknown: dict[str, str] = {}
        self._whole: list[str] = []
        self._of_other_sets: dict[str, list[str]] = defaultdict(list)
        self._unread: list[str] = []
        self._others: list[str] = []

    def rank(self, path: str) -> tuple[int, bool, str]:
        """Order the files of one task: the first one counts."""
        parts = PurePosixPath(path).parts
        return len(parts), set_name_of(parts[:-1]) is None, path

    def add(self, path: str) -> None:
        """Put a path where it belongs."""
        file = PurePosixPath(path)
        stem = file.stem.casefold()
        if file.suffix.casefold() != ".json" or any(part.startswith(".") for part in file.parts):
            self._others.append(path)
        elif stem in self._ids or _TASK_ID.fullmatch(stem) or stem in _WHOLE_SUBMISSIONS:
            self._add_answers(path, file, stem)
        elif stem in _REPORTS:
            self._others.append(path)
        else:
            self._unread.append(path)

    def _add_answers(self, path: str, file: PurePosixPath, stem: str) -> None:
        named = set_name_of(file.parts[:-1])
        if named and not (self._wanted and named.fits(self._wanted)):
            self._of_other_sets[str(file.parent)].append(path)
        elif stem in _WHOLE_SUBMISSIONS:
            self._whole.append(path)
        elif task_id := self._ids.get(stem):
            self._by_task[task_id].append(path)
        elif stem in self._unknown:
            self._unread.append(path)
        else:
            self._unknown[stem] = path

    def layout(self, model: str) -> Layout:
        """Return what was found."""
        by_task = self._by_task
        # A whole submission is a copy of the files beside it, and would have to be fetched to say nothing new.
        whole, superfluous = ([], self._whole) if by_task else (self._whole[:1], self._whole[1:])
        of_other_sets = [path for paths in self._of_other_sets.values() for path in paths]
        doubled = [path for paths in by_task.values() for path in paths[1:]]
        return Layout(
            tasks={task_id: paths[0] for task_id, paths in by_task.items()},
            whole=tuple(whole),
            unknown=self._unknown,
            left_out=(*of_other_sets, *doubled, *superfluous),
            others=(*self._others, *self._unread),
            findings=(*self._findings(model), *_superfluous(superfluous)),
        )

    def _findings(self, model: str) -> Iterator[LayoutFinding]:
        if set_name_of([model]):
            message = "the folder is called like a task set: the upload lacked a model's name"
            yield LayoutFinding("", NoteKind.MODEL_NAME_MISSING, message)
        for folder, paths in self._of_other_sets.items():
            message = f"{len(paths)} files are of another task set than this dataset's: they do not count"
            yield LayoutFinding(folder, NoteKind.OTHER_TASK_SET, message)
        for task_id, (first, *others) in self._by_task.items():
            if others:
                message = f"{first} counts, {_enumerate(others)} not"
                yield LayoutFinding(task_id, NoteKind.DUPLICATE_FILE, message)
        for task_id, path in self._unknown.items():
            yield LayoutFinding(task_id, ErrorKind.UNKNOWN_TASK, f"the task set has no task of this name ({path})")
        if self._unread:
            message = f"no names of tasks: {_enumerate(self._unread)}"
            yield LayoutFinding("", NoteKind.NO_TASK_NAME, message)


def _superfluous(paths: Iterable[str]) -> Iterator[LayoutFinding]:
    for path in paths:
        message = "not read: there are files for each task, or another file for all of them"
        yield LayoutFinding(path, NoteKind.DUPLICATE_FILE, message)


def _enumerate(paths: list[str]) -> str:
    shown = ", ".join(paths[:_NAMED])
    return f"{shown} and {len(paths) - _NAMED} more" if len(paths) > _NAMED else shown
