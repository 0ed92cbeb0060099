"""Whether this replica may be sent requests: it has loaded a view, and is not stopping.

NATS and PostgreSQL do not count. While they are away every replica loses them, and the cached view is what people need
then; their absence is for metrics and alerts.
"""

from dataclasses import dataclass

LOADING = "the view is not loaded yet"
STOPPING = "it is shutting down"


@dataclass
class Readiness:
    """`reason` says why no requests should come, or None."""

    reason: str | None = LOADING

    async def check(self) -> str | None:
        """Say what is wrong, for the probe."""
        return self.reason
