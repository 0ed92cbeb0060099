"""When a message is sent again that a receiver did not take, and when no more."""

import random
from typing import Final

# Three days and a half in all; the first ones are for a receiver that is only started again.
DELAYS: Final = (5.0, 30.0, 120.0, 600.0, 3_600.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0, 129_600.0)
_JITTER = 0.1


def again_in(attempts: int, asked: float | None = None, jitter: float | None = None) -> float | None:
    """Return how many seconds after its n-th attempt a message is sent again; None: no more.

    `asked` is what the receiver asks for. Without jitter, messages that failed together would come together again.
    """
    if attempts > len(DELAYS):
        return None
    spread = random.uniform(-_JITTER, _JITTER) if jitter is None else jitter  # noqa: S311 - no secret
    return max(DELAYS[attempts - 1] * (1 + spread), asked or 0.0)
