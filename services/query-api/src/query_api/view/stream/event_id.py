"""The ids of server-sent events: a place on the stream that says which stream it means."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

PATTERN = r"^([0-9]{1,20}-)?[0-9]{1,19}$"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class EventId(NamedTuple):
    """`<stream>-<sequence>`: sequences begin anew with each stream, which is named by when it was made.

    A bare sequence, without a stream, means the present stream.
    """

    stream: int | None
    sequence: int

    def __str__(self) -> str:
        """Return the id as it is sent."""
        return f"{self.stream}-{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> "EventId":
        """Return what a client names; what is no id is a place that no stream has."""
        if not re.fullmatch(PATTERN, text):
            return NOWHERE
        stream, _, sequence = text.rpartition("-")
        return cls(int(stream) if stream else None, int(sequence))


NOWHERE = EventId(-1, 0)


def stream_number(created: datetime | None) -> int:
    """Return what names a stream: the microsecond in which it was made; 0 where the server does not say."""
    return (created - _EPOCH) // timedelta(microseconds=1) if created else 0
