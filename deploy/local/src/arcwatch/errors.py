"""What the command and the deployment say when they cannot go on: one line for the user, never a traceback.

Errors of libraries that a user can do something about become such a line. Everything else is a bug and keeps its trace.
"""

import errno
import re
import sys

# A disk that is full or broken, a file that is not ours, a name that cannot be one: no bug, whoever met it.
_OF_DISKS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EACCES, errno.EPERM, errno.EROFS}
_OF_NAMES = {errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.ELOOP}
_NO_BUGS = frozenset(_OF_DISKS | _OF_NAMES)

# Errors of ours whose words are for the user.
_SAY_IT_ALL = (
    ("common.outcomes", "StartupError"),
    ("common.bus.dead_letters", "DeadLetterError"),
    ("localhub.run", "HubStartError"),
)


class DeploymentError(Exception):
    """Something is wrong that the user can mend; the message says what to do."""


def explained(error: BaseException) -> DeploymentError | None:
    """Return the line for an error, or None for a bug.

    The libraries are not imported for this: what is not loaded cannot have raised.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, DeploymentError):
        return error
    if any(_is(error, *each) for each in _SAY_IT_ALL):
        return DeploymentError(str(error))
    if _is(error, "asyncpg", "PostgresError", "InterfaceError", "InternalClientError"):
        return DeploymentError(f"the database says: {error}")
    if _is(error, "nats.errors", "Error"):
        from common.process.outage import reason_of  # noqa: PLC0415 - what is loaded already

        return DeploymentError(f"NATS says: {reason_of(error)}")
    return _of_the_machine(error)


def _of_the_machine(error: BaseException) -> DeploymentError | None:
    if isinstance(error, OSError) and error.errno in _NO_BUGS:
        place = f"{error.filename}: " if error.filename else ""
        return DeploymentError(f"{place}{error.strerror}")
    return DeploymentError("no answer in time") if isinstance(error, TimeoutError) else None


def without_password(url: str) -> str:
    """Return a URL, or several with commas, that can be shown."""
    # Up to the last @ of each: a password that was not percent-encoded may hold one, or a slash.
    bare = ",".join(re.sub(r"(?<=//).*@", "", each) for each in re.split(r",(?=\w+://)", url))
    return re.sub(r"\b(\w*password)=[^&]*", r"\1=...", bare)


def _is(error: BaseException, module: str, *names: str) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(error, tuple(getattr(loaded, name) for name in names))
