"""The order in which sample submissions land in a Hub, some of them in two uploads."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from common.arc.task_sets import detect_source

from localhub.samples.bench import Bench
from localhub.samples.models import MODELS, SMALL_MODELS
from localhub.samples.submission import submission_files
from localhub.server import LocalHub

ARC1 = "arcprize/arc_agi_v1_public_eval"
ARC2 = "arcprize/arc_agi_v2_public_eval"
FIRST_UPLOAD = 0.6  # of the files; the last of them is cut off, as when a connection breaks
BY_FOLDER = {model.folder: model for model in (*MODELS, *SMALL_MODELS)}


@dataclass(frozen=True, slots=True)
class Landing:
    """One upload of one model to one dataset. `whole` False: a first part, which a later landing completes."""

    dataset: str
    folder: str
    whole: bool = True
    days_ago: int = 0

    def files(self) -> dict[str, bytes]:
        files = submission_files(BY_FOLDER[self.folder], _bench(self.dataset))
        if self.whole:
            return files
        first = dict(sorted(files.items())[: int(len(files) * FIRST_UPLOAD)])
        name, content = first.popitem()
        return first | {name: content[: len(content) // 2]}


INITIAL = (
    Landing(ARC1, "baseline-one-colour-2026-09-01", days_ago=21),
    Landing(ARC1, "baseline-nearest-2026-09-01", days_ago=21),
    Landing(ARC1, "baseline-tiles-2026-09-15", days_ago=9),
    Landing(ARC2, "baseline-guesses-2026-09-15", days_ago=9),
    Landing(ARC2, "baseline-symmetry-2026-10-12", days_ago=4),
    Landing(ARC1, "baseline-overlay-2026-10-12", days_ago=2),
)
LATER = (
    Landing(ARC1, "baseline-symmetry-2026-10-12"),
    Landing(ARC1, "baseline-ensemble-1-thinking-low", whole=False),
    Landing(ARC2, "baseline-tiles-2-2026-11-02"),
    Landing(ARC1, "baseline-guesses-2026-09-15"),
    Landing(ARC1, "baseline-ensemble-1-thinking-low"),
    Landing(ARC1, "baseline-tiles-2-2026-11-02"),
    Landing(ARC1, "baseline-ensemble-1-thinking-medium"),
    Landing(ARC2, "baseline-ensemble-1-thinking-high"),
    Landing(ARC1, "baseline-ensemble-1-thinking-high"),
    Landing(ARC1, "baseline-ensemble-2-careful"),
    Landing(ARC2, "baseline-ensemble-2-thinking-max"),
    Landing(ARC1, "baseline-ensemble-2-thinking-max"),
    *(Landing(ARC1, model.folder) for model in SMALL_MODELS),
)


def put_initial_samples(hub: LocalHub) -> None:
    """Let the first models land at once, dated some days ago."""
    now = datetime.now(UTC)
    for landing in INITIAL:
        _put(hub, landing, now - timedelta(days=landing.days_ago))


async def land_samples(hub: LocalHub, every_seconds: float, landings: Iterable[Landing] = LATER) -> None:
    """Let one upload land every few seconds until there are no more; what landed before is passed over."""
    for landing in landings:
        if not await asyncio.to_thread(_is_there, hub, landing):
            await asyncio.sleep(every_seconds)
            await asyncio.to_thread(_put, hub, landing)


@lru_cache
def _bench(dataset: str) -> Bench:
    return Bench(detect_source(dataset) or "")


def _is_there(hub: LocalHub, landing: Landing) -> bool:
    folder = hub.datasets.root / landing.dataset / landing.folder
    return all((folder / name).exists() for name in landing.files())


def _put(hub: LocalHub, landing: Landing, date: datetime | None = None) -> None:
    changes = {f"{landing.folder}/{name}": data for name, data in landing.files().items()}
    hub.commit(landing.dataset, changes, f"Upload {landing.folder}", date=date)
