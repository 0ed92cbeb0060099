"""Which addresses messages may go to: those of the public internet, unless the channel allows others.

What a name means is checked where the connection is made: a name may mean one address when it is looked up, and another
one a moment later.
"""

import ipaddress
import socket
from typing import Any

_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PrivateAddressError(OSError):
    """The connection would lead to this machine or into a private network."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} is no address of the public internet, and the channel has no allow_private")


def check_public(address: str) -> None:
    """Raise PrivateAddressError unless an IP address is one of the public internet."""
    try:
        found = _meant(ipaddress.ip_address(address))
    except ValueError:
        raise PrivateAddressError(address) from None
    if not found.is_global or found.is_multicast or found.is_reserved:
        raise PrivateAddressError(address)


def _meant(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address only wraps."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def public_socket(address: tuple[Any, ...]) -> socket.socket:
    """Make the socket of a connection, as aiohttp asks for one for each address that it is about to connect to."""
    family, kind, protocol, _, where = address
    check_public(where[0])
    made = socket.socket(family, kind, protocol)
    made.settimeout(0)
    return made
