"""An answer that is bytes already."""

from dataclasses import dataclass
from typing import Final

JSON: Final = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Rendered:
    """Bytes and what they are."""

    body: bytes
    content_type: str
