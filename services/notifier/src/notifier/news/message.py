"""One message: for people a title and a text, for programs a body of JSON. Once made, it stays as it is."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Self

from notifier.news.news import News
from notifier.news.wording import text_of, title_of

# A first fill is some hundred models; more are counted, and the API lists them.
MAX_NEWS = 500


@dataclass(frozen=True)
class Message:
    """What is sent. `body` is signed, so it is kept letter by letter. `grave`: something went wrong."""

    title: str
    text: str
    body: str
    grave: bool = False

    @classmethod
    def of(cls, news: Sequence[News], channel: str, at: datetime, site: str | None) -> Self:
        """Compose the message for a channel that tells these."""
        told = [each.as_json(site) for each in news[:MAX_NEWS]]
        data = {"channel": channel, "total": len(news), "omitted": len(news) - len(told), "site": site, "news": told}
        grave = any(each.kind != "landing" for each in news)
        return cls(title_of(news), text_of(news, site), _body("arcwatch.news", at, data), grave)

    @classmethod
    def test(cls, channel: str, at: datetime, site: str | None) -> Self:
        """Compose a message that only shows that the channel works."""
        title, text = "arcwatch: a test", f"This is a test of the channel {channel}. Nothing happened."
        return cls(title, text, _body("arcwatch.test", at, {"channel": channel, "site": site}))

    @classmethod
    def stored(cls, text: str) -> Self:
        """Return what `as_text` was made of."""
        return cls(**json.loads(text))

    def as_text(self) -> str:
        """Return it as it is stored."""
        return json.dumps(asdict(self))


def _body(kind: str, at: datetime, data: dict[str, object]) -> str:
    return json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}, separators=(",", ":"))
