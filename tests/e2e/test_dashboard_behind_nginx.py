"""The page below a path of another host's address, behind the real nginx, in the real browser."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import aiohttp
import pytest
from playwright.async_api import Page, Response, expect

from tests.support.browser import browser
from tests.support.dashboard import files, system
from tests.support.nginx import PREFIX, STRIPPING, nginx
from tests.support.submissions import V2

pytestmark = pytest.mark.debian
expect.set_options(timeout=30_000)
NAMES = ["what? #1 50% a b", "50%25 {x} 'q' \"d\"", "modèle 中 & c+d=e"]


@pytest.mark.parametrize(
    "ways",
    [
        pytest.param(
            (),
            marks=pytest.mark.neighbour(
                "nginx", "passes a path prefix on, for a real browser", "all of the page works, live too"
            ),
        ),
        pytest.param(
            (STRIPPING,),
            marks=pytest.mark.neighbour(
                "nginx", "takes a path prefix off, for a real browser", "all of the page works, live too"
            ),
        ),
    ],
)
async def test_the_page_works_below_a_path(
    tmp_path: Path, database_url: str, nats_url: str, ways: tuple[tuple[str, str], ...]
) -> None:
    public = f"https://example.org{PREFIX}/"
    async with (
        system(tmp_path, database_url, nats_url, public_url=public) as running,
        nginx(tmp_path / "nginx", running.url, *ways) as origin,
        browser(origin) as chromium,
    ):
        page = await chromium.open("/")
        await expect(page.get_by_test_id("connection")).to_have_text("Live")
        for name in NAMES:
            # Each comes by an event: the page is not loaded again.
            await running.land(name, files(3, 3))
            heading = page.get_by_test_id("hero").get_by_role("heading")
            await expect(heading).to_contain_text(name.split(maxsplit=1)[0], ignore_case=True)
        await _each_model_by_its_link(page, origin)
        await _hub_link(page)
        await page.get_by_role("link", name="Ingestion").click()
        await expect(page).to_have_url(f"{origin}/ingestion")
        await page.reload()
        await expect(page.get_by_role("row").nth(len(NAMES))).to_be_visible()
        await _tasks(page, origin)
        await page.get_by_role("link", name="API", exact=True).click()
        await _tried_out(page, origin)
        # Not even an icon is asked for beside the path.
        assert chromium.foreign == []
        assert chromium.complaints == []


async def _each_model_by_its_link(page: Page, origin: str) -> None:
    for name in NAMES:
        await page.goto(f"{origin}/models")
        link = page.get_by_role("row").filter(has_text=name.split(maxsplit=1)[0]).get_by_role("link").first
        # Names are percent-encoded in the address: `#`, `?` and `%` are part of one.
        asked = f"{origin}/api/models/{V2}/{name}"
        async with page.expect_response(_of(asked)) as waiting:
            await link.click()
        answer = await waiting.value
        assert (answer.status, (await answer.json())["data"]["model"]) == (200, name)
        await expect(page).to_have_url(re.compile(f"^{re.escape(origin)}/\\?"))
        chosen = page.get_by_role("combobox", name="Model")
        await expect(chosen).not_to_have_value("")
        shown = await chosen.input_value()
        await page.reload()
        await expect(chosen).to_have_value(shown)


def _of(url: str) -> Callable[[Response], bool]:
    return lambda answer: unquote(answer.url) == url


async def _tasks(page: Page, origin: str) -> None:
    """Go to a task, whose address is one name below that of another page, and load it there."""
    await page.get_by_role("link", name="Tasks", exact=True).click()
    await expect(page).to_have_url(f"{origin}/tasks")
    await page.reload()
    await page.get_by_test_id("task").first.get_by_role("link").first.click()
    await expect(page).to_have_url(re.compile(f"^{re.escape(origin)}/tasks/[0-9a-f]{{8}}\\?set="))
    await page.reload()
    await expect(page.get_by_test_id("answer")).to_have_count(len(NAMES))
    await page.get_by_test_id("answer").first.get_by_role("link").first.click()
    await expect(page).to_have_url(re.compile(f"^{re.escape(origin)}/\\?"))
    await page.go_back()


async def _hub_link(page: Page) -> None:
    """Follow the last model's links to the Hub."""
    links = page.locator("a[href*='/tree/']")
    await expect(links.first).to_be_visible()
    for each in await links.all():
        async with aiohttp.ClientSession() as http, http.get(str(await each.get_attribute("href"))) as answer:
            assert answer.status == 200


async def _tried_out(page: Page, origin: str) -> None:
    await expect(page).to_have_url(f"{origin}/docs")
    operation = page.locator("[id$='-listModels']")
    await operation.locator("button").first.click()
    await page.get_by_role("button", name="Try it out").first.click()
    async with page.expect_response(lambda answer: answer.url.startswith(f"{origin}/api/models")) as waiting:
        await page.get_by_role("button", name="Execute").first.click()
    assert (await waiting.value).status == 200
