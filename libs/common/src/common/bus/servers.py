"""NATS_URL: the servers that it names, any of which will do, and the private inbox of its user.

No user can listen to the replies to another one then.
"""

from urllib.parse import urlsplit

from common.outcomes import StartupError

_WEBSOCKETS = ("ws://", "wss://")
_SCHEMES = frozenset({"nats", "tls", "ws", "wss"})


def servers_of(url: str) -> list[str]:
    """Return each server's URL; raise StartupError, without the password, where one is none."""
    found = [part.strip() for part in url.split(",") if part.strip()]
    if not found or not all(map(_is_url, found)):
        line = "NATS_URL is no URL; write nats://user:password@host:port, special characters of the password as %XX"
        # From nothing: what the parser says quotes what it could not read.
        raise StartupError(line) from None
    if len({each.startswith(_WEBSOCKETS) for each in found}) > 1:
        raise StartupError("NATS_URL holds ws:// or wss:// and others; all of its servers take the one or the other")
    return found


def hosts_of(url: str) -> str:
    """Return the servers of a NATS URL without users and passwords, for people."""
    return ",".join(
        urlsplit(each if "://" in each else f"nats://{each}").netloc.rpartition("@")[2] for each in servers_of(url)
    )


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text if "://" in text else f"nats://{text}")
        # Of a password with / ? or #, the beginning would be taken for the port, or the host.
        whole = "@" not in parts.path + parts.query + parts.fragment
        return whole and parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def inbox_prefix(user: str | None) -> str:
    """Return the inbox prefix of a user; without users all share the protocol's default."""
    return f"_INBOX.{user}" if user else "_INBOX"


def inbox_prefix_of(url: str, *, by_key: bool = False) -> bytes:
    """Return the inbox prefix of the user in a NATS URL, or in the first of several; `by_key` it needs no password."""
    parts = urlsplit(servers_of(url)[0])
    # nats://TOKEN@host has no user: what stands there is a secret, and subjects are seen by others.
    return inbox_prefix(parts.username if parts.password or by_key else None).encode()
