"""Opens a connection to NATS: what is worth another try, and what is not."""

import ssl
from functools import partial
from typing import Any, Protocol

import nats.errors

from common.bus.access import Access, BusClient
from common.bus.servers import hosts_of, servers_of
from common.outcomes import AwayError
from common.process.outage import reason_of
from common.process.patience import Server

FAILURES = (nats.errors.Error, OSError, ValueError)
# As the library's own.
CONNECT_SECONDS = 2
RECONNECT_PAUSE_SECONDS = 2
# A server that hangs, or whose machine is gone, is left within 30 s; by default after six minutes.
PING_SECONDS = 10
_UNANSWERED_PINGS = 2
# Two quick tries per server: the waiting is the caller's.
_QUICK: dict[str, Any] = {"allow_reconnect": False, "max_reconnect_attempts": 1, "reconnect_time_wait": 0}
# The library's default, 60, ends in a loop that never sleeps: reconnect for ever, and exit when really closed.
_FOREVER = -1
_REFUSALS = ("authorization violation", "authentication expired", "authentication revoked")


class Callbacks(Protocol):
    """What is told of a connection once there is one."""

    async def on_closed(self) -> None:
        """Take note that it is closed."""

    async def on_error(self, error: Exception) -> None:
        """Take note of an error."""

    async def on_disconnected(self) -> None:
        """Take note that it is lost."""

    async def on_reconnected(self) -> None:
        """Take note that it is there again."""


async def open_once(
    client: BusClient,
    name: str,
    callbacks: Callbacks,
    *,
    connect_seconds: int = CONNECT_SECONDS,
    reconnects: bool = True,
) -> None:
    """Connect a client, which from then on may reconnect for ever; try each server, and raise what says most."""
    complaints: list[Exception] = []
    connected = False
    # Before the client is begun, which does not know how to end then.
    options = client.access.options()

    async def on_error(error: Exception) -> None:
        if not client.is_connected and (writer := getattr(client._transport, "_io_writer", None)):  # noqa: SLF001
            writer.close()  # of a try that failed on an open connection, which the library would only forget
        if connected:
            await callbacks.on_error(error)
        else:
            complaints.append(error)

    try:
        await _connect(client, name, callbacks, **options, error_cb=on_error, connect_timeout=connect_seconds)
    except BaseException as error:
        await client.close()
        if not isinstance(error, FAILURES):
            raise
        # Where no server is left, the error says only that; a refused user may see the connection reset as well.
        raise next(filter(refuses, complaints), complaints[-1] if complaints else error) from None
    forever = {"max_reconnect_attempts": _FOREVER, "reconnect_time_wait": RECONNECT_PAUSE_SECONDS}
    client.options.update(forever, allow_reconnect=reconnects)
    connected = True


async def _connect(client: BusClient, name: str, callbacks: Callbacks, **more: Any) -> None:
    access = client.access
    client._server_pool.clear()  # noqa: SLF001 - it keeps those of the last try, and adds
    await client.connect(
        servers_of(access.url),
        name=name,
        inbox_prefix=access.inbox_prefix,
        ping_interval=PING_SECONDS,
        max_outstanding_pings=_UNANSWERED_PINGS,
        closed_cb=callbacks.on_closed,
        disconnected_cb=callbacks.on_disconnected,
        reconnected_cb=callbacks.on_reconnected,
        **_QUICK,
        **more,
    )


def refuses(error: Exception) -> bool:
    """Tell whether the server refused the user: no second try helps."""
    return any(each in str(error).lower() for each in _REFUSALS)


def server(access: Access) -> Server:
    """Return what is waited for."""
    host = hosts_of(access.url)
    where = f"NATS at {host} (NATS_URL)"
    return Server(host, f"cannot reach {where}", FAILURES, partial(_refusal, where=where, access=access))


def jetstream(url: str) -> Server:
    """Return what is waited for once there is a connection: JetStream, and the topology."""
    problem = f"cannot use JetStream of NATS at {hosts_of(url)} (NATS_URL)"
    return Server(hosts_of(url), problem, (AwayError, nats.errors.Error, OSError), lambda _: None)


def _refusal(error: Exception, where: str, access: Access) -> str | None:
    """Return what to say of an error that no waiting ends."""
    if refuses(error) and access.shows_key:
        key = f"the key in NATS_NKEY_FILE: its configuration must name {access.public_key()}"
        return f"{where} refuses {key} ({reason_of(error)})"
    if refuses(error):
        return f"{where} refuses this user: {reason_of(error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        advice = "NATS_CA_FILE must hold the authority that issued it, and NATS_URL a name that stands in it"
        return f"the certificate of {where} is not trusted: {error.verify_message}; {advice}"
    if "offers no TLS" in str(error):
        return f"{where}: {error}"
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return f"NATS_URL: {error}"
    return None
