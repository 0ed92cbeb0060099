"""The local Hub with faults, latency, another quota, and logs of what it and its CDN were asked."""

import asyncio
from pathlib import Path, PurePosixPath
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from localhub import LocalHub
from localhub.quota import Quota
from localhub.web.download import CDN

from tests.support.hub.faults import ConnectionCut, Exchange
from tests.support.hub.request_log import LoggedRequest, RequestLog
from tests.support.hub.rules import Faults


class TestHub(LocalHub):
    """A local Hub whose answers a test decides about, also while it runs. Every answer waits `latency` seconds."""

    __test__ = False  # not a class of tests, for all its name

    def __init__(self, root: Path, **options: Any) -> None:
        @web.middleware
        async def controlled(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._logged(request, handler)

        super().__init__(root, middlewares=[controlled], **options)
        self.faults = Faults()
        self.latency = 0.0
        self.requests = RequestLog()
        self.cdn_requests = RequestLog()

    def limit(self, quota: Quota) -> None:
        """Put another quota in force, with nothing used of it."""
        self._meter.quota = quota
        self._meter.windows.clear()

    def head(self, repo: str) -> str:
        """Commit what changed in the folder, if anything did; answer the sha of the newest commit."""
        return self.datasets.create(repo).head().id.decode()

    def oid(self, repo: str, path: str) -> str:
        """Look up the git oid of a file or a folder, as `main` has it."""
        repository = self.datasets.create(repo)
        return repository.entry(repository.head(), path).oid

    def rename(self, repo: str, old: str, new: str) -> str:
        """Move a file or a folder, whose oid stays, by one commit; answer its sha."""
        source = self.datasets.root / repo / old
        files = (path for path in [source, *source.rglob("*")] if path.is_file())
        moved = {str(PurePosixPath(new, path.relative_to(source))): path.read_bytes() for path in files}
        return self.commit(repo, {old: None, **moved})

    async def _logged(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        at_hub = CDN in request.config_dict  # the other application, the CDN, knows of none
        status = 0
        try:
            response = await (self._answer(request, handler) if at_hub else handler(request))
            status = response.status
        except ConnectionCut:
            # aiohttp wants a response; nothing of it reaches the closed connection
            return web.Response(status=499)
        else:
            return response
        finally:
            (self.requests if at_hub else self.cdn_requests).append(
                LoggedRequest(request.method, request.path, request.query_string, status, dict(request.headers))
            )

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.latency:
            await asyncio.sleep(self.latency)

        async def answer() -> web.Response:
            response = await handler(request)
            if not isinstance(response, web.Response):
                raise TypeError(f"{request.path} was not answered whole")
            return response

        fault = self.faults.striking(request)
        return await (fault.respond(Exchange(request, answer)) if fault else answer())
