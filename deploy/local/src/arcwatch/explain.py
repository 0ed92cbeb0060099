"""Errors of libraries that a user can do something about, in one line. Everything else is a bug and keeps its trace."""

import re
import sys
from collections.abc import Callable

from arcwatch.errors import DeploymentError


def explained(error: BaseException) -> DeploymentError | None:
    """Return the line for an error, or None for a bug.

    The libraries are not imported for this: what is not loaded cannot have raised.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, DeploymentError):
        return error
    if _is(error, "common.outcomes", "StartupError") or _is(error, "localhub.run", "HubStartError"):
        return DeploymentError(str(error))
    if _is(error, "asyncpg", "PostgresError", "InterfaceError", "InternalClientError"):
        return DeploymentError(f"the database says: {error}")
    if _is(error, "nats.errors", "Error"):
        return DeploymentError(f"NATS says: {str(error) or type(error).__name__}")
    if isinstance(error, TimeoutError):
        return DeploymentError("no answer in time")
    return None


def waits_aloud(say: Callable[[str], object]) -> Callable[..., None]:
    """Return what `common.database` is to call while it waits."""

    def on_wait(*, host: str, reason: str, gives_up_in_seconds: int) -> None:
        say(f"waiting for the database at {host}, for up to {gives_up_in_seconds} s more: {reason}")

    return on_wait


def without_password(url: str) -> str:
    """Return a URL, or several with commas, that can be shown."""
    # Up to the last @ of each: a password that was not percent-encoded may hold one, or a slash.
    bare = ",".join(re.sub(r"(?<=//).*@", "", each) for each in re.split(r",(?=\w+://)", url))
    return re.sub(r"\b(\w*password)=[^&]*", r"\1=...", bare)


def _is(error: BaseException, module: str, *names: str) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(error, tuple(getattr(loaded, name) for name in names))
