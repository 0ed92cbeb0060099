"""A plain NATS connection for commands: prompt errors, and no framework to load."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import nats.errors
from common.bus.servers import inbox_prefix_of, servers_of
from common.outcomes import StartupError
from nats.aio.client import Client

from arcwatch.errors import DeploymentError, without_password

_CONNECT_SECONDS = 5
_PAUSE_SECONDS = 0.2


@contextlib.asynccontextmanager
async def connected(url: str, *, patience_seconds: float = 0.0) -> AsyncIterator[Client]:
    """Yield a connection; raise DeploymentError when the server does not answer, or never gets up."""
    complaints: list[str] = []
    client = await _patiently(url, complaints, time.monotonic() + patience_seconds)
    try:
        yield client
    except nats.errors.TimeoutError as error:
        # A denied subject looks like silence; the server names it in an error of its connection.
        raise DeploymentError(f"NATS does not answer: {complaints[-1] if complaints else 'timeout'}") from error
    finally:
        await client.close()


async def _patiently(url: str, complaints: list[str], deadline: float) -> Client:
    async def complain(error: Exception) -> None:
        complaints.append(str(error) or type(error).__name__)

    try:
        servers = servers_of(url)
    except StartupError as error:
        raise DeploymentError(str(error)) from None
    while True:
        client = Client()
        try:
            await client.connect(
                servers,
                name="arcwatch",
                inbox_prefix=inbox_prefix_of(url),
                connect_timeout=_CONNECT_SECONDS,
                allow_reconnect=False,
                # Two quick attempts per server; its default is 60, over two minutes. The waiting is ours.
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                error_cb=complain,
            )
        except (nats.errors.Error, OSError, ValueError) as error:
            await client.close()
            if time.monotonic() > deadline:
                # A refused user may see his connection reset as well; the refusal says more.
                refusals = [each for each in complaints if "authorization" in each.lower()]
                reason = (refusals or complaints or [str(error)])[-1]
                raise DeploymentError(f"cannot use NATS at {without_password(url)}: {reason}") from error
        else:
            return client
        await asyncio.sleep(_PAUSE_SECONDS)
