"""Whether this replica may be sent requests: it has loaded a view, and is not stopping.

NATS and PostgreSQL do not count. While they are away every replica loses them, and the cached view is what people need
then; their absence is for metrics and alerts.
"""

from dataclasses import dataclass

from common.process.ops import Starting

LOADING = "the view is not loaded yet"
STOPPING = "it is shutting down"


@dataclass
class Readiness(Starting):
    """`reason` says why no requests should come, or None."""

    reason: str | None = LOADING
