"""The task sets under the names that the frontend knows, without their grids."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import structlog
from common.arc.task_sets import BUNDLED, Source, TaskSetError, load_task_set

log = structlog.get_logger(__name__)

# The existing app's folders below data/.
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        Source.ARC1: "training",
        Source.ARC1_EVAL: "evaluation",
        Source.ARC2: "training2",
        Source.ARC2_EVAL: "evaluation2",
        Source.ARC1_SEMI_PRIVATE: "semi-private",
        Source.ARC1_PRIVATE: "private",
        Source.ARC2_SEMI_PRIVATE: "semi-private2",
        Source.ARC2_PRIVATE: "private2",
        Source.ARC_HEAVY: "arc-heavy",
        Source.CONCEPT_ARC: "concept-arc",
    }
)


@dataclass(frozen=True)
class TaskIndex:
    """One edition of a task set: task id -> number of test pairs."""

    name: str
    source: str
    pairs: Mapping[str, int]
    version: str

    @cached_property
    def pairs_total(self) -> int:
        """How many test pairs there are."""
        return sum(self.pairs.values())

    @cached_property
    def unit(self) -> int:
        """How many points a task is worth, so that each of its pairs is worth a whole number of them."""
        return math.lcm(*self.pairs.values())

    def points(self, task_id: str, right: Sequence[bool]) -> int:
        """Return how many points a task's pairs are worth, given which of them are right."""
        pairs = self.pairs[task_id]
        return sum(right[:pairs]) * self.unit // pairs


@lru_cache
def load(tasks_dir: Path | None, needed: tuple[str, ...] = ()) -> Mapping[str, TaskIndex]:
    """Return every set there is, by name; log one that is needed and missing. Blocks for half a second."""
    found: dict[str, TaskIndex] = {}
    for source, name in NAMES.items():
        try:
            task_set = load_task_set(source, tasks_dir)
        except TaskSetError as error:
            if source in BUNDLED or source in needed:
                log.warning("task_set.missing", source=source, reason=str(error))
            continue
        pairs = {task_id: len(task.test) for task_id, task in sorted(task_set.tasks.items())}
        found[name] = TaskIndex(name, source, pairs, task_set.version)
    # The grids are a hundred times what is kept here.
    load_task_set.cache_clear()
    return MappingProxyType(dict(sorted(found.items())))
