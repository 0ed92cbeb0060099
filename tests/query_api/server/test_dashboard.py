"""The built dashboard is served as it should be: small, closed, kept for ever where it never changes."""

import gzip
import re
from pathlib import Path

import pytest
from pydantic import AnyHttpUrl
from query_api.server import dashboard
from query_api.server.response_cache import COMPRESS_FROM_BYTES

from tests.query_api.conftest import Start
from tests.support.api import Api

FIRST_LOAD_BYTES = 200_000
ROOT = Path(__file__).parents[3] / "services/query-api/dashboard"


@pytest.fixture(autouse=True)
def _built() -> None:
    assert (dashboard.BUILT / "index.html").exists(), "the dashboard is not built: run `make install`"


async def test_every_address_of_the_page_is_served_and_closed(api: Api) -> None:
    for path in dashboard.ADDRESSES:
        async with api.http.get(path) as answer:
            assert answer.status == 200
            assert answer.content_type == "text/html"
            assert '<div id="root">' in await answer.text()
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["Cache-Control"] == "no-cache"


def test_the_page_has_no_inline_script_or_style() -> None:
    page = (dashboard.BUILT / "index.html").read_text()
    assert "<style" not in page
    assert all('src="./assets/' in each for each in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"https?://", page)


async def test_files_with_a_hash_in_their_name_are_kept_for_ever(api: Api) -> None:
    page = (dashboard.BUILT / "index.html").read_text()
    paths = re.findall(r'(?:src|href)="\.(/assets/[^"]+)"', page)
    assert paths
    for path in paths:
        async with api.http.get(path) as answer:
            assert answer.status == 200, path
            assert "immutable" in answer.headers["Cache-Control"]
            size = (dashboard.BUILT / path[1:]).stat().st_size
            packed = path.endswith(".woff2") or size < COMPRESS_FROM_BYTES
            assert answer.headers.get("Content-Encoding") == (None if packed else "gzip")


def test_the_first_load_is_small() -> None:
    page = (dashboard.BUILT / "index.html").read_text()
    wanted = [dashboard.BUILT / path for path in re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page)]
    assert {each.suffix for each in wanted} == {".js", ".css", ".woff2"}
    size = sum(len(gzip.compress(each.read_bytes(), 6)) for each in [dashboard.BUILT / "index.html", *wanted])
    assert size < FIRST_LOAD_BYTES


async def test_without_a_build_its_addresses_say_how_to_make_one(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "BUILT", tmp_path)
    async with start() as api:
        for path in dashboard.ADDRESSES:
            status, problem = await api.get(path)
            assert (status, "make install" in problem["detail"]) == (503, True)
        assert (await api.get("/api/models"))[0] == 200
        async with api.http.get("/docs") as answer:
            assert answer.status == 200


def test_the_addresses_are_those_that_the_page_knows() -> None:
    routes = re.findall(r'<Route path="([^"]+)"', (ROOT / "src/App.tsx").read_text())
    served = (*dashboard.ADDRESSES, *dashboard.ADDRESSES_BELOW)
    assert {*routes} == {path.replace("{", ":").replace("}", "") for path in served}


async def test_a_page_below_another_finds_the_same_files(api: Api) -> None:
    async with api.http.get("/tasks/00576224") as answer:
        page = await answer.text()
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert page == (dashboard.BUILT / "index.html").read_text().replace('="./', '="../')
    assert '<meta name="arcwatch-root" content="../"' in page
    for path in re.findall(r'(?:src|href)="(\.\./assets/[^"]+)"', page):
        async with api.http.get(f"/tasks/{path}") as answer:
            assert answer.status == 200, path


def test_no_registry_is_named_in_the_lock_file() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "registry." not in lock


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(start: Start) -> None:
    async with start(public_url=AnyHttpUrl("https://example.org/arcwatch/")) as api:
        for path in ("/modells", "/arcwatch/modells", "/api/nowhere", "/a/b/%3Cscript%3E"):
            async with api.http.get(path, headers={"Accept": BROWSER}) as answer:
                text = await answer.text()
                assert (answer.status, answer.content_type) == (404, "text/html"), path
                assert answer.headers["Vary"] == "Accept"
                policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "There is no such page." in text
            assert "<script" not in text
            links = re.findall(r'<a href="([^"]+)"', text)
            assert len(links) >= 5
            assert ('Did you mean <a href="/arcwatch/models">' in text) == path.endswith("/modells")
        for link in links:
            async with api.http.get(link) as answer:
                assert answer.status == 200, link
        for accept in ("*/*", "application/json", "text/html, application/json"):
            async with api.http.get("/nowhere", headers={"Accept": accept}) as answer:
                assert (answer.status, answer.content_type) == (404, "application/problem+json"), accept
                assert "Accept" in answer.headers["Vary"]
        async with api.http.post("/nowhere", headers={"Accept": BROWSER}) as answer:
            assert answer.content_type == "application/problem+json"
        async with api.http.get("/favicon.ico") as answer:
            assert (answer.status, answer.content_type) == (200, "image/x-icon")
