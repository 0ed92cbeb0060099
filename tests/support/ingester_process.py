"""The real ingester as a process: to measure its memory, and to kill it."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.support.eventually import eventually
from tests.support.ports import free_port


@dataclass(frozen=True)
class IngesterProcess:
    """A running ingester."""

    process: asyncio.subprocess.Process
    ops_url: str

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def peak_megabytes(self) -> float:
        """Return the most memory that it ever held, imports included."""
        status = Path(f"/proc/{self.pid}/status")
        if not status.exists():  # elsewhere than on Linux: what it holds now
            return psutil.Process(self.pid).memory_info().rss / 1024 / 1024
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        await self.process.wait()


@contextlib.asynccontextmanager
async def ingester_process(**settings: Any) -> AsyncIterator[IngesterProcess]:
    """Yield an ingester that is ready; settings are the fields of its Settings. It is stopped at the end."""
    port = free_port()
    wanted = {"log_level": "warning", **settings, "ops_port": port}
    environment = {name.upper(): str(value) for name, value in wanted.items()}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "ingester", env={**os.environ, **environment})
    running = IngesterProcess(process, f"http://127.0.0.1:{port}")
    try:
        await _until_ready(running)
        yield running
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _until_ready(running: IngesterProcess) -> None:
    async with aiohttp.ClientSession() as http:

        async def ready() -> bool:
            if running.process.returncode is not None:
                raise RuntimeError(f"the ingester ended with status {running.process.returncode}")
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get(f"{running.ops_url}/readyz") as response:
                    return response.status == 200
            return False

        await eventually(ready, 30)
