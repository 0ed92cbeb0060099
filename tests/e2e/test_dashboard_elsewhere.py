"""What is not on the screen of our own page: tabs that nobody looks at, and other people's React apps."""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from arcwatch.ports import free_port
from playwright.async_api import expect

from tests.support.browser import DASHBOARD, browser
from tests.support.dashboard import files, system
from tests.support.eventually import eventually

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)

SEEN = """(state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_a_tab_that_nobody_looks_at_lets_its_connection_go_and_catches_up(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        page = await chromium.open("/")
        await expect(page.get_by_test_id("connection")).to_have_text("Live")
        assert await running.listeners() == 1
        await page.evaluate(SEEN, "hidden")

        async def nobody_listens() -> bool:
            return await running.listeners() == 0

        await eventually(nobody_listens, 40)
        await running.land("gpt-5", files(3, 3))
        await expect(page.get_by_text("Nothing has been ingested yet.")).to_be_visible()
        await page.evaluate(SEEN, "visible")
        await expect(page.get_by_test_id("hero").get_by_role("heading")).to_have_text("GPT 5")


OTHER_APP = {
    "index.html": '<title>Other</title><main id="root"></main><script type="module" src="main.tsx"></script>',
    "tsconfig.json": '{"compilerOptions": {"jsx": "react-jsx"}}',
    "main.tsx": """
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { useLatestHFModel } from "./useLatestHFModel.ts";

const baseUrl = new URLSearchParams(location.search).get("api") ?? "";
const client = new QueryClient();
new EventSource(`${baseUrl}/api/events`).addEventListener("ingested", () =>
  client.invalidateQueries({ queryKey: ["latest-model"] }),
);

function Latest() {
  const { latest } = useLatestHFModel({ baseUrl });
  return <p>{latest === undefined ? "…" : (latest?.displayLabel ?? "nothing yet")}</p>;
}

createRoot(document.getElementById("root")!).render(
  <QueryClientProvider client={client}>
    <Latest />
  </QueryClientProvider>,
);
""",
}


def write_other_app(folder: Path) -> None:
    folder.mkdir()
    for name, text in OTHER_APP.items():
        (folder / name).write_text(text)
    shutil.copy(DASHBOARD / "src/hooks/useLatestHFModel.ts", folder)
    (folder / "node_modules").symlink_to(DASHBOARD / "node_modules")


@contextlib.asynccontextmanager
async def other_app(folder: Path, port: int) -> AsyncIterator[str]:
    """Build an app that took one file from ours, as docs/frontend.md says, and serve it at an origin of its own."""
    await asyncio.to_thread(write_other_app, folder)
    process = await asyncio.create_subprocess_exec(
        folder / "node_modules/.bin/vite", "build", "--logLevel", "warn",
        cwd=folder, env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert await process.wait() == 0
    app = web.Application()
    app.router.add_static("/", folder / "dist")
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def test_another_react_app_takes_over_the_hook_and_hears_of_new_models(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    port = free_port()
    async with (
        other_app(tmp_path / "other", port) as origin,
        system(tmp_path, database_url, nats_url, origins=(origin,)) as running,
        browser(origin) as chromium,
    ):
        page = await chromium.open(f"/index.html?api={running.url}")
        await expect(page.get_by_text("nothing yet")).to_be_visible()
        await running.land("gpt-5", files(3, 3))
        await expect(page.get_by_text("Latest: GPT 5 (today)")).to_be_visible()
