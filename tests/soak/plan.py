"""What happens in a run: steps with their instants, all from a seed. It does nothing itself."""

import random
from dataclasses import dataclass
from typing import Final

SERVICES: Final = ("watcher", "ingester-1", "ingester-2", "query-api")
SERVERS: Final = ("nats", "postgres")
MOODS: Final = ("unavailable", "limited", "stalling", "corrupt", "cut", "reset")
UPLOADS: Final = ("new", "new", "new", "changed", "changed", "removed", "renamed", "reverted", "readme", "costs")
# What may happen, and how often beside the others.
FAULTS: Final = {
    "kill_service": 5,
    "freeze_service": 3,
    "part": 4,
    "kill_server": 2,
    "freeze_server": 2,
    "mood": 5,
    "clock": 2,
    "delete_durable": 1,
    "delete_stream": 1,
    "sync": 3,
}
# Shorter than the delays of a third delivery (2 min), or a run would mostly wait.
_LONGEST_SECONDS: Final = 6.0
_MOST_APART_SECONDS: Final = 2.5


@dataclass(frozen=True)
class Step:
    """One thing that happens `at` so many seconds after the start, and lasts for `seconds`."""

    at: float
    kind: str
    target: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        lasts = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:6.1f} s  {' '.join(filter(None, (self.kind, self.target)))}{lasts}"


def plan(seed: int, seconds: float) -> list[Step]:
    """Return the steps of a run of so many seconds, in their order."""
    pick = random.Random(seed)
    steps = []
    at = 0.0
    while at < seconds:
        steps.append(Step(round(at, 2), "upload", pick.choice(UPLOADS)))
        if pick.random() < 0.6:
            steps.append(_fault(pick, round(at + pick.uniform(0, 1), 2)))
        at += pick.uniform(0.3, _MOST_APART_SECONDS)
    return sorted(steps, key=lambda step: step.at)


def _fault(pick: random.Random, at: float) -> Step:
    kind = pick.choices(tuple(FAULTS), tuple(FAULTS.values()))[0]
    lasts = round(pick.uniform(0.5, _LONGEST_SECONDS), 1)
    if kind in {"kill_service", "freeze_service", "clock"}:
        target = pick.choice(SERVICES)
    elif kind in {"kill_server", "freeze_server"}:
        target = pick.choice(SERVERS)
    elif kind == "part":
        target = f"{pick.choice(SERVICES)} {pick.choice(SERVERS)}"
    else:
        target = pick.choice(MOODS) if kind == "mood" else ""
    return Step(at, kind, target, lasts if kind in {"freeze_service", "freeze_server", "part", "mood"} else 0.0)
