"""The ingestion page in a real browser: what goes wrong is said, in full, and what is chosen is in the address."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from common.bus import bus
from common.events import ModelDiscovered
from playwright.async_api import expect

from tests.support.browser import Browser, browser, keep_looks
from tests.support.dashboard import TOKEN, Running, files, system
from tests.support.submissions import V1, V2, submission, tasks

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)


@asynccontextmanager
async def opened(
    folder: Path, database_url: str, nats_url: str, *, workers: bool = True
) -> AsyncIterator[tuple[Running, Browser]]:
    async with (
        system(folder, database_url, nats_url, workers=workers) as running,
        browser(running.url) as opened_browser,
    ):
        yield running, opened_browser


async def test_a_run_unfolds_to_every_file_that_could_not_be_used(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        broken = dict.fromkeys(tasks()[-45:], b"not JSON")
        await running.land("gpt-5", {**files(2, 0), **broken})
        page = await chromium.open("/ingestion")
        row = page.get_by_test_id("run")
        await expect(row).to_contain_text("partial")
        await row.get_by_role("button", name=re.compile("Details")).click()

        errors = page.get_by_test_id("run-errors")
        await expect(errors).to_contain_text("45 files could not be used")
        finding = errors.get_by_test_id("finding")
        await expect(finding).to_contain_text(re.compile("error.*not JSON.*45.*Upload the file again"))
        files_listed = errors.get_by_label("Problems of files")
        await expect(files_listed.get_by_text("not JSON", exact=True)).to_have_count(20)
        pages = page.get_by_role("navigation", name=re.compile("Pages of errors"))
        await pages.get_by_role("button", name="Next").click()
        await pages.get_by_role("button", name="Next").click()
        await expect(pages).to_contain_text("3 of 3")
        await expect(files_listed.get_by_text("not JSON", exact=True)).to_have_count(5)
        await expect(finding).to_have_count(1)

        again = await chromium.open(page.url.removeprefix(running.url))
        await expect(again.get_by_test_id("run-errors")).to_contain_text("45 files")
        # A link to a run goes on showing it when later runs have pushed it off the page.
        await running.land("gpt-6", files(2, 0))
        away = await chromium.open("/ingestion?run=1&status=completed")
        await expect(away.get_by_test_id("run")).to_have_count(2)
        await expect(away.get_by_test_id("run-errors")).to_contain_text("45 files")
        await away.goto(f"{running.url}/ingestion?run=1&status=failed")
        await expect(away.get_by_test_id("run-errors")).to_contain_text("45 files")
        assert chromium.complaints == []


async def test_an_ingestion_that_failed_for_good_is_shown_and_says_why(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        page = await chromium.open("/ingestion")
        await expect(page.get_by_test_id("connection")).to_have_text("Live")
        event = ModelDiscovered(dataset=V2, model="nobody")
        await bus.publish(running.client, event, "test", key=event.idempotency_key())
        toast = page.get_by_test_id("toast").filter(has_text="nobody failed")
        await expect(toast).to_be_visible()
        await toast.get_by_role("button", name="Dismiss").click()
        await expect(toast).to_have_count(0)
        row = page.get_by_test_id("run")
        await expect(row).to_contain_text("failed")
        await expect(row).to_contain_text("By hand")
        await row.get_by_role("button", name=re.compile("Details")).click()
        await expect(page.locator("pre").filter(has_text="nobody")).to_be_visible()

        await bus.publish(running.client, event.model_copy(update={"dry_run": True}), "test")
        await expect(page.get_by_test_id("toast").filter(has_text="Dry run of nobody failed")).to_be_visible()
        await expect(page.get_by_test_id("toast").filter(has_text=re.compile("^nobody failed"))).to_have_count(0)


async def test_filters_and_searches_are_in_the_address(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        for model in ("gpt-5", "claude-opus-5"):
            await running.land(model, files(2, 1))
        await running.holds(2)
        page = await chromium.open(f"/ingestion?folders={V2}")
        runs, boxes = page.get_by_test_id("run"), page.get_by_role("checkbox", name=re.compile("^Choose .*-5"))
        await expect(runs).to_have_count(2)
        await expect(boxes).to_have_count(2)

        await page.get_by_role("searchbox", name="Search the runs").fill("OPUS")
        await expect(runs).to_have_count(1)
        await page.get_by_role("combobox", name="Status").select_option("completed")
        await page.get_by_role("combobox", name="Dataset of the runs").select_option(V2)
        await page.get_by_role("searchbox", name="Find a folder").fill("gpt")
        await expect(boxes).to_have_count(1)
        await page.get_by_role("combobox", name="State").select_option("ingested")
        for part in ("q=OPUS", "status=completed", "find=gpt", "state=ingested", "folders=", "dataset="):
            await expect(page).to_have_url(re.compile(re.escape(part)))

        again = await chromium.open(page.url.removeprefix(running.url))
        await expect(again.get_by_test_id("run")).to_have_count(1)
        await expect(again.get_by_role("checkbox", name="Choose gpt-5")).to_be_visible()
        await expect(again.get_by_role("checkbox", name="Choose claude-opus-5")).to_have_count(0)
        await again.get_by_role("combobox", name="Dataset", exact=True).select_option(V1)
        await expect(again.get_by_text("This dataset holds no folders yet.")).to_be_visible()


async def test_a_run_that_began_before_the_page_was_opened_is_shown(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        page = await chromium.open("/ingestion")
        running.hub.latency = 1.5
        await running.land("gpt-5", files(4, 100))
        bar = page.get_by_role("progressbar", name=re.compile("^gpt-5: "))
        await expect(bar).to_be_visible()
        await page.reload()
        await expect(bar).to_be_visible()
        assert await keep_looks(page, "ingestion-running") == []
        running.hub.latency = 0.0
        await expect(page.get_by_test_id("run")).to_contain_text("completed")
        await expect(page.get_by_role("progressbar")).to_have_count(0)


async def test_who_is_missing_is_said_in_banners(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with opened(tmp_path, database_url, nats_url, workers=False) as (running, chromium):
        await running.hub.stop()
        try:
            page = await chromium.open("/ingestion")
            troubles = page.get_by_test_id("troubles")
            await expect(troubles).to_contain_text("3 troubles: The watcher has been silent too long.")
            await troubles.get_by_role("button", name="What to do").click()
            dialog = page.get_by_role("dialog", name="What is wrong behind the scenes")
            for words in (
                "The watcher has been silent too long.",
                "No ingester is alive.",
                "The Hub is unreachable.",
            ):
                await expect(dialog.get_by_text(words)).to_be_visible()
            assert await keep_looks(page, "ingestion-troubles") == []
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("alert")).to_contain_text("The Hub's folders could not be loaded.")
            found = await keep_looks(page, "ingestion-banners")
        finally:
            await running.hub.start()
        assert not found, "\n".join(found)


async def test_a_sync_is_asked_for_once_the_token_is_given_and_a_dry_run_stores_nothing(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with opened(tmp_path, database_url, nats_url) as (running, chromium):
        running.hub.commit(V2, submission("gpt-5", files(2, 1)))
        page = await chromium.open(f"/ingestion?folders={V2}")
        await expect(page.get_by_role("row", name=re.compile("gpt-5.*not ingested"))).to_be_visible()
        await page.get_by_role("checkbox", name="Choose all").check()
        await page.get_by_role("button", name="Start ingestion (1)").click()
        await page.get_by_role("checkbox", name="Dry run").check()
        await page.get_by_role("button", name="Check first").click()
        await expect(page.get_by_role("textbox", name="Token")).to_be_focused()
        await page.get_by_role("textbox", name="Token").fill(TOKEN)
        await page.get_by_role("button", name="Go on").click()
        await page.get_by_role("button", name="Start", exact=True).click()
        runs = page.get_by_test_id("run")
        await expect(runs).to_have_count(1)
        await expect(runs).to_contain_text("dry run")
        await expect(runs).to_contain_text("completed")
        await expect(page.get_by_test_id("request")).to_have_text(re.compile(rf"gpt-5 {V2}: run \d+done"))
        await expect(page.get_by_role("row", name=re.compile("gpt-5.*not ingested"))).to_be_visible()

        await page.get_by_role("button", name="Sync now").click()
        await expect(page.get_by_test_id("toast").filter(has_text="GPT-5 landed")).to_be_visible()
        await expect(runs).to_have_count(2)
        await expect(page.get_by_role("row", name=re.compile("gpt-5 ingested"))).to_be_visible()
        await expect(page.get_by_text(", asked for by hand")).to_be_visible()

        await page.get_by_role("checkbox", name="Choose gpt-5").check()
        await page.get_by_role("button", name="Start ingestion (1)").click()
        await page.get_by_role("button", name="Check first").click()
        await page.get_by_role("button", name="Start", exact=True).click()
        await expect(runs).to_have_count(3)
        await expect(runs.first).to_contain_text("skipped")

        await page.get_by_role("button", name="Forget the token").click()
        await page.get_by_role("button", name="Sync now").click()
        await expect(page.get_by_role("dialog", name="Admin token")).to_be_visible()
