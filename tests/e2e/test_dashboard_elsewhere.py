"""What is not on the screen of our own page: hidden tabs, and other people's React apps."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from aiohttp import web
from common.bus import topology
from playwright.async_api import expect

from tests.support.browser import DASHBOARD, browser
from tests.support.dashboard import files, system
from tests.support.eventually import eventually
from tests.support.foreign_app import served, write
from tests.support.ports import free_port
from tests.support.writer import Writer

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)

SEEN = """(state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_a_hidden_tab_lets_its_connection_go_and_catches_up(
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
        await expect(page.get_by_test_id("hero").get_by_role("heading")).to_have_text("GPT-5")


async def test_a_page_that_is_told_to_load_again_does(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with (
        system(tmp_path, database_url, nats_url, workers=False) as running,
        browser(running.url) as chromium,
        asyncpg.create_pool(database_url, min_size=1, max_size=1) as pool,
    ):
        writer, stream = Writer(pool, running.client), running.client.jetstream()
        await writer.publish(await writer.sync())
        page = await chromium.open("/")
        await expect(page.get_by_test_id("connection")).to_have_text("Live")
        await expect(page.get_by_text("Nothing has been ingested yet.")).to_be_visible()
        # A stream made anew: its numbers begin again, so that the page cannot know what it missed.
        await stream.delete_stream(topology.STREAM)
        await topology.apply(stream)
        await writer.ingest("gpt-5")
        await writer.publish(await writer.sync())
        await expect(page.get_by_test_id("hero").get_by_role("heading")).to_have_text("GPT-5")


@contextlib.asynccontextmanager
async def empty_page(port: int) -> AsyncIterator[str]:
    """Serve a page without anything at an origin of its own."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Elsewhere</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{any:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


ASK = """async ([url, method, headers, times]) => {
    let answer;
    for (let asked = 0; asked < times; asked++) {
        answer = await fetch(url, { method, headers, body: method === "POST" ? "{}" : undefined });
    }
    return [answer.status, (await answer.json()).detail.length > 0, answer.headers.has("Retry-After")];
}"""
BODY = {"Content-Type": "application/json"}
WRONG = {**BODY, "Authorization": "Bearer wrong"}


async def test_a_page_elsewhere_reads_what_is_wrong(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with (
        empty_page(free_port()) as origin,
        system(tmp_path, database_url, nats_url, workers=False, origins=(origin,)) as running,
        browser(origin) as chromium,
    ):
        page = await chromium.open("/")
        for path, method, headers, status in (
            ("/api/models?unknown=1", "GET", {}, 400),
            (f"/api/models?{'x' * 10_000}", "GET", {}, 400),
            ("/api/admin/sync", "POST", BODY, 401),
            ("/api/admin/sync", "POST", WRONG, 403),
            ("/nowhere", "GET", {}, 404),
            ("/nowhere", "POST", BODY, 404),
            ("/api/models", "DELETE", {}, 405),
            ("/api/admin/hf-folders?baseUrl=not/watched", "GET", {}, 422),
        ):
            found = await page.evaluate(ASK, [running.url + path, method, headers, 1])
            assert found == [status, True, False], path
        found = await page.evaluate(ASK, [f"{running.url}/api/admin/sync", "POST", WRONG, 70])
        assert found == [429, True, True]
        assert all("status of 4" in each for each in chromium.complaints), chromium.complaints


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
    write(folder, OTHER_APP)
    shutil.copy(DASHBOARD / "src/hooks/useLatestHFModel.ts", folder)
    (folder / "node_modules").symlink_to(DASHBOARD / "node_modules")


async def test_another_react_app_takes_over_the_hook_and_hears_of_new_models(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    port = free_port()
    await asyncio.to_thread(write_other_app, tmp_path / "other")
    async with (
        served(tmp_path / "other", port) as origin,
        system(tmp_path, database_url, nats_url, origins=(origin,)) as running,
        browser(origin) as chromium,
    ):
        page = await chromium.open(f"/index.html?api={running.url}")
        await expect(page.get_by_text("nothing yet")).to_be_visible()
        await running.land("gpt-5", files(3, 3))
        await expect(page.get_by_text("Latest: GPT-5 (today)")).to_be_visible()
