"""The one client of the Hub, for every service and command: listings, verified downloads, the token's account.

Listings come from the official client, run in threads. It retries by sleeping in its thread; so an answer that is worth
a retry is raised as `TransientError` before it sees it. Retrying is done here, where it can be cancelled. Its requests
are bounded by `calls`.
"""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Self, TypeVar

import httpx2
import stamina
import structlog
from huggingface_hub import HfApi, RepoFolder, WebhookInfo, WebhookWatchedItem
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from yarl import URL

from common.hub import calls, network
from common.hub.calls import CALL, Call
from common.hub.downloads import Downloads, RemoteFile
from common.hub.entries import Folder, Listing, PathInfo, as_path_info, read_below, read_paths, read_root
from common.hub.pack_downloads import Admit, PackDownloads
from common.hub.packs import Packs
from common.hub.quota import Quota
from common.hub.renames import Renames
from common.hub.responses import (
    FolderGoneError,
    HubRefusedError,
    RequestOutcome,
    RevisionGoneError,
    outcome_of,
    passing_error,
    worth_retrying,
)
from common.hub.session import Session
from common.hub.transports import Transports
from common.outcomes import TransientError

log = structlog.get_logger(__name__)

API: Final = "api"
RETRY_ATTEMPTS = 5
# One request's timeouts are per read, so a trickle would never end: 60 pages at two seconds each.
CALL_SECONDS = 120.0
# `paths-info` takes many paths in one request; the Hub refuses bodies that are too large.
PATHS_PER_REQUEST = 200
# Of what the Hub says to a request that it refuses, for a line that people read.
MESSAGE_LENGTH = 200
# Downloads at a time, where the caller does not say.
CONNECTIONS = 8

Webhook = WebhookInfo


@dataclass(eq=False)
class HubClient:
    """One Hub, with one token and one quota, over the connections that `async with` opens.

    `on_outcome` is called with the outcome of each request, `on_bytes` with the size of each file; `date` is what the
    Hub's clock said in its last answer.
    """

    endpoint: str
    token: str | None = field(default=None, repr=False)
    quota: Quota = field(default_factory=Quota)
    on_outcome: Callable[[RequestOutcome], None] = lambda _: None
    on_bytes: Callable[[int], None] = lambda _: None
    connections: int = CONNECTIONS
    attempts: int = RETRY_ATTEMPTS
    call_seconds: float = CALL_SECONDS
    transports: Transports = field(default_factory=partial(Transports, "files"))
    date: str = ""
    renames: Renames = field(init=False)
    _opened: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __post_init__(self) -> None:
        self.renames = Renames(self.endpoint)

    async def __aenter__(self) -> Self:
        """Open connections by the environment's proxies; raise StartupError where it names what cannot be used."""
        way = network.read_environment()
        self._listings = self._opened.enter_context(calls.connections(way))
        # Calls that were abandoned still read from their connections: those are closed after their threads.
        self._threads = ThreadPoolExecutor(thread_name_prefix="hub-client")
        self._opened.push_async_callback(asyncio.to_thread, self._threads.shutdown)
        session = Session(self.endpoint, self.token, self.quota, way, self.renames)
        await self._opened.enter_async_context(session.opened(self.connections))
        self._downloads = Downloads(session, self.on_outcome, self.on_bytes)
        self._pack_downloads = PackDownloads(Packs(session, self.on_outcome), self.transports, self.on_bytes)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._opened.aclose()

    async def download(self, dataset: str, revision: str, file: RemoteFile) -> bytearray:
        """Return a file's verified bytes; raise TransientError when several tries did not give them."""
        body = await self._downloads.fetch(dataset, revision, file)
        self.transports.count("files", len(body))
        return body

    def download_pack(
        self, dataset: str, files: Collection[RemoteFile], admit: Admit
    ) -> AsyncGenerator[tuple[RemoteFile, bytes], None]:
        """Yield files with their verified bytes as git brings them; close it (`aclosing`) where you may stop early.

        `admit` is awaited with the size of each before it is yielded. LFS files never come. It ends early where packs
        cannot go on: what did not come is to be downloaded. With HF_TRANSPORT=pack it raises TransientError then.
        """
        return self._pack_downloads.fetch(dataset, files, admit)

    async def whoami(self) -> str:
        """Return the name of the token's account; raise HubRefusedError where the Hub does not know the token."""
        return await self._call("HF_TOKEN", lambda api: str(api.whoami()["name"]))

    async def webhooks(self) -> list[Webhook]:
        """Return the webhooks of the token's account."""
        return await self._call("webhooks", HfApi.list_webhooks)

    async def create_webhook(self, url: str, datasets: Sequence[str], secret: str) -> Webhook:
        """Register a webhook for commits of datasets; asked once, as a lost answer may have been a yes."""
        watched: list[Any] = [WebhookWatchedItem("dataset", name) for name in datasets]
        register = partial(HfApi.create_webhook, url=url, watched=watched, domains=["repo"], secret=secret)
        return await self._ask("webhooks", register)

    async def renew_webhook(self, hook: Webhook, secret: str) -> Webhook:
        """Have a webhook send another secret from now on."""
        watched: list[Any] = list(hook.watched)
        same = partial(HfApi.update_webhook, url=hook.url, watched=watched, domains=hook.domains)
        return await self._ask("webhooks", partial(same, webhook_id=hook.id, secret=secret))

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
        entries = await self._call(dataset, partial(read_root, dataset, revision))
        return {entry.path: entry.tree_id for entry in entries if isinstance(entry, RepoFolder)}

    async def describe(self, dataset: str, names: Sequence[str], revision: str) -> dict[str, Folder]:
        """Return the folders of these names at a commit, with their last commit's date; missing ones are left out.

        Two answers have to leave a folder out: one that is cut short would make models vanish.
        """
        found = await self._described(dataset, names, revision)
        missing = [name for name in names if name not in found]
        return found | await self._described(dataset, missing, revision)

    async def _described(self, dataset: str, names: Sequence[str], revision: str) -> dict[str, Folder]:
        found = await self.paths_info(dataset, names, revision)
        return {name: Folder(name, each.tree_oid, each.changed_at) for name, each in found.items() if each.tree_oid}

    async def paths_info(self, dataset: str, paths: Sequence[str], revision: str = "main") -> dict[str, PathInfo]:
        """Return what a dataset has at these paths, as one answer says: those that it leaves out may be there.

        One request per PATHS_PER_REQUEST.
        """
        found: dict[str, PathInfo] = {}
        for start in range(0, len(paths), PATHS_PER_REQUEST):
            ask = partial(read_paths, dataset, paths[start : start + PATHS_PER_REQUEST], revision)
            found |= {entry.path: as_path_info(entry) for entry in await self._call(dataset, ask)}
        return found

    async def files(self, dataset: str, folder: str, revision: str, tree_oid: str | None = None) -> list[RemoteFile]:
        """Return every file below a folder at a commit; raise FolderGoneError when the folder is not there.

        A listing counts when it makes the folder's tree oid. Where it does not (the modes are not listed, and cannot
        all be tried), a second one has to say the same. An empty one never counts: git has no empty folders.
        """
        first = last = await self._listing(dataset, folder, revision)
        if not await asyncio.to_thread(first.makes, tree_oid):
            last = await self._listing(dataset, folder, revision)
            if not await asyncio.to_thread(last.makes, tree_oid):
                if not last.files or last != first:
                    raise TransientError(f"the Hub's listing of {folder} is not the folder's content", kind="hub_error")
                log.warning("hub.listing_not_verified", dataset=dataset, folder=folder, tree_oid=tree_oid)
        return last.files

    async def listing(self, dataset: str, folder: str, revision: str = "main") -> Listing | None:
        """Return what one answer lists below a folder, None where the Hub does not have it there.

        Believe it where it makes a tree oid (`Listing.makes`): it may be cut short, or main may move between pages.
        """
        try:
            return await self._listing(dataset, folder, revision)
        except (RevisionGoneError, HubRefusedError):
            return None

    async def _listing(self, dataset: str, folder: str, revision: str) -> Listing:
        return await self._call(dataset, partial(read_below, dataset, folder, revision))

    async def _call(self, dataset: str, ask: "Callable[[HfApi], T]") -> "T":
        retrying = stamina.AsyncRetryingCaller(attempts=self.attempts, timeout=None)
        return await retrying(worth_retrying, self._ask, dataset, ask)

    async def _ask(self, dataset: str, ask: "Callable[[HfApi], T]") -> "T":
        api = HfApi(endpoint=self.endpoint, token=self.token or False)
        async with self.quota.request(API):
            try:
                return await self._in_thread(dataset, ask, api)
            except HubRefusedError:
                if not self.renames.forget(dataset):
                    raise
        # What it was called may be its name again.
        return await self._ask(dataset, ask)

    async def _in_thread(self, dataset: str, ask: "Callable[[HfApi], T]", api: HfApi) -> "T":
        call = Call(self._listings, self._on_request, self._on_response, self._on_connection_lost, self.call_seconds)
        context = contextvars.copy_context()
        context.run(CALL.set, call)
        try:
            async with asyncio.timeout(self.call_seconds):
                return await asyncio.get_running_loop().run_in_executor(self._threads, context.run, ask, api)
        except TimeoutError as error:
            self.on_outcome("connection_lost")
            raise TransientError(f"no whole answer within {self.call_seconds:.0f} s", kind="hub_unreachable") from error
        except RevisionNotFoundError as error:
            raise RevisionGoneError(f"{dataset}: the commit is gone, the history was rewritten") from error
        except EntryNotFoundError as error:
            raise FolderGoneError(f"{dataset}: no such folder") from error
        except HfHubHTTPError as error:
            raise self._refused(dataset, error) from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            # A page of some proxy, or JSON of another shape: the client reads it without looking.
            line = f"the Hub's answer is not what was asked for: {type(error).__name__} {error}"
            raise TransientError(line, kind="hub_error") from error
        finally:
            # Its thread cannot be stopped, but sends no further request.
            call.abandoned = True

    def _refused(self, dataset: str, error: HfHubHTTPError) -> Exception:
        status = error.response.status_code
        if isinstance(error, GatedRepoError):
            return HubRefusedError(f"{dataset} is gated: accept its terms with the account of HF_TOKEN", status)
        if isinstance(error, RepositoryNotFoundError) or outcome_of(status) in {"unauthorized", "not_found"}:
            token = "the HF_TOKEN given may not read it" if self.token else "set HF_TOKEN if it is private"
            return HubRefusedError(f"{dataset}: the Hub answers {status}; check HF_DATASETS, and {token}", status)
        said = f": {error.server_message[:MESSAGE_LENGTH]}" if error.server_message else ""
        return TransientError(f"the Hub answers {status} for {dataset}{said}", kind="hub_error")

    def _on_request(self, request: httpx2.Request) -> None:
        """Raise HubRefusedError before the token goes elsewhere. Runs in the client's thread.

        A redirect may name any host, or plain HTTP, and the client would go there with the token.
        """
        request.url = httpx2.URL(str(self.renames.apply(URL(str(request.url), encoded=True))))
        if not self._is_to_hub(request) and "authorization" in request.headers:
            where = f"{request.url.scheme}://{request.url.host}"
            raise HubRefusedError(f"the Hub points to {where}, which must not see HF_TOKEN")

    def _on_connection_lost(self, request: httpx2.Request) -> None:
        """Take note of a lost connection. The client also asks huggingface.co: that is not the Hub."""
        if self._is_to_hub(request):
            self.on_outcome("connection_lost")

    def _is_to_hub(self, request: httpx2.Request) -> bool:
        return URL(str(request.url)).origin() == URL(self.endpoint).origin()

    def _on_response(self, response: httpx2.Response) -> None:
        """Take note of an answer; raise the error of one that is worth a retry. Runs in the client's thread."""
        if self._is_to_hub(response.request):
            self.quota.learn(response.headers)
            self.date = response.headers.get("Date", "")
            self._stay_here(response)
        status = response.status_code
        self.on_outcome(outcome_of(status))
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise passing_error(status, response.headers)

    def _stay_here(self, response: httpx2.Response) -> None:
        """Learn where the Hub moved a dataset; ask for the next page where this one came from.

        A mirror hands on the links of the Hub that it copies: only their cursor means something to it.
        """
        asked = URL(str(response.request.url), encoded=True)
        if response.has_redirect_location:
            self.renames.learn(asked, response.headers["Location"])
        elif response.is_success:
            self.renames.confirm(asked)
        if link := response.links.get("next"):
            query = asked.join(URL(link["url"], encoded=True)).raw_query_string
            response.headers["Link"] = f'<{asked.with_query(None)}?{query}>; rel="next"'


T = TypeVar("T")
