"""Where a NATS user receives its replies: a private inbox, so that no user can listen to another's."""

from urllib.parse import urlsplit

from common.bus.servers import servers_of


def prefix(user: str | None) -> str:
    """Return the inbox prefix of a user; without users all share the protocol's default."""
    return f"_INBOX.{user}" if user else "_INBOX"


def prefix_of(url: str) -> bytes:
    """Return the inbox prefix of the user in a NATS URL, or in the first of several."""
    parts = urlsplit(servers_of(url)[0])
    # nats://TOKEN@host has no user: what stands there is a secret, and subjects are seen by others.
    return prefix(parts.username if parts.password else None).encode()
