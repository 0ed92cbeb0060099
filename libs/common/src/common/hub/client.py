"""Listings from the Hub, through the official client run in threads. Files' bytes are fetched elsewhere.

The client retries by sleeping in its thread; so an answer that is worth a retry is raised as `TransientError` before
the client sees it. Retrying is done here, where it can be cancelled. Its requests are bounded by `hub_transport`.
"""

import asyncio
import contextvars
import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeVar

import httpx2
import stamina
import structlog
from huggingface_hub import HfApi, RepoFile, RepoFolder
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from yarl import URL

from common.hub import transport
from common.hub.git_tree import Entry, is_tree
from common.hub.quota import MAX_WAIT_SECONDS, Quota, reset_seconds, retry_after_seconds
from common.hub.transport import CALL, Call, UnboundedAnswerError
from common.outcomes import TransientError

log = structlog.get_logger(__name__)

API: Final = "api"
RETRY_ATTEMPTS = 5
# One request's timeouts are per read, so a trickle would never end: 60 pages at two seconds each.
CALL_SECONDS = 120.0
# A history that was rewritten between two requests can be listed again at once.
REWRITTEN_SECONDS = 1.0
# `paths-info` takes many paths in one request; the Hub refuses bodies that are too large.
PATHS_PER_REQUEST = 200

RequestOutcome = Literal["ok", "rate_limited", "unauthorized", "not_found", "server_error", "connection_lost", "other"]


class HubRefusedError(TransientError):
    """The Hub says 401, 403 or 404 for a whole dataset. It may be private, gated, renamed or gone: never "empty"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, kind="hub_refused")


class RevisionGoneError(TransientError):
    """A pinned commit is no longer there: the history was squashed or force-pushed. The next delivery lists again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, kind="revision_gone", retry_after_seconds=REWRITTEN_SECONDS)


class FolderGoneError(RevisionGoneError):
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
class HubClient:
    """One Hub, with one token and one quota. `on_outcome` is called with the outcome of each request."""

    endpoint: str
    token: str | None = None
    quota: Quota = field(default_factory=Quota)
    on_outcome: Callable[[RequestOutcome], None] = _ignore

    async def head(self, dataset: str) -> str:
        """Return the sha of the dataset's main branch: one request."""
        info = await self._call(dataset, lambda api: api.dataset_info(dataset, expand=["sha"]))
        if not info.sha:
            raise TransientError(f"the Hub tells no commit sha for {dataset}", kind="hub_error")
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
        """Return the folders of these names at a commit, with their last commit's date; missing ones are left out.

        Two answers have to leave a folder out: one that is cut short would make models vanish.
        """
        found = await self._described(dataset, names, revision)
        missing = [name for name in names if name not in found]
        return found | await self._described(dataset, missing, revision)

    async def _described(self, dataset: str, names: Sequence[str], revision: str) -> dict[str, Folder]:
        found: dict[str, Folder] = {}
        for start in range(0, len(names), PATHS_PER_REQUEST):
            part = list(names[start : start + PATHS_PER_REQUEST])
            entries = await self._call(dataset, functools.partial(_paths_info, dataset, part, revision))
            found |= {entry.path: _folder(entry) for entry in entries if isinstance(entry, RepoFolder)}
        return found

    async def files(self, dataset: str, folder: str, revision: str, tree_oid: str | None = None) -> list[RemoteFile]:
        """Return every file below a folder at a commit; raise FolderGoneError when the folder is not there.

        A listing counts when it makes the folder's tree oid. Where it does not (the modes are not listed, and cannot
        all be tried), a second one has to say the same. An empty one never counts: git has no empty folders.
        """
        ask = functools.partial(_tree, dataset, folder, revision, tree_oid)
        first = await self._call(dataset, ask)
        if first.verified:
            return first.files
        again = await self._call(dataset, ask)
        if not again.verified:
            if not again.files or again.entries != first.entries:
                raise TransientError(f"the Hub's listing of {folder} is not the folder's content", kind="hub_error")
            log.warning("hub.listing_not_verified", dataset=dataset, folder=folder, tree_oid=tree_oid)
        return again.files

    async def _call(self, dataset: str, ask: "Callable[[HfApi], T]") -> "T":
        transport.install()
        api = HfApi(endpoint=self.endpoint, token=self.token or False)
        async for attempt in stamina.retry_context(on=worth_retrying, attempts=RETRY_ATTEMPTS, timeout=None):
            with attempt:
                async with self.quota.request(API):
                    return await self._in_thread(dataset, ask, api)
        raise AssertionError("stamina returns or raises")

    async def _in_thread(self, dataset: str, ask: "Callable[[HfApi], T]", api: HfApi) -> "T":
        call = Call(self.on_request, self.on_response, self.on_connection_lost, CALL_SECONDS)
        context = contextvars.copy_context()
        context.run(CALL.set, call)
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(None, context.run, ask, api)
        except TimeoutError as error:
            self.on_outcome("connection_lost")
            raise TransientError(f"no whole answer within {CALL_SECONDS:.0f} s", kind="hub_unreachable") from error
        except RevisionNotFoundError as error:
            raise RevisionGoneError(f"{dataset}: the commit is gone, the history was rewritten") from error
        except EntryNotFoundError as error:
            raise FolderGoneError(f"{dataset}: no such folder") from error
        except HfHubHTTPError as error:
            raise self._refused(dataset, error) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # A page of some proxy, or JSON of another shape: the client reads it without looking.
            line = f"the Hub's answer is not a listing: {type(error).__name__} {error}"
            raise TransientError(line, kind="hub_error") from error
        finally:
            # Its thread cannot be stopped, but sends no further request.
            call.left = True

    def _refused(self, dataset: str, error: HfHubHTTPError) -> Exception:
        status = error.response.status_code
        if isinstance(error, GatedRepoError):
            return HubRefusedError(f"{dataset} is gated: accept its terms with the account of HF_TOKEN")
        if isinstance(error, RepositoryNotFoundError) or status in {401, 403, 404}:
            token = "the HF_TOKEN given may not read it" if self.token else "set HF_TOKEN if it is private"
            return HubRefusedError(f"{dataset}: the Hub answers {status}; check HF_DATASETS, and {token}")
        return TransientError(f"the Hub answers {status} for {dataset}", kind="hub_error")

    def on_request(self, request: httpx2.Request) -> None:
        """Raise HubRefusedError before the token goes elsewhere. Runs in the client's thread.

        A `Link: next` or a redirect may name any host, or plain HTTP, and the client would go there with the token.
        """
        if not self._is_asked(request) and "authorization" in request.headers:
            where = f"{request.url.scheme}://{request.url.host}"
            raise HubRefusedError(f"the Hub points to {where}, which must not see HF_TOKEN")

    def on_connection_lost(self, request: httpx2.Request) -> None:
        """Take note of a lost connection. The client asks huggingface.co for things of its own: not what is meant."""
        if self._is_asked(request):
            self.on_outcome("connection_lost")

    def _is_asked(self, request: httpx2.Request) -> bool:
        return URL(str(request.url)).origin() == URL(self.endpoint).origin()

    def on_response(self, response: httpx2.Response) -> None:
        """Take note of an answer; raise TransientError for one that is worth a retry. Runs in the client's thread."""
        self.quota.learn(response.headers)
        status = response.status_code
        self.on_outcome(outcome_of(status))
        if status == httpx2.codes.TOO_MANY_REQUESTS:
            raise TransientError(
                "the Hub's rate limit is reached",
                kind="rate_limited",
                retry_after_seconds=reset_seconds(response.headers),
            )
        if status >= httpx2.codes.INTERNAL_SERVER_ERROR:
            asked = retry_after_seconds(response.headers)
            raise TransientError(f"the Hub answers {status}", kind="hub_error", retry_after_seconds=asked)


T = TypeVar("T")


@dataclass(frozen=True)
class _Listing:
    """A folder's files, everything listed below it in a comparable order, and whether that makes the folder's oid."""

    files: list[RemoteFile]
    entries: list[Entry]
    verified: bool


def _tree(dataset: str, folder: str, revision: str, tree_oid: str | None, api: HfApi) -> _Listing:
    found = list(api.list_repo_tree(dataset, folder, recursive=True, revision=revision, repo_type="dataset"))
    files = [_file(entry) for entry in found if isinstance(entry, RepoFile)]
    entries = [_entry(entry) for entry in found]
    verified = bool(files) and (tree_oid is None or is_tree(tree_oid, folder, entries))
    return _Listing(files, sorted(entries, key=lambda entry: entry.path), verified)


def _entry(entry: RepoFile | RepoFolder) -> Entry:
    if isinstance(entry, RepoFolder):
        return Entry(entry.path, entry.tree_id)
    return Entry(entry.path, entry.blob_id, entry.size)


def _paths_info(dataset: str, paths: Iterable[str], revision: str, api: HfApi) -> list[RepoFile | RepoFolder]:
    return api.get_paths_info(dataset, list(paths), expand=True, revision=revision, repo_type="dataset")


def _folder(entry: RepoFolder) -> Folder:
    return Folder(entry.path, entry.tree_id, entry.last_commit.date if entry.last_commit else None)


def _file(entry: RepoFile) -> RemoteFile:
    return RemoteFile(entry.path, entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else None)


_NOT_RETRIED = (HubRefusedError, RevisionGoneError, UnboundedAnswerError)


def worth_retrying(error: Exception) -> bool | float:
    """Tell stamina whether to try again, and after how many seconds where the Hub named them."""
    if not isinstance(error, TransientError) or isinstance(error, _NOT_RETRIED):
        return False
    if error.retry_after_seconds is None:
        return True
    # What takes longer than a window of the quota is for a later delivery.
    return error.retry_after_seconds if error.retry_after_seconds <= MAX_WAIT_SECONDS else False


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
