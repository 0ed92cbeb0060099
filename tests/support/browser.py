"""Debian's Chromium, driven by playwright; what pages complain about fails the test."""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import BrowserContext, ConsoleMessage, Page, async_playwright

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts" / "dashboard"
DASHBOARD = ROOT / "services/query-api/dashboard"
AXE = DASHBOARD / "node_modules/axe-core/axe.min.js"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Theme = Literal["light", "dark"]
WIDE = (1360, 900)
PHONE = (390, 844)
LOOKS: tuple[tuple[str, Theme, tuple[int, int]], ...] = (
    ("light", "light", WIDE),
    ("dark", "dark", WIDE),
    ("phone", "dark", PHONE),
    ("phone-light", "light", PHONE),
)


@dataclass
class Browser:
    """One browser with an empty profile. `complaints` collects what its consoles say."""

    context: BrowserContext
    origin: str
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """The paths below /api, in the order in which the pages asked for them."""

    async def open(self, path: str = "/", *, theme: Theme = "light", size: tuple[int, int] = WIDE) -> Page:
        """Open a page of the dashboard."""
        page = await self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        await page.goto(self.origin + path)
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _asked(self, url: str) -> None:
        if url.startswith(f"{self.origin}/api/"):
            self.asked.append(url.removeprefix(self.origin))
        if not url.startswith((self.origin, "data:", "blob:")):
            self.foreign.append(url)


@contextlib.asynccontextmanager
async def browser(origin: str) -> AsyncIterator[Browser]:
    """Yield a browser for the pages of one server."""
    chromium = shutil.which("chromium")
    assert chromium, "these tests need Debian's chromium: run `make debian-packages`"
    with tempfile.TemporaryDirectory(prefix="arcwatch-chromium-") as profile:
        async with async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                profile, executable_path=chromium, args=list(FLAGS), headless=True
            )
            context.set_default_timeout(20_000)
            try:
                yield Browser(context, origin)
            finally:
                await context.close()


async def axe(page: Page) -> list[str]:
    """Return what axe finds wrong on a page, one line per rule."""
    await page.evaluate(AXE.read_text())
    found: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes']][:4]}"
        for each in found["violations"]
    ]


async def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    wider = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(0, int(wider))


async def keep(page: Page, name: str) -> None:
    """Keep a picture of the whole page as a test artifact."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)


async def shift(page: Page) -> float:
    """Return the cumulative layout shift since the page was opened, as the browser measured it."""
    return float(await page.evaluate(_SHIFT))


_SHIFT = """new Promise((resolve) => {
    const sum = (entries) => entries.reduce((all, each) => all + (each.hadRecentInput ? 0 : each.value), 0);
    new PerformanceObserver((list) => resolve(sum(list.getEntries()))).observe({type: 'layout-shift', buffered: true});
    setTimeout(() => resolve(0), 500);
})"""


async def keep_looks(page: Page, name: str) -> list[str]:
    """Keep a picture of a page as it is now, in both themes, wide and on a phone; return what is wrong with them."""
    found: list[str] = []
    for look, theme, (width, height) in LOOKS:
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        await page.set_viewport_size({"width": width, "height": height})
        await keep(page, f"{name}-{look}")
        found += [f"{name} {look}: {line}" for line in await axe(page)]
        if wider := await overflow(page):
            found.append(f"{name} {look}: {wider} px too wide")
    await page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    return found
