"""A process that shares the Hub's quota, as the services do, and downloads one file again and again.

`python -m tests.support.quota_process` reads its Work as JSON from the first argument.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

from common.bus import bus
from common.events import QuotaReport
from common.hub.client import HubClient
from common.hub.downloads import RemoteFile
from common.hub.quota import Quota
from common.hub.quota_sharing import QuotaSharing, key_of
from common.outcomes import TransientError
from common.process.service import background
from pydantic import BaseModel

ROOT = Path(__file__).parents[2]


class Work(BaseModel):
    """What a process is to do; its clock is wrong by so much, and without a `nats_url` it shares nothing."""

    endpoint: str
    dataset: str
    revision: str
    file: dict[str, Any]
    downloads: int
    at_once: int
    nats_url: str | None = None
    clock_is_wrong_by: float = 0.0


@contextlib.asynccontextmanager
async def quota_process(work: Work) -> AsyncIterator[asyncio.subprocess.Process]:
    """Yield a process that begins this work when a line comes, killed at the end."""
    command = (sys.executable, "-m", "tests.support.quota_process", work.model_dump_json())
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def begin(*processes: asyncio.subprocess.Process) -> None:
    """Have processes begin in one moment."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")


async def main(work: Work) -> None:
    """Share the quota where NATS is named, and download."""

    def clock() -> float:
        return time.monotonic() + work.clock_is_wrong_by

    async with contextlib.AsyncExitStack() as stack:
        hub = await stack.enter_async_context(
            HubClient(work.endpoint, quota=Quota(clock), connections=work.at_once, attempts=1)
        )
        if work.nats_url:
            client = await stack.enter_async_context(bus.connect(work.nats_url, "quota"))
            tell = partial(bus.tell, client, QuotaReport.subject_of("ingester"))
            sharing = QuotaSharing(hub.quota, key_of(hub.endpoint, hub.token), tell, clock)
            await stack.enter_async_context(bus.hearing(client, QuotaReport, sharing.hear))
            await stack.enter_async_context(background(sharing.run()))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        left = iter(range(work.downloads))
        await asyncio.gather(*(_download(hub, work, left) for _ in range(work.at_once)))


async def _download(hub: HubClient, work: Work, left: Any) -> None:
    for _ in left:
        done = False
        while not done:
            with contextlib.suppress(TransientError):
                await hub.download(work.dataset, work.revision, RemoteFile(**work.file))
                done = True


if __name__ == "__main__":
    asyncio.run(main(Work.model_validate_json(sys.argv[1])))
