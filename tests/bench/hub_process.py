"""A local Hub in a process of its own, so that its work is not counted as ours: DIR LATENCY_SECONDS -> its URL."""

import asyncio
import sys
from pathlib import Path

from tests.support.hub import TestHub


async def main(directory: str, latency: str) -> None:
    """Serve until standard input ends."""
    async with TestHub(Path(directory)) as hub:
        hub.latency = float(latency)
        print(hub.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
