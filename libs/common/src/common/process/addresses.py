"""Addresses that servers listen on, IPv6 too: as settings write them, as sockets, and as URLs for this machine."""

import errno
import socket
from typing import Annotated, Final

from pydantic import AfterValidator

_ANY_IPV4, _ANY_IPV6 = "0.0.0.0", "::"  # noqa: S104 - what settings may say
_NO_SUCH_FAMILY: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def bare(host: str) -> str:
    """Return a host without the brackets that IPv6 has in URLs."""
    text = host.strip()
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text


Host = Annotated[str, AfterValidator(bare)]


def shown(host: str, port: int) -> str:
    """Return host and port as they stand in a URL."""
    return f"[{bare(host)}]:{port}" if ":" in host else f"{host}:{port}"


def local_url(host: str, port: int) -> str:
    """Return where this machine reaches a server that listens on `host`."""
    here = "127.0.0.1" if bare(host) in {"", _ANY_IPV4, _ANY_IPV6} else bare(host)
    return f"http://{shown(here, port)}"


def listen(host: str, port: int, backlog: int) -> list[socket.socket]:
    """Return a listening socket for each address of a host, all on one port; raises an OSError.

    On `::` both IPv6 and IPv4 are answered, whatever the system's default (`net.ipv6.bindv6only`) is.
    """
    if host == _ANY_IPV6 and socket.has_dualstack_ipv6():
        return [socket.create_server((host, port), family=socket.AF_INET6, backlog=backlog, dualstack_ipv6=True)]
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    listening: list[socket.socket] = []
    refused: OSError | None = None
    for family, _, _, _, (address, asked, *scope) in dict.fromkeys(found):
        bound = listening[0].getsockname()[1] if listening else asked
        try:
            listening.append(socket.create_server((address, bound, *scope), family=family, backlog=backlog))
        except OSError as error:
            refused = error
            if error.errno not in _NO_SUCH_FAMILY:
                break
    if refused and (not listening or refused.errno not in _NO_SUCH_FAMILY):
        for each in listening:
            each.close()
        raise refused
    return listening
