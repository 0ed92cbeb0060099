"""The notifier's settings: the shared ones, and the file that names the channels."""

from pathlib import Path
from typing import Annotated

from common.process.settings import ServiceSettings
from pydantic import AfterValidator, AnyHttpUrl, BeforeValidator

from notifier.channels.channel_file import Channels, read_channels


def _blank_is_none(value: object) -> object:
    return value or None


def _readable(path: Path | None) -> Path | None:
    if path is not None:
        read_channels(path)
    return path


class Settings(ServiceSettings):
    """Read from the environment by the field's name in capitals."""

    # TOML; without it the service waits for its end. A bad file stops the service.
    notifications_file: Annotated[Path | None, BeforeValidator(_blank_is_none), AfterValidator(_readable)] = None
    public_url: Annotated[AnyHttpUrl | None, BeforeValidator(_blank_is_none)] = None

    @property
    def channels(self) -> Channels:
        """The channels of the file; none where there is no file."""
        return read_channels(self.notifications_file) if self.notifications_file else ()

    @property
    def site(self) -> str | None:
        """Where readers find the dashboard, without a trailing slash."""
        return str(self.public_url).rstrip("/") if self.public_url else None
