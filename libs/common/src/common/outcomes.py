"""What a failure means for the message that caused it: one table. Handlers raise; only `delivery` acks.

| raised                          | consequence                                                             |
|---------------------------------|-------------------------------------------------------------------------|
| nothing                         | ack                                                                     |
| TransientError, lost connection | nak with a delay that grows with the delivery count                     |
| PermanentError, invalid event   | dead letter with the reason, term                                       |
| no room on a server's disk      | the message is held, and handled again until there is; no delivery ends |
| anything else                   | traceback logged, nak with delay                                        |
| any of these, last time         | dead letter with the reason, term: nothing waits undelivered and unseen |
"""

import asyncio
from dataclasses import dataclass

from common.process.outage import AWAY, has_no_room, reason_of
from common.storable import storable

# How often a message is delivered before it is dead-lettered; the durables' own limit is the same.
MAX_DELIVER = 6
# Five waits between six deliveries: 52 minutes in all, so a database upgrade or a Hub outage is outlived.
RETRY_DELAYS_SECONDS = (5.0, 30.0, 120.0, 600.0, 2_400.0)


# Why a message is tried again or dead-lettered: a closed set, because it is a label of metrics. A test compares it with
# the kinds that are raised.
KINDS = frozenset(
    {
        "abandoned",
        "connection_lost",
        "disk_full",
        "folder_gone",
        "hub_error",
        "hub_refused",
        "hub_unreachable",
        "integrity",
        "invalid_event",
        "lock_held",
        "name_too_long",
        "rate_limited",
        "revision_gone",
        "sync_failed",
        "transient",
        "unavailable",
        "unexpected",
        "unknown_dataset",
    }
)


class TransientError(Exception):
    """Nothing is wrong with the message; try again later. `retry_after_seconds` is what the other side asks for."""

    def __init__(self, reason: str, *, kind: str = "transient", retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.retry_after_seconds = retry_after_seconds


class PermanentError(Exception):
    """Trying again cannot help: the message is dead-lettered with this reason."""

    def __init__(self, reason: str, *, kind: str) -> None:
        super().__init__(reason)
        self.kind = kind


class StartupError(Exception):
    """The service's own state is broken: it exits with EX_CONFIG and this one line."""


class AwayError(StartupError):
    """What the service needs did not come in time: it exits with EX_TEMPFAIL, for its supervisor to start it again."""


@dataclass(frozen=True)
class Retry:
    """Nak with this delay."""

    delay_seconds: float
    kind: str
    reason: str
    unexpected: bool = False


@dataclass(frozen=True)
class Fail:
    """Copy to the dead letters with the reason, then term."""

    kind: str
    reason: str
    unexpected: bool = False


def consequence(error: BaseException, delivery_count: int) -> Retry | Fail:
    """Return what becomes of a message whose handling raised `error` on its n-th delivery (from 1)."""
    if isinstance(error, PermanentError):
        return Fail(error.kind, storable(str(error)))
    kind, reason = _kind_of(error), reason_of(error)
    unexpected = kind == "unexpected"
    if delivery_count >= MAX_DELIVER:
        return Fail(kind, f"failed at delivery {delivery_count}: {reason}", unexpected)
    return Retry(_delay(error, delivery_count), kind, reason, unexpected)


def _kind_of(error: BaseException) -> str:
    if isinstance(error, TransientError):
        return error.kind
    if has_no_room(error):
        return "disk_full"
    return "connection_lost" if isinstance(error, (*AWAY, asyncio.CancelledError)) else "unexpected"


def _delay(error: BaseException, delivery_count: int) -> float:
    own = RETRY_DELAYS_SECONDS[min(delivery_count, len(RETRY_DELAYS_SECONDS)) - 1]
    retry_after = getattr(error, "retry_after_seconds", None)
    return own if retry_after is None else float(retry_after)
