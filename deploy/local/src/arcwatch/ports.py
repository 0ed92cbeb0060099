"""Free TCP ports on loopback, the same ones as last time where they are still free."""

import contextlib
import errno
import random
import socket
from collections.abc import Iterable, Mapping

from common.process import addresses

from arcwatch.errors import DeploymentError

LOOPBACK = "127.0.0.1"
# Below the range (32768 and up on Linux) from which the system takes ports for outgoing connections: a port found
# free here is not taken a moment later by a client's connection.
_RANGE = range(20_000, 32_000)
_TRIES = 2_000


def choose(names: Iterable[str], remembered: Mapping[str, int]) -> dict[str, int]:
    """Return a free port for each name, all different; the remembered one where it is free."""
    with contextlib.ExitStack() as held:
        return {name: _hold(held, remembered.get(name)) for name in names}


def _hold(held: contextlib.ExitStack, wanted: int | None) -> int:
    """Find a port and keep it bound until the stack closes, so that no two names get the same one."""
    for candidate in (*([] if wanted is None else [wanted]), *random.sample(_RANGE, _TRIES)):
        with contextlib.suppress(OSError):
            held.enter_context(socket.create_server((LOOPBACK, candidate), backlog=1))
            return candidate
    raise DeploymentError(f"no free TCP port on {LOOPBACK} between {_RANGE.start} and {_RANGE.stop}")


def check_free(port: int, host: str = LOOPBACK) -> None:
    """Raise DeploymentError with what to do when the port is taken; 0 means any port."""
    host = addresses.bare(host)
    try:
        for each in addresses.listen(host, port, 1):
            each.close()
    except PermissionError as error:
        raise DeploymentError(f"port {port} needs more rights: choose one above 1023 with --port") from error
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            reason = str(error.strerror).partition(" (")[0]  # what follows names the address again
            raise DeploymentError(f"cannot listen on {addresses.shown(host, port)}: {reason}") from error
        raise DeploymentError(
            f"port {port} on {host} is in use: stop what listens there, or choose another with --port"
        ) from error
