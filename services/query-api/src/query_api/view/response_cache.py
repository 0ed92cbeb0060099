"""Prebuilt answers: bytes, ETag and headers, made once per view and served until the view or the day changes."""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache

from common.arc_tasks import detect_source
from multidict import CIMultiDict

from query_api.schemas.base import Asked, Shape
from query_api.schemas.rendered import JSON, Rendered
from query_api.settings import Settings
from query_api.task_sets import TaskIndex
from query_api.view.answers import Moment
from query_api.view.projection import State

# "no-cache" lets browsers keep an answer but ask each time whether it still holds: a 304 has no body.
CACHE_CONTROL = "no-cache"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# Below one packet, compressing costs more than it saves.
COMPRESS_FROM_BYTES = 1_400
# Filters and pages make many answers of one view: past these, what nobody asked for longest goes.
MAX_KEPT_BYTES = 16 * 1024 * 1024
MAX_KEPT_PAGES = 4_096
# Measured with tracemalloc: the page, its headers, its tag and its place in the table, beside body, head and path.
_OVERHEAD_BYTES = 2_000


@dataclass(frozen=True)
class Page:
    """One representation of an answer. `headers` are complete but for the request's own."""

    body: bytes
    etag: str
    headers: CIMultiDict[str]

    @cached_property
    def head(self) -> bytes:
        """The status line and headers of a 200, up to those that differ from request to request."""
        lines = [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join(["HTTP/1.1 200 OK", *lines, f"Content-Length: {len(self.body)}", ""]).encode("latin-1")

    @cached_property
    def kept_bytes(self) -> int:
        """What it takes to keep this, without its path."""
        return len(self.body) + len(self.head) + _OVERHEAD_BYTES


def make_page(body: bytes, *, content_type: str = JSON, encoding: str | None = None) -> Page:
    """Return a page with a strong ETag; each encoding is a representation, with a tag of its own."""
    sent = gzip.compress(body, compresslevel=4, mtime=0) if encoding else body
    etag = f'"{hashlib.sha256(sent).hexdigest()[:24]}"'
    headers = CIMultiDict(SECURITY_HEADERS)
    headers.update({"Content-Type": content_type, "Cache-Control": CACHE_CONTROL, "ETag": etag})
    if encoding:
        headers["Content-Encoding"] = encoding
    if len(body) >= COMPRESS_FROM_BYTES:
        headers["Vary"] = "Accept-Encoding"
    return Page(sent, etag, headers)


@lru_cache(maxsize=256)
def takes_gzip(accept_encoding: str) -> bool:
    """Tell whether a client takes gzip, by its Accept-Encoding."""
    for part in accept_encoding.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def worth_keeping(asked: Asked, settings: Settings) -> bool:
    """Tell whether others may ask the same: names that nothing here has can be made up without end."""
    dataset, source = (getattr(asked, name, None) for name in ("dataset", "source"))
    configured = settings.hf_datasets
    return dataset in {None, *configured} and source in {None, *map(detect_source, configured)}


class Pages:
    """The prebuilt answers of one state, until `expires_at` (seconds since the epoch)."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self.expires_at = self.moment.expires_at().timestamp()
        self._kept: OrderedDict[tuple[str, bool], Page] = OrderedDict()
        self.kept_bytes = 0

    def get(self, path: str, *, zipped: bool) -> Page | None:
        """Return the answer to a path and query, if it was made already."""
        page = self._kept.get((path, zipped))
        if page is not None:
            self._kept.move_to_end((path, zipped))
        return page

    def make(self, path: str, *, zipped: bool, answer: Callable[[Moment], Shape | Rendered], keep: bool = True) -> Page:
        """Make an answer; keep it if it is worth that."""
        found = answer(self.moment)
        made = found if isinstance(found, Rendered) else Rendered(found.model_dump_json().encode(), JSON)
        encoding = "gzip" if zipped and len(made.body) >= COMPRESS_FROM_BYTES else None
        page = make_page(made.body, content_type=made.content_type, encoding=encoding)
        if keep and page.kept_bytes + len(path) <= MAX_KEPT_BYTES:
            self._keep(path, zipped, page)
        return page

    def _keep(self, path: str, zipped: bool, page: Page) -> None:  # noqa: FBT001 - half of the key
        self._kept[path, zipped] = page
        self.kept_bytes += page.kept_bytes + len(path)
        while self.kept_bytes > MAX_KEPT_BYTES or len(self._kept) > MAX_KEPT_PAGES:
            (old, _), gone = self._kept.popitem(last=False)
            self.kept_bytes -= gone.kept_bytes + len(old)

    def __len__(self) -> int:
        return len(self._kept)


class Shelf:
    """Hands out the pages of the present state."""

    def __init__(
        self,
        state: Callable[[], State],
        settings: Settings,
        task_sets: Mapping[str, TaskIndex],
        clock: Callable[[], float],
    ) -> None:
        self._state = state
        self._settings = settings
        self._task_sets = task_sets
        self._clock = clock
        self._pages = self._fresh()

    def pages(self) -> Pages:
        """Return the present pages; new ones when the view changed, or a day or a tick of the schedule passed."""
        pages = self._pages
        if pages.moment.state is not self._state() or self._clock() >= pages.expires_at:
            pages = self._pages = self._fresh()
        return pages

    def _fresh(self) -> Pages:
        now = datetime.fromtimestamp(self._clock(), UTC)
        return Pages(Moment(self._state(), now, self._settings, self._task_sets))
