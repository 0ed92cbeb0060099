"""Whose request it is: the address that trusted proxies name, else the one at the other end of the connection."""

import ipaddress
from collections.abc import Iterable, Sequence

from aiohttp import web


class ClientAddress:
    """Reads X-Forwarded-For and Forwarded (RFC 7239), and believes in them only what trusted proxies wrote."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted = tuple(ipaddress.ip_network(each) for each in trusted)

    def of(self, request: web.Request) -> str:
        """Return the nearest address that is no trusted proxy's.

        A proxy that writes one of the headers passes the other one on as its client wrote it. Where they differ,
        neither is believed.
        """
        peer = _plain(request.remote or "")
        if not self._trusts(peer):
            return peer
        lists = request.headers.getall("X-Forwarded-For", ())
        headers = (
            [each for one in lists for each in one.split(",")],
            [each.get("for", "") for each in request.forwarded],
        )
        found = {self._nearest(peer, hops) for hops in headers if hops}
        return found.pop() if len(found) == 1 else peer

    def _nearest(self, peer: str, hops: Sequence[str]) -> str:
        """Go from the peer to who talked to it, as long as it is a proxy of ours that says so."""
        for hop in reversed(hops):
            address = _plain(hop)
            if not address:
                break
            peer = address
            if not self._trusts(peer):
                break
        return peer

    def _trusts(self, address: str) -> bool:
        if not self._trusted or not address:
            return False
        parsed = ipaddress.ip_address(address)
        return any(parsed in network for network in self._trusted)


def _plain(hop: str) -> str:
    """Return an address without port, quotes and brackets; nothing where it is none, such as `unknown`."""
    text = hop.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    # A socket for IPv6 and IPv4 both names the latter like this.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
