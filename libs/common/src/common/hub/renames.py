"""Names under which the Hub keeps datasets: it redirects from an old one, and from one in another letter case. Pure.

A dataset goes on under its name in HF_DATASETS. Its head, its root and what main has at a path are asked for by that
name, so that each sync and each ingestion sees where it is now; everything else is asked for under the Hub's name, or
each file would cost two requests.
"""

import re
from dataclasses import dataclass, field

import structlog
from yarl import URL

log = structlog.get_logger(__name__)

_NAMED = re.compile(r"(?P<before>/(?:api/)?datasets/)(?P<name>[\w.-]+/[\w.-]+)(?P<after>(?:/.*)?)", re.ASCII)


@dataclass
class Renames:
    """What the Hub at `endpoint` calls datasets, as far as its redirects told."""

    endpoint: str
    _names: dict[str, str] = field(default_factory=dict)

    def current(self, dataset: str) -> str:
        """Return the Hub's name of a dataset."""
        return self._names.get(dataset, dataset)

    def forget(self, dataset: str) -> bool:
        """Drop what was learned of a dataset, as where the Hub knows it no longer; tell whether there was anything."""
        return self._names.pop(dataset, None) is not None

    def confirm(self, asked: URL) -> None:
        """Take note that a URL was answered: where it asks where a dataset is, that is its name now."""
        parts = self._split(asked)
        if parts is not None and _asks_where(parts):
            self.forget(parts[1])

    def learn(self, asked: URL, location: str) -> None:
        """Take note of a redirect from one dataset's URL to the same of another name, and tell it once."""
        try:
            before, after = self._split(asked), self._split(asked.join(URL(location)))
        except ValueError:  # whoever follows it says what is wrong with it
            return
        if before is None or after is None or before[0::2] != after[0::2] or before[1] == after[1]:
            return
        old, new = before[1], after[1]
        for known in [old, *(name for name, now in self._names.items() if now == old)]:
            if known == new:
                self.forget(known)
            elif self._names.get(known) != new:
                self._names[known] = new
                log.warning("hub.dataset_renamed", dataset=known, now=new, advice=advice(known, new))

    def apply(self, url: URL) -> URL:
        """Return the URL by the Hub's name of its dataset, unless it asks where the dataset is."""
        parts = self._split(url)
        if parts is None or parts[1] not in self._names or _asks_where(parts):
            return url
        before, name, after = parts
        path = f"{URL(self.endpoint).raw_path.rstrip('/')}{before}{self._names[name]}{after}"
        return url.with_path(path, encoded=True, keep_query=True)

    def _split(self, url: URL) -> tuple[str, str, str] | None:
        """Return what stands before, in and after the dataset's name of a URL of this Hub."""
        base = URL(self.endpoint)
        if not url.host or url.origin() != base.origin() or not url.raw_path.startswith(base.raw_path.rstrip("/")):
            return None
        found = _NAMED.fullmatch(url.raw_path.removeprefix(base.raw_path.rstrip("/")))
        return (found["before"], found["name"], found["after"]) if found else None


def _asks_where(parts: tuple[str, str, str]) -> bool:
    before, _, after = parts
    return before.startswith("/api/") and after in {"", "/tree/main", "/paths-info/main"}


def advice(old: str, new: str) -> str:
    """Say what to do about a dataset that the Hub keeps under another name."""
    if old.casefold() == new.casefold():
        return f"write {new} in HF_DATASETS, as the Hub does"
    return f"the Hub keeps it as {new}; HF_DATASETS may go on with {old}, or name {new} and ingest it as a new dataset"
