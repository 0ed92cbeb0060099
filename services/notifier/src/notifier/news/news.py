"""A piece of news, as programs read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

NewsKind = Literal["landing", "failure", "verification"]


@dataclass(frozen=True)
class News:
    """Something that happened to a model. `detail` is what a message says of its kind besides, as JSON has it."""

    kind: NewsKind
    dataset: str
    model: str
    happened_at: datetime
    score: float | None
    detail: Mapping[str, Any]

    def as_json(self, site: str | None) -> dict[str, Any]:
        """Return it as it stands in messages for programs; `site` is where the dashboard is."""
        about = {"dataset": self.dataset, "model": self.model}
        figures = {"happenedAt": self.happened_at.isoformat(), "score": self.score, **self.detail}
        return {"kind": self.kind, **about, **figures, "url": f"{site}/?{urlencode(about)}" if site else None}
