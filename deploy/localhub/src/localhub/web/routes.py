"""The Hub's HTTP routes, as far as `huggingface_hub` uses them to read datasets."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, ParamSpec, TypeVar

from aiohttp import web

from localhub.errors import HubError, RepoNotFoundError
from localhub.repositories.datasets import Datasets
from localhub.repositories.repository import DatasetRepository, Entry
from localhub.web import listing
from localhub.web.access import Access
from localhub.web.download import file_response
from localhub.web.pages import datasets_page, folder_page
from localhub.web.webhooks import Webhooks

P = ParamSpec("P")
T = TypeVar("T")
TRUE = frozenset({"1", "true", "True"})


class HubRoutes:
    """Handlers over a folder of datasets. What touches the disk runs in the executor's threads."""

    def __init__(self, datasets: Datasets, access: Access, webhooks: Webhooks, executor: Executor) -> None:
        self._datasets = datasets
        self._access = access
        self._webhooks = webhooks
        self._executor = executor

    def table(self) -> list[web.AbstractRouteDef]:
        dataset = "/api/datasets/{owner}/{name}"
        return [
            web.get("/api/datasets", self.list_datasets),
            web.get(dataset, self.dataset_info),
            web.get(dataset + "/revision/{revision}", self.dataset_info),
            web.get(dataset + "/tree/{revision}", self.tree),
            web.get(dataset + "/tree/{revision}/{path:.*}", self.tree),
            web.post(dataset + "/paths-info/{revision}", self.paths_info),
            web.get(dataset + "/commits/{revision}", self.commits),
            web.get(dataset + "/refs", self.refs),
            web.get("/datasets/{owner}/{name}/{kind:resolve|raw}/{revision}/{path:.+}", self.download),
            web.get("/", self.home_page),
            web.get("/datasets/{owner}/{name}", self.folder_page),
            web.get("/datasets/{owner}/{name}/tree/{revision}", self.folder_page),
            web.get("/datasets/{owner}/{name}/tree/{revision}/{path:.*}", self.folder_page),
            web.get("/api/whoami-v2", self.whoami),
            web.get("/api/settings/webhooks", self.list_webhooks),
            web.post("/api/settings/webhooks", self.create_webhook),
            web.delete("/api/settings/webhooks/{id}", self.delete_webhook),
            web.post("/api/settings/webhooks/{id}/{action:enable|disable}", self.enable_webhook),
        ]

    async def list_datasets(self, request: web.Request) -> web.Response:
        author = request.query.get("author")
        names = [name for name in self._visible(request) if author in {None, name.partition("/")[0]}]
        return web.json_response([{"_id": name, "id": name, "tags": []} for name in names])

    def _visible(self, request: web.Request) -> list[str]:
        known = self._authenticated(request)
        return [name for name in self._datasets.names() if known or name not in self._access.private]

    async def whoami(self, request: web.Request) -> web.Response:
        if not self._authenticated(request):
            raise HubError(401, "Invalid username or password.")
        return web.json_response({"type": "user", "name": "local", "auth": {"type": "access_token"}})

    async def home_page(self, request: web.Request) -> web.Response:
        return datasets_page(self._visible(request))

    async def folder_page(self, request: web.Request) -> web.Response:
        repository = self._open(request)
        return await self._blocking(self._folder, repository, request)

    @staticmethod
    def _folder(repository: DatasetRepository, request: web.Request) -> web.Response:
        commit = repository.resolve(request.match_info.get("revision", "main"))
        path = request.match_info.get("path", "").strip("/")
        return folder_page(repository.name, commit, path, repository.entries(commit, path))

    async def dataset_info(self, request: web.Request) -> web.Response:
        repository = self._open(request, content=False)
        return web.json_response(await self._blocking(self._describe, repository, request))

    def _describe(self, repository: DatasetRepository, request: web.Request) -> listing.Json:
        commit = repository.resolve(request.match_info.get("revision", "main"))
        expand = listing.wanted_fields(request.query.getall("expand", []) + request.query.getall("expand[]", []))
        known: listing.Json = {
            "author": repository.name.partition("/")[0],
            "sha": commit.sha,
            "lastModified": listing.timestamp(commit.date),
            "createdAt": listing.timestamp(repository.first_commit().date),
            "private": repository.name in self._access.private,
            "gated": "manual" if repository.name in self._access.gated else False,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "tags": [],
        }
        if not expand or expand & {"siblings", "usedStorage"}:
            known |= listing.content_json(repository.entries(commit, recursive=True), blobs=_flag(request, "blobs"))
        return listing.dataset_json(repository.name, known, expand)

    async def tree(self, request: web.Request) -> web.Response:
        repository = self._open(request)
        page, more = await self._blocking(self._tree_page, repository, request)
        response = web.json_response(page)
        if more:
            following = request.url.update_query(cursor=listing.cursor_after(more))
            response.headers["Link"] = f'<{following}>; rel="next"'
        return response

    def _tree_page(
        self, repository: DatasetRepository, request: web.Request
    ) -> tuple[list[listing.Json], Entry | None]:
        commit = repository.resolve(request.match_info["revision"])
        path = request.match_info.get("path", "").strip("/")
        expand = _flag(request, "expand")
        size = _limit(request, listing.EXPANDED_PAGE if expand else listing.PAGE)
        entries = repository.entries(commit, path, recursive=_flag(request, "recursive"))
        rest = listing.after_cursor(entries, request.query.get("cursor"))
        page = [
            listing.entry_json(entry, repository.last_change(entry.path, commit) if expand else None)
            for entry in rest[:size]
        ]
        return page, rest[size - 1] if len(rest) > size else None

    async def paths_info(self, request: web.Request) -> web.Response:
        repository = self._open(request)
        form = await request.post()
        paths = [str(path) for path in form.getall("paths", [])]
        expand = str(form.get("expand", "")) in TRUE
        found = await self._blocking(self._paths, repository, request.match_info["revision"], paths, expand)
        return web.json_response(found)

    @staticmethod
    def _paths(repository: DatasetRepository, revision: str, paths: list[str], expand: bool) -> list[listing.Json]:  # noqa: FBT001
        commit = repository.resolve(revision)
        found = [entry for path in paths if (entry := repository.find(commit, path))]
        return [
            listing.entry_json(entry, repository.last_change(entry.path, commit) if expand else None) for entry in found
        ]

    async def commits(self, request: web.Request) -> web.Response:
        repository = self._open(request)
        commits = await self._blocking(repository.commits, request.match_info["revision"])
        page = _number(request, "p")
        start = page * listing.EXPANDED_PAGE
        shown = commits[start : start + listing.EXPANDED_PAGE]
        response = web.json_response([listing.commit_json(commit) for commit in shown])
        response.headers["X-Total-Count"] = str(len(commits))
        if start + listing.EXPANDED_PAGE < len(commits):
            response.headers["Link"] = f'<{request.url.update_query(p=page + 1)}>; rel="next"'
        return response

    async def refs(self, request: web.Request) -> web.Response:
        repository = self._open(request)
        head = await self._blocking(repository.head)
        main = {"name": "main", "ref": "refs/heads/main", "targetCommit": head.sha}
        body: dict[str, Any] = {"branches": [main], "converts": [], "tags": []}
        if "include_prs" in request.query:
            body["pullRequests"] = []
        return web.json_response(body)

    async def download(self, request: web.Request) -> web.Response:
        repository = self._open(request)
        return await self._blocking(self._file, repository, request)

    @staticmethod
    def _file(repository: DatasetRepository, request: web.Request) -> web.Response:
        commit = repository.resolve(request.match_info["revision"])
        entry = repository.entry(commit, request.match_info["path"])
        return file_response(request, repository, commit, entry)

    async def list_webhooks(self, request: web.Request) -> web.Response:
        self._require_account(request)
        return web.json_response([hook.json() for hook in self._webhooks])

    async def create_webhook(self, request: web.Request) -> web.Response:
        self._require_account(request)
        try:
            body = await request.json()
        except ValueError as error:
            raise HubError(400, f"The body is not JSON: {error}") from error
        hook = self._webhooks.register(body)
        return web.json_response({"webhook": hook.json()})

    async def delete_webhook(self, request: web.Request) -> web.Response:
        self._require_account(request)
        self._webhooks.remove(request.match_info["id"])
        return web.json_response({"success": True})

    async def enable_webhook(self, request: web.Request) -> web.Response:
        self._require_account(request)
        hook = self._webhooks.enable(request.match_info["id"], enabled=request.match_info["action"] == "enable")
        return web.json_response({"webhook": hook.json()})

    def _open(self, request: web.Request, *, content: bool = True) -> DatasetRepository:
        known = self._authenticated(request)
        name = f"{request.match_info['owner']}/{request.match_info['name']}"
        self._access.check(name, authenticated=known, content=content)
        repository = self._datasets.get(name)
        if repository is None:
            raise RepoNotFoundError(authenticated=known)
        return repository

    def _authenticated(self, request: web.Request) -> bool:
        return self._access.authenticate(request.headers.get("Authorization", ""))

    def _require_account(self, request: web.Request) -> None:
        if self._access.token and not self._authenticated(request):
            raise RepoNotFoundError(authenticated=False)

    async def _blocking(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: function(*args, **kwargs))


def _flag(request: web.Request, name: str) -> bool:
    return request.query.get(name, "") in TRUE


def _number(request: web.Request, name: str) -> int:
    value = request.query.get(name, "")
    return int(value) if value.isdecimal() else 0


def _limit(request: web.Request, most: int) -> int:
    return min(_number(request, "limit") or most, most)
