"""Listings from the Hub, through the official client run in threads. Files' bytes are fetched elsewhere.

The client retries by sleeping in its thread and has no timeout; so its transport gets timeouts, and an answer that is
worth a retry is raised as `Transient` before the client sees it. Retrying is done here, where it can be cancelled.
"""

import asyncio
import contextvars
import functools
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

import httpx2
import huggingface_hub
import stamina
from huggingface_hub import HfApi, RepoFile, RepoFolder
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from common.outcomes import Transient
from common.quota import LONGEST_NAP_SECONDS, Quota, reset_seconds, retry_after_seconds

API: Final = "api"
TIMEOUT = httpx2.Timeout(30.0, connect=10.0)
RETRY_ATTEMPTS = 5
# The transport's timeouts are per read, so a trickle would never end: 60 pages at two seconds each.
CALL_SECONDS = 120.0
# `paths-info` takes many paths in one request; the Hub refuses bodies that are too large.
PATHS_PER_REQUEST = 200

RequestOutcome = Literal["ok", "rate_limited", "unauthorized", "not_found", "server_error", "connection_lost", "other"]


class HubRefused(Transient):
    """The Hub says 401, 403 or 404 for a whole dataset. It may be private, gated, renamed or gone: never "empty"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, kind="hub_refused")


class RevisionGone(Exception):  # noqa: N818
    """A pinned commit is no longer there: the history was squashed or force-pushed. List again."""


class FolderGone(Exception):  # noqa: N818
    """A folder is not in a complete listing of the revision."""


@dataclass(frozen=True)
class Folder:
    """A model folder: the git oid of its content, and when it last changed (None: not asked)."""

    name: str
    tree_oid: str
    published_at: datetime | None = None


@dataclass(frozen=True)
class RemoteFile:
    """A file of a listing. `path` is relative to the repository; `sha256` is set for LFS files only."""

    path: str
    size: int
    blob_oid: str
    sha256: str | None = None


def _ignore(_outcome: RequestOutcome) -> None: ...


@dataclass(frozen=True)
class Hub:
    """One Hub, with one token and one quota. `requested` hears of every request's outcome."""

    endpoint: str
    token: str | None = None
    quota: Quota = field(default_factory=Quota)
    requested: Callable[[RequestOutcome], None] = _ignore

    async def head(self, dataset: str) -> str:
        """Return the sha of the dataset's main branch: one request."""
        info = await self._call(dataset, lambda api: api.dataset_info(dataset, expand=["sha"]))
        if not info.sha:
            raise Transient(f"the Hub tells no commit sha for {dataset}", kind="hub_error")
        return info.sha

    async def folders(self, dataset: str, revision: str = "main") -> dict[str, str]:
        """Return folder name -> tree oid of a dataset's root: one request per 1,000 entries.

        Several pages of a moving branch may belong to different commits; pin a sha before believing a difference.
        """
        entries = await self._call(
            dataset, lambda api: list(api.list_repo_tree(dataset, revision=revision, repo_type="dataset"))
        )
        return {entry.path: entry.tree_id for entry in entries if isinstance(entry, RepoFolder)}

    async def describe(self, dataset: str, names: Sequence[str], revision: str) -> dict[str, Folder]:
        """Return the folders of these names at a commit, with their last commit's date; missing ones are left out."""
        found: dict[str, Folder] = {}
        for start in range(0, len(names), PATHS_PER_REQUEST):
            part = list(names[start : start + PATHS_PER_REQUEST])
            entries = await self._call(dataset, functools.partial(_paths_info, dataset, part, revision))
            found |= {entry.path: _folder(entry) for entry in entries if isinstance(entry, RepoFolder)}
        return found

    async def files(self, dataset: str, folder: str, revision: str) -> list[RemoteFile]:
        """Return every file below a folder at a commit; raise FolderGone when the folder is not there."""
        entries = await self._call(
            dataset,
            lambda api: list(
                api.list_repo_tree(dataset, folder, recursive=True, revision=revision, repo_type="dataset")
            ),
        )
        return [_file(entry) for entry in entries if isinstance(entry, RepoFile)]

    async def _call(self, dataset: str, ask: "Callable[[HfApi], T]") -> "T":
        _install_transport()
        api = HfApi(endpoint=self.endpoint, token=self.token or False)
        async for attempt in stamina.retry_context(on=worth_retrying, attempts=RETRY_ATTEMPTS, timeout=None):
            with attempt:
                async with self.quota.request(API):
                    return await self._in_thread(dataset, ask, api)
        raise AssertionError("stamina returns or raises")

    async def _in_thread(self, dataset: str, ask: "Callable[[HfApi], T]", api: HfApi) -> "T":
        context = contextvars.copy_context()
        context.run(_CALLER.set, self)
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(None, context.run, ask, api)
        except TimeoutError as error:
            self.requested("connection_lost")
            raise Transient(f"no whole answer within {CALL_SECONDS:.0f} s", kind="hub_unreachable") from error
        except RevisionNotFoundError as error:
            raise RevisionGone(f"{dataset}: the commit is gone") from error
        except EntryNotFoundError as error:
            raise FolderGone(f"{dataset}: no such folder") from error
        except HfHubHTTPError as error:
            raise self._refused(dataset, error) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # A page of some proxy, or JSON of another shape: the client reads it without looking.
            line = f"the Hub's answer is not a listing: {type(error).__name__} {error}"
            raise Transient(line, kind="hub_error") from error

    def _refused(self, dataset: str, error: HfHubHTTPError) -> Exception:
        status = error.response.status_code
        if isinstance(error, GatedRepoError):
            return HubRefused(f"{dataset} is gated: accept its terms with the account of HF_TOKEN")
        if isinstance(error, RepositoryNotFoundError) or status in {401, 403, 404}:
            token = "the HF_TOKEN given may not read it" if self.token else "set HF_TOKEN if it is private"
            return HubRefused(f"{dataset}: the Hub answers {status}; check HF_DATASETS, and {token}")
        return Transient(f"the Hub answers {status} for {dataset}", kind="hub_error")

    def hears(self, response: httpx2.Response) -> None:
        """Take note of an answer; raise Transient for one that is worth a retry. Runs in the client's thread."""
        self.quota.learn(response.headers)
        status = response.status_code
        self.requested(outcome_of(status))
        if status == httpx2.codes.TOO_MANY_REQUESTS:
            raise Transient(
                "the Hub's rate limit is reached",
                kind="rate_limited",
                retry_after_seconds=reset_seconds(response.headers),
            )
        if status >= httpx2.codes.INTERNAL_SERVER_ERROR:
            asked = retry_after_seconds(response.headers)
            raise Transient(f"the Hub answers {status}", kind="hub_error", retry_after_seconds=asked)


T = TypeVar("T")

_CALLER: contextvars.ContextVar[Hub | None] = contextvars.ContextVar("arcwatch_hub", default=None)
_INSTALLED = threading.Lock()


def _paths_info(dataset: str, paths: Iterable[str], revision: str, api: HfApi) -> list[RepoFile | RepoFolder]:
    return api.get_paths_info(dataset, list(paths), expand=True, revision=revision, repo_type="dataset")


def _folder(entry: RepoFolder) -> Folder:
    return Folder(entry.path, entry.tree_id, entry.last_commit.date if entry.last_commit else None)


def _file(entry: RepoFile) -> RemoteFile:
    return RemoteFile(entry.path, entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else None)


def worth_retrying(error: Exception) -> bool | float:
    """Tell stamina whether to try again, and after how many seconds where the Hub named them."""
    if isinstance(error, HubRefused) or not isinstance(error, Transient):
        return False
    if error.retry_after_seconds is None:
        return True
    # What takes longer than a window of the quota is for a later delivery.
    return error.retry_after_seconds if error.retry_after_seconds <= LONGEST_NAP_SECONDS else False


def outcome_of(status: int) -> RequestOutcome:
    """Return the closed word for an answer's status."""
    if status < 400:  # noqa: PLR2004 - below are no errors
        return "ok"
    named: dict[int, RequestOutcome] = {
        401: "unauthorized",
        403: "unauthorized",
        404: "not_found",
        429: "rate_limited",
    }
    return named.get(status, "server_error" if status >= 500 else "other")  # noqa: PLR2004


def _on_request(request: httpx2.Request) -> None:
    caller = _CALLER.get()
    elsewhere = caller and urlsplit(str(request.url)).netloc != urlsplit(caller.endpoint).netloc
    if elsewhere and "authorization" in request.headers:
        # A `Link: next` may name any host, and the client would follow it with the token.
        raise HubRefused(f"the Hub points to {request.url.host}, which must not see HF_TOKEN")


def _on_response(response: httpx2.Response) -> None:
    if caller := _CALLER.get():
        caller.hears(response)


class _Client(httpx2.Client):
    """Raises lost connections as `Transient`: the official client would sleep on them in its thread, deaf to a stop."""

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        try:
            return super().send(request, **options)
        except httpx2.RequestError as error:
            if caller := _CALLER.get():
                caller.requested("connection_lost")
            # A protocol error quotes the header that it refuses, and with it the token.
            told = "" if isinstance(error, httpx2.ProtocolError) else str(error)
            raise Transient(
                f"the Hub is unreachable: {told or type(error).__name__}", kind="hub_unreachable"
            ) from error


def _client() -> httpx2.Client:
    return _Client(
        follow_redirects=True,
        timeout=TIMEOUT,
        event_hooks={"request": [_on_request], "response": [_on_response]},
    )


def _install_transport() -> None:
    """Give the official client our transport, once per process: the client keeps one for all."""
    if _INSTALLED.acquire(blocking=False):
        huggingface_hub.set_client_factory(_client)
