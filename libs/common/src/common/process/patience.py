"""Waiting at the start for a server that is not there yet: told now and then, and ended by one line."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from common.outcomes import AwayError, StartupError
from common.process.outage import reason_of

# As the setting START_WAIT_SECONDS by default: recovery after a crash, and a failover with its DNS, take less.
WAIT_SECONDS = 60.0
_PAUSE_SECONDS = 0.2
_SECONDS_BETWEEN_LINES = 5.0

T = TypeVar("T")
# Takes host, reason and gives_up_in_seconds.
OnWait = Callable[..., object]


@dataclass(frozen=True)
class Server:
    """What is waited for. `refusal` returns what to say of an error that no waiting ends, or None."""

    host: str
    problem: str
    """How the line begins that ends the waiting, such as "cannot reach NATS at host:4222 (NATS_URL)"."""
    failures: tuple[type[Exception], ...]
    refusal: Callable[[Exception], str | None]


async def until_there(
    attempt: Callable[[], Awaitable[T]], server: Server, wait_seconds: float | None, on_wait: OnWait
) -> T:
    """Try until a server is there, for WAIT_SECONDS by default; say now and then what is waited for.

    Raises AwayError where it does not come, StartupError where waiting would not help.
    """
    now = asyncio.get_running_loop().time
    wait_seconds = WAIT_SECONDS if wait_seconds is None else wait_seconds
    deadline, next_line = now() + wait_seconds, now()
    while True:
        try:
            return await attempt()
        except server.failures as error:
            if refused := server.refusal(error):
                raise StartupError(refused) from error
            reason = reason_of(error)
            if now() >= deadline:
                within = f" within {wait_seconds:.0f} s" if wait_seconds else ""
                raise AwayError(f"{server.problem}{within}: {reason}") from error
            if now() >= next_line:
                next_line = now() + _SECONDS_BETWEEN_LINES
                on_wait(host=server.host, reason=reason, gives_up_in_seconds=round(deadline - now()))
            await asyncio.sleep(_PAUSE_SECONDS)
