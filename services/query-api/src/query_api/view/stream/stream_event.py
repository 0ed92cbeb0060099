"""The events of the stream that the view follows: which there are, how one is read, where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, get_args

from common.bus.stored import Message
from common.events import ModelIngested, ModelIngestionFailed, SyncCompleted

from query_api.view.stream.event_id import EventId

Known = ModelIngested | ModelIngestionFailed | SyncCompleted
_TYPES: Final[dict[str, type[Known]]] = {each.subject: each for each in get_args(Known)}
SUBJECTS: Final = tuple(_TYPES)


def event_of(message: Message) -> Known:
    """Return the event in a message; raises ValidationError for a body that is none."""
    return _TYPES[message.subject].model_validate_json(message.body)


@dataclass(frozen=True)
class StreamEvent:
    """An event of the stream, in its place."""

    place: EventId
    event: Known
    headers: Mapping[str, str] = field(default_factory=dict)
    received: float = field(default_factory=monotonic)
