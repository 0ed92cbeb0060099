"""The other host, to which the Hub redirects downloads."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Executor

from aiohttp import web
from aiohttp.typedefs import Middleware

from localhub.errors import HubError
from localhub.repositories.datasets import Datasets
from localhub.web.download import ranged


class Cdn:
    """Serves the same files under the same paths, without looking at tokens."""

    def __init__(self, datasets: Datasets, executor: Executor) -> None:
        self._datasets = datasets
        self._executor = executor

    def application(self, middlewares: Iterable[Middleware]) -> web.Application:
        app = web.Application(middlewares=middlewares)
        app.router.add_get("/datasets/{owner}/{name}/{kind}/{revision}/{path:.+}", self._download)
        app.router.add_get("/{other:.*}", self._elsewhere)
        return app

    async def _download(self, request: web.Request) -> web.Response:
        loop = asyncio.get_running_loop()
        try:
            data = await loop.run_in_executor(self._executor, self._content, request)
        except HubError as error:
            return error.response()
        return ranged(request, data, {"ETag": '"cdn"'})

    async def _elsewhere(self, _request: web.Request) -> web.Response:
        return web.json_response([])

    def _content(self, request: web.Request) -> bytes:
        repository = self._datasets.get(f"{request.match_info['owner']}/{request.match_info['name']}")
        if repository is None:
            raise HubError(404, "Not found")
        commit = repository.resolve(request.match_info["revision"])
        return repository.read(repository.entry(commit, request.match_info["path"]))
