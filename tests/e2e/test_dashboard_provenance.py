"""One click on a figure shows the tasks that it is made of, and one more the file on the Hub."""

import re
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from common.arc.rules import RULES, RULES_VERSION
from playwright.async_api import Locator, Page, expect

from tests.support.browser import axe, browser, keep_looks
from tests.support.dashboard import files, system
from tests.support.submissions import V2

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)

# What a rescore leaves.
REPLACED = """
INSERT INTO version_scores SELECT id, 1, 'oldest', tasks_total, tasks_submitted, tasks_solved, pairs_total,
    pairs_solved, 0.41, score_submitted, now() FROM submission_versions
"""


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog").get_by_role("columnheader", name=re.compile(f"^{name}"))


async def closed(page: Page) -> None:
    await page.get_by_role("button", name="Close").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_every_figure_leads_to_its_tasks_in_the_order_that_it_asks_for(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        page = await chromium.open("/")
        await running.land("gpt-5", files(3, 5, half=1))
        score = page.get_by_role("region", name="GPT-5", exact=True)
        used = page.get_by_role("region", name="What it took")
        attempt = page.get_by_role("row", name=re.compile("^Attempt 1"))
        await expect(attempt.get_by_role("button")).to_have_count(5)
        await expect(page.locator(".skeleton")).to_have_count(0)
        for place, figures in (
            (score, 7),
            (used, 4),
            (page.get_by_test_id("hero"), 3),
            (page.get_by_role("region", name="Table of attempts"), 5 + 5 + 3),
        ):
            await expect(place.get_by_title("Show where this comes from")).to_have_count(figures)

        await score.get_by_title("Show where this comes from").first.click()
        rows = page.get_by_test_id("origin")
        await expect(rows).to_have_count(120)
        await expect(column(page, "Counts")).to_have_attribute("aria-sort", "descending")
        await expect(rows.first).to_contain_text("solved")
        await expect(page.get_by_test_id("sum")).to_contain_text(f"3.5, is {3.5 / 120:.2%} of the 120 tasks")
        assert await keep_looks(page, "provenance-score") == []
        await closed(page)

        await used.get_by_title("Show where this comes from").first.click()
        await expect(column(page, "Cost")).to_have_attribute("aria-sort", "descending")
        await column(page, "Cost").get_by_role("button").click()
        await expect(column(page, "Cost")).to_have_attribute("aria-sort", "ascending")
        await closed(page)

        await attempt.get_by_title("Show where this comes from").first.click()
        await expect(page.get_by_role("combobox", name="Whose answers")).to_have_value("1")
        await expect(column(page, "Pairs")).to_have_attribute("aria-sort", "descending")
        await expect(page.get_by_test_id("sum")).to_contain_text(
            re.compile("Attempt 1: .* of the set's 167 test pairs")
        )
        assert chromium.complaints == []


async def test_a_task_leads_to_its_file_on_the_hub_its_run_and_its_rules(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    body = files(1, 0)
    task, content = next(iter(body.items()))
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        page = await chromium.open("/")
        await running.land("gpt-5", body)
        await expect(page.get_by_test_id("hero")).to_contain_text("GPT-5")
        await page.goto(f"{running.url}/?dataset={V2}&model=gpt-5&from=file")
        first = page.get_by_test_id("origin").first
        link = first.get_by_role("link", name=f"{task.id}.json")
        await expect(link).to_be_visible()
        async with aiohttp.ClientSession() as http, http.get(str(await link.get_attribute("href"))) as answer:
            assert (answer.status, await answer.read()) == (200, content)
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text(f"version {RULES_VERSION}")
        await expect(dialog).to_contain_text(RULES[RULES_VERSION])
        await expect(dialog.get_by_text("today's", exact=True)).to_be_visible()

        await first.get_by_role("button", name=task.id).click()
        shown = page.get_by_role("dialog").filter(has_text="Expected")
        await expect(shown.get_by_role("link", name=f"{task.id}.json")).to_be_visible()
        await shown.get_by_role("button", name="Close").click()
        await expect(page.get_by_role("dialog")).to_have_count(1)

        await dialog.get_by_role("link", name=re.compile("^run ")).click()
        await expect(page.get_by_test_id("run").first).to_contain_text("gpt-5")
        await expect(page.get_by_text("Deliveries")).to_be_visible()
        assert chromium.complaints == []


async def test_a_score_of_another_edition_says_so_and_what_to_do(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        page = await chromium.open("/")
        await running.land("gpt-5", files(1, 1))
        await expect(page.get_by_test_id("hero")).to_contain_text("GPT-5")
        await expect(page.get_by_role("note")).to_have_count(0)
        connection = await asyncpg.connect(database_url)
        await connection.execute("UPDATE submission_versions SET task_set_version = 'older'")
        await connection.execute(REPLACED)
        await connection.close()
        await page.reload()
        await expect(page.get_by_role("note")).to_contain_text("Scored with another edition of the task set: older")
        await expect(page.get_by_role("note")).to_contain_text("arcwatch rescore")
        await expect(page.get_by_text("another edition", exact=True)).to_be_visible()
        await expect(page.get_by_text(re.compile("^41.0% until .*, by rules 1 and edition oldest$"))).to_be_visible()
        assert await axe(page) == []
