"""What the pages show while there is nothing to show: looked at in both themes and on a phone, and checked by axe."""

import asyncio
import re
from pathlib import Path

import pytest
from arcwatch.embedded.nats_server import NatsServer
from playwright.async_api import Route, expect
from query_api.view import projection
from query_api.view.stream import stream_reader

from tests.support.browser import browser, keep_looks, shift
from tests.support.dashboard import files, system
from tests.support.eventually import eventually
from tests.support.submissions import V2, answer_file, tasks

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)

FETCHED = """['ModelsPage', 'IngestionPage'].every((name) =>
    performance.getEntriesByType('resource').some((each) => each.name.includes(name)))"""


async def test_an_empty_system_says_so_on_every_page(tmp_path: Path, database_url: str, nats_url: str) -> None:
    found: list[str] = []
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        for name, path, words in (
            ("overview", "/", "Nothing has been ingested yet."),
            ("models", "/models", "Nothing here yet."),
            ("ingestion", "/ingestion", "No run yet."),
        ):
            page = await chromium.open(path)
            await expect(page.get_by_text(words)).to_be_visible()
            await expect(page.locator(".skeleton")).to_have_count(0)
            found += await keep_looks(page, f"{name}-empty")
    assert not found, "\n".join(found)


async def test_a_landing_is_shown_that_came_while_the_first_answer_was_on_its_way(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        made, landed = asyncio.Event(), asyncio.Event()

        async def hold(route: Route) -> None:
            answer = await route.fetch()
            made.set()
            await landed.wait()
            await route.fulfill(response=answer)

        await chromium.context.route("**/api/pages/model*", hold, times=1)
        page = await chromium.open("/")
        await made.wait()
        await expect(page.get_by_test_id("connection")).to_have_text("Live")
        await running.land("gpt-5", files(3, 9))
        # Of all that the landing has asked for again.
        await eventually(lambda: chromium.asked.count("/api/models") == 2, what="the list, again")
        landed.set()
        await expect(page.get_by_test_id("hero")).to_contain_text("12 of 120 tasks")
        assert chromium.complaints == []


async def test_a_landing_is_shown_that_came_between_the_first_answer_and_the_connection(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        landed = asyncio.Event()

        async def hold(route: Route) -> None:
            await landed.wait()
            await route.continue_()

        await chromium.context.route("**/api/events*", hold, times=1)
        page = await chromium.open("/")
        await expect(page.get_by_text("Nothing has been ingested yet.")).to_be_visible()
        await running.land("gpt-5", files(3, 9))
        await running.holds(1)
        landed.set()
        await expect(page.get_by_test_id("hero")).to_contain_text("12 of 120 tasks")
        assert chromium.complaints == []


async def test_pages_open_and_say_what_is_missing_while_the_api_is_away(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    found: list[str] = []
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        await running.land("gpt-5", files(3, 3))
        page = await chromium.open("/")
        await expect(page.get_by_test_id("hero")).to_contain_text("GPT-5")
        # The other pages' scripts are fetched once the first page stands.
        await eventually(lambda: page.evaluate(FETCHED), 20, what="the other pages' scripts")
        await running.stop_api()
        await expect(page.get_by_test_id("stale")).to_contain_text("This may be out of date.")
        found += await keep_looks(page, "overview-stale")

        await page.get_by_role("link", name="Leaderboard").click()
        await expect(page.get_by_role("row", name=re.compile("GPT-5"))).to_be_visible()
        await page.get_by_role("link", name="Ingestion").click()
        for what in ("The schedule", "The state of the services", "The datasets", "The history"):
            await expect(page.get_by_text(re.compile(f"{what} could not be loaded", re.IGNORECASE))).to_be_visible()
        found += await keep_looks(page, "ingestion-failing")

        await running.start_api()
        await expect(page.get_by_test_id("run")).to_have_count(1)
        await expect(page.get_by_role("alert")).to_have_count(0)
    assert not found, "\n".join(found)


async def test_a_page_that_cannot_be_fetched_says_so_and_the_others_stay(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with (
        system(tmp_path, database_url, nats_url, workers=False) as running,
        browser(running.url) as chromium,
    ):
        await chromium.context.route("**/assets/ModelsPage-*", lambda route: route.abort())
        page = await chromium.open("/")
        await page.get_by_role("link", name="Leaderboard").click()
        await expect(page.get_by_role("alert")).to_contain_text("This page broke.")
        await expect(page.get_by_role("button", name="Load again")).to_be_visible()
        await page.get_by_role("link", name="Overview").click()
        await expect(page.get_by_text("Nothing has been ingested yet.")).to_be_visible()
        await expect(page.get_by_role("alert")).to_have_count(0)


async def test_an_answer_of_the_wrong_size_is_compared_where_it_can_be(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    task = tasks()[0]
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        await running.land("gpt-5", {task: answer_file(task, right=[0])})
        page = await chromium.open(f"/?dataset={V2}&model=gpt-5&task={task.id}")
        dialog = page.get_by_role("dialog")
        # Nines, two rows of three: the official answer is nine rows of three.
        expected = task.test[0].output
        wrong = sum(cell != 9 for row in expected[:2] for cell in row[:3])
        name = re.compile(f"Attempt 2, 2 . 3, wrong size, {wrong} of 6 shared cells differ")
        await expect(dialog.get_by_role("img", name=name)).to_be_visible()
        await expect(dialog.get_by_text("the dashed frame is the expected size")).to_be_visible()
        await expect(dialog.get_by_role("img", name=re.compile("Attempt 1, .*, correct"))).to_be_visible()
        assert await keep_looks(page, "task-wrong-size") == []


async def test_a_submission_of_which_nothing_can_be_used_says_why_and_is_not_the_latest(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    task = tasks()[0]
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        await running.land("gpt-5", {task: answer_file(task)})
        page = await chromium.open("/")
        await expect(page.get_by_test_id("hero")).to_contain_text("GPT-5")
        await running.land("useless", {task: b"<html>"})
        await page.get_by_test_id("toast").filter(has_text="Nothing usable in Useless").get_by_role("link").click()
        await expect(page.get_by_role("heading", name="Landed, nothing usable")).to_be_visible()
        await expect(page.get_by_text("no answer could be used: not_json in 1 file").first).to_be_visible()
        await expect(page.get_by_test_id("hero")).to_contain_text("GPT-5")
        found = await keep_looks(page, "nothing-usable")
        page = await chromium.open("/models")
        row = page.get_by_role("row").filter(has_text="Useless")
        await expect(row.get_by_text("Nothing usable")).to_be_visible()
        await expect(page.get_by_role("row").filter(has_text="Latest")).to_contain_text("GPT-5")
    assert not found, "\n".join(found)


async def test_what_the_server_can_no_longer_know_is_marked(
    tmp_path: Path, database_url: str, nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reader, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(projection, "TICK_SECONDS", 0.05)
    async with system(tmp_path, database_url, nats_server.url(), workers=False) as running:
        async with browser(running.url) as chromium:
            page = await chromium.open("/ingestion")
            await expect(page.get_by_test_id("troubles")).to_contain_text("The watcher has been silent too long.")
            await expect(page.locator(".skeleton")).to_have_count(0)
            before = await shift(page)
            await nats_server.stop()
            try:
                await expect(page.get_by_text("NATS does not answer.")).to_be_visible()
                await expect(page.get_by_test_id("stale")).to_be_visible()
                # What is read stays where it is.
                assert await shift(page) - before < 0.01
                await page.reload()
                stale = page.get_by_test_id("stale")
                await expect(stale).to_contain_text("The server cannot reach its database or its bus.")
                await expect(page.get_by_role("heading", name="Ingestion", level=1)).to_be_visible()
                await expect(page.locator(".skeleton")).to_have_count(0)
                found = await keep_looks(page, "ingestion-stale")
            finally:
                await nats_server.start()
        assert not found, "\n".join(found)
