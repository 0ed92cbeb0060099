"""The Hub's HTTP routes, as far as `huggingface_hub` uses them to read datasets and to upload folders, and git's."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler
from dulwich.objects import Commit
from pydantic import ValidationError

from localhub.errors import HubError, RepoNotFoundError
from localhub.repositories.datasets import Datasets
from localhub.repositories.repository import DatasetRepository
from localhub.web import listing, upload_bodies, uploads
from localhub.web.access import Access
from localhub.web.download import cdn_response, file_response
from localhub.web.git import GitRoutes
from localhub.web.lookup import Lookup
from localhub.web.pages import datasets_page, folder_page
from localhub.web.webhooks import Webhook, Webhooks

T = TypeVar("T")
USER = "local"
Answer = Callable[[DatasetRepository, Commit, web.Request], web.Response]
Write = Callable[[bytes, DatasetRepository, Commit, web.Request], web.Response]
# At `blob` the Hub has a page about the file; here it is the file itself.
FILE = "/datasets/{owner}/{name}/{kind:resolve|raw|blob}/{revision}/{path:.+}"


class HubRoutes:
    """Handlers over a folder of datasets. What touches the disk runs in the executor's threads."""

    def __init__(self, access: Access, datasets: Datasets, webhooks: Webhooks, executor: Executor) -> None:
        self._access = access
        self._lookup = Lookup(access, datasets)
        self._datasets = datasets
        self._webhooks = webhooks
        self._executor = executor

    def table(self) -> list[web.AbstractRouteDef]:
        dataset, page = "/api/datasets/{owner}/{name}", "/datasets/{owner}/{name}"
        info = self._reads(partial(listing.dataset_info, self._access), content=False)
        return [
            web.get("/api/datasets", self.list_datasets),
            web.get(dataset, info),
            web.get(dataset + "/revision/{revision}", info),
            web.get(dataset + "/tree/{revision}", self._reads(listing.tree)),
            web.get(dataset + "/tree/{revision}/{path:.*}", self._reads(listing.tree)),
            web.post(dataset + "/paths-info/{revision}", self.paths_info),
            web.get(dataset + "/commits/{revision}", self._reads(listing.commits)),
            web.get(dataset + "/refs", self._reads(listing.refs)),
            web.get(FILE, self._reads(file_response)),
            web.post("/api/repos/create", self.create_dataset),
            web.post("/api/validate-yaml", self.validate_card),
            web.post(dataset + "/preupload/{revision}", self._writes(uploads.preupload)),
            web.post(dataset + "/commit/{revision}", self._writes(uploads.commit)),
            web.post(page + ".git/info/lfs/objects/batch", self._writes(uploads.lfs_batch)),
            web.post(page + ".git/info/lfs/verify", self._writes(uploads.lfs_verify)),
            web.put(page + ".git/info/lfs/objects/{oid}", self._writes(uploads.lfs_put, signed=True)),
            *GitRoutes(self._lookup, self._executor).table(),
            web.get("/", self.home_page),
            web.get(page, self._reads(folder_page)),
            web.get(page + "/tree/{revision}", self._reads(folder_page)),
            web.get(page + "/tree/{revision}/{path:.*}", self._reads(folder_page)),
            web.get("/api/whoami-v2", self.whoami),
            web.get("/api/settings/webhooks", self.list_webhooks),
            web.post("/api/settings/webhooks", self.create_webhook),
            web.post("/api/settings/webhooks/{id}", self.update_webhook),
            web.delete("/api/settings/webhooks/{id}", self.delete_webhook),
            web.post("/api/settings/webhooks/{id}/{action:enable|disable}", self.enable_webhook),
        ]

    def cdn_table(self) -> list[web.AbstractRouteDef]:
        """Return the routes of the other host, to which the Hub redirects downloads: files under the same paths."""

        async def nothing(_request: web.Request) -> web.Response:
            return web.json_response([])

        return [web.get(FILE, self._reads(cdn_response)), web.get("/{other:.*}", nothing)]

    async def list_datasets(self, request: web.Request) -> web.Response:
        author = request.query.get("author")
        names = [name for name in self._visible(request) if author in {None, name.partition("/")[0]}]
        return web.json_response([{"_id": name, "id": name, "tags": []} for name in names])

    def _visible(self, request: web.Request) -> list[str]:
        known = self._authenticated(request)
        return [name for name in self._datasets.names() if known or name not in self._access.private]

    async def whoami(self, request: web.Request) -> web.Response:
        self._require_token(request)
        return web.json_response({"type": "user", "name": USER, "auth": {"type": "access_token"}})

    async def home_page(self, request: web.Request) -> web.Response:
        return datasets_page(self._visible(request))

    async def paths_info(self, request: web.Request) -> web.Response:
        return await self._read(request, partial(listing.paths_info, await request.post()))

    async def create_dataset(self, request: web.Request) -> web.Response:
        self._require_token(request)
        wanted = upload_bodies.parse(upload_bodies.NEW_DATASET, await request.read())
        name = f"{wanted.organization or USER}/{wanted.name}"
        try:
            new = await self._in_thread(partial(self._datasets.create_new, name))
        except ValueError as error:
            raise HubError(400, str(error)) from error
        body = {"id": name, "name": name, "url": f"{request.url.origin()}/datasets/{name}"}
        if not new:
            return web.json_response({**body, "error": "You already created this dataset repo"}, status=409)
        return web.json_response(body)

    async def validate_card(self, request: web.Request) -> web.Response:
        """Find every README good: the client asks before it uploads one."""
        self._require_token(request)
        return web.json_response({"errors": [], "warnings": []})

    async def list_webhooks(self, request: web.Request) -> web.Response:
        self._require_account(request)
        return web.json_response([hook.model_dump() for hook in self._webhooks])

    async def create_webhook(self, request: web.Request) -> web.Response:
        self._require_account(request)
        return await self._register_webhook(request)

    async def update_webhook(self, request: web.Request) -> web.Response:
        self._require_account(request)
        return await self._register_webhook(request, self._webhooks.named(request.match_info["id"]))

    async def _register_webhook(self, request: web.Request, before: Webhook | None = None) -> web.Response:
        try:
            hook = Webhook.model_validate_json(await request.read())
        except ValidationError as error:
            problem = error.errors()[0]
            raise HubError(400, f"A webhook needs `url` and `watched` ({problem['loc']}: {problem['msg']})") from error
        if before is not None:
            hook = hook.model_copy(update={"id": before.id, "secret": hook.secret or before.secret})
        self._webhooks.register(hook)
        return web.json_response({"webhook": hook.model_dump()})

    async def delete_webhook(self, request: web.Request) -> web.Response:
        self._require_account(request)
        self._webhooks.remove(request.match_info["id"])
        return web.json_response({"success": True})

    async def enable_webhook(self, request: web.Request) -> web.Response:
        self._require_account(request)
        hook = self._webhooks.enable(request.match_info["id"], enabled=request.match_info["action"] == "enable")
        return web.json_response({"webhook": hook.model_dump()})

    def _reads(self, answer: Answer, *, content: bool = True) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            return await self._read(request, answer, content=content)

        return handle

    def _writes(self, write: Write, *, signed: bool = False) -> Handler:
        """Answer an upload. It needs a token, but for one to a `signed` link."""

        async def handle(request: web.Request) -> web.Response:
            if not signed:
                self._require_token(request)
            return await self._read(request, partial(write, await request.read()), signed=signed)

        return handle

    async def _read(
        self, request: web.Request, answer: Answer, *, content: bool = True, signed: bool = False
    ) -> web.Response:
        """Answer in a thread what a dataset holds at the commit asked for, to whoever may see it."""
        repository = self._lookup.find(request, content=content, signed=signed)

        def read() -> web.Response:
            return answer(repository, repository.resolve(request.match_info.get("revision", "main")), request)

        return await self._in_thread(read)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _authenticated(self, request: web.Request) -> bool:
        return self._lookup.authenticated(request)

    def _require_token(self, request: web.Request) -> None:
        if not self._authenticated(request):
            raise HubError(401, "Invalid username or password.")

    def _require_account(self, request: web.Request) -> None:
        if self._access.token and not self._authenticated(request):
            raise RepoNotFoundError(authenticated=False)
