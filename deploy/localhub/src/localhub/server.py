"""A Hub-compatible server over a folder of dataset repositories, and the ways to change it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Middleware
from common.process import addresses

from localhub.errors import answer_refusals
from localhub.quota import QuotaMeter
from localhub.repositories.datasets import Datasets
from localhub.repositories.repository import NewCommit
from localhub.web.access import Access
from localhub.web.download import CDN
from localhub.web.routes import HubRoutes
from localhub.web.webhooks import Webhooks

HOST = "127.0.0.1"  # reachable from this machine alone, unless asked otherwise
THREADS = 4
BACKLOG = 128
# A commit of huggingface_hub 2.4 holds files of up to 100 MiB, in base64; older ones send a whole folder in one.
BODY_BYTES = 256 * 1024 * 1024
WATCH_SECONDS = 1.0  # how soon webhooks tell of a change of the folder's files


class LocalHub:
    """Serves DIR/<owner>/<name>/<model>/<file>.json; use `async with`, or `start` and `stop`.

    The methods that write (`commit`, `squash`) are plain and may be called from any thread, before the
    start too. Port 0 takes a free one. `host` must be an address at which clients reach it: answers name it.
    `middlewares` get every request to the Hub and to its CDN first, and may answer it or change the answer.
    """

    def __init__(
        self,
        root: Path,
        *,
        host: str = HOST,
        port: int = 0,
        token: str | None = None,
        private: Iterable[str] = (),
        gated: Iterable[str] = (),
        lfs_above: int | None = None,
        middlewares: Sequence[Middleware] = (),
    ) -> None:
        self.access = Access(token, set(private), set(gated))
        self.webhooks = Webhooks()
        self.datasets = Datasets(root, lfs_above=lfs_above, on_commit=self._committed)
        self._meter = QuotaMeter()
        self._middlewares = middlewares
        self._host = host
        self._port = port
        self._executor: ThreadPoolExecutor | None = None
        self._runners: list[web.AppRunner] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.url = self.cdn_url = ""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after a `stop`, on the same port again. A busy port raises OSError."""
        self._loop = asyncio.get_running_loop()
        self._executor = ThreadPoolExecutor(THREADS, "hub")
        parts = self.datasets, self.webhooks, self._executor
        cdn = web.Application(middlewares=[*self._middlewares, answer_refusals])
        cdn.add_routes(HubRoutes(Access(), *parts).cdn_table())  # the CDN looks at no tokens
        self.cdn_url = f"http://{self._host}:{await self._listen(cdn, 0)}"
        middlewares = [*self._middlewares, self._meter.middleware, answer_refusals]
        app = web.Application(middlewares=middlewares, client_max_size=BODY_BYTES)
        app.add_routes(HubRoutes(self.access, *parts).table())
        app[CDN] = self.cdn_url
        self._port = await self._listen(app, self._port)
        self.url = f"http://{self._host}:{self._port}"
        self._tasks = [asyncio.create_task(self.webhooks.run(self.url)), asyncio.create_task(self._watch())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        if self._executor:
            self._executor.shutdown()
        self.datasets.close()

    def commit(
        self,
        repo: str,
        changes: Mapping[str, bytes | None],
        message: str | None = None,
        *,
        date: datetime | None = None,
    ) -> str:
        """Write files as one commit (None removes a file or a folder); answer its sha."""
        return self.datasets.create(repo).commit(changes, message, date).id.decode()

    def squash(self, repo: str) -> str:
        """Replace the history by one commit: the old shas are gone."""
        return self.datasets.create(repo).squash().id.decode()

    def rename_dataset(self, old: str, new: str) -> None:
        """Rename a dataset: its old name answers with redirects, and webhooks name the new one."""
        self.datasets.rename(old, new)

    async def _listen(self, app: web.Application, port: int) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        self._runners.append(runner)
        # asyncio's own way to bind loses the reason since Python 3.13: an address of another machine has no errno.
        for each in addresses.listen(self._host, port, BACKLOG):
            await web.SockSite(runner, each, backlog=BACKLOG).start()
        bound: int = runner.addresses[0][1]
        return bound

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self.webhooks:
                await loop.run_in_executor(self._executor, self.datasets.refresh)

    def _committed(self, commit: NewCommit) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.webhooks.notify, commit)
