"""Prebuilt answers: bytes, ETag and headers, made once per view and served until the view or the day changes."""

import gzip
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache

from multidict import CIMultiDict

from query_api.cached_answers import Moment
from query_api.keeper import State
from query_api.rendered import JSON, Rendered
from query_api.settings import Settings
from query_api.task_sets import TaskIndex
from query_api.wire import Shape

# "no-cache" lets browsers keep an answer but ask each time whether it still holds: a 304 has no body.
CACHE_CONTROL = "no-cache"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
# Below one packet, compressing costs more than it saves.
COMPRESS_FROM_BYTES = 1_400
# Filters and pages make many answers of one view: past this they are made for each request.
MAX_KEPT_BYTES = 16 * 1024 * 1024


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


class Pages:
    """The prebuilt answers of one state, until `expires_at` (seconds since the epoch)."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self.expires_at = self.moment.expires_at().timestamp()
        self._kept: dict[tuple[str, bool], Page] = {}
        self._bytes = 0

    def get(self, path: str, *, zipped: bool) -> Page | None:
        """Return the answer to a path and query, if it was made already."""
        return self._kept.get((path, zipped))

    def make(self, path: str, *, zipped: bool, answer: Callable[[Moment], Shape | Rendered]) -> Page:
        """Make an answer, and keep it."""
        found = answer(self.moment)
        made = found if isinstance(found, Rendered) else Rendered(found.model_dump_json().encode(), JSON)
        encoding = "gzip" if zipped and len(made.body) >= COMPRESS_FROM_BYTES else None
        page = make_page(made.body, content_type=made.content_type, encoding=encoding)
        if self._bytes + len(page.body) <= MAX_KEPT_BYTES:
            self._bytes += len(page.body) + len(path)
            self._kept[path, zipped] = page
        return page

    def __len__(self) -> int:
        return len(self._kept)


class Shelf:
    """Hands out the pages of the present state."""

    def __init__(
        self,
        state: Callable[[], State],
        settings: Settings,
        task_sets: Mapping[str, TaskIndex],
        clock: Callable[[], float] = time.time,
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
