"""The other host, to which the Hub redirects downloads. It keeps the headers it received."""

import asyncio
from concurrent.futures import Executor

from aiohttp import web

from localhub.errors import HubError
from localhub.repositories.datasets import Datasets
from localhub.web.download import ranged
from localhub.web.requestlog import LoggedRequest, RequestLog


class Cdn:
    """Serves the same files under the same paths, without looking at tokens."""

    def __init__(self, datasets: Datasets) -> None:
        self._datasets = datasets
        self._executor: Executor | None = None
        self.requests = RequestLog()

    def application(self, executor: Executor) -> web.Application:
        self._executor = executor
        app = web.Application()
        app.router.add_get("/datasets/{owner}/{name}/{kind}/{revision}/{path:.+}", self._download)
        app.router.add_get("/{other:.*}", self._elsewhere)
        return app

    async def _download(self, request: web.Request) -> web.Response:
        loop = asyncio.get_running_loop()
        try:
            data = await loop.run_in_executor(self._executor, self._content, request)
        except HubError as error:
            return self._logged(request, error.response())
        return self._logged(request, ranged(request, data, {"ETag": '"cdn"'}))

    async def _elsewhere(self, request: web.Request) -> web.Response:
        return self._logged(request, web.json_response([]))

    def _content(self, request: web.Request) -> bytes:
        repository = self._datasets.get(f"{request.match_info['owner']}/{request.match_info['name']}")
        if repository is None:
            raise HubError(404, "Not found")
        commit = repository.resolve(request.match_info["revision"])
        return repository.read(repository.entry(commit, request.match_info["path"]))

    def _logged(self, request: web.Request, response: web.Response) -> web.Response:
        self.requests.append(
            LoggedRequest(request.method, request.path, request.query_string, response.status, dict(request.headers))
        )
        return response
