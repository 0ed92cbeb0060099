"""Tasks in a real browser: the heat map by mouse and keyboard, the table, and every model's answer to a task."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import browser
from tests.support.dashboard import Running, files, system
from tests.support.eventually import eventually
from tests.support.submissions import V2, tasks

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)

EASIEST = tasks()[0].id
SEEN = """(state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
_PIXEL = """(map) => map.querySelector("canvas").toDataURL()"""


async def test_tasks_are_seen_across_models(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        page = await chromium.open("/tasks")
        await expect(page.get_by_text("Nothing here yet.")).to_be_visible()
        heat = page.get_by_test_id("heatmap")
        await running.land("claude-opus-5", files(2, 9))
        await expect(heat.get_by_text("Claude Opus 5")).to_be_visible()
        await running.land("claude-opus-4-5", files(1, 4))
        await page.get_by_role("button", name="New results: show").click()
        await expect(heat.get_by_text("Claude Opus 4.5")).to_be_visible()
        await _by_keyboard(page)
        await _in_the_table(page)

        # What lands is told, and nothing moves before it is asked for.
        before = await heat.evaluate(_PIXEL)
        await running.land("gpt-5", files(3, 1))
        await expect(page.get_by_role("button", name="New results: show")).to_be_visible()
        assert await heat.evaluate(_PIXEL) == before
        await expect(heat.get_by_text("GPT-5")).to_have_count(0)
        await page.get_by_role("button", name="New results: show").click()
        await expect(heat.get_by_text("GPT-5")).to_be_visible()
        light = await heat.evaluate(_PIXEL)
        await page.emulate_media(color_scheme="dark")
        await page.wait_for_function(
            f"(light) => ({_PIXEL})(document.querySelector('[data-testid=heatmap]')) !== light", arg=light
        )

        await chromium.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.get_by_role("button", name="Copy a link to this view").click()
        await expect(page.get_by_text("Link copied")).to_be_attached()
        link = await page.evaluate("navigator.clipboard.readText()")
        assert re.search(r"/tasks\?.*set=ARC2-Eval", link), link

        # A tab that was hidden comes back to what it showed, and says what is new.
        await page.evaluate(SEEN, "hidden")
        await eventually(lambda: _listens_no_more(running), 30, what="a hidden page that listens no more")
        await running.land("gpt-6", files(4, 1))
        await running.holds(4)
        chromium.asked.clear()
        await page.evaluate(SEEN, "visible")
        await eventually(lambda: "/api/tasks" in chromium.asked, 20, what="the tasks, again")
        await expect(page.get_by_role("button", name="New results: show")).to_be_enabled()
        await expect(heat.get_by_text("GPT-6")).to_have_count(0)
        await page.get_by_role("button", name="New results: show").click()
        await expect(heat.get_by_text("GPT-6")).to_be_visible()
        await expect(page.get_by_role("button", name="New results: show")).to_have_count(0)

        await _every_answer(page)
        dialog = await chromium.open(f"/?dataset={V2}&model=claude-opus-5&task={EASIEST}")
        await dialog.get_by_role("link", name="All models").click()
        await expect(dialog.get_by_test_id("answer")).to_have_count(4)
        lost = await chromium.open("/tasks/no-such-task")
        await expect(lost.get_by_role("alert")).to_contain_text("no task no-such-task")
        # The browser itself says of a 404 that it is one.
        assert [each for each in chromium.complaints if "404" not in each] == []


async def _listens_no_more(running: Running) -> bool:
    return await running.listeners() == 0


async def _by_keyboard(page: Page) -> None:
    heat, tip = page.get_by_test_id("heatmap"), page.get_by_test_id("heatmap-tip")
    await heat.focus()
    await page.keyboard.press("ArrowDown")
    easiest = f"Claude Opus 5, task {EASIEST}: solved; solved by 2 of 2"
    await expect(page.get_by_role("status").get_by_text(easiest)).to_be_attached()
    await expect(tip).to_contain_text("solved by 2 of 2")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("status").get_by_text("Claude Opus 4.5, task")).to_be_attached()
    await page.keyboard.press("Escape")
    await expect(tip).to_have_count(0)
    box = await heat.locator("canvas").first.bounding_box()
    assert box
    await page.mouse.move(box["x"] + 2, box["y"] + 2)
    await expect(tip).to_contain_text(EASIEST)
    await page.mouse.move(box["x"], 0)
    await expect(tip).to_have_count(0)


async def _in_the_table(page: Page) -> None:
    table = page.get_by_role("region", name="Table of tasks")
    first = table.get_by_test_id("task").first
    await expect(first).to_contain_text(re.compile(f"{EASIEST}2 of 2.*Claude Opus.*UTC"))
    await table.get_by_role("button", name="Solved by").click()
    await expect(table.get_by_role("columnheader", name="Solved by")).to_have_attribute("aria-sort", "descending")
    await page.get_by_role("combobox", name="Solved by").select_option("Solved by one")
    await expect(table.get_by_test_id("task")).to_have_count(1)
    await expect(page).to_have_url(re.compile("solved=one"))
    await page.get_by_role("combobox", name="Solved by").select_option("All tasks")


async def _every_answer(page: Page) -> None:
    box = await page.get_by_test_id("heatmap").locator("canvas").first.bounding_box()
    assert box
    await page.mouse.click(box["x"] + 2, box["y"] + 2)
    await expect(page).to_have_url(re.compile(f"/tasks/{EASIEST}[?]set=ARC2-Eval"))
    await expect(page.get_by_role("heading", name=EASIEST)).to_be_visible()
    await expect(page.get_by_text("4 of 4", exact=True)).to_be_visible()
    answers = page.get_by_test_id("answer")
    await expect(answers).to_have_count(4)
    await expect(answers.first.get_by_role("img", name=re.compile("Attempt 1, .*, correct"))).to_be_visible()
    await expect(page.get_by_role("img", name=re.compile("^Expected"))).to_be_visible()
    for _ in range(3):
        await page.get_by_role("link", name="Harder →").click()
    await page.get_by_role("button", name=re.compile("^Not solved")).click()
    await expect(page).to_have_url(re.compile("result=unsolved"))
    await expect(answers.first.get_by_text(re.compile("differ")).first).to_be_visible()
    # A page below another finds its files and the API when it is loaded there, too.
    await page.reload()
    await expect(answers.first).to_be_visible()
    await expect(page.get_by_test_id("connection")).to_have_text(re.compile("Live"))
