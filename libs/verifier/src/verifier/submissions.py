"""Which files of a model's folder count, and what they score: from paths and bytes to the score of each task.

docs/submissions.md says the rules in words. Files of one run lie in one folder, apart from folders that name a task
set; of two runs that answer the same task only one counts.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from verifier.rules import TaskScore, is_submission, parse, score_task
from verifier.task_sets import Outputs

_FOR_ALL_TASKS = ("submission", "attempts", "attemps")
_REPORT = "results"

# A folder's name without anything but letters and digits: what may stand for a version, then for a split.
_BEFORE_NUMBER = ("arcagiv", "arcagi", "arcv", "arc", "agiv", "agi", "v")
_VERSIONS = {f"{word}{number}": number for word in _BEFORE_NUMBER for number in "123456789"}
_SPLITS = {
    f"{word}{ending}": split
    for split, words in {
        "Semi-Private": ["semiprivate", "semiprivateeval", "semiprivateevaluation"],
        "Private": ["private", "privateeval", "privateevaluation"],
        "Eval": ["eval", "evaluation", "publiceval", "publicevaluation"],
        "": ["train", "training", "publictrain", "publictraining"],
    }.items()
    for word in words
    for ending in ("", "set", "tasks")
}
_Said = tuple[str | None, str | None]
_NOTHING: _Said = (None, None)


class Choice(NamedTuple):
    """The files that count, by their paths below the model's folder."""

    tasks: Mapping[str, str]
    whole: str | None
    """One file for all tasks; only where no file answers one."""
    report: str | None
    """The submission's own account of its scores."""

    @property
    def answers(self) -> tuple[str, ...]:
        """Return the files with answers."""
        return (*self.tasks.values(), *filter(None, [self.whole]))


def choose(model: str, paths: Iterable[str], task_ids: Collection[str], source: str) -> Choice:
    """Choose the files that count among those of a model's folder."""
    ids = {task_id.casefold(): task_id for task_id in task_ids}
    files = [file for path in sorted(paths) if (file := _File.of(path)) and file.may_answer(model, source)]
    files.sort(key=lambda file: (len(file.folders), not file.names_a_set))
    tasks = _answers([file for file in files if file.stem in ids and file.stem not in _FOR_ALL_TASKS])
    whole = next((file.path for file in files if file.stem in _FOR_ALL_TASKS), None)
    report = next((file.path for file in files if file.stem == _REPORT and _REPORT not in ids), None)
    return Choice({ids[stem]: path for stem, path in tasks.items()}, None if tasks else whole, report)


def score_file(choice: Choice, path: str, data: bytes, outputs: Outputs) -> dict[str, TaskScore]:
    """Score one of the files that count: a task, or all that a file for all tasks answers; none if it is unusable."""
    document = _document(data)
    if path == choice.whole:
        documents = _by_task(document, outputs)
    else:
        documents = {task_id: document for task_id, each in choice.tasks.items() if each == path}
    return {
        task_id: score_task(document, outputs[task_id])
        for task_id, document in documents.items()
        if is_submission(document)
    }


class _File(NamedTuple):
    path: str
    folders: tuple[str, ...]
    stem: str

    @classmethod
    def of(cls, path: str) -> "_File | None":
        *folders, name = path.split("/")
        stem, _, suffix = name.rpartition(".")
        hidden = any(part.startswith(".") for part in (*folders, name))
        return None if hidden or suffix.casefold() != "json" else cls(path, tuple(folders), stem.casefold())

    @property
    def names_a_set(self) -> bool:
        return any(_said(folder) != _NOTHING for folder in self.folders)

    @property
    def run(self) -> tuple[str, ...]:
        return tuple(folder for folder in self.folders if _said(folder) == _NOTHING)

    def may_answer(self, model: str, source: str) -> bool:
        """Tell whether no folder, the model's included, says that this is of another task set."""
        said = list(map(_said, (model, *self.folders)))
        version = next((each for each, _ in reversed(said) if each is not None), None)
        split = next((each for _, each in reversed(said) if each is not None), None)
        if version is None and split is None:
            return True
        wanted = re.fullmatch(r"ARC([1-9])(?:-(.+))?", source)
        return wanted is not None and version in {None, wanted[1]} and split in {None, wanted[2] or ""}


def _said(folder: str) -> _Said:
    """Return the version and the split that a folder's name says."""
    name = "".join(re.findall("[a-z0-9]", folder.casefold()))
    if name in _SPLITS:
        return None, _SPLITS[name]
    for end in range(len(name), 0, -1):
        version, rest = _VERSIONS.get(name[:end]), name[end:]
        if version and (not rest or rest in _SPLITS):
            return version, _SPLITS.get(rest)
    return _NOTHING


def _answers(files: list[_File]) -> dict[str, str]:
    """Return the path that counts for each task: of each run all or nothing. The files come nearest first."""
    runs: dict[tuple[str, ...], dict[str, str]] = {}
    for file in files:
        runs.setdefault(file.run, {}).setdefault(file.stem, file.path)
    chosen: dict[str, str] = {}
    for run in sorted(runs, key=lambda run: (len(run), -len(runs[run]), run)):
        if not any(stem in chosen for stem in runs[run]):
            chosen.update(runs[run])
    return chosen


def _document(data: bytes) -> Any:
    try:
        return parse(data)
    except ValueError:
        return None


def _by_task(document: Any, outputs: Outputs) -> dict[str, Any]:
    if not isinstance(document, dict):
        return {}
    ids = {task_id.casefold(): task_id for task_id in outputs}
    found: dict[str, Any] = {}
    for key, answer in document.items():
        if task_id := ids.get(key.casefold()):
            found.setdefault(task_id, answer)
    return found
