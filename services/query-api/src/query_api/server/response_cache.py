"""Prebuilt responses: bytes, ETag and headers, made once per view and served until the view or the day changes."""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from common.arc.task_sets import detect_source
from multidict import CIMultiDict

from query_api.routes.access import SECURITY_HEADERS
from query_api.schemas.base import ASK_EACH_TIME, JSON, ApiModel, Query, Rendered
from query_api.settings import Settings
from query_api.view.answers import Moment
from query_api.view.projection import State
from query_api.view.task_sets import NAMES, TaskIndex

# Below one packet, compressing costs more than it saves.
COMPRESS_FROM_BYTES = 1_400
# Filters and pages make many answers of one view: past these, the least recently used goes.
MAX_KEPT_BYTES = 16 * 1024 * 1024
MAX_KEPT_RESPONSES = 4_096
# Measured with tracemalloc: the response, its headers, its tag and its place in the table, without body, head and path.
_OVERHEAD_BYTES = 2_000


@dataclass(frozen=True)
class CachedResponse:
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


def build_response(
    body: bytes, *, content_type: str = JSON, encoding: str | None = None, cache_control: str = ASK_EACH_TIME
) -> CachedResponse:
    """Return a response with a strong ETag; each encoding is a representation, with its own tag."""
    sent = gzip.compress(body, compresslevel=4, mtime=0) if encoding else body
    etag = f'"{hashlib.sha256(sent).hexdigest()[:24]}"'
    headers = CIMultiDict(SECURITY_HEADERS)
    headers.update({"Content-Type": content_type, "Cache-Control": cache_control, "ETag": etag})
    if encoding:
        headers["Content-Encoding"] = encoding
    if len(body) >= COMPRESS_FROM_BYTES:
        headers["Vary"] = "Accept-Encoding"
    return CachedResponse(sent, etag, headers)


def is_cacheable(query: Query, settings: Settings) -> bool:
    """Tell whether others may ask the same: names that no configured dataset has can be made up without end."""
    dataset, hf_dataset, source = (getattr(query, name, None) for name in ("dataset", "hf_dataset", "source"))
    configured = {None, *settings.hf_datasets}
    if getattr(query, "search", None) is not None or getattr(query, "family", None) is not None:
        return False
    return (
        dataset in {*configured, *NAMES.values()}
        and hf_dataset in configured
        and source in {None, *map(detect_source, settings.hf_datasets)}
    )


class StateResponses:
    """The prebuilt answers of one state, until `expires_at` (seconds since the epoch)."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self.expires_at = self.moment.expires_at().timestamp()
        self._kept: OrderedDict[tuple[str, bool], CachedResponse] = OrderedDict()
        self.kept_bytes = 0

    def get(self, path: str, *, zipped: bool) -> CachedResponse | None:
        """Return the answer to a path and query, if it was made already."""
        found = self._kept.get((path, zipped))
        if found is not None:
            self._kept.move_to_end((path, zipped))
        return found

    def make(
        self, path: str, *, zipped: bool, answer: Callable[[Moment], ApiModel | Rendered], keep: bool = True
    ) -> CachedResponse:
        """Make an answer; keep it if it is worth that."""
        found = answer(self.moment)
        made = found if isinstance(found, Rendered) else Rendered(found.model_dump_json().encode(), JSON)
        encoding = "gzip" if zipped and len(made.body) >= COMPRESS_FROM_BYTES else None
        response = build_response(
            made.body, content_type=made.content_type, encoding=encoding, cache_control=made.cache_control
        )
        if keep and response.kept_bytes + len(path) <= MAX_KEPT_BYTES:
            self._keep(path, zipped, response)
        return response

    def _keep(self, path: str, zipped: bool, response: CachedResponse) -> None:  # noqa: FBT001 - half of the key
        self._kept[path, zipped] = response
        self.kept_bytes += response.kept_bytes + len(path)
        while self.kept_bytes > MAX_KEPT_BYTES or len(self._kept) > MAX_KEPT_RESPONSES:
            (old, _), gone = self._kept.popitem(last=False)
            self.kept_bytes -= gone.kept_bytes + len(old)


class ResponseCache:
    """Hands out the responses of the present state."""

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
        self._current = self._fresh()

    def current(self) -> StateResponses:
        """Return the present responses; new ones when the view changed, or a day or a tick of the schedule passed."""
        if self._current.moment.state is not self._state() or self._clock() >= self._current.expires_at:
            self._current = self._fresh()
        return self._current

    def _fresh(self) -> StateResponses:
        now = datetime.fromtimestamp(self._clock(), UTC)
        return StateResponses(Moment(self._state(), now, self._settings, self._task_sets))
