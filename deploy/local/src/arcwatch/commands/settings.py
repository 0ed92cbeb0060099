"""The services' settings, for commands that work with the services' own parts."""

from collections.abc import Callable
from typing import TypeVar

SettingsT = TypeVar("SettingsT")


def read(make: Callable[[], SettingsT]) -> SettingsT:
    """Return settings; raise DeploymentError naming the first variable that is wrong."""
    from common.process.settings import first_wrong
    from pydantic import ValidationError

    from arcwatch.errors import DeploymentError

    try:
        return make()
    except ValidationError as error:
        raise DeploymentError("bad setting {}: {}".format(*first_wrong(error))) from error
