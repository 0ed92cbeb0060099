"""While a part hangs, the page says that it does not know: it neither looks live nor denies what goes on."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import nats
import pytest
from arcwatch.embedded.nats_server import NatsServer
from common.bus import topology
from playwright.async_api import Page, expect

from tests.support import dashboard
from tests.support.browser import browser
from tests.support.eventually import eventually
from tests.support.frozen import frozen
from tests.support.hub import TestHub
from tests.support.postgres import own_server
from tests.support.service_process import ServiceProcess, service_process
from tests.support.submissions import V2

pytestmark = pytest.mark.debian

# The server pings every 10 s, and the page gives up after 25.
RECONNECTING_MS = 27_000
# A server that lost its bus or its database knows it within 15 s, and its next ping says so; polling takes a minute.
STALE_MS = 45_000
BACK_MS = 60_000
DEADLINE_MS = 30_000
NOTHING = "Nothing is being ingested."


@dataclass(frozen=True)
class System:
    """A query API as a process, and its page about ingestions."""

    api: ServiceProcess
    page: Page


@asynccontextmanager
async def system(folder: Path, database_url: str, nats_url: str) -> AsyncIterator[System]:
    """Yield the page once it is live. There is no watcher and no ingester: nothing else stirs."""
    client = await nats.connect(nats_url)
    await topology.apply(client.jetstream())
    await client.close()
    async with TestHub(folder / "hub") as hub:
        hub.commit(V2, {"README.md": b"A dataset of submissions.\n"})
        environment = {"HF_ENDPOINT": hub.url, "HF_DATASETS": V2, "DATABASE_URL": database_url, "NATS_URL": nats_url}
        async with service_process("query_api", folder / "api.log", **environment) as api:
            await eventually(api.ready, 60)
            async with browser(f"http://127.0.0.1:{api.port}") as chromium:
                page = await chromium.open("/ingestion")
                await expect(page.get_by_test_id("connection")).to_have_text("Live")
                await expect(page.get_by_text(NOTHING)).to_be_visible()
                yield System(api, page)
                await expect(page.get_by_test_id("connection")).to_have_text("Live", timeout=BACK_MS)
                await expect(page.get_by_test_id("stale")).to_have_count(0, timeout=STALE_MS)
                await expect(page.get_by_text(NOTHING)).to_be_visible(timeout=BACK_MS)


@pytest.mark.neighbour(
    "Browser",
    "the query API hangs (SIGSTOP), and goes on",
    "within 27 s the page says that it reconnects, and that it does not know what is being ingested; then it is live",
)
async def test_a_query_api_that_hangs_is_not_called_live(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with system(tmp_path, database_url, nats_url) as running:
        page = running.page
        with frozen(running.api.process.pid):
            await expect(page.get_by_test_id("connection")).to_have_text("Reconnecting", timeout=RECONNECTING_MS)
            await expect(page.get_by_text("Not known: the server does not answer.")).to_be_visible()
            await expect(page.get_by_text(NOTHING)).to_have_count(0)
            await expect(page.get_by_test_id("stale")).to_contain_text("This may be out of date.")


@pytest.mark.neighbour(
    "Browser", "requests of the page are never answered", "each ends after 20 s; the page says what could not be loaded"
)
async def test_every_request_of_the_page_ends(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with (
        dashboard.system(tmp_path, database_url, nats_url, workers=False) as running,
        browser(running.url) as chromium,
    ):
        await chromium.context.route(re.compile("/api/(?!events)"), lambda _: None)
        page = await chromium.open("/ingestion")
        for what in ("The schedule", "The state of the services", "The datasets", "The history"):
            panel = page.get_by_role("alert").filter(has_text=f"{what} could not be loaded")
            await expect(panel).to_contain_text("The server has not answered for 20 s.", timeout=DEADLINE_MS)


@pytest.mark.neighbour(
    "Browser",
    "NATS hangs (SIGSTOP), and goes on",
    "the page says that the server cannot reach its bus; then it is live",
)
async def test_a_bus_that_hangs_is_told(tmp_path: Path, database_url: str, nats_server: NatsServer) -> None:
    async with system(tmp_path, database_url, nats_server.url()) as running:
        assert nats_server.child is not None
        with frozen(nats_server.child.pid):
            stale = running.page.get_by_test_id("stale")
            await expect(stale).to_contain_text("cannot reach its database or its bus", timeout=STALE_MS)
            await expect(running.page.get_by_text("NATS does not answer.")).to_be_visible(timeout=STALE_MS)


@pytest.mark.neighbour(
    "Browser",
    "PostgreSQL hangs (SIGSTOP), and goes on",
    "the page says that the server cannot reach its database, and not that nothing is being ingested; then it is live",
)
async def test_a_database_that_hangs_is_told(tmp_path: Path, nats_url: str) -> None:
    async with own_server() as server, system(tmp_path, server.url(), nats_url) as running:
        assert server.child is not None
        with frozen(server.child.pid):
            stale = running.page.get_by_test_id("stale")
            await expect(stale).to_contain_text("cannot reach its database or its bus", timeout=STALE_MS)
