"""How a process comes to NATS: the URL, the key that it shows, and the authorities that it trusts.

Keys and certificates are read from their files for each connection anew, so a process lives through their rotation.
"""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union
from urllib.parse import urlsplit

from nats import errors
from nats.aio.client import Client

from common.bus import nkey
from common.bus.servers import inbox_prefix_of, servers_of
from common.outcomes import StartupError
from common.process.settings import ServiceSettings

if TYPE_CHECKING:
    from nacl.signing import SigningKey


@dataclass(frozen=True)
class Access:
    """`nkey_file` holds the seed of a user's nkey, `ca_file` certificates to trust besides the system's.

    A password in the URL is used instead of the key. With a key, a user in the URL says whose inbox it is.
    """

    url: str = field(repr=False)
    nkey_file: Path | None = None
    ca_file: Path | None = None

    @classmethod
    def of(cls, given: Union["Access", ServiceSettings, str]) -> "Access":
        """Return it for settings, or for a URL that says all."""
        if isinstance(given, ServiceSettings):
            return cls(given.nats_url.get_secret_value(), given.nats_nkey_file, given.nats_ca_file)
        return cls(given) if isinstance(given, str) else given

    @property
    def shows_key(self) -> bool:
        """Whether it is by the key that the server knows us."""
        return self.nkey_file is not None and not urlsplit(servers_of(self.url)[0]).password

    @property
    def _wants_tls(self) -> bool:
        return any(each.startswith(("tls://", "wss://")) for each in servers_of(self.url))

    @property
    def inbox_prefix(self) -> bytes:
        """The inbox prefix of the user."""
        return inbox_prefix_of(self.url, by_key=self.shows_key)

    def options(self) -> dict[str, Any]:
        """Return what the client is given; raise StartupError where a file does not hold what it should."""
        found: dict[str, Any] = {"tls": self.trust()} if self.ca_file else {}
        if self.shows_key:
            self.public_key()
            found["signature_cb"] = self._sign
        return found

    def public_key(self) -> str:
        """Return what the server has to know of our key."""
        return nkey.public(self._key())

    def trust(self) -> ssl.SSLContext:
        """Return what certificates are checked by: the system's authorities, and those in the file."""
        context = ssl.create_default_context()
        if self.ca_file:
            try:
                context.load_verify_locations(self.ca_file)
            except ssl.SSLError:
                raise StartupError(f"NATS_CA_FILE: {self.ca_file} holds no certificate of an authority (PEM)") from None
            except OSError as error:
                # Manifests name the file to those, too, who need none.
                if self._wants_tls:
                    raise StartupError(f"NATS_CA_FILE: cannot read {self.ca_file}: {error.strerror}") from None
        return context

    def _sign(self, nonce: str) -> bytes:
        return nkey.signature(self._key(), nonce)

    def _key(self) -> "SigningKey":
        if self.nkey_file is None:
            raise AssertionError("no key without its file")
        try:
            return nkey.signing_key(self.nkey_file.read_bytes().strip())
        except OSError as error:
            raise StartupError(f"NATS_NKEY_FILE: cannot read {self.nkey_file}: {error.strerror}") from None
        except ValueError:
            kind = "a user's nkey, 58 characters that begin with SU"
            raise StartupError(f"NATS_NKEY_FILE: {self.nkey_file} holds no seed of {kind}") from None


class BusClient(Client):
    """The library's client, which never takes tls:// for plain text, and looks at its files at each connection."""

    def __init__(self, access: Access) -> None:
        super().__init__()
        self.access = access

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's
        if initial_connection:
            try:
                self._prepare(info)
            except StartupError as error:
                raise errors.Error(str(error)) from error
        await super()._process_info(info, initial_connection)

    async def _process_connect_init(self) -> None:
        try:
            await super()._process_connect_init()
        except BaseException:
            if writer := self._writer:
                # After TLS that failed, the library would wait for ever for the end of what it began with.
                writer.transport.abort()
                transport: Any = self._transport
                transport._io_writer = transport._io_reader = None  # noqa: SLF001
            raise
        if self._writer and self._writer.get_extra_info("ssl_object"):
            # asyncio, which is not told that the connection changed to TLS, would log a warning at its end.
            self._writer.transport.get_protocol()._over_ssl = True  # noqa: SLF001

    @property
    def _writer(self) -> Any:
        return getattr(self._transport, "_io_writer", None)

    def _prepare(self, info: dict[str, Any]) -> None:
        """Look at what a server says of itself, before anything is sent to it."""
        if self._current_server is not None and self._current_server.uri.scheme == "tls":
            if not (info.get("tls_required") or info.get("tls_available")):
                raise errors.Error("it offers no TLS, which tls:// in NATS_URL asks for")
            info["tls_required"] = True  # the library leaves out what the server only offers
        if self.access.ca_file:
            self.options["tls"] = self.access.trust()
        if self.access.shows_key:
            self._public_nkey = self.access.public_key()
            if info.get("auth_required") and "nonce" not in info:
                raise errors.Error("Authorization Violation: it knows no nkeys, and NATS_NKEY_FILE is set")
