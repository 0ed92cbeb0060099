"""A plain NATS connection for commands: prompt errors, and no framework to load."""

import contextlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import nats.errors
from common.bus import connecting
from common.bus.access import Access, BusClient
from common.outcomes import StartupError
from common.process.outage import reason_of
from common.process.patience import Server, until_there
from nats.aio.client import Client

from arcwatch.errors import DeploymentError, without_password

# Over the Internet, too; a service tries again sooner.
_CONNECT_SECONDS = 5


class _Complaints:
    """What the server said against the connection: a denied subject looks like silence to who asks."""

    last: str | None = None

    async def on_error(self, error: Exception) -> None:
        self.last = reason_of(error)

    async def on_closed(self) -> None: ...

    async def on_disconnected(self) -> None: ...

    async def on_reconnected(self) -> None: ...


@contextlib.asynccontextmanager
async def connected(
    url: str, *, patience_seconds: float = 0.0, say: Callable[[str], object] = lambda _: None
) -> AsyncIterator[Client]:
    """Yield a connection; raise DeploymentError when the server does not answer, or never gets up."""
    complaints = _Complaints()
    client = await _opened(url, patience_seconds, say, complaints)
    try:
        yield client
    except nats.errors.TimeoutError as error:
        raise DeploymentError(f"NATS does not answer: {complaints.last or 'timeout'}") from error
    finally:
        await client.close()


async def _opened(url: str, seconds: float, say: Callable[[str], object], complaints: _Complaints) -> Client:
    def on_wait(*, host: str, reason: str, gives_up_in_seconds: int) -> None:
        if gives_up_in_seconds:
            say(f"waiting for NATS at {host}, for up to {gives_up_in_seconds} s more: {reason}")

    try:
        access = Access(url, *map(_file, ("NATS_NKEY_FILE", "NATS_CA_FILE")))
        client, server = BusClient(access), connecting.server(access)
        server = Server(server.host, f"cannot use NATS at {without_password(url)}", server.failures, server.refusal)
        await until_there(
            lambda: connecting.open_once(
                client, "arcwatch", complaints, connect_seconds=_CONNECT_SECONDS, reconnects=False
            ),
            server,
            seconds,
            on_wait,
        )
    except StartupError as error:
        raise DeploymentError(str(error)) from None
    return client


def _file(setting: str) -> Path | None:
    """Return the file that a setting of the environment names: services read it from there, too."""
    return Path(name) if (name := os.environ.get(setting)) else None
