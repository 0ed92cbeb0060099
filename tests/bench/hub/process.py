"""A local Hub in a process of its own, so that its work is not counted as ours: DIR -> its URL.

Each line of standard input is an order, each line of standard output the answer to one; it ends with its input.
"""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from localhub.quota import Quota, kind_of
from localhub.repositories.datasets import STATE

from tests.support.git_server import serve_by_debian
from tests.support.hub import TestHub


async def main(directory: str) -> None:
    """Serve until standard input ends."""
    async with _hub(Path(directory)) as hub:
        print(hub.url, flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(_obey(hub, json.loads(line))), flush=True)


def _hub(root: Path) -> TestHub:
    """Make the Hub with everything committed: else the first request would wait for that."""
    hub = TestHub(root)
    for dataset in root.glob("[!.]*/[!.]*"):
        hub.head(str(dataset.relative_to(root)))
    return hub


def _obey(hub: TestHub, order: dict[str, Any]) -> dict[str, int]:
    """Change what is said, and return how many requests of each budget came since the order before."""
    asked = Counter(kind_of(request.path) for request in hub.requests)
    asked["refused"] = sum(request.status == 429 for request in hub.requests)
    hub.requests.clear()
    if "latency" in order:
        hub.latency = order["latency"]
    if "quota" in order:
        hub.limit(Quota(**order["quota"]))
    if order.get("debian"):
        _loosen(hub.datasets.root)
        serve_by_debian(hub)
    return asked


def _loosen(root: Path) -> None:
    """Write every object to a file of its own: among those of one pack git looks for no deltas."""
    for pack in (root / STATE).glob("*/*.git/objects/pack/*.pack"):
        apart = pack.rename(root / pack.name)
        pack.with_suffix(".idx").unlink()
        with apart.open("rb") as objects:
            subprocess.run(["git", "unpack-objects", "-q"], stdin=objects, cwd=pack.parents[2], check=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
