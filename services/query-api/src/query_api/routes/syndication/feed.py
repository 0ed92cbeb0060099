"""The Atom feed: a new entry whenever a model lands."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

from query_api.routes.endpoint import Endpoint
from query_api.routes.syndication.xml_text import xml_text
from query_api.schemas.base import Rendered
from query_api.store.rows import Submission
from query_api.view.answers import Moment
from query_api.view.standings import score_intervals

ENTRIES = 50
MEDIA_TYPE = "application/atom+xml"
_NAMESPACE = "http://www.w3.org/2005/Atom"
# Ids must never change, wherever the server is: they are made of what identifies a version, in one namespace.
_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/arcwatch/feed")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@partial(Endpoint, "/feed.atom", "Live", answer=MEDIA_TYPE)
def get_feed(moment: Moment) -> Rendered:
    """Newest submissions, as an Atom feed."""
    found = ((each, each.landed_as) for each in moment.state.view.submissions.values() if each.is_usable)
    landed = ((each, landed_as) for each, landed_as in found if landed_as is not None)
    newest = sorted(landed, key=lambda entry: (entry[0].landed_at, entry[0].run_id))
    entries = newest[: -ENTRIES - 1 : -1]
    base = moment.settings.base_url
    root = _element("feed", xmlns=_NAMESPACE)
    _add(root, "id", _IDS.urn)
    _add(root, "title", "ARC-AGI submissions")
    _add(root, "subtitle", "Models whose answers were ingested and scored")
    _add(root, "updated", _time(entries[0][0].landed_at if entries else _LONG_AGO))
    _add(root, "link", rel="self", type=MEDIA_TYPE, href=f"{base}feed.atom")
    _add(root, "link", rel="alternate", type="text/html", href=base or "./")
    _add(_add(root, "author"), "name", "arcwatch")
    for submission, landed_as in entries:
        name = moment.state.view.name_of(submission).display_name
        _entry(root, submission, name, landed_as, base)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Rendered(body, f"{MEDIA_TYPE}; charset=utf-8")


# A folder may be called "what? #1", and a name from elsewhere may hold what UTF-8 cannot.
def _page(submission: Submission) -> str:
    return "?" + urlencode({"dataset": submission.dataset, "model": submission.model}, errors="replace")


def _path(submission: Submission) -> str:
    return f"api/models/{quote(submission.dataset, errors='replace')}/{quote(submission.model, '', errors='replace')}"


def _entry(root: ET.Element, submission: Submission, name: str, landed_as: str, base: str) -> None:
    entry = _add(root, "entry")
    # Neither a new name nor other costs make a new entry.
    identity = f"{submission.dataset}/{landed_as}"
    _add(entry, "id", uuid.uuid5(_IDS, identity).urn)
    _add(entry, "title", f"{name}: {submission.score:.1%} on {submission.source}")
    _add(entry, "updated", _time(submission.landed_at))
    if submission.published_at:
        _add(entry, "published", _time(submission.published_at))
    # A reader opens the first one.
    _add(entry, "link", rel="alternate", type="text/html", href=(base or "./") + _page(submission))
    _add(entry, "link", rel="alternate", type="application/json", href=base + _path(submission))
    _add(entry, "category", term=submission.source)
    _add(entry, "summary", "\n".join(_summary(submission)))


def _summary(submission: Submission) -> Iterable[str]:
    # Another dataset on the same task set may hold a model of this name.
    yield f"{submission.tasks_submitted} of {submission.tasks_total} tasks submitted to {submission.dataset}."
    sure = score_intervals(submission)["score_interval"]
    if submission.score_submitted is not None and sure:
        low, high = (f"{bound:.1%}" for bound in (sure.low, sure.high))
        yield f"Score {submission.score:.2%} of all tasks, {submission.score_submitted:.2%} of those submitted."
        yield f"With 95% confidence, {low} to {high} of tasks like these."
    if submission.errors:
        yield f"{submission.errors} files could not be used."


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _element(name: str, **attributes: str) -> ET.Element:
    return ET.Element(name, {key: xml_text(value) for key, value in attributes.items()})


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    child = _element(name, **attributes)
    child.text = None if text is None else xml_text(text)
    parent.append(child)
    return child


ENDPOINTS = (get_feed,)
