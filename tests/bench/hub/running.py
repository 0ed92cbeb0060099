"""A Hub's process as a benchmark drives it: its latency and quota, and what it was asked."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RunningHub:
    """A Hub that serves."""

    process: subprocess.Popen[str]
    url: str

    def order(self, **order: Any) -> dict[str, int]:
        """Set `latency` (seconds of each request) or `quota`, or let Debian's git serve packs (`debian`).

        Return the requests by budget since the last order. Those that were refused for the quota are counted in their
        budget, and once more under "refused".
        """
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, int] = json.loads(_line(self.process))
        return answer


@contextlib.contextmanager
def running_hub(directory: Path) -> Iterator[RunningHub]:
    """Yield a Hub over a folder of datasets; it ends with the block."""
    arguments = [sys.executable, "-m", "tests.bench.hub.process", str(directory)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield RunningHub(process, _line(process))


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
