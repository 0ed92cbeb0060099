"""The order in which sample submissions land in a Hub, some of them in two uploads."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from common.arc_tasks import detect_source

from localhub.samples.answers import Bench
from localhub.samples.models import BY_FOLDER, SampleModel, pairs_of_solvers
from localhub.samples.submission import submission_files, write_files
from localhub.server import LocalHub

ARC1 = "arcprize/arc_agi_v1_public_eval"
ARC2 = "arcprize/arc_agi_v2_public_eval"
FIRST_UPLOAD = 0.6  # of the files; the last of them is cut off, as when a connection breaks


@dataclass(frozen=True, slots=True)
class Landing:
    """One upload of one model to one dataset. `whole` False: a first part, which a later landing completes."""

    dataset: str
    model: SampleModel
    whole: bool = True
    days_ago: int = 0

    def files(self) -> dict[str, bytes]:
        files = submission_files(self.model, _bench(self.dataset))
        if self.whole:
            return files
        first = dict(sorted(files.items())[: int(len(files) * FIRST_UPLOAD)])
        name, content = first.popitem()
        return first | {name: content[: len(content) // 2]}


def _landing(dataset: str, folder: str, *, whole: bool = True, days_ago: int = 0) -> Landing:
    return Landing(dataset, BY_FOLDER[folder], whole, days_ago)


INITIAL = (
    _landing(ARC1, "baseline-random-2026-09-01", days_ago=21),
    _landing(ARC1, "baseline-nearest-2026-09-01", days_ago=21),
    _landing(ARC1, "baseline-mirror-2026-09-15", days_ago=9),
    _landing(ARC2, "baseline-nearest-2026-09-01", days_ago=9),
    _landing(ARC2, "baseline-symmetry-2026-10-12", days_ago=4),
    _landing(ARC1, "baseline-overlay-2026-10-12", days_ago=2),
)
LATER = (
    _landing(ARC1, "baseline-symmetry-2026-10-12"),
    _landing(ARC1, "baseline-ensemble-1-thinking-low", whole=False),
    _landing(ARC2, "baseline-geometry-2-2026-11-02"),
    _landing(ARC1, "baseline-resize-2026-09-15"),
    _landing(ARC1, "baseline-ensemble-1-thinking-low"),
    _landing(ARC1, "baseline-shapes-2026-10-01"),
    _landing(ARC2, "baseline-pictures-2-2026-11-02"),
    _landing(ARC1, "baseline-geometry-2-2026-11-02"),
    _landing(ARC1, "baseline-ensemble-1-thinking-medium"),
    _landing(ARC1, "baseline-cells-2026-10-01"),
    _landing(ARC2, "baseline-ensemble-1-thinking-high", whole=False),
    _landing(ARC1, "baseline-pictures-2-2026-11-02"),
    _landing(ARC1, "baseline-ensemble-1-thinking-high"),
    _landing(ARC2, "baseline-ensemble-1-thinking-high"),
    _landing(ARC1, "baseline-ensemble-2-careful"),
    _landing(ARC2, "baseline-ensemble-2-thinking-max"),
    _landing(ARC1, "baseline-ensemble-2-thinking-max"),
)


def put_initial_samples(target: LocalHub | Path) -> None:
    """Let the first models land at once, dated some days ago where the target keeps dates."""
    now = datetime.now(UTC)
    for landing in INITIAL:
        if files := _missing(target, landing):
            _put(target, landing, files, now - timedelta(days=landing.days_ago))


async def land_samples(
    target: LocalHub | Path, every_seconds: float, landings: Iterable[Landing] | None = None
) -> None:
    """Let one upload land every few seconds until there are no more; what landed before is passed over."""
    for landing in _upcoming() if landings is None else landings:
        files = await asyncio.to_thread(_missing, target, landing)
        if files:
            await asyncio.sleep(every_seconds)
            await asyncio.to_thread(_put, target, landing, files)


def _upcoming() -> Iterator[Landing]:
    yield from LATER
    for model in pairs_of_solvers():
        yield Landing(ARC1, model)


@lru_cache
def _bench(dataset: str) -> Bench:
    return Bench(detect_source(dataset) or "")


def _missing(target: LocalHub | Path, landing: Landing) -> dict[str, bytes]:
    """Leave out the files that are there already; a first part is there as soon as its folder is."""
    root = target.datasets.root if isinstance(target, LocalHub) else target
    folder = root / landing.dataset / landing.model.folder
    if folder.exists() and not landing.whole:
        return {}
    return {name: data for name, data in landing.files().items() if not _same(folder / name, data)}


def _same(path: Path, data: bytes) -> bool:
    return path.exists() and path.stat().st_size == len(data)


def _put(target: LocalHub | Path, landing: Landing, files: Mapping[str, bytes], date: datetime | None = None) -> None:
    folder = landing.model.folder
    if isinstance(target, LocalHub):
        changes = {f"{folder}/{name}": data for name, data in files.items()}
        target.commit(landing.dataset, changes, f"Upload {folder}", date=date)
    else:
        write_files(target / landing.dataset / folder, files)
