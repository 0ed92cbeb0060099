"""The badge shows the latest model, whatever folders are called, and as JSON what shields.io reads."""

import json
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from query_api.routes.syndication.badge import get_badge, get_shields_badge
from query_api.schemas.cached import LatestQuery
from query_api.schemas.problems import ProblemError
from query_api.server.response_cache import StateResponses
from query_api.settings import Settings
from query_api.view.answers import Moment
from query_api.view.projection import State
from query_api.view.snapshot import View

from tests.support.api import Api
from tests.support.writer import DATASET, START, submission

SVG = {"s": "http://www.w3.org/2000/svg"}
OTHER = "arcprize/arc_agi_v1_public_eval"


def _moment(*models: str) -> Moment:
    found = [submission(model, number, number) for number, model in enumerate(models, start=1)]
    return Moment(State(View.of(found, None)), START + timedelta(days=2), Settings(hf_datasets=(DATASET, OTHER)))


def _svg(moment: Moment) -> ET.Element:
    return ET.fromstring(get_badge.handle(moment, LatestQuery()).body)


def _texts(svg: ET.Element) -> list[str]:
    return [each.text or "" for each in svg.iterfind(".//s:text", SVG)]


def test_the_latest_model_stands_on_the_badge_with_its_score_and_a_title_for_readers() -> None:
    svg = _svg(_moment("gpt-5", "gemini-3-flash-preview-thinking-high"))
    assert _texts(svg) == ["latest model", "Gemini 3 Flash Preview (High) 20.0%"]
    title = "latest model: Gemini 3 Flash Preview (High), 20.0% on ARC2-Eval, 2 days ago"
    assert (svg.get("role"), svg.get("aria-label"), svg.findtext("s:title", None, SVG)) == ("img", title, title)


def test_texts_fit_their_boxes_in_any_font() -> None:
    svg = _svg(_moment("gpt-5"))
    label, message = svg.iterfind(".//s:text", SVG)
    (x, width), (next_x, next_width) = (
        (int(each.get("x", 0)), int(each.get("textLength", 0))) for each in (label, message)
    )
    assert (x, next_x, int(svg.get("width", 0))) == (7, x + width + 14, next_x + next_width + 7)
    outline = svg.find("s:path", SVG)
    assert outline is not None
    assert f"H{x + width + 7}V20" in outline.get("d", "")
    assert not [each for each in svg.iter() if each.get("id")], "several badges may be in one page"


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>\"'&", "x" * 255, "語" * 80, "a\u202eb\u200bc\x85d", "\ud800"]
)
def test_a_hostile_name_is_escaped_cut_and_made_visible(name: str) -> None:
    moment = _moment(name)
    svg = _svg(moment)
    assert {each.tag.rpartition("}")[2] for each in svg.iter()} == {"svg", "title", "rect", "path", "g", "text"}
    _, message = _texts(svg)
    assert len(message) <= 40 + len(" 10.0%")
    assert all(each.isprintable() for each in message + (svg.get("aria-label") or ""))
    assert message.endswith(" 10.0%")
    assert len(svg.get("aria-label") or "") <= 200
    assert int(svg.get("width", 0)) < 650
    assert json.loads(get_shields_badge.handle(moment, LatestQuery()).body)["message"] == message


def test_a_long_name_ends_in_an_ellipsis() -> None:
    assert _texts(_svg(_moment("x" * 41)))[1] == f"{'X' + 'x' * 38}… 10.0%"
    assert "…" not in _texts(_svg(_moment("x" * 40)))[1]


def test_before_the_first_model_and_for_an_unknown_dataset_the_badge_says_so() -> None:
    assert _texts(_svg(_moment())) == ["latest model", "none yet"]
    assert _texts(ET.fromstring(get_badge.handle(_moment("m-1"), LatestQuery(dataset=OTHER)).body))[1] == "none yet"
    with pytest.raises(ProblemError, match="there is no dataset nope"):
        get_badge.handle(_moment("m-1"), LatestQuery(dataset="nope"))


def test_shields_reads_what_it_knows_and_nothing_else() -> None:
    assert json.loads(get_shields_badge.handle(_moment("gpt-5"), LatestQuery()).body) == {
        "schemaVersion": 1,
        "label": "latest model",
        "message": "GPT-5 10.0%",
        "color": "2563eb",
        "cacheSeconds": 300,
    }
    assert json.loads(get_shields_badge.handle(_moment(), LatestQuery()).body)["color"] == "6b7280"


def test_a_badge_may_be_kept_for_a_minute_and_says_when_it_still_holds() -> None:
    kept = StateResponses(_moment("gpt-5"))
    made = kept.make("/badge", zipped=False, answer=lambda moment: get_badge.handle(moment, LatestQuery()))
    assert (made.headers["Cache-Control"], made.headers["ETag"]) == ("public, max-age=60", made.etag)


async def test_the_badge_is_served(api: Api) -> None:
    async with api.http.get("/badge/latest-model.svg") as answer:
        assert (answer.status, answer.content_type) == (200, "image/svg+xml")
        # As a page of HTML may hold it, whatever else writes XML here: tags without a prefix.
        assert (await answer.text()).startswith('<svg xmlns="http://www.w3.org/2000/svg" ')
        etag = answer.headers["ETag"]
    async with api.http.get("/badge/latest-model.svg", headers={"If-None-Match": etag}) as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (304, "public, max-age=60")
