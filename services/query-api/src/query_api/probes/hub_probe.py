"""Whether the Hub answers, and what is left of its quota: asked once a minute at most, while /api/status is read."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from async_lru import alru_cache
from common.hub.client import API
from common.hub.quota import Quota
from common.outcomes import TransientError

from query_api.schemas.service_status import HubReach

# Five requests of a window of 500 (the quota without a token).
KEPT_SECONDS = 60.0
# A page waits for the answer.
TIMEOUT_SECONDS = 5.0


class HubProbe:
    """Asks the Hub for one small thing, for all readers of /api/status."""

    def __init__(self, endpoint: str, ask: Callable[[], Awaitable[object]], quota: Quota) -> None:
        self._endpoint = endpoint
        self._ask = ask
        self._quota = quota
        self._last = alru_cache(ttl=KEPT_SECONDS)(self._look)

    async def state(self) -> HubReach:
        """Return the Hub's state, as of a minute ago at most, and what is left of its quota now."""
        reason, checked_at = await self._last()
        budget = self._quota.budgets.get(API)
        left = budget.resets_at - self._quota.clock() if budget else 0
        return HubReach(
            endpoint=self._endpoint,
            reachable=reason is None,
            reason=reason,
            checked_at=checked_at,
            # Once the window has ended, the next one is whole until an answer says otherwise.
            quota_left=budget and (budget.left if left > 0 else budget.quota),
            quota_limit=budget and budget.quota,
            quota_resets_at=datetime.now(UTC) + timedelta(seconds=left) if left > 0 else None,
        )

    async def _look(self) -> tuple[str | None, datetime]:
        reason = None
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._ask()
        except TimeoutError:
            reason = f"the Hub did not answer within {TIMEOUT_SECONDS:.0f} s"
        except TransientError as error:
            reason = str(error) or "the Hub does not answer"
        return reason, datetime.now(UTC)
