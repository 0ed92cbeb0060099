"""A real service as a process, its output in a file."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.support.deployments import clean_environment
from tests.support.ports import free_port

MODULES = {"watcher": "watcher", "ingester": "ingester", "query-api": "query_api"}


@dataclass(frozen=True)
class ServiceProcess:
    """A running service."""

    process: asyncio.subprocess.Process
    ops_url: str
    log: Path
    port: int

    async def ready(self) -> bool:
        """Tell whether it can work; raise when it has ended."""
        assert self.process.returncode is None, self.log.read_text()
        return await self.probe("/readyz") == 200

    async def probe(self, path: str) -> int | None:
        """Return the status with which its ops port answers; None while it does not."""
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self.ops_url}{path}") as answer:
                return answer.status
        except aiohttp.ClientError:
            return None

    async def unready(self) -> str:
        """Return what its ops port says to a probe of readiness; nothing while it does not answer."""
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self.ops_url}/readyz") as answer:
                return await answer.text() if answer.status == 503 else ""
        except aiohttp.ClientError:
            return ""

    async def stop(self) -> None:
        """End it as an operator does, and wait for it."""
        self.process.terminate()
        await self.process.wait()

    def says(self, words: str) -> bool:
        """Tell whether its log has these words; raise when it has ended."""
        assert self.process.returncode is None, self.log.read_text()
        return words in self.log.read_text()


@asynccontextmanager
async def service_process(
    module: str, log: Path, before: str = "", python: str | Path = sys.executable, **environment: str
) -> AsyncIterator[ServiceProcess]:
    """Yield `python -m module`, killed at the end. `before` is Python that runs first, in the same process."""
    ops, port = free_port(), free_port()
    own = {"OPS_PORT": str(ops), "PORT": str(port)}
    code = f"{before}\nimport runpy; runpy.run_module({module!r}, run_name='__main__')"
    with log.open("wb") as output:
        running = await asyncio.create_subprocess_exec(
            *(python, "-c", code),
            env={**clean_environment(), **own, **environment},
            stdout=output,
            stderr=output,
        )
    try:
        yield ServiceProcess(running, f"http://127.0.0.1:{ops}", log, port)
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()
