"""The feed is valid Atom, and has a new entry when a model lands."""

from datetime import datetime
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import pytest
from pydantic import AnyHttpUrl
from yarl import URL

from tests.query_api.conftest import Start
from tests.support.api import Api
from tests.support.writer import DATASET, Writer

ATOM = {"a": "http://www.w3.org/2005/Atom"}


async def _feed(api: Api) -> ET.Element:
    async with api.http.get("/feed.atom") as answer:
        assert (answer.status, answer.content_type) == (200, "application/atom+xml")
        return ET.fromstring(await answer.read())


def _text(element: ET.Element, path: str) -> str:
    found = element.findtext(path, namespaces=ATOM)
    assert found, path
    return found


def _check(element: ET.Element) -> None:
    """Check what RFC 4287 demands of a feed or an entry."""
    for required in ("a:id", "a:title", "a:updated"):
        assert len(element.findall(required, ATOM)) == 1, required
    assert _text(element, "a:id").startswith("urn:uuid:")
    assert datetime.fromisoformat(_text(element, "a:updated")).tzinfo is not None


async def test_a_feed_without_entries_is_valid(api: Api) -> None:
    feed = await _feed(api)
    _check(feed)
    assert _text(feed, "a:author/a:name") == "arcwatch"
    assert feed.findall("a:entry", ATOM) == []


async def test_a_model_that_lands_is_the_first_entry(start: Start, writer: Writer) -> None:
    async with start(public_url=AnyHttpUrl("https://arcwatch.example/")) as api:
        await writer.publish(await writer.ingest("gpt-5-2"), await writer.ingest('a<b>&"c', score=0.25))
        await api.until("/api/models", lambda found: found["total"] == 2)
        feed = await _feed(api)
    _check(feed)
    entries = feed.findall("a:entry", ATOM)
    for entry in entries:
        _check(entry)
    assert "25.0%" in _text(entries[0], "a:title")
    assert "With 95% confidence, 18.1% to 33.4% of tasks like these." in _text(entries[0], "a:summary")
    assert _text(feed, "a:updated") == _text(entries[0], "a:updated")
    links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", ATOM)}
    assert links["self"] == "https://arcwatch.example/feed.atom"


async def test_a_submission_of_which_nothing_can_be_used_is_no_entry(api: Api, writer: Writer) -> None:
    await writer.publish(
        await writer.ingest("usable"),
        await writer.ingest("no tasks", tasks_submitted=0, score=0.0),
        await writer.ingest("no attempts", attempts=0, score=0.0),
    )
    await api.until("/api/models", lambda found: found["total"] == 3)
    (entry,) = (await _feed(api)).findall("a:entry", ATOM)
    assert "Usable" in _text(entry, "a:title")


async def test_ids_stay_while_a_version_stays(api: Api, writer: Writer) -> None:
    async def ids() -> list[str]:
        return [_text(entry, "a:id") for entry in (await _feed(api)).findall("a:entry", ATOM)]

    await writer.publish(await writer.ingest("m-1", content=1))
    await api.until_latest("m-1")
    before = await ids()
    await writer.publish(await writer.ingest("m-2"))
    await api.until_latest("m-2")
    assert (await ids())[1:] == before
    await writer.publish(await writer.ingest("m-1", content=2))
    await api.until_latest("m-1")
    assert before[0] not in await ids()


def _links(element: ET.Element) -> dict[str | None, str]:
    return {link.get("rel"): str(link.get("href")) for link in element.findall("a:link", ATOM)}


# What a folder's name may hold, and what a URL or XML gives another meaning.
NAMES = [
    "what? #1 100% a b",
    "a&b=c;d+e",
    "mod\u00e8le\u00a0\u4e2d \U0001f600",
    "x\ufffey\uffffz",
    "\U0001fffe",
    "\ufdd0",
    "%2e%2e",
]


@pytest.mark.parametrize("public_url", [None, "https://arcwatch.example/below"])
async def test_each_link_leads_to_its_model(start: Start, writer: Writer, public_url: str | None) -> None:
    for name in NAMES:
        await writer.ingest(name)
    async with start(public_url=public_url and AnyHttpUrl(public_url)) as api:
        feed = await _feed(api)
        came_by = f"{public_url or api.url}/feed.atom"
        assert urljoin(came_by, _links(feed)["self"]) == came_by
        assert urljoin(came_by, _links(feed)["alternate"]) == f"{public_url or api.url}/"
        found, pages = [], []
        for entry in feed.findall("a:entry", ATOM):
            page = entry.find("a:link[@type='text/html']", ATOM)
            assert page is not None
            pages.append(URL(urljoin(came_by, page.get("href", ""))))
            link = urljoin(came_by, _links(entry)["alternate"])
            path = link.removeprefix(public_url or api.url)
            assert path.startswith("/api/models/")
            async with api.http.get(URL(path, encoded=True)) as answer:
                assert answer.status == 200, link
                found.append((await answer.json())["data"]["model"])
    assert found == NAMES[::-1]
    assert {str(page.with_query(None)) for page in pages} == {f"{public_url or api.url}/"}
    assert [dict(page.query) for page in pages] == [{"dataset": DATASET, "model": name} for name in found]


async def test_no_address_to_listen_on_is_in_the_feed(start: Start, writer: Writer) -> None:
    await writer.ingest("m-1")
    async with start(host="0.0.0.0") as api, api.http.get("/feed.atom", headers={"Host": "evil.example"}) as answer:
        text = await answer.text()
    assert "0.0.0.0" not in text
    assert "evil.example" not in text


async def test_what_xml_cannot_hold_is_replaced_and_the_rest_is_kept(api: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest("x\ufffey\u00a0\u4e2d", source="\x01\x7f<&>\uffff"))
    await api.until("/api/models", lambda found: found["total"] == 1)
    (entry,) = (await _feed(api)).findall("a:entry", ATOM)
    category = entry.find("a:category", ATOM)
    assert category is not None
    assert category.get("term") == "\ufffd\ufffd<&>\ufffd"
    assert "\u4e2d" in _text(entry, "a:title")
