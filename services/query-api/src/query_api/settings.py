"""The query API's settings: where it listens, who may write, and the schedule that it only reports."""

import re
from typing import Annotated

from common.names.file_setting import NamesSettings
from common.process.addresses import Host
from common.process.settings import Names, OptionalSecret, Port, ServiceSettings
from common.schedule import ScheduleSettings
from pydantic import AnyHttpUrl, BeforeValidator, Field, field_validator

OptionalUrl = Annotated[AnyHttpUrl | None, BeforeValidator(lambda value: value or None)]
_ORIGIN = re.compile(r"https?://[\w.-]+(:\d+)?")


class Settings(ServiceSettings, ScheduleSettings, NamesSettings):
    """Read from the environment by the field's name in capitals."""

    host: Host = "127.0.0.1"
    port: Port = 8080
    # Without it, everything that changes something is refused.
    admin_token: OptionalSecret = None
    hf_webhook_secret: OptionalSecret = None
    # For each address (IPv6: /64) and purpose. Who shows the webhook's secret has no limit.
    admin_requests_per_minute: Annotated[int, Field(ge=1)] = 60
    # Where people reach this server, for links in the feed; without it they are relative.
    public_url: OptionalUrl = None
    # Origins whose pages may read the API from a browser; "*" for any. None by default.
    cors_origins: Names = ()
    # A lost event is made good by the next reconciliation.
    reconcile_interval_seconds: Annotated[float, Field(gt=0)] = 60.0
    max_event_clients: Annotated[int, Field(ge=1)] = 2_000
    # Of all kinds. At most three quarters are for listeners, and no more than the process may have descriptors.
    max_connections: Annotated[int, Field(ge=4)] = 4_096

    @property
    def base_url(self) -> str:
        """Where people reach this server, with a slash at the end; empty where PUBLIC_URL is not set.

        What the server listens on is no answer: in a container that is 0.0.0.0. Links are relative then, to whatever
        address the reader came by.
        """
        return f"{str(self.public_url).rstrip('/')}/" if self.public_url else ""

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if value != "*" and not _ORIGIN.fullmatch(value):
                raise ValueError(f"{value!r} is not an origin such as https://example.org")
        return values
