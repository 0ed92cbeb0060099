"""Every page in both themes and on a phone: axe finds nothing, nothing sticks out or jumps, and a picture is kept."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import PHONE, WIDE, browser, keep_looks, overflow, shift
from tests.support.dashboard import files, system
from tests.support.submissions import V2, tasks

pytestmark = pytest.mark.debian
TABLET = (820, 1180)
# What web.dev calls a good cumulative layout shift.
MOST_SHIFT = 0.1
expect.set_options(timeout=20_000)

# Each page with what it shows once it is complete.
PAGES = {
    "overview": (f"/?dataset={V2}&model=gpt-5-2-thinking-high&compare={V2}/claude-opus-5", "Only Claude Opus 5"),
    "models": ("/models", "Claude Opus 5"),
    "ingestion": ("/ingestion?run=1", "Deliveries"),
    "provenance": (f"/?dataset={V2}&model=claude-opus-5&from=cost&of=1", "the costs that the files name"),
    "tasks": ("/tasks", "Each column is a task"),
    "answers": (f"/tasks/{tasks()[0].id}", "Crosses mark cells"),
    "task": (f"/?dataset={V2}&model=claude-opus-5&task={tasks()[0].id}", "Expected"),
}


# A head of two rows, and words of a chart that its panel cuts off.
ON_A_TABLET = """() => {
    const right = (element) => element.getBoundingClientRect().right;
    const words = [...document.querySelectorAll("main section svg text")];
    const cut = words.filter((each) => right(each) > right(each.closest("section")));
    const head = document.querySelector("header").getBoundingClientRect().height;
    return [...(head < 90 ? [] : [`the head is ${head} px high`]), ...cut.map((each) => `cut: ${each.textContent}`)];
}"""


async def complete(page: Page, words: str) -> None:
    await expect(page.get_by_text(words).first).to_be_visible()
    await expect(page.locator(".skeleton")).to_have_count(0)
    await expect(page.get_by_test_id("connection")).to_have_text(re.compile("Live"))


async def test_the_theme_that_a_reader_chose_is_kept(tmp_path: Path, database_url: str, nats_url: str) -> None:
    shown = "getComputedStyle(document.documentElement).colorScheme"
    async with system(tmp_path, database_url, nats_url, workers=False) as running, browser(running.url) as chromium:
        page = await chromium.open("/", theme="light")
        switch = page.get_by_role("button", name=re.compile("^Theme:"))
        for name, scheme in (("Light", "light"), ("Dark", "dark")):
            await switch.click()
            await expect(switch).to_contain_text(name)
            assert await page.evaluate(shown) == scheme
        await page.reload()
        await expect(switch).to_contain_text("Dark")
        assert await page.evaluate(shown) == "dark"
        await switch.click()
        await expect(switch).to_contain_text("System")
        assert await page.evaluate(shown) == "light dark"
        assert chromium.complaints == []


async def test_every_page_is_for_everybody(tmp_path: Path, database_url: str, nats_url: str) -> None:
    found: list[str] = []
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        first = await chromium.open("/")
        hero = first.get_by_test_id("hero")
        await running.land("gpt-5-2-thinking-high", files(12, 50, half=4))
        await expect(hero).to_contain_text("66 of 120 tasks")
        await running.land("gpt-5-2-thinking-high", files(20, 70, half=6))
        await expect(hero).to_contain_text("96 of 120 tasks")
        await running.land("claude-opus-5", {**files(40, 60, half=8), tasks()[-1]: b"not JSON"})
        await expect(hero.get_by_role("heading")).to_have_text("Claude Opus 5")
        for name, (path, words) in PAGES.items():
            page = await chromium.open(path)
            await complete(page, words)
            found += await keep_looks(page, name)
            await page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
            found += [f"{name} on a tablet: {line}" for line in await page.evaluate(ON_A_TABLET)]
            if wider := await overflow(page):
                found.append(f"{name} on a tablet: {wider} px too wide")
            for size in (WIDE, PHONE):
                again = await chromium.open(path, size=size)
                await complete(again, words)
                if (shifted := await shift(again)) > MOST_SHIFT:
                    found.append(f"{name}: what stands there jumps by {shifted:.3f} in a window of {size}")
                await again.close()
            await page.close()
        found += chromium.complaints + chromium.foreign
    assert not found, "\n".join(found)
