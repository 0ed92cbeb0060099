"""Which models a folder holds, and which task set each answers: by names of folders, else by the ids of tasks."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from common.arc.file_names import is_whole_submission
from common.arc.set_names import SetName, set_name_of
from common.arc.task_sets import Source, detect_source, task_ids
from ingester.submission.layout import read_layout

from arcwatch.scoring.disk import Folder


class Choice(NamedTuple):
    """The task set that a folder answers, and how that was told; `guessed` where no name says it."""

    source: str
    why: str
    guessed: bool = False


class Model(NamedTuple):
    """A model's folder, and the name it is scored by."""

    name: str
    folder: Folder


def find_models(folder: Folder, sources: Iterable[str], tasks_dir: Path | None) -> list[Model]:
    """Return the folder as one model's, or each of its folders as one.

    It is one model's where answers lie in it directly, or below it only in folders that are called like task sets.
    """
    answers = list(_answers(folder, frozenset().union(*(task_ids(source, tasks_dir) for source in sources))))
    tops = {path.partition("/")[0] for path in answers if "/" in path}
    is_one = len(tops) == 0 or any("/" not in path for path in answers) or all(set_name_of([top]) for top in tops)
    if is_one:
        return [Model(_model_name(folder.path), folder)] if _has_json(folder) else []
    return [Model(name, each) for name, each in folder.subfolders().items() if _has_json(each)]


def choose_source(folder: Folder, tasks_dir: Path | None) -> Choice | None:
    """Return the task set that a model's folder answers; None where neither names nor ids tell."""
    if named := _named_above(folder.path):
        return named
    found = Counter({source: count for source in Source if (count := _count(folder, source, tasks_dir))})
    if not found:
        return None
    # Of those with equally many the smallest: a set for training holds most tasks of another for evaluation.
    source = min(found, key=lambda each: (-found[each], len(task_ids(each, tasks_dir))))
    if named := _named_below(folder, source):
        return named
    return Choice(source, f"guessed: {found[source]} task ids are of this set", guessed=True)


def available_sources(tasks_dir: Path | None) -> list[str]:
    """Return the task sets whose tasks are here."""
    return [source for source in Source if task_ids(source, tasks_dir)]


def _answers(folder: Folder, ids: frozenset[str]) -> Iterator[str]:
    layout = read_layout("", folder.files, ids, "")
    yield from layout.tasks.values()
    yield from layout.unknown.values()
    yield from layout.whole
    yield from layout.left_out


def _has_json(folder: Folder) -> bool:
    return any(PurePosixPath(path).suffix.casefold() == ".json" for path in folder.files)


def _model_name(path: Path) -> str:
    """Return the nearest name that is none of a task set: such folders are uploaded by the name of their model."""
    return next((part for part in reversed(path.parts) if set_name_of([part]) is None), path.name)


def _named_above(path: Path) -> Choice | None:
    """Return what one folder of the path says, or two after each other, such as v2/public_eval; the innermost first."""
    for end in range(len(path.parts), 0, -1):
        for start in range(end - 1, max(end - 3, -1), -1):
            parts = path.parts[start:end]
            if not all(map(_says_something, parts)):
                continue
            if source := _source_of(set_name_of(parts)) or detect_source(parts[-1]):
                return Choice(source, f"by the name of the folder {'/'.join(parts)}")
    return None


def _says_something(part: str) -> bool:
    return set_name_of([part]) is not None or detect_source(part) is not None


def _named_below(folder: Folder, source: str) -> Choice | None:
    """Return the choice of a set where every answer of it lies in a folder that names it fully."""
    folders = {
        PurePosixPath(path).parts[:-1]
        for path in folder.files
        if PurePosixPath(path).stem.casefold() in _folded_ids(source, None) or is_whole_submission(path)
    }
    named = [each for each in folders if _source_of(set_name_of(each)) == source]
    if not named or any(set_name_of(each) is None for each in folders):
        return None
    return Choice(source, f"by the name of the folder {'/'.join(min(named))}")


def _source_of(name: SetName | None) -> str | None:
    return next((source for source in Source if name and SetName.of_source(source) == name), None)


def _count(folder: Folder, source: str, tasks_dir: Path | None) -> int:
    wanted, ids = SetName.of_source(source), _folded_ids(source, tasks_dir)
    fitting = [path for path in folder.files if _fits(path, wanted)]
    stems = {PurePosixPath(path).stem.casefold() for path in fitting if path.casefold().endswith(".json")}
    count = len(stems & ids)
    if not count:
        wholes = (each for path in fitting if is_whole_submission(path) for each in _keys(folder, path))
        count = len(ids.intersection(wholes))
    return count


def _fits(path: str, wanted: SetName | None) -> bool:
    named = set_name_of(PurePosixPath(path).parts[:-1])
    return named is None or (wanted is not None and named.fits(wanted))


@cache
def _folded_ids(source: str, tasks_dir: Path | None) -> frozenset[str]:
    return frozenset(each.casefold() for each in task_ids(source, tasks_dir))


def _keys(folder: Folder, path: str) -> Iterator[str]:
    """Yield the task ids in a file for all tasks, in lower case."""
    try:
        document: object = json.loads(folder.read(path))
    except (OSError, ValueError, RecursionError):
        return
    if isinstance(document, Mapping):
        yield from (key.casefold() for key in document)
