"""An answer that is no JSON."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rendered:
    """Bytes and what they are."""

    body: bytes
    content_type: str
