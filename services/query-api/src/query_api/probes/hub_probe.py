"""Whether the Hub answers, and what is left of its quota: asked once a minute at most, while /api/status is read."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from common.hub.client import API
from common.hub.quota import Quota
from common.outcomes import TransientError

# Five requests of a window of 500 (the quota without a token).
KEPT_SECONDS = 60.0
# A page waits for the answer.
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class HubState:
    """What the last look showed. `left` and `limit` are requests of the present window."""

    reachable: bool
    reason: str | None
    checked_at: datetime
    left: int | None = None
    limit: int | None = None
    resets_at: datetime | None = None


class HubProbe:
    """Asks the Hub for one small thing, for all readers of /api/status."""

    def __init__(self, ask: Callable[[], Awaitable[object]], quota: Quota) -> None:
        self._ask = ask
        self._quota = quota
        self._lock = asyncio.Lock()
        self._last: tuple[float, bool, str | None, datetime] | None = None

    async def state(self) -> HubState:
        """Return the Hub's state, as of a minute ago at most."""
        async with self._lock:
            if self._last is None or time.monotonic() - self._last[0] >= KEPT_SECONDS:
                reason = await self._reason()
                self._last = (time.monotonic(), reason is None, reason, datetime.now(UTC))
            _, reachable, reason, checked_at = self._last
        budget = self._quota.budgets.get(API)
        if budget is None:
            return HubState(reachable, reason, checked_at)
        seconds = budget.resets_at - self._quota.clock()
        if seconds <= 0:
            # The window has ended: the next one is whole until an answer says otherwise.
            return HubState(reachable, reason, checked_at, budget.quota, budget.quota)
        resets_at = datetime.now(UTC) + timedelta(seconds=seconds)
        return HubState(reachable, reason, checked_at, budget.left, budget.quota, resets_at)

    async def _reason(self) -> str | None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._ask()
        except TimeoutError:
            return f"the Hub did not answer within {TIMEOUT_SECONDS:.0f} s"
        except TransientError as error:
            return str(error) or "the Hub does not answer"
        return None
