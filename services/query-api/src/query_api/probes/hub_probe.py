"""Whether the Hub answers, and what is left of its quota: asked once a minute at most, while /api/status is read."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from common.hub.client import API
from common.hub.quota import Quota
from common.outcomes import TransientError

from query_api.probes.cached_call import CachedCall
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
        self._last = CachedCall(self._look, KEPT_SECONDS)

    async def state(self) -> HubReach:
        """Return the Hub's state, as of a minute ago at most, and what is left of its quota now."""
        found = await self._last()
        budget = self._quota.budgets.get(API)
        if budget is None:
            return found
        seconds = budget.resets_at - self._quota.clock()
        # Once the window has ended, the next one is whole until an answer says otherwise.
        left = {"quota_left": budget.left, "quota_resets_at": datetime.now(UTC) + timedelta(seconds=seconds)}
        return found.model_copy(
            update={"quota_limit": budget.quota, **(left if seconds > 0 else {"quota_left": budget.quota})}
        )

    async def _look(self) -> HubReach:
        reason = await self._reason()
        return HubReach(
            endpoint=self._endpoint,
            reachable=reason is None,
            reason=reason,
            checked_at=datetime.now(UTC),
            quota_left=None,
            quota_limit=None,
            quota_resets_at=None,
        )

    async def _reason(self) -> str | None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._ask()
        except TimeoutError:
            return f"the Hub did not answer within {TIMEOUT_SECONDS:.0f} s"
        except TransientError as error:
            return str(error) or "the Hub does not answer"
        return None
