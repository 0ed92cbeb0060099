"""Git over HTTP: what `git clone` and `git fetch` ask for. Pushes are refused."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor

from aiohttp import web

from localhub.errors import HubError
from localhub.git import answers
from localhub.git.pkt_lines import Mark
from localhub.web.lookup import Lookup

REPOSITORY = r"/datasets/{owner}/{name:[^/]+?}{ending:(\.git)?}"
SERVICE = "git-upload-pack"
PUSH = "git-receive-pack"
NO_PUSH = "This Hub takes no pushes by git: upload with huggingface_hub, or put files into its folder"
ONLY_VERSION_2 = "this Hub speaks version 2 of git's protocol alone: git 2.26 or later does by itself"
# Git compresses what is longer, and what the real Hub answers then has no pack in it (`expected 'packfile'`).
LARGEST_COMPRESSED = 1024
CHALLENGE = {"WWW-Authenticate": 'Basic realm="Authentication required", charset="UTF-8"'}

_Handler = Callable[[web.Request], Awaitable[web.Response]]


class GitRoutes:
    """Handlers over the datasets that a lookup finds. What touches the disk runs in the executor's threads."""

    def __init__(self, lookup: Lookup, executor: Executor) -> None:
        self._lookup = lookup
        self._executor = executor

    def table(self) -> list[web.AbstractRouteDef]:
        return [
            web.get(f"{REPOSITORY}/info/refs", self._refusing(self.info_refs)),
            web.post(f"{REPOSITORY}/{SERVICE}", self._refusing(self.upload_pack)),
            web.post(f"{REPOSITORY}/{PUSH}", self._refusing(self.receive_pack)),
        ]

    async def info_refs(self, request: web.Request) -> web.Response:
        """Say what this server can do; branches are asked for afterwards."""
        self._lookup.find(request)
        match request.query.get("service"):
            case "git-upload-pack":
                body = answers.advertise() if _speaks_version_2(request) else answers.refuse(ONLY_VERSION_2)
                return _response(body, "advertisement")
            case "git-receive-pack":
                raise HubError(403, NO_PUSH)
            case _:
                raise HubError(403, "This Hub serves git by its smart protocol alone")

    async def upload_pack(self, request: web.Request) -> web.Response:
        """Answer `ls-refs` and `fetch`."""
        repository = self._lookup.find(request)
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip" and len(body) > LARGEST_COMPRESSED:
            return _response(Mark.FLUSH.value)
        if not _speaks_version_2(request):
            return _response(answers.refuse(ONLY_VERSION_2))
        work = functools.partial(answers.answer, repository, body)
        return _response(await asyncio.get_running_loop().run_in_executor(self._executor, work))

    async def receive_pack(self, request: web.Request) -> web.Response:
        self._lookup.find(request)
        raise HubError(403, NO_PUSH)

    def _refusing(self, handler: _Handler) -> _Handler:
        """Word a refusal as git reads it: plain text, and a challenge, after which git sends what it knows."""

        async def handle(request: web.Request) -> web.Response:
            try:
                return await handler(request)
            except HubError as error:
                # A stranger who may not see a gated dataset gets 403 elsewhere: git would not ask for a token then.
                gated = error.headers.get("X-Error-Code") == "GatedRepo"
                challenge = gated or error.status == web.HTTPUnauthorized.status_code
                status = web.HTTPUnauthorized.status_code if challenge else error.status
                headers = {**error.headers, **(CHALLENGE if challenge else {})}
                return web.Response(status=status, text=f"{error}\n", headers=headers)

        return handle


def _speaks_version_2(request: web.Request) -> bool:
    return "version=2" in request.headers.get("Git-Protocol", "").split(":")


def _response(body: bytes, kind: str = "result") -> web.Response:
    headers = {"Content-Type": f"application/x-{SERVICE}-{kind}", "Cache-Control": "no-cache"}
    return web.Response(body=body, headers=headers)
