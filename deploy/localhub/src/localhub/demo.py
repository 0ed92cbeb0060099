"""The demo's Hub as a process: sample submissions are there, and more land once a webhook is registered.

Run as `python -m localhub.demo DIR PORT EVERY_SECONDS`.
"""

import asyncio
import signal
import sys
from pathlib import Path

from localhub.samples.landing import land_samples, put_initial_samples
from localhub.server import LocalHub

_LOOKS_EVERY_SECONDS = 0.2


async def serve(directory: Path, port: int, every_seconds: float) -> None:
    """Serve the samples until a signal comes."""
    hub = LocalHub(directory, port=port)
    await asyncio.to_thread(put_initial_samples, hub)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with hub:
        landing = asyncio.create_task(_land(hub, every_seconds))
        await stopping.wait()
        landing.cancel()
        await asyncio.wait([landing])


async def _land(hub: LocalHub, every_seconds: float) -> None:
    # What lands before there is a webhook would only be found by the next sync of the schedule.
    while not hub.webhooks:  # noqa: ASYNC110 - the Hub has no event for a registration
        await asyncio.sleep(_LOOKS_EVERY_SECONDS)
    await land_samples(hub, every_seconds)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
