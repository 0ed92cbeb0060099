"""One connection, as a URL asks for it: host by host, as libpq does, with the bounds that each host gets."""

import random
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from asyncpg.exceptions import CannotConnectNowError, TargetServerAttributeNotMatched

from common.database import tls
from common.database.url import Address, DatabaseUrl

# A host that swallows what is sent to it must not use up the whole wait for the start.
CONNECT_TIMEOUT_SECONDS = 10.0
CLOSE_SECONDS = 5.0
# A machine that lost its power closes no connection: without these, its advisory locks are held for two hours more.
_OF_SERVER = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "4"}
# The same for us, who wait for a server that lost its power.
_OF_CLIENT = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4}
_OPTIONS = {
    "keepalives_idle": "TCP_KEEPIDLE",
    "keepalives_interval": "TCP_KEEPINTVL",
    "keepalives_count": "TCP_KEEPCNT",
    "tcp_user_timeout": "TCP_USER_TIMEOUT",
}
# A pooler's words for settings that it cannot hand on.
_UNSUPPORTED = "unsupported startup parameter"
# The next host may be a better one.
_NEXT_HOST = (OSError, CannotConnectNowError, TargetServerAttributeNotMatched)


@dataclass
class Connector:
    """Opens connections. `seconds` is for all hosts together; of several hosts a writer takes one that can be written.

    `settings` are the session's, where the URL does not say otherwise; `bounds` are, too, where no pooler refuses them.
    """

    url: DatabaseUrl
    settings: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, str] = field(default_factory=dict)
    command_seconds: float | None = None
    seconds: float | None = None
    writes: bool = False
    statement_cache_size: int = 100
    shuffle: Callable[[list[Address]], None] = random.shuffle
    _bounded: bool = field(default=True, init=False)

    async def __call__(self, *_: object, **given: Any) -> asyncpg.Connection:
        """Connect; raise what the last host said."""
        try:
            return await self._connected(**given)
        except (asyncpg.PostgresError, OSError) as error:
            if not self._bounded or unsupported(error) is None:
                raise
            # Who stands between us and the server has bounds of its own.
            self._bounded = False
            return await self._connected(**given)

    async def _connected(self, **given: Any) -> asyncpg.Connection:
        last: Exception | None = None
        for address, attributes in self._tries():
            try:
                connection = await self._connect(address, attributes, given)
            except _NEXT_HOST as error:
                last = error
            else:
                _watch(connection, self.url.keepalives)
                return connection
        raise last or AssertionError("a URL has an address")

    def _tries(self) -> Iterator[tuple[Address, str | None]]:
        addresses = list(self.url.addresses)
        if self.url.balances_load:
            self.shuffle(addresses)
        several = len(addresses) > 1
        wanted = self.url.target_session_attrs or ("read-write" if self.writes and several else None)
        # libpq's two rounds: any will do where none is a standby.
        for attributes in ("standby", "any") if wanted == "prefer-standby" else (wanted,):
            for address in addresses:
                yield address, attributes

    async def _connect(self, address: Address, attributes: str | None, given: Mapping[str, Any]) -> asyncpg.Connection:
        url, (host, port) = self.url, address
        timeouts = [url.connect_timeout_seconds or CONNECT_TIMEOUT_SECONDS]
        if self.seconds is not None:
            timeouts.append(self.seconds / len(url.addresses))
        settings = {"application_name": "arcwatch", **self.settings}
        if self._bounded:
            settings |= {**_OF_SERVER, **self.bounds}
        arguments: dict[str, Any] = {
            "host": host,
            "port": port,
            "user": url.user,
            "password": url.password,
            "database": url.database,
            "timeout": min(timeouts),
            "command_timeout": self.command_seconds,
            "server_settings": {**settings, **url.server_settings},
            "target_session_attrs": attributes,
            "statement_cache_size": self.statement_cache_size,
            **({} if host and host.startswith("/") else tls.driver_arguments(url.tls)),
            **url.driver_arguments,
        }
        connection: asyncpg.Connection = await asyncpg.connect(**{**arguments, **given})
        return connection


def unsupported(error: BaseException | None) -> str | None:
    """Return a pooler's words about a setting that it cannot hand on; None where an error is no such refusal.

    With sslmode=prefer and allow, the driver tries both ways, and its error is that of the second one.
    """
    while error is not None and not (isinstance(error, asyncpg.PostgresError) and _UNSUPPORTED in str(error)):
        error = error.__cause__
    return None if error is None else str(error)


def _watch(connection: asyncpg.Connection, asked: Mapping[str, int]) -> None:
    """Have the kernel look whether the server's machine is there; the driver has no parameter for it."""
    wanted = {**_OF_CLIENT, **asked}
    transport = connection._transport  # type: ignore[attr-defined] # noqa: SLF001 - what the stubs leave out
    own: socket.socket | None = transport.get_extra_info("socket")
    if own is None or own.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(wanted["keepalives"] != 0))
    for name, option in _OPTIONS.items():
        number = getattr(socket, option, None)
        if number is not None and wanted.get(name, 0) > 0:
            own.setsockopt(socket.IPPROTO_TCP, number, wanted[name])
