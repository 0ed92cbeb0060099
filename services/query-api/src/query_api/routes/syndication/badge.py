"""The latest model as a badge: a small picture for a README, and the same for shields.io."""

import unicodedata
from functools import partial
from typing import Final
from xml.etree import ElementTree as ET

from query_api.routes.endpoint import Endpoint
from query_api.schemas.base import JSON, Rendered
from query_api.schemas.cached import LatestModel, LatestQuery, ShieldsBadge
from query_api.view.answers import Moment, ago, get_latest_model

MEDIA_TYPE = "image/svg+xml"
LABEL = "latest model"
NONE_YET = "none yet"
LONGEST_NAME = 40
LONGEST_TITLE = 200
# Pages that show a badge are many, and image proxies ask as seldom as they may.
CACHE_CONTROL = "public, max-age=60"
# shields.io takes no less.
SHIELDS_SECONDS = 300
_SVG = "http://www.w3.org/2000/svg"
_HEIGHT, _PAD = 20, 7
_LABEL_FILL, _FILL, _NONE_FILL = "#3f3f46", "#2563eb", "#6b7280"
_FONT: Final = {"font-family": "Verdana,Geneva,DejaVu Sans,sans-serif", "font-size": "11", "fill": "#fff"}
# Widths in pixels of Verdana at 11: near enough, as the text is stretched to what was counted.
_NARROW, _WIDE = frozenset("iljtfrI.,:;'|!()[]{}/ "), frozenset("mwMW@%")


@partial(Endpoint, "/badge/latest-model.svg", "Latest", answer=MEDIA_TYPE, problems=(404,))
def get_badge(moment: Moment, query: LatestQuery) -> Rendered:
    """The latest model as a badge, an SVG of one line."""
    data = get_latest_model(moment, query).data
    body: bytes = ET.tostring(_svg(_message(data), _title(data), _FILL if data else _NONE_FILL), encoding="utf-8")
    return Rendered(body, f"{MEDIA_TYPE}; charset=utf-8", CACHE_CONTROL)


@partial(Endpoint, "/badge/latest-model.json", "Latest", answer=ShieldsBadge, problems=(404,))
def get_shields_badge(moment: Moment, query: LatestQuery) -> Rendered:
    """The same for shields.io, which draws it in its own styles."""
    data = get_latest_model(moment, query).data
    badge = ShieldsBadge(
        schema_version=1,
        label=LABEL,
        message=_message(data),
        color=(_FILL if data else _NONE_FILL).removeprefix("#"),
        cache_seconds=SHIELDS_SECONDS,
    )
    return Rendered(badge.model_dump_json().encode(), JSON, CACHE_CONTROL)


def _message(data: LatestModel | None) -> str:
    return f"{_cut(data.display_name, LONGEST_NAME)} {data.score:.1%}" if data else NONE_YET


def _title(data: LatestModel | None) -> str:
    if data is None:
        return f"{LABEL}: {NONE_YET}"
    title = f"{LABEL}: {data.display_name}, {data.score:.1%} on {data.source}, {ago(data.days_ago)}"
    return _cut(title, LONGEST_TITLE)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _width(text: str) -> int:
    return round(sum(map(_width_of, text)))


def _width_of(char: str) -> float:
    if unicodedata.east_asian_width(char) in {"W", "F"}:
        return 11.5
    if unicodedata.combining(char):
        return 0
    if char in _NARROW:
        return 4.4
    return 10.5 if char in _WIDE else 7.8 if char.isupper() else 7.0


def _svg(message: str, title: str, fill: str) -> ET.Element:
    left, right = _width(LABEL) + 2 * _PAD, _width(message) + 2 * _PAD
    size = {"width": str(left + right), "height": str(_HEIGHT)}
    svg = ET.Element("svg", {"xmlns": _SVG, **size, "role": "img", "aria-label": title})
    ET.SubElement(svg, "title").text = title
    # No ids: a page may hold several badges as they are.
    ET.SubElement(svg, "rect", {**size, "rx": "4", "fill": fill})
    outline = f"M4 0H{left}V{_HEIGHT}H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z"
    ET.SubElement(svg, "path", {"d": outline, "fill": _LABEL_FILL})
    texts = ET.SubElement(svg, "g", {**_FONT, "aria-hidden": "true"})
    for x, text in ((_PAD, LABEL), (left + _PAD, message)):
        place = {"x": str(x), "y": "14", "textLength": str(_width(text)), "lengthAdjust": "spacingAndGlyphs"}
        ET.SubElement(texts, "text", place).text = text
    return svg


ENDPOINTS = (get_badge, get_shields_badge)
