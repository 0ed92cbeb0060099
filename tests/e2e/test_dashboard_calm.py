"""A page that is read stays as it is while models land; what is new waits, failures wait to be seen, memory is flat."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Page, Route, expect

from tests.support.browser import Browser, browser, shift
from tests.support.dashboard import Running, system
from tests.support.eventually import eventually
from tests.support.writer import DATASET, Writer

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)

BEFORE = 150
LANDINGS = 60
# A landing a reader did not ask for may move nothing: what the least movement of one row of the table would be.
MOST_SHIFT = 0.05
# One list of 150 rows takes more: keeping each would show after ten.
MOST_GROWTH_BYTES = 1_000_000

COVERED = """() => {
    const bar = document.querySelector('[data-testid="live-bar"]').getBoundingClientRect();
    // Those in a region that scrolls by itself are reached inside of it: its foot counts.
    const all = [...document.querySelectorAll('main :is(a, button, select, input, [role="region"]), footer a')];
    const controls = all.filter((each) => !each.parentElement.closest('[role="region"]'));
    const last = Math.max(...controls.map((each) => each.getBoundingClientRect().bottom));
    return last - bar.top;
}"""


@asynccontextmanager
async def opened(folder: Path, database_url: str, nats_url: str) -> AsyncIterator[tuple[Running, Browser, Writer]]:
    """Yield a system that holds some submissions, and what writes more."""
    async with (
        system(folder, database_url, nats_url, workers=False) as running,
        asyncpg.create_pool(database_url, min_size=1, max_size=2) as pool,
        browser(running.url) as chromium,
    ):
        writer = Writer(pool, running.client)
        for number in range(BEFORE):
            await writer.ingest(f"model-{number}", score=number / 1000)
        await running.stop_api()
        await running.start_api()
        yield running, chromium, writer


async def land(writer: Writer, *models: str, content: int = 1) -> None:
    for place, model in enumerate(models):
        await writer.publish(await writer.ingest(model, content=content, score=0.5 + place / 1000))


async def ready(page: Page) -> None:
    await expect(page.get_by_test_id("connection")).to_have_text(re.compile("Live"))


async def heap(page: Page) -> float:
    """Return what the page's scripts hold once all that can go is gone."""
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    for _ in range(3):
        await session.send("HeapProfiler.collectGarbage")
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    await session.detach()
    return next(float(each["value"]) for each in metrics if each["name"] == "JSHeapUsedSize")


async def test_a_list_that_is_read_stays_until_its_reader_asks(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (_, chromium, writer):
        page = await chromium.open("/models")
        await ready(page)
        table = page.get_by_role("region", name="Table of submissions")
        rows, grid = table.locator("tbody tr[data-index]"), table.get_by_role("table")
        await expect(grid).to_have_attribute("aria-rowcount", str(BEFORE + 1))
        assert await rows.count() < 60
        first = await rows.first.get_by_role("link").inner_text()
        before = await shift(page)
        await land(writer, *(f"new-{number}" for number in range(LANDINGS)))
        news = page.get_by_role("button", name=f"{LANDINGS} new: show in the leaderboard")
        await expect(news).to_be_visible()
        assert await rows.first.get_by_role("link").inner_text() == first
        assert await shift(page) - before < MOST_SHIFT
        toast = page.get_by_test_id("toast")
        await expect(toast).to_have_count(1)
        await expect(toast).to_contain_text(re.compile(r"New \d+ landed.*and \d+ more notices"))
        await news.click()
        await expect(grid).to_have_attribute("aria-rowcount", str(BEFORE + LANDINGS + 1))
        await expect(news).to_have_count(0)

        # Sorted, searched in by the browser, printed: the rows in view, or all.
        await table.get_by_role("button", name="Model").click()
        await expect(rows.first).to_contain_text("Model 0")
        assert await rows.count() < 60
        await page.keyboard.press("Control+f")
        await expect(rows).to_have_count(BEFORE + LANDINGS)
        await page.get_by_role("button", name="Keep only rows in view").click()
        await expect(rows).not_to_have_count(BEFORE + LANDINGS)
        await page.evaluate("window.addEventListener('beforeprint', () => { window.printed = "
                            "document.querySelectorAll('tbody tr[data-index]').length })")  # fmt: skip
        await page.pdf()
        assert await page.evaluate("window.printed") == BEFORE + LANDINGS

        await page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
        await eventually(lambda: _uncovered(page), 10, what="every control above the bar")

        # The same ten models over and over: their number stays, and so does what the page holds.
        again = [f"new-{number}" for number in range(10)]
        sizes = []
        for content in range(2, 8):
            await land(writer, *again, content=content)
            await expect(page.get_by_role("button", name="10 changed: show")).to_be_visible()
            await page.get_by_role("button", name="10 changed: show").click()
            sizes.append(await heap(page))
        assert sizes[-1] - sizes[1] < MOST_GROWTH_BYTES, sizes
        assert chromium.complaints == []


async def _uncovered(page: Page) -> bool:
    return float(await page.evaluate(COVERED)) <= 0


async def test_the_card_of_the_latest_model_changes_and_moves_nothing(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (_, chromium, writer):
        page = await chromium.open("/")
        await ready(page)
        hero = page.get_by_test_id("hero").get_by_role("heading")
        await expect(hero).to_have_text("Model 149")
        model = page.get_by_role("combobox", name="Model")
        await expect(model).to_have_value("Model 149")
        await expect(page.locator(".skeleton")).to_have_count(0)
        before = await shift(page)
        long = "a-model-whose-name-takes-two-lines-of-the-card-at-the-least-thinking-32k"
        for number in range(20):
            await land(writer, f"m-{number}", f"{long}-{number}")
        await expect(hero).to_have_text(re.compile("19"))
        assert await shift(page) - before < MOST_SHIFT

        # Who reads what is below the card is left alone.
        read = await model.input_value()
        await page.evaluate("window.scrollTo(0, 600)")
        await eventually(lambda: page.evaluate("window.scrollY > 500"), 10, what="scrolled")
        await land(writer, "later")
        await expect(hero).to_have_text("Later")
        await expect(model).to_have_value(read)
        await page.get_by_role("button", name="Use this model").click()
        await expect(model).to_have_value("Later")

        # A pause: nothing changes, and its end brings what was missed.
        await page.get_by_role("button", name="Pause live updates").click()
        await land(writer, "while-paused")
        await expect(page.get_by_test_id("paused")).to_have_text("Paused, 1 update waiting")
        await expect(hero).to_have_text("Later")
        await page.get_by_role("button", name="Resume live updates").click()
        await expect(hero).to_have_text("While Paused")

        # Notices can be switched off; this browser keeps that.
        await page.get_by_role("button", name="Notices").click()
        await page.reload()
        await ready(page)
        await expect(page.get_by_role("button", name="Notices")).to_have_attribute("aria-pressed", "false")
        await land(writer, "in-silence")
        await expect(hero).to_have_text("In Silence")
        await expect(page.get_by_test_id("toast")).to_have_count(0)
        assert chromium.complaints == []


async def test_a_pause_holds_while_the_connection_is_lost_and_back(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium, writer):
        page = await chromium.open("/models")
        await ready(page)
        await page.clock.install()
        rows = page.get_by_role("region", name="Table of submissions").locator("tbody tr[data-index]")
        first = await rows.first.inner_text()
        await page.get_by_role("button", name="Pause live updates").click()
        chromium.asked.clear()
        await running.stop_api()
        await expect(page.get_by_test_id("connection")).to_have_text("Reconnecting")
        await expect(page.get_by_test_id("stale")).to_contain_text("The page is paused, and has lost its connection.")
        await land(writer, "while-away")
        # As long as a page that is not paused waits before it asks by itself, and as often as it asks at all.
        await page.clock.fast_forward(6_000)
        await running.start_api()
        await ready(page)
        await expect(page.get_by_test_id("paused")).to_contain_text(re.compile("update.* waiting"))
        await page.clock.fast_forward(400_000)
        await expect(page.get_by_test_id("stale")).to_have_count(0)
        assert {each.partition("?")[0] for each in chromium.asked} == {"/api/events"}, chromium.asked
        assert await rows.first.inner_text() == first
        await page.get_by_role("button", name="Resume live updates").click()
        await page.get_by_role("button", name="1 new: show in the leaderboard").click()


async def test_a_model_that_is_read_stays_until_its_reader_asks(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium, writer):
        page = await chromium.open(f"/?dataset={DATASET}&model=model-3&compare={DATASET}/model-4")
        await ready(page)
        score = page.get_by_role("button", name="0.30%", exact=True).first
        await expect(score).to_be_visible()
        await expect(page.locator(".skeleton")).to_have_count(0)
        panels = page.locator("main section").filter(has=page.get_by_role("heading", name="Versions"))
        await expect(panels.get_by_role("listitem")).to_have_count(1)
        before = await shift(page)
        await land(writer, "model-3", content=2)
        news = page.get_by_role("button", name="New version: show in the panels below")
        await expect(news).to_be_visible()
        assert await shift(page) - before < MOST_SHIFT
        await expect(score).to_be_visible()
        await expect(panels.get_by_role("listitem")).to_have_count(1)
        await news.click()
        await expect(score).to_have_count(0)
        await expect(panels.get_by_role("listitem")).to_have_count(2)
        await expect(news).to_have_count(0)
        # Who has turned to nothing yet is shown what is new, as the card above is.
        page = await chromium.open("/")
        await expect(page.get_by_role("combobox", name="Model")).to_have_value("Model 3")
        await expect(panels.get_by_role("listitem")).to_have_count(2)
        await land(writer, "model-3", content=3)
        panels = page.locator("main section").filter(has=page.get_by_role("heading", name="Versions"))
        await expect(panels.get_by_role("listitem")).to_have_count(3)
        assert chromium.complaints == []

        # A reset brings the details of a new version before the list does: the comparison waits all the same.
        page = await chromium.open(f"/?dataset={DATASET}&model=model-5&compare={DATASET}/model-6")
        await ready(page)
        compared = page.locator("main section").filter(has=page.get_by_text("Side by side."))
        figures, difference = compared.get_by_role("table"), compared.get_by_test_id("difference")
        await expect(difference).to_be_visible()
        await expect(page.locator(".skeleton")).to_have_count(0)
        told, held = [await figures.inner_text(), await difference.inner_text()], asyncio.Event()

        async def hold(route: Route) -> None:
            await held.wait()
            await route.continue_()

        await page.route("**/api/models", hold)
        await writer.ingest("model-6", content=2, score=0.9)
        await running.stop_api()
        await running.start_api()
        there = compared.get_by_role("button", name="New version: show in the comparison")
        await expect(there).to_be_visible()
        assert [await figures.inner_text(), await difference.inner_text()] == told
        held.set()
        await there.click()
        await expect(compared).to_contain_text("90.0%")


async def test_a_failure_stays_until_somebody_has_seen_it(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with opened(tmp_path, database_url, nats_url) as (_, chromium, writer):
        page = await chromium.open("/")
        other = await chromium.open("/models")
        await ready(page)
        await ready(other)
        failed = writer.failure("broken").model_copy(update={"failed_at": await _now(writer)})
        await writer.publish(failed)
        name = re.compile("^1 failed")
        await expect(page.get_by_role("button", name=name)).to_be_visible()
        await page.reload()
        await page.get_by_role("button", name=name).click()
        await expect(page.get_by_test_id("failure")).to_contain_text("no such folder")
        await page.get_by_role("button", name="Seen that broken failed").click()
        await expect(page.get_by_test_id("failure")).to_have_count(0)
        # In every tab, and after a reload.
        await expect(other.get_by_role("button", name=name)).to_have_count(0)
        await page.reload()
        await ready(page)
        await expect(page.get_by_role("button", name=name)).to_have_count(0)
        assert chromium.complaints == []


async def _now(writer: Writer) -> object:
    return await writer.pool.fetchval("SELECT now()")
