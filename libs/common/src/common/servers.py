"""NATS_URL may name several servers of one cluster, separated by commas: any of them will do."""


def servers_of(url: str) -> list[str]:
    """Return each server's URL."""
    return [part.strip() for part in url.split(",") if part.strip()] or [url]
