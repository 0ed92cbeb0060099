"""The services' settings, for commands that work with the services' own parts."""

from collections.abc import Callable
from typing import TypeVar

SettingsT = TypeVar("SettingsT")


def read(make: Callable[[], SettingsT]) -> SettingsT:
    """Return settings; raise DeploymentError naming the first variable that is wrong."""
    from pydantic import ValidationError

    from arcwatch.errors import DeploymentError

    try:
        return make()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"]).upper()
        raise DeploymentError(f"bad setting {name}: {first['msg'].removeprefix('Value error, ')}") from error
