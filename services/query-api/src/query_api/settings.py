"""The query API's settings: where it listens, who may write, and the schedule that it only reports."""

import ipaddress
from typing import Annotated

from common.names.file_setting import NamesSettings
from common.process.addresses import Host
from common.process.settings import Names, OptionalPath, OptionalSecret, Port, ServiceSettings
from common.schedule import ScheduleSettings
from pydantic import AnyHttpUrl, BeforeValidator, Field, ValidationError, field_validator

OptionalUrl = Annotated[AnyHttpUrl | None, BeforeValidator(lambda value: value or None)]


def origin_of(text: str) -> str | None:
    """Return an origin as browsers write it, by the URL standard; None where the text says more or less than one."""
    try:
        url = AnyHttpUrl(text)
    except ValidationError:
        return None
    bare = (url.username, url.password, url.query, url.fragment) == (None,) * 4 and url.path in {None, "/"}
    bare = bare and "*" not in (url.host or "")  # which a host may hold, and none does
    return str(url).removesuffix("/") if bare else None


class Settings(ServiceSettings, ScheduleSettings, NamesSettings):
    """Read from the environment by the field's name in capitals."""

    host: Host = "127.0.0.1"
    port: Port = 8080
    # Without it, everything that changes something is refused.
    admin_token: OptionalSecret = None
    # More of them, each with the name of its owner; docs/operating.md.
    admin_tokens_file: OptionalPath = None
    hf_webhook_secret: OptionalSecret = None
    # For each address (IPv6: /64) and purpose. Who shows the webhook's secret has no limit.
    admin_requests_per_minute: Annotated[int, Field(ge=1)] = 60
    # Addresses and networks of the proxies in front of this server, whose X-Forwarded-For and Forwarded are believed.
    trusted_proxies: Names = ()
    # Where people reach this server, for links in the feed; without it they are relative. With a path, requests below
    # that path are answered, too: a proxy may take it off, or not.
    public_url: OptionalUrl = None
    # Origins whose pages may read the API from a browser; "*" for any. None by default.
    cors_origins: Names = ()
    # A lost event is made good by the next reconciliation.
    reconcile_interval_seconds: Annotated[float, Field(gt=0)] = 60.0
    max_event_clients: Annotated[int, Field(ge=1)] = 2_000
    # Of all kinds. At most three quarters are for listeners, and no more than the process may have descriptors.
    max_connections: Annotated[int, Field(ge=4)] = 4_096
    # Each has a connection to the database of its own, and a transaction: for so long at most.
    max_exports: Annotated[int, Field(ge=1)] = 2
    export_seconds: Annotated[float, Field(gt=0)] = 900.0

    @property
    def is_writable(self) -> bool:
        """Whether there is any admin."""
        return self.admin_token is not None or self.admin_tokens_file is not None

    @property
    def base_url(self) -> str:
        """Where people reach this server, with a slash at the end; empty where PUBLIC_URL is not set.

        What the server listens on is no answer: in a container that is 0.0.0.0. Links are relative then, to whatever
        address the reader came by.
        """
        return f"{str(self.public_url).rstrip('/')}/" if self.public_url else ""

    @property
    def prefix(self) -> str:
        """The path below which people reach this server, without a slash at its end; empty where it is the root."""
        return (self.public_url.path or "").rstrip("/") if self.public_url else ""

    @field_validator("public_url")
    @classmethod
    def _is_no_page(cls, url: AnyHttpUrl | None) -> AnyHttpUrl | None:
        if url and (url.query is not None or url.fragment is not None):
            raise ValueError("it ends in a path, such as https://example.org/arcwatch/")
        return url

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_origin(value) for value in values)

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            try:
                ipaddress.ip_network(value)
            except ValueError as error:
                raise ValueError(f"{error}; name addresses or networks, such as 10.0.0.0/8") from error
        return values


def _origin(text: str) -> str:
    origin = "*" if text == "*" else origin_of(text)
    if origin is None:
        raise ValueError(f"{text!r} is not an origin such as https://example.org")
    return origin
