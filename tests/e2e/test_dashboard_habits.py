"""What readers are used to: places that are kept, focus that returns, links, downloads, and commands by their keys."""

import asyncio
import base64
import csv
import io
import re
import struct
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.support.browser import ARTIFACTS, PHONE, axe, browser, keep, overflow
from tests.support.dashboard import files, system
from tests.support.submissions import V2, tasks

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)

SMALL = (820, 420)
FOCUSED = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.id"


async def top(page: Page) -> float:
    """Return how far down the page is scrolled."""
    return float(await page.evaluate("window.scrollY"))


async def test_places_and_focus_are_kept(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        first = await chromium.open("/")
        for model, name in (("gpt-5", "GPT-5"), ("claude-opus-5", "Claude Opus 5")):
            await running.land(model, files(12, 30))
            await expect(first.get_by_test_id("hero").get_by_role("heading")).to_have_text(name)
        page = await chromium.open("/models", size=SMALL)
        link = page.get_by_role("region", name="Table of submissions").get_by_role("link", name="GPT-5")
        await link.scroll_into_view_if_needed()
        left = await top(page)
        assert left > 300
        await link.click()
        await expect(page.get_by_test_id("strip").first).to_be_visible()
        assert await top(page) == 0
        assert await page.evaluate(FOCUSED) == "main"
        await page.go_back()
        await expect(link).to_be_in_viewport()
        assert abs(await top(page) - left) < 2
        await page.reload()
        await expect(link).to_be_in_viewport()
        assert abs(await top(page) - left) < 2
        await page.go_forward()
        cell = page.get_by_test_id("strip").locator("button.cell").nth(2)
        name = str(await cell.get_attribute("aria-label"))
        await cell.click()
        dialog = page.get_by_role("dialog")
        for close in ("Escape", "Close"):
            await expect(dialog.get_by_text("Expected").first).to_be_visible()
            if close == "Escape":
                await page.keyboard.press(close)
            else:
                await dialog.get_by_role("button", name=close, exact=True).click()
            await expect(dialog).to_have_count(0)
            assert await page.evaluate(FOCUSED) == name
            if close == "Escape":
                await page.keyboard.press("Enter")
        linked = await chromium.open(f"/?dataset={V2}&model=gpt-5&task={tasks()[0].id}")
        await expect(linked.get_by_role("dialog").get_by_text("Expected").first).to_be_visible()
        await linked.keyboard.press("Escape")
        await expect(linked.get_by_role("dialog")).to_have_count(0)
        assert await linked.evaluate(FOCUSED) == "main"
        assert chromium.complaints == []


async def test_any_place_is_reached_by_keys_and_shared(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        await chromium.context.grant_permissions(["clipboard-read", "clipboard-write"])
        first = await chromium.open("/")
        for model, name in (("gpt-5", "GPT-5"), ("claude-opus-5", "Claude Opus 5")):
            await running.land(model, files(12, 30))
            await expect(first.get_by_test_id("hero").get_by_role("heading")).to_have_text(name)
        page = await chromium.open("/models?colour=red&status=done")
        notice = page.get_by_test_id("unknown")
        await expect(notice).to_contain_text("Unknown filters colour=red, status=done.")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        found = await axe(page)
        await keep(page, "unknown-filters")
        await notice.get_by_role("button", name="Reset").click()
        await expect(notice).to_have_count(0)
        await expect(page).to_have_url(re.compile(r"/models\?set=ARC2-Eval$"))

        palette, field = page.get_by_role("dialog", name="Commands"), page.get_by_role("combobox", name="Find a page")
        for look, theme, size in (("light", "light", (1400, 900)), ("dark", "dark", PHONE)):
            await page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type] # two of its words
            await page.set_viewport_size({"width": size[0], "height": size[1]})
            await page.keyboard.press("Control+k")
            await expect(field).to_be_focused()
            await expect(palette.get_by_role("option", name="Claude Opus 5")).to_be_visible()
            await keep(page, f"palette-{look}")
            found += await axe(page)
            assert await overflow(page) == 0
            await page.keyboard.press("Escape")
            await expect(palette).to_have_count(0)
        await page.set_viewport_size({"width": 1400, "height": 900})
        opener = page.get_by_role("button", name="Commands")
        await opener.click()
        await field.fill("nothing is called this")
        await expect(palette).to_contain_text("Nothing is called")
        await page.keyboard.press("Meta+k")
        await expect(palette).to_have_count(0)
        await expect(opener).to_be_focused()
        await opener.click()
        await field.fill("gpt")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("combobox", name="Model")).to_have_value("GPT-5")
        await opener.click()
        await field.fill("theme light")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name=re.compile("^Theme:"))).to_contain_text("Light")

        await page.goto(running.url)
        await expect(page.get_by_role("combobox", name="Model")).to_have_value("Claude Opus 5")
        await page.get_by_role("button", name="Copy a link to this view").click()
        await expect(page.get_by_text("Link copied")).to_be_attached()
        link = await page.evaluate("navigator.clipboard.readText()")
        assert link == f"{running.url}/?dataset={V2.replace('/', '%2F')}&model=claude-opus-5"
        assert chromium.complaints == []
    assert not found, "\n".join(found)


async def test_docs_follow_the_theme(tmp_path: Path, database_url: str, nats_url: str) -> None:
    dark = ("background-color", "rgb(28, 32, 34)")
    async with system(tmp_path, database_url, nats_url, workers=False) as running, browser(running.url) as chromium:
        page = await chromium.open("/docs", theme="dark")
        await expect(page.get_by_text("/api/models").first).to_be_visible()
        await expect(page.locator("html")).to_have_css(*dark)
        await keep(page, "docs-dark")
        await page.emulate_media(color_scheme="light")
        await expect(page.locator("html")).not_to_have_css(*dark)
        await page.evaluate("localStorage.setItem('arcwatch-theme', 'dark')")
        await page.reload()
        await expect(page.locator("html")).to_have_css(*dark)
        missing = await chromium.open("/leaderbord", theme="dark")
        await expect(missing.get_by_role("heading")).to_have_text("There is no such page.")
        found = await axe(missing)
        await keep(missing, "no-such-page-dark")
        await missing.get_by_role("link", name="Leaderboard").click()
        await expect(missing.get_by_role("heading", level=1)).to_have_text("Leaderboard")
        assert [each for each in chromium.complaints if "404" not in each] == []
    assert not found, "\n".join(found)


async def taken(page: Page, button: str) -> tuple[str, bytes]:
    """Click a button of a download; return the file's name and what is in it."""
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name=button, exact=True).click()
    download = await waiting.value
    return download.suggested_filename, await asyncio.to_thread(Path(await download.path()).read_bytes)


async def test_tables_and_charts_are_taken_along(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        first = await chromium.open("/")
        for right in (12, 14):
            await running.land("gpt-5", files(right, 30))
            await expect(first.get_by_test_id("hero")).to_contain_text(f"{right + 30} of 120 tasks")
        page = await chromium.open("/models", theme="dark", size=(1400, 900))
        await expect(page.get_by_role("region", name="Table of submissions").get_by_role("row")).to_have_count(2)
        async with aiohttp.ClientSession() as http, http.get(f"{running.url}/api/models") as answer:
            (row,) = (await answer.json())["data"]
        name, body = await taken(page, "CSV of All submissions")
        assert re.fullmatch(r"arcwatch-all-submissions-\d{4}-\d\d-\d\dT\d{4}Z\.csv", name)
        (line,) = csv.DictReader(io.StringIO(body.decode("utf-8-sig")))
        assert (line["model"], float(line["score"]), float(line["totalCost"])) == (
            "gpt-5", row["score"], row["totalCost"],
        )  # fmt: skip
        assert float(line["scoreInterval.low"]) == row["scoreInterval"]["low"]
        pictures = {
            "/models": ("Score against cost", "Landings", "All submissions"),
            "/": ("Tasks of GPT-5", "Versions of GPT-5", "Attempts of GPT-5"),
            "/ingestion": ("Runs",),
        }
        for path, names in pictures.items():
            await page.goto(running.url + path)
            for each in names:
                name, body = await taken(page, f"PNG of {each}")
                ARTIFACTS.mkdir(parents=True, exist_ok=True)
                (ARTIFACTS / f"export-{each.replace(' ', '-').lower()}.png").write_bytes(body)
                width, height = struct.unpack(">II", body[16:24])
                assert (body[:4], width > 600, height > 200) == (b"\x89PNG", True, True), each
                assert await page.evaluate(INK, base64.b64encode(body).decode()) == [[18, 21, 28], True], each
        assert chromium.complaints == []
        assert chromium.foreign == []


# The colour of a picture's corner, and whether more than that is in its lowest and in its upper part.
INK = """async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const of = (top, height) => new Set(
        new Uint32Array(context.getImageData(0, top, image.width, height).data.buffer)
    ).size > 8;
    return [
        [...context.getImageData(1, 1, 1, 1).data.slice(0, 3)],
        of(image.height - 90, 80) && of(40, image.height - 140),
    ];
}"""
