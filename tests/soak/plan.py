"""What happens in a run: steps with their instants, all from a seed. It does nothing itself."""

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

SERVICES: Final = ("watcher", "ingester-1", "ingester-2", "query-api", "notifier")
SERVERS: Final = ("nats", "postgres")
# The last: no room is left for PostgreSQL's log either, which ends the server.
DISKS: Final = ("nats", "postgres", "postgres-log")
MOODS: Final = ("unavailable", "limited", "stalling", "corrupt", "cut", "reset")
# Of the webhook's receiver; who forgets takes a message, and answers that something went wrong.
RECEIVER: Final = ("refuses", "forgets", "silent", "hangs-up")
UPLOADS: Final = ("new", "new", "new", "changed", "changed", "removed", "renamed", "reverted", "readme", "costs")
# What may happen, how often beside the others, and to whom.
FAULTS: Final = {
    "kill_service": 5,
    "freeze_service": 3,
    "part": 4,
    "kill_server": 2,
    "freeze_server": 2,
    "full_disk": 3,
    "mood": 5,
    "receiver": 2,
    "clock": 2,
    "delete_durable": 1,
    "delete_stream": 1,
    "sync": 3,
}
TARGETS: Final[Mapping[str, tuple[str, ...]]] = {
    "kill_service": SERVICES,
    "freeze_service": SERVICES,
    "part": tuple(f"{service} {server}" for service in SERVICES for server in SERVERS),
    "kill_server": SERVERS,
    "freeze_server": SERVERS,
    "full_disk": DISKS,
    "mood": MOODS,
    "receiver": RECEIVER,
    "clock": SERVICES,
}
_LASTS: Final = {"freeze_service", "freeze_server", "part", "full_disk", "mood", "receiver"}
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


def plan(seed: int, seconds: float, without: Collection[str] = ()) -> list[Step]:
    """Return the steps of a run of so many seconds, in their order. Leaving out kinds changes no other step."""
    pick = random.Random(seed)
    steps = []
    at = 0.0
    while at < seconds:
        steps.append(Step(round(at, 2), "upload", pick.choice(UPLOADS)))
        if pick.random() < 0.6:
            steps.append(_fault(pick, round(at + pick.uniform(0, 1), 2)))
        at += pick.uniform(0.3, _MOST_APART_SECONDS)
    return sorted((step for step in steps if step.kind not in without), key=lambda step: step.at)


def _fault(pick: random.Random, at: float) -> Step:
    kind = pick.choices(tuple(FAULTS), tuple(FAULTS.values()))[0]
    lasts = round(pick.uniform(0.5, _LONGEST_SECONDS), 1)
    return Step(at, kind, pick.choice(TARGETS.get(kind, ("",))), lasts if kind in _LASTS else 0.0)
