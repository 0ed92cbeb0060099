"""News in words for people. Names come from whoever publishes a submission: none of them may call anybody in a chat."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, get_args

from notifier.news.news import News, NewsKind

# Discord takes 2,000 characters in all.
MAX_TEXT = 1_700
MAX_LINES = 25
_LONGEST_REASON = 200
_COUNTED: Final[dict[NewsKind, tuple[str, str]]] = {
    "landing": ("landing", "landings"),
    "failure": ("failed ingestion", "failed ingestions"),
    "verification": ("failed verification", "failed verifications"),
}
# Chats would read <!channel> and @everyone as orders.
_HARMLESS = str.maketrans({"@": "@\u200b", "<": "\u2039", ">": "\u203a", "`": "'"})


def title_of(news: Sequence[News]) -> str:
    """Return what the message says at a glance."""
    if len(news) == 1:
        return line_of(news[0])
    counts = Counter(each.kind for each in news)
    words = [_counted(kind, counts[kind]) for kind in get_args(NewsKind) if counts[kind]]
    return "arcwatch: " + ", ".join(words)


def text_of(news: Sequence[News], site: str | None) -> str:
    """Return a line for each, as many as a chat takes, and how many more there are."""
    lines: list[str] = []
    for each in news:
        line = f"{line_of(each)} ({_plain(each.dataset)})"
        if len(lines) == MAX_LINES or sum(map(len, lines)) + len(line) > MAX_TEXT:
            lines.append(f"and {len(news) - len(lines)} more")
            break
        lines.append(line)
    return "\n".join([*lines, *([site] if site else [])])


def line_of(news: News) -> str:
    """Return one piece of news in words."""
    name = _plain(str(news.detail.get("displayName") or news.model))
    if news.kind == "failure":
        return f"{name} could not be ingested: {_plain(str(news.detail.get('reason') or 'no reason'))}"
    if news.kind == "verification":
        return f"figures of {name} are not what was recomputed ({news.detail.get('disagreements')} differ)"
    score, before = news.score or 0.0, news.detail.get("previousScore")
    landed = "landed" if before is None else "changed"
    was = "" if before is None else f", before {before:.1%}"
    return f"{name} {landed}: {score:.1%} of {_plain(str(news.detail.get('source')))}{was}"


def _counted(kind: NewsKind, count: int) -> str:
    return f"{count} {_COUNTED[kind][count > 1]}"


def _plain(text: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return (shown if len(shown) <= _LONGEST_REASON else shown[: _LONGEST_REASON - 1] + "…").translate(_HARMLESS)
