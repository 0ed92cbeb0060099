"""Runs the real services in the test's own event loop, from start to a clean stop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
from common.process.settings import ServiceSettings

from tests.support.eventually import eventually
from tests.support.ports import free_port

Run = Callable[[Any, asyncio.Event], Awaitable[None]]


@contextlib.asynccontextmanager
async def running(run: Run, settings: ServiceSettings, port_field: str = "ops_port") -> AsyncIterator[str]:
    """Yield the service's ops URL once it is ready; stop it, and raise what it raised, at the end."""
    port = free_port()
    stopping = asyncio.Event()
    task = asyncio.ensure_future(run(settings.model_copy(update={port_field: port}), stopping))
    url = f"http://127.0.0.1:{port}"
    try:
        await _until_ready(url, task)
        yield url
    finally:
        stopping.set()
        await asyncio.wait_for(task, timeout=30)


async def _until_ready(url: str, task: "asyncio.Future[None]") -> None:
    async with aiohttp.ClientSession() as http:

        async def ready() -> bool:
            if task.done():
                task.result()
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get(f"{url}/readyz") as response:
                    return response.status == 200
            return False

        await eventually(ready, 30)
