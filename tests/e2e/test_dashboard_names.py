"""Names that break no page: 255 bytes without a place to break, in each window, and whole for who asks."""

import re
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from localhub.repositories.repository import NAME_BYTES
from playwright.async_api import Locator, Page, expect

from tests.support.browser import Browser, axe, browser, keep, overflow
from tests.support.dashboard import TOKEN, Running, files, system
from tests.support.submissions import V2, tasks

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)

LONG: Final = "w" * 251 + "-end"
FOLDER: Final = "v" * (NAME_BYTES - 4) + "-end"  # what the local Hub can keep
WINDOWS: Final = ((390, 844), (820, 1180), (1400, 900))
AT: Final = f"/?dataset={V2}&model={FOLDER}"
# Each place where a name is shown, with what it shows once it is complete.
PLACES: Final = {
    "models": ("/models", "Rank"),
    "overview": (f"{AT}&compare={V2}/gpt-5", "Only GPT-5"),
    "task": (f"{AT}&task={tasks()[0].id}", "Expected"),
    "origin": (f"{AT}&from=cost", "the costs that the files name"),
    "tasks": ("/tasks", "Solved by any"),
    "answers": (f"/tasks/{tasks()[0].id}", "Every model's answer"),
    "ingestion": (f"/ingestion?run=1&folders={V2}", "Deliveries"),
}


async def _name(running: Running, folder: str, **said: str) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        answer = await http.put(f"{running.url}/api/admin/model-names/{folder}", json=said)
        assert answer.ok, await answer.text()


async def _is_within(page: Page, found: Locator) -> bool:
    """Tell whether something is seen without scrolling sideways, of the page or of a part of it."""
    box, size = await found.bounding_box(), page.viewport_size
    return bool(box and size and box["x"] >= 0 and box["x"] + box["width"] <= size["width"])


async def _shows_the_score(page: Page) -> list[str]:
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=LONG, exact=True))
    await row.scroll_into_view_if_needed()
    return [
        f"{text} is out of sight at {page.viewport_size}"
        for text in ("9.17%", "ref.")
        if not await _is_within(page, page.get_by_role("cell").get_by_text(text).first)
    ]


async def _looks(chromium: Browser) -> list[str]:
    """Look at each place in each window; return what is wrong with it."""
    found: list[str] = []
    for name, (path, words) in PLACES.items():
        page = await chromium.open(path)
        for width, height in WINDOWS:
            await page.set_viewport_size({"width": width, "height": height})
            await expect(page.get_by_text(words).first).to_be_visible()
            await expect(page.locator(".skeleton")).to_have_count(0)
            await keep(page, f"names-{name}-{width}")
            if wider := await overflow(page):
                found.append(f"{name}: {wider} px too wide at {width}")
            if name == "models":
                found += await _shows_the_score(page)
        found += [f"{name}: {line}" for line in await axe(page)]
        await page.close()
    return found


async def test_no_name_breaks_a_page_and_each_is_shown_whole_by_keyboard(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        page = await chromium.open("/")
        hero = page.get_by_test_id("hero")
        for model, answers in (("human-panel", files(90, 5)), ("gpt-5", files(5, 3)), (FOLDER, files(11, 2))):
            await running.land(model, answers)
            await expect(hero).to_contain_text(f"{len(answers)} of 120 tasks")
        await _name(running, FOLDER, displayName=LONG, provider="p" * 255, family="f" * 255, effort="e" * 255)

        assert await _looks(chromium) == []

        page = await chromium.open("/models", size=WINDOWS[0])
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=LONG, exact=True))
        seen = row.locator("bdi:not(:has(.sr-only))").get_by_text(LONG)
        await expect(row).to_be_visible()
        await expect(seen).to_have_count(0)
        button = row.get_by_role("button", name="Show the whole name")
        await row.get_by_role("link").focus()
        await page.keyboard.press("Tab")
        await expect(button).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(seen).to_be_visible()
        assert await overflow(page) == 0
        assert await _shows_the_score(page) == []
        await row.get_by_role("button", name="Shorten the name").click()
        await expect(seen).to_have_count(0)
        await expect(page.get_by_role("combobox", name="Family").get_by_role("option")).to_have_text(
            ["All families", re.compile(r"^Other \(2\)$"), re.compile("^unknown")]
        )
        assert chromium.complaints == []
