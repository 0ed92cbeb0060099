"""Which transport a dataset's files come by now, why, and until when: packs of git, or one request per file. Pure."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

import structlog
from pydantic_settings import BaseSettings

from common.git.errors import Fault
from common.outcomes import TransientError

log = structlog.get_logger(__name__)

Transport: TypeAlias = Literal["pack", "files"]
# What HF_TRANSPORT may be.
Choice: TypeAlias = Literal["auto", "files", "pack"]
# Why packs do not go on; closed sets, because they are labels of metrics.
Reason: TypeAlias = Literal[
    Fault, "denied", "not_git", "rate_limited", "server_error", "connection_lost", "stalled", "incomplete"
]
PackOutcome: TypeAlias = Literal["ok", Reason]

# Fewer files are not worth a request of another budget.
MIN_FILES: Final = 4

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
# For how many seconds a dataset's packs are avoided after a first failure, and after many in a row, each twice as long
# as the one before.
_AVOIDED: Final[dict[Reason, tuple[float, float]]] = {
    "denied": (_HOUR, _HOUR),
    "not_git": (_HOUR, _HOUR),
    # Where the Hub does not say when the limit ends: after its window.
    "rate_limited": (5 * _MINUTE, 5 * _MINUTE),
    # What passes within seconds, as a restart does.
    "server_error": (_MINUTE, 6 * _HOUR),
    "connection_lost": (_MINUTE, 6 * _HOUR),
    "refused": (10 * _MINUTE, 6 * _HOUR),
    "stalled": (10 * _MINUTE, 6 * _HOUR),
    "truncated": (10 * _MINUTE, 6 * _HOUR),
    "corrupt": (10 * _MINUTE, 6 * _HOUR),
    "foreign": (10 * _MINUTE, 6 * _HOUR),
    "too_large": (10 * _MINUTE, 6 * _HOUR),
    "incomplete": (10 * _MINUTE, 6 * _HOUR),
}
# A minute is beyond 6 hours by then. After a thousand it would be no float: a mirror without git is asked each hour.
_DOUBLINGS: Final = 9
_KINDS: Final[dict[Reason, str]] = {
    "denied": "hub_refused",
    "rate_limited": "rate_limited",
    "connection_lost": "hub_unreachable",
    "stalled": "hub_unreachable",
    "incomplete": "unavailable",
    "truncated": "integrity",
    "corrupt": "integrity",
    "foreign": "integrity",
    "too_large": "integrity",
}


class PackError(TransientError):
    """Packs of a dataset cannot go on; `reason` says in one word why. `lacks` is a blob that git does not have."""

    def __init__(
        self, reason: Reason, detail: str, retry_after_seconds: float | None = None, *, lacks: str = ""
    ) -> None:
        kind = _KINDS.get(reason, "hub_error")
        super().__init__(f"git: {detail}", kind=kind, retry_after_seconds=retry_after_seconds)
        self.reason: Reason = reason
        self.lacks = lacks


class TransportSettings(BaseSettings):
    """Read from the environment by the field's name in capitals."""

    # auto: packs, and files where packs do not work; files, pack: that alone.
    hf_transport: Choice = "auto"


@dataclass
class _State:
    """What is known of a dataset's packs. `avoided_until` is on the monotonic clock."""

    reason: Reason | None = None
    avoided_until: float = 0.0
    failures: int = 0


@dataclass
class Transports:
    """What one process knows of its datasets' packs, and what came by which transport."""

    choice: Choice = "auto"
    clock: Callable[[], float] = time.monotonic
    files: Counter[Transport] = field(default_factory=Counter)
    bytes: Counter[Transport] = field(default_factory=Counter)
    requests: Counter[PackOutcome] = field(default_factory=Counter)
    fallbacks: Counter[Reason] = field(default_factory=Counter)
    _states: dict[str, _State] = field(default_factory=dict)

    def current(self, dataset: str) -> Transport:
        """Return the transport that the next files of a dataset come by."""
        if self.choice != "auto":
            return self.choice
        state = self._states.get(dataset)
        return "files" if state and self.clock() < state.avoided_until else "pack"

    def takes_packs(self, dataset: str, blobs: int) -> bool:
        """Tell whether so many blobs of a dataset are to be asked for by pack."""
        return self.choice == "pack" or (blobs >= MIN_FILES and self.current(dataset) == "pack")

    def count(self, transport: Transport, size: int) -> None:
        """Take note of a file that came, verified."""
        self.files[transport] += 1
        self.bytes[transport] += size

    def worked(self, dataset: str) -> None:
        """Take note of a whole pack; tell it where it is the first, or the first again."""
        state = self._states.get(dataset)
        if state is None or state.reason is not None:
            log.info("hub.transport", dataset=dataset, transport="pack", reason="ok", retry_at=None)
        self._states[dataset] = _State()

    def fell_back(self, reason: Reason) -> None:
        """Take note that files go on by file."""
        self.fallbacks[reason] += 1

    def avoid(self, dataset: str, error: PackError) -> None:
        """Have a dataset's files come by file for a while; tell it where that, or why, is new."""
        known = self._states.get(dataset, _State())
        first, longest = _AVOIDED[error.reason]
        seconds = error.retry_after_seconds or min(first * 2 ** min(known.failures, _DOUBLINGS), longest)
        self._states[dataset] = _State(error.reason, self.clock() + seconds, known.failures + 1)
        self.fell_back(error.reason)
        if known.reason != error.reason:
            at = datetime.now(UTC) + timedelta(seconds=seconds)
            log.warning(
                "hub.transport",
                dataset=dataset,
                transport="files",
                reason=error.reason,
                detail=str(error),
                retry_at=at.isoformat(timespec="seconds"),
            )
