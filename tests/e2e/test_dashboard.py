"""The dashboard in a real browser, on the really running system: what lands shows up, and what is asked for happens."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import Browser, browser, keep, keep_looks
from tests.support.dashboard import TOKEN, Running, files, system
from tests.support.submissions import V2

pytestmark = pytest.mark.debian
# Two cores are shared with other tests; a landing takes a second by itself.
expect.set_options(timeout=20_000)


# Toasts go by themselves: what any of them said is kept.
WATCH_TOASTS = """
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) {
      const shown = node.querySelectorAll ? [node, ...node.querySelectorAll("*")] : [];
      for (const each of shown) if (each.dataset?.testid === "toast") window.said.push(each.textContent);
    }
  }
}).observe(document.body, { childList: true, subtree: true });
"""


@asynccontextmanager
async def opened(folder: Path, database_url: str, nats_url: str) -> AsyncIterator[tuple[Running, Browser]]:
    async with system(folder, database_url, nats_url) as running, browser(running.url) as opened_browser:
        yield running, opened_browser


async def hero_shows(page: Page, name: str) -> None:
    await expect(page.get_by_test_id("hero").get_by_role("heading")).to_have_text(name)


async def test_a_model_that_lands_changes_the_hero_card_and_can_be_used(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        page = await chromium.open("/")
        await expect(page.get_by_text("Nothing has been ingested yet.")).to_be_visible()
        await page.evaluate("window.stayed = true")

        await running.land("gpt-5-2-thinking-high", files(3, 5))
        await hero_shows(page, "GPT-5.2 (High)")
        model = page.get_by_role("combobox", name="Model")
        await expect(model).to_have_value("GPT-5.2 (High)")

        await model.click()
        await page.get_by_role("option", name="GPT-5.2 (High)").click()
        await running.land("gemini-3-flash-preview", files(6, 2, half=1))
        await hero_shows(page, "Gemini 3 Flash (Preview)")
        await expect(page.get_by_test_id("toast").filter(has_text="Gemini 3 Flash (Preview) landed")).to_be_visible()
        await expect(model).to_have_value("GPT-5.2 (High)")

        await page.get_by_role("button", name="Use this model").click()
        await expect(model).to_have_value("Gemini 3 Flash (Preview)")
        await expect(page).to_have_url(re.compile("model=gemini-3-flash-preview"))
        await model.click()
        await expect(page.get_by_role("option", name=re.compile("Gemini.*Latest"))).to_be_visible()
        assert await keep_looks(page, "overview-dropdown") == []
        await expect(page.get_by_test_id("strip").locator("button.cell-correct")).to_have_count(6)
        assert await page.evaluate("window.stayed"), "the page was loaded again"
        assert chromium.complaints == []
        assert chromium.foreign == []


async def test_what_is_no_landing_is_shown_without_a_toast(tmp_path: Path, database_url: str, nats_url: str) -> None:
    """Other costs, then a report, of the model that is not the latest; what lands after them has its toast."""
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        page = await chromium.open("/models")
        toasts = page.get_by_test_id("toast")
        await running.land("gpt-5", files(3, 5))
        await expect(toasts.filter(has_text="GPT-5 landed")).to_be_visible()
        await running.land("gemini-3-flash-preview", files(6, 2))
        await expect(toasts.filter(has_text="Gemini 3 Flash (Preview) landed")).to_be_visible()
        await page.evaluate("window.said = []")
        await page.evaluate(WATCH_TOASTS)

        cost = page.get_by_role("row", name=re.compile("GPT-5")).get_by_text(re.compile(r"\$1\d\.\d\d"))
        await expect(cost).to_have_count(0)
        dearer = {
            task: body.replace(b'"total_cost": 0.01', b'"total_cost": 100.0') for task, body in files(3, 5).items()
        }
        await running.land("gpt-5", dearer)
        # What is read waits until its reader asks.
        await page.get_by_role("button", name=re.compile("1 changed: show")).click()
        await expect(cost).to_have_count(1)
        running.hub.commit(V2, {"gpt-5/results.json": b"{}"})
        await running.land("claude-opus-5", files(3, 3))
        await expect(toasts.filter(has_text="Claude Opus 5 landed")).to_be_visible()
        said = await page.evaluate("window.said")
        assert said, "toasts were watched"
        assert not [text for text in said if "GPT-5" in text]
        assert chromium.complaints == []
        overview = await chromium.open("/")
        await hero_shows(overview, "Claude Opus 5")


async def test_a_forced_ingestion_is_checked_shows_its_progress_and_lands_in_the_history(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        await running.land("gpt-5", files(10, 50))
        page = await chromium.open(f"/ingestion?folders={V2}")
        runs = page.get_by_test_id("run")
        await expect(runs).to_have_count(1)
        await expect(runs.first).to_contain_text("Auto")
        await expect(page.get_by_text(re.compile("Next scheduled sync: .* UTC"))).to_be_visible()
        await expect(
            page.get_by_text("New models are automatically detected and ingested nightly at 2 AM UTC.")
        ).to_be_visible()

        await page.get_by_role("checkbox", name="Choose gpt-5").check()
        await page.get_by_role("button", name="Start ingestion (1)").click()
        await page.get_by_role("checkbox", name="Force").check()
        await page.get_by_role("button", name="Check first").click()
        await page.get_by_role("textbox", name="Token").fill("not the token")
        assert await keep_looks(page, "ingestion-token") == []
        await page.get_by_role("button", name="Go on").click()
        await expect(page.get_by_text("this is not the ADMIN_TOKEN")).to_be_visible()
        await page.get_by_role("textbox", name="Token").fill(TOKEN)
        await page.get_by_role("button", name="Go on").click()
        await expect(page.get_by_text("valid", exact=True)).to_be_visible()
        assert await keep_looks(page, "ingestion-checked") == []

        running.hub.latency = 0.3
        await page.get_by_role("button", name="Start", exact=True).click()
        await expect(page.get_by_role("progressbar", name=re.compile("^gpt-5: "))).to_be_visible()
        await keep(page, "ingestion-progress")
        running.hub.latency = 0.0
        await expect(runs).to_have_count(2)
        await expect(runs.first).to_contain_text("By hand")
        await expect(runs.first).to_contain_text("completed")
        await expect(page.get_by_role("progressbar")).to_have_count(0)
        await runs.first.get_by_role("button", name=re.compile("Details")).click()
        await expect(page.get_by_text("60 used, 0 failed, 0 skipped")).to_be_visible()
        stored = json.loads(await page.evaluate("JSON.stringify([{...localStorage}, document.cookie])"))
        assert TOKEN not in str(stored), "the token outlives the tab"


async def test_the_overview_asks_once_for_all_that_it_shows_of_models(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        first = await chromium.open("/")
        await running.land("gpt-5", files(10, 5, half=1))
        await hero_shows(first, "GPT-5")  # or the next one may be ingested before it
        await running.land("claude-opus-5", files(3, 3))
        await hero_shows(first, "Claude Opus 5")
        await first.close()
        chromium.asked.clear()
        page = await chromium.open(f"/?dataset={V2}&model=gpt-5&compare={V2}/claude-opus-5")
        await expect(page.get_by_role("heading", name="GPT-5 and Claude Opus 5")).to_be_visible()
        await expect(page.get_by_test_id("strip").first.locator("button")).to_have_count(120)
        await expect(page.get_by_role("row", name=re.compile("Attempt 1.*10 of 120"))).to_be_visible()
        await expect(page.locator(".skeleton")).to_have_count(0)
        asked = sorted(each.partition("?")[0] for each in chromium.asked)
        # The history is the bar's at the page's foot: it tells of ingestions that failed.
        every = ["/api/admin/ingestion-history", "/api/events", "/api/models", "/api/pages/model"]
        assert asked == every, chromium.asked
        await page.goto(f"{running.url}/?dataset={V2}&model=gpt-5&compare={V2}/not-here")
        await expect(page.get_by_role("row", name=re.compile("Attempt 1.*10 of 120"))).to_be_visible()
        assert [each for each in chromium.complaints if "404" not in each] == []


async def test_the_page_outlives_the_api_and_catches_up_with_it(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        await running.land("gpt-5", files(3, 3))
        page = await chromium.open("/")
        await hero_shows(page, "GPT-5")
        await expect(page.get_by_test_id("connection")).to_have_text("Live")

        await running.stop_api()
        await expect(page.get_by_test_id("stale")).to_contain_text("This may be out of date.")
        await expect(page.get_by_test_id("connection")).to_have_text("Reconnecting")
        await hero_shows(page, "GPT-5")
        await running.land("gpt-6", files(8, 2))

        await running.start_api()
        await expect(page.get_by_test_id("connection")).to_have_text("Live")
        await hero_shows(page, "GPT-6")
        await expect(page.get_by_test_id("stale")).to_have_count(0)


async def test_everything_is_reached_by_keyboard_and_by_its_address(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        await running.land("gpt-5", files(3, 3))
        page = await chromium.open("/")
        await hero_shows(page, "GPT-5")
        await running.land("claude-opus-5", files(5, 1))
        await hero_shows(page, "Claude Opus 5")

        other = page.get_by_role("combobox", name="Compare with")
        await other.focus()
        await page.keyboard.type("gpt")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Claude Opus 5 and GPT-5")).to_be_visible()
        await expect(page.get_by_role("button", name=re.compile("Both solve it"))).to_contain_text("3")
        apart = "not distinguishable from GPT-5: 33.3 points apart on the 6 tasks that both answer (p = 0.500)"
        await expect(page.get_by_test_id("difference")).to_contain_text(apart)

        strip = page.get_by_role("toolbar", name=re.compile("Tasks of Claude Opus 5"))
        await strip.locator('button[tabindex="0"]').focus()
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("img", name=re.compile("^Attempt 1"))).not_to_have_count(0)
        await expect(dialog.get_by_role("img", name=re.compile("^Expected"))).not_to_have_count(0)
        address = page.url
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)

        again = await chromium.open(address.removeprefix(running.url))
        await expect(again.get_by_role("dialog")).to_be_visible()
        await expect(again.get_by_role("combobox", name="Compare with", include_hidden=True)).to_have_value("GPT-5")


async def test_the_charts_are_walked_by_arrow_keys_and_cost_one_tab_each(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        for model, right in (("gpt-5", 3), ("claude-opus-5", 5), ("gemini-3-flash-preview", 1)):
            await running.land(model, files(right, 9))
        await running.holds(3)
        page = await chromium.open("/models")
        for chart in (re.compile("^Score against cost per task"), re.compile("^Landings over time")):
            points = page.get_by_role("group", name=chart).get_by_role("link")
            await expect(points).to_have_count(3)
            assert await points.evaluate_all("links => links.filter((each) => each.tabIndex === 0).length") == 1
        await page.get_by_role("group", name=chart).locator('a[tabindex="0"]').focus()
        walked = []
        for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
            await page.keyboard.press(key)
            walked.append(await page.evaluate("document.activeElement.dataset.key"))
        first, second, third = walked[:3]
        assert len({first, second, third}) == 3
        assert walked[3:] == [third, second]
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile(f"model={second.rpartition('/')[2]}"))


async def test_what_is_not_there_is_said(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        await running.land("gpt-5", files(1, 1))
        page = await chromium.open(f"/?dataset={V2}&model=no-such-model")
        await expect(page.get_by_text("This model is not here.")).to_be_visible()
        await page.goto(f"{running.url}/?dataset={V2}&model=gpt-5&task=no-such-task")
        await expect(page.get_by_role("alert")).to_contain_text("no-such-task")
        await page.goto(f"{running.url}/models?sort=toString&order=up")
        await expect(page.get_by_role("row", name=re.compile("GPT-5"))).to_be_visible()
        await page.goto(f"{running.url}/models?family=Nobody")
        await expect(page.get_by_text("No submission fits.")).to_be_visible()
        await page.goto(f"{running.url}/ingestion?folders=nobody/nothing")
        await expect(page.get_by_text("This dataset is not watched here.")).to_be_visible()
        await page.goto(f"{running.url}/ingestion?status=failed")
        await expect(page.get_by_text("No run fits.")).to_be_visible()
