"""The leaderboard's charts in a real browser: families, efforts, records and dates, by mouse, keyboard and clock."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.browser import PHONE, browser, keep_looks
from tests.support.dashboard import files, system
from tests.support.eventually import eventually

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)

GPT = "gpt-5-2-2025-12-11-thinking"
MODELS = {
    f"{GPT}-low": files(12, 108),
    f"{GPT}-xhigh": files(48, 72),
    "claude-opus-4-8-high": files(60, 60),
    "claude-opus-4-8-low": files(80, 10),
    "human-panel": files(100, 20),
}
ALL_LANDED = f"fetch('/api/models').then((answer) => answer.json()).then(({{total}}) => total === {len(MODELS)})"


async def test_charts_tell_families_efforts_and_dates(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        page = await chromium.open("/ingestion")
        for model, answers in MODELS.items():
            await running.land(model, answers)
        # All of them: a list that is looked at holds back what lands, until its reader asks.
        await eventually(lambda: page.evaluate(ALL_LANDED), 20, what="all models landed")
        await page.goto(f"{running.url}/models")
        session = await chromium.context.new_cdp_session(page)
        await session.send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kolkata"})
        plot = page.get_by_role("group", name=re.compile("^Score against cost per task"))
        await expect(plot.get_by_role("link")).to_have_count(5)
        await page.reload()

        # A provider's colour; hollow where tasks are left out; lines of efforts; people are a line.
        await expect(plot.get_by_role("link", name=re.compile("^GPT")).locator("path.fill-maker-1")).to_have_count(2)
        part = plot.get_by_role("link", name=re.compile("^Claude.*, 90 of 120 tasks"))
        await expect(part.locator("path.fill-panel.stroke-maker-2")).to_have_count(1)
        await expect(plot.locator('path[data-model="GPT-5.2"]')).to_have_count(1)
        await expect(plot.locator('path[data-model="Claude Opus 4.8"]')).to_have_count(1)
        await expect(plot.get_by_role("link", name=re.compile("83.3%, a reference")).locator("line")).to_have_count(1)

        # Records by release date; the half one and people set none. Arrow keys go from old to new.
        records = page.get_by_role("region", name="Best score over time")
        steps = records.get_by_role("group").get_by_role("link")
        await expect(steps).to_have_count(2)
        await steps.first.focus()
        await expect(steps.first).to_have_attribute("aria-label", re.compile("GPT-5.2 .xhigh., 40.0% .* 2025-12-11"))
        await page.keyboard.press("ArrowRight")
        await expect(steps.last).to_be_focused()
        await expect(steps.last).to_have_attribute(
            "aria-label", re.compile("Claude Opus 4.8 .High., 50.0% .* 2026-05-28")
        )
        first = records.get_by_role("row", name=re.compile("^40%"))
        await expect(first).to_contain_text("2025-12-11")
        await expect(first.get_by_role("link")).to_have_text(re.compile("GPT-5.2 .xhigh."))

        # Another date that counts is in the address, and moments are told by the reader's clock, too.
        await records.get_by_role("combobox", name="Date that counts").select_option("Upload to the Hub")
        await expect(page).to_have_url(re.compile("by=published"))
        await expect(steps.first).to_have_attribute("aria-label", re.compile("Uploaded"))
        await expect(page.get_by_test_id("unknown")).to_have_count(0)
        row = page.get_by_role("region", name="Table of submissions").get_by_role("row", name=re.compile("xhigh"))
        await expect(row.locator('time[datetime="2025-12-11"]')).to_have_text("2025-12-11")
        # Both cells say the time and its zone without a pointer that rests on them; one says how long ago it was.
        times = row.locator("time[title*=' · ']")
        await expect(times.first).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d UTC$"))
        await expect(times.last).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d UTC · (just now|.* ago)$"))
        landings = page.get_by_role("group", name=re.compile("^Landings over time")).get_by_role("link")
        await expect(landings.first).to_have_attribute("aria-label", re.compile("UTC · .*GMT[+]5:30"))
        await _providers(page, plot)
        await _days(page, plot)
        await _own_clock(page)
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        titles = page.locator("main section h2")
        await expect(titles).to_have_text(["All submissions", "Score against cost", *TITLES])
        await keep_looks(page, "models-charts")
        await expect(titles).to_have_text(["Score against cost", *TITLES, "All submissions"])
        assert chromium.complaints == []


TITLES = ["Best score over time", "Landings"]


async def _providers(page: Page, plot: Locator) -> None:
    """Show one provider by the legend, and all again."""
    await page.get_by_role("button", name="OpenAI", exact=True).first.click()
    await expect(page).to_have_url(re.compile("provider=OpenAI"))
    await expect(plot.get_by_role("link")).to_have_count(2)
    chosen = page.get_by_role("button", name="OpenAI", exact=True, pressed=True).first
    await chosen.focus()
    await page.keyboard.press("Enter")
    await expect(plot.get_by_role("link")).to_have_count(5)


async def _days(page: Page, plot: Locator) -> None:
    """Go back in time by the keyboard: the frame stays, and the address says the day."""
    await page.get_by_role("combobox", name="Date that counts").select_option("Release of the model")
    slider = page.get_by_role("slider", name="Released until")
    marks = plot.locator("text").filter(has_text="$")
    before = await marks.all_inner_texts()
    await slider.focus()
    await page.keyboard.press("Home")
    await expect(page).to_have_url(re.compile("until=2025-12-11"))
    await expect(slider).to_have_attribute("aria-valuetext", "2025-12-11")
    await expect(plot.get_by_role("link")).to_have_count(2)
    assert await marks.all_inner_texts() == before
    await page.reload()
    await expect(plot.get_by_role("link")).to_have_count(2)
    await expect(page.get_by_test_id("unknown")).to_have_count(0)
    await slider.focus()
    await page.keyboard.press("End")
    await expect(plot.get_by_role("link")).to_have_count(5)
    await expect(page).not_to_have_url(re.compile("until="))


async def _own_clock(page: Page) -> None:
    """Tell moments by the reader's own clock, without a pointer that rests on them."""
    await page.get_by_role("button", name="Times in UTC: switch to GMT+5:30").press("Enter")
    times = page.get_by_role("region", name="Table of submissions").locator("time[title*=' · ']")
    await expect(times.first).to_have_text(re.compile(r" \d\d:\d\d GMT[+]5:30$"))
    await page.get_by_role("button", name="Times in GMT+5:30: switch to UTC").click()
    await expect(times.first).to_have_text(re.compile(r" \d\d:\d\d UTC$"))
