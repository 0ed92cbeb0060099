"""The operations page in a real browser: what admins see and do, after they have shown their token."""

import re
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from common.bus.topology import DEAD_STREAM, STREAM
from common.events import DeadLetter
from notifier.rounds.console import Console
from notifier.store.register import Register
from playwright.async_api import Page, expect

from tests.notifier.samples import receiver, webhook
from tests.support.browser import browser, keep_looks
from tests.support.dashboard import TOKEN, Running, files, system
from tests.support.hub.faults import Stall
from tests.support.submissions import V2

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)


async def _dead_letters(running: Running, kinds: list[str]) -> None:
    for number, kind in enumerate(kinds, 1):
        letter = DeadLetter(
            service="ingester",
            kind=kind,
            reason=f"{V2} has no folder m{number}",
            subject="model.discovered",
            body=f'{{"dataset": "{V2}", "model": "m{number}", "dry_run": true}}',
            headers={},
            delivery_count=1,
            stream_sequence=number,
            failed_at=datetime.now(UTC),
        )
        js = running.client.jetstream()
        await js.publish("dead.ingester", letter.model_dump_json().encode(), stream=DEAD_STREAM)


async def _unlock(page: Page, token: str) -> None:
    await page.get_by_role("button", name="Show dead letters").click()
    dialog = page.get_by_role("dialog", name="Admin token")
    await dialog.get_by_label("Token", exact=True).fill(token)
    await dialog.get_by_role("button", name="Go on").click()


async def test_dead_letters_are_looked_at_replayed_and_dropped(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with system(tmp_path, database_url, nats_url, workers=False) as running, browser(running.url) as chromium:
        await _dead_letters(running, ["folder_gone", "hub_error", "folder_gone", "hub_error", "hub_error"])
        page = await chromium.open("/operations")
        await _unlock(page, TOKEN)
        letters = page.get_by_test_id("dead-letter")
        await expect(letters).to_have_count(5)
        await expect(page.get_by_text("No admin did anything yet.")).to_be_visible()

        await letters.first.get_by_role("button", name=re.compile("Details")).click()
        details = page.get_by_test_id("dead-letter-details")
        await expect(details).to_contain_text(f"{V2} has no folder m1")
        await expect(details.locator("pre")).to_contain_text('"model": "m1"')
        assert await keep_looks(page, "operations") == []
        await details.get_by_role("button", name="Drop …").click()
        dialog = page.get_by_role("dialog", name="Drop dead letters")
        await expect(dialog).to_contain_text("1 dead letter.")
        await dialog.get_by_role("button", name="Drop 1").click()
        await expect(dialog.get_by_role("status")).to_have_text("1 dropped.")
        await dialog.get_by_role("button", name="Done").click()
        await expect(letters).to_have_count(4)

        await page.get_by_role("searchbox", name="Kind").fill("hub_error")
        await expect(letters).to_have_count(3)
        await expect(page).to_have_url(re.compile("kind=hub_error"))
        await page.get_by_role("button", name="Replay all that fit …").click()
        dialog = page.get_by_role("dialog", name="Replay dead letters")
        await expect(dialog.get_by_role("listitem")).to_have_count(3)
        await dialog.get_by_role("button", name="Replay 3").click()
        await expect(dialog.get_by_role("status")).to_have_text("3 replayed.")
        await expect(dialog.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "3")
        await dialog.get_by_role("button", name="Done").click()
        await expect(page.get_by_text("No dead letter fits.")).to_be_visible()
        await page.goto(f"{running.url}/operations")
        await expect(letters).to_have_count(1)
        assert (await running.client.jetstream().stream_info(STREAM)).state.messages == 3
        deeds = page.get_by_test_id("deed")
        await expect(deeds).to_have_count(2)
        await expect(deeds.first).to_contain_text(re.compile("admin.*dead_letters.replay.*sequences: .2,4,5.*done"))
        assert chromium.complaints == []


async def test_a_dataset_is_paused_with_a_reason_and_resumed(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with system(tmp_path, database_url, nats_url, workers=False) as running, browser(running.url) as chromium:
        page = await chromium.open("/operations")
        row = page.get_by_test_id("dataset").filter(has_text=V2)
        await row.get_by_role("button", name=f"Pause … {V2}").click()
        dialog = page.get_by_role("dialog", name="Pause a dataset")
        await dialog.get_by_label("Reason").fill("an upload goes on")
        await dialog.get_by_role("combobox", name="How long").select_option("For a day")
        await dialog.get_by_role("button", name="Pause", exact=True).click()
        token = page.get_by_role("dialog", name="Admin token")
        await token.get_by_label("Token", exact=True).fill(TOKEN)
        await token.get_by_role("button", name="Go on").click()
        await expect(row).to_contain_text(re.compile("paused.*By admin.*until .*UTC: an upload goes on"))
        assert await keep_looks(page, "operations-paused") == []
        await row.get_by_role("button", name=f"Resume {V2}").click()
        await expect(row).to_contain_text("watched")
        await expect(page.get_by_test_id("deed")).to_have_count(2)
        assert chromium.complaints == []


_DEAD = """
INSERT INTO notification_messages (channel, status, news, created_at, due_at, attempts, error)
VALUES ('team', 'dead', '{1,2}', now(), now(), 10, 'it answers 404')
"""


async def test_a_channel_is_tested_and_the_page_tells_what_became_of_it(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with (
        system(tmp_path, database_url, nats_url, workers=False) as running,
        browser(running.url) as chromium,
        asyncpg.create_pool(database_url, min_size=1, max_size=1) as pool,
        receiver() as hook,
    ):
        hook.statuses = [204, 503]
        team = webhook(name="team", events=("landing",), datasets=("arcprize/*",), min_score=0.3)
        console = Console((webhook(url=hook.url), team), Register(pool))
        await console.announce()
        await pool.execute(_DEAD)
        page = await chromium.open("/operations")
        await page.get_by_role("button", name="Show notifications").click()
        dialog = page.get_by_role("dialog", name="Admin token")
        await dialog.get_by_label("Token", exact=True).fill(TOKEN)
        await dialog.get_by_role("button", name="Go on").click()
        ops, other = (page.get_by_test_id("channel").filter(has_text=name) for name in ("ops", "team"))
        await expect(other).to_contain_text("landings; of arcprize/*; landings from 30%; together after 60 seconds")
        await expect(other).to_contain_text("0 waiting, 1 dead")
        await expect(page.get_by_test_id("dead-message")).to_contain_text("it answers 404")

        button = ops.get_by_role("button", name="Test ops")
        for outcome in ("was delivered", "was refused: it answers 503"):
            await button.click()
            await expect(ops).to_contain_text("waits for the notifier")
            await expect(button).to_be_disabled()
            assert await console.send_tests() == 1
            await expect(ops.get_by_role("status")).to_contain_text(outcome)
        assert len(hook.came) == 2
        assert await keep_looks(page, "operations-notifications") == []
        await expect(page.get_by_test_id("deed").first).to_contain_text(re.compile("notifications.test.*channel: ops"))

        await pool.execute("UPDATE notification_channels SET seen_at = now() - interval '5 minutes'")
        await page.reload()
        await expect(ops).to_contain_text("the notifier does not run")
        await expect(button).to_be_disabled()
        assert chromium.complaints == []


async def test_an_ingestion_that_runs_is_cancelled_from_the_page(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        page = await chromium.open("/ingestion")
        stalled = running.hub.faults.add(Stall(), "git-upload-pack|resolve")
        await running.land("gpt-5", files(4, 100))
        going = page.get_by_test_id("running")
        await going.get_by_role("button", name="Cancel gpt-5").click()
        await going.get_by_role("button", name="Really cancel gpt-5").click()
        token = page.get_by_role("dialog", name="Admin token")
        await token.get_by_label("Token", exact=True).fill(TOKEN)
        await token.get_by_role("button", name="Go on").click()
        await expect(page.get_by_test_id("run")).to_contain_text("skipped")
        await expect(going).to_have_count(0)
        running.hub.faults.remove(stalled)
        assert chromium.complaints == []
