"""The packed TypeScript client in an app that is not ours: strict types, another origin, the real API and browser."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.browser import DASHBOARD, browser
from tests.support.dashboard import files, system
from tests.support.foreign_app import run_node, served, write
from tests.support.ports import free_port
from tests.support.submissions import V2

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)

APP = {
    "index.html": '<title>Other</title><main id="root"></main><script type="module" src="main.tsx"></script>',
    "tsconfig.json": """{
  "compilerOptions": {
    "target": "ES2022", "lib": ["ES2022", "DOM", "DOM.Iterable"], "module": "ESNext", "moduleResolution": "bundler",
    "jsx": "react-jsx", "strict": true, "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true,
    "types": [], "skipLibCheck": false, "noEmit": true
  },
  "include": ["main.tsx"]
}""",
    "main.tsx": """
import { ApiError, createClient, type LiveEvent } from "arcwatch-client";
import { ArcwatchProvider, useClient, useLatestModel, useLive } from "arcwatch-client/react";
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

const client = createClient({ baseUrl: `${new URLSearchParams(location.search).get("api") ?? ""}/` });

function say(event: LiveEvent): string {
  switch (event.event) {
    case "ingested":
      return `ingested ${event.data.displayName} ${event.data.score.toFixed(3)} ${event.data.landed}`;
    case "failed":
      // @ts-expect-error What failed has no score.
      return `failed ${event.data.reason} ${event.data.score}`;
    case "progress":
      return `progress ${event.data.done}`;
    default:
      return event.event;
  }
}

function Said() {
  const { latest, isPending, error, stale } = useLatestModel();
  const [events, setEvents] = useState<readonly string[]>([]);
  const { connection } = useLive((event) => setEvents((old) => [...old, say(event)]));
  return (
    <>
      <p data-testid="latest">
        {isPending ? "…" : (latest?.displayLabel ?? "nothing yet")} {error?.message} {stale && "stale"}
      </p>
      <p data-testid="connection">{connection}</p>
      <ol>{events.filter((each) => each.startsWith("ingested")).map((each, place) => <li key={place}>{each}</li>)}</ol>
      <img alt="badge" src={`${client.baseUrl}/badge/latest-model.svg`} />
    </>
  );
}

function Asked() {
  const arcwatch = useClient();
  const [said, setSaid] = useState("");
  const [solved, setSolved] = useState<readonly string[]>([]);
  const { latest } = useLatestModel();
  const model = latest?.model;
  useEffect(() => {
    if (!model) return;
    void arcwatch.page({ model }).then(({ data }) => {
      const right = data.model?.tasks.filter((task) => task.pairsSolved === task.pairsTotal) ?? [];
      setSolved(right.map((task) => task.puzzleId));
    });
  }, [arcwatch, model]);
  useEffect(() => {
    arcwatch.latestModel({ dataset: "nope" }).catch((error: unknown) => {
      if (error instanceof ApiError) setSaid(`${error.status} ${error.message}`);
    });
  }, [arcwatch]);
  return <p data-testid="asked">{solved.length} solved. {said}</p>;
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <ArcwatchProvider client={client}>
      <Said />
      <Asked />
    </ArcwatchProvider>
  </StrictMode>,
);
""",
}


def link_packages(modules: Path) -> None:
    """Put the dashboard's packages into an app; no registry is asked."""
    modules.mkdir()
    for each in (DASHBOARD / "node_modules").iterdir():
        (modules / each.name).symlink_to(each)


async def unpack_client(modules: Path) -> None:
    """Pack the client, and unpack it beside an app's other packages, as `npm install` does."""
    said = await run_node("npm", "pack", "--silent", "./client", "--pack-destination", modules, cwd=DASHBOARD)
    await run_node("tar", "-xzf", said.split()[-1], cwd=modules)
    await asyncio.to_thread((modules / "package").rename, modules / "arcwatch-client")


async def test_a_foreign_app_with_the_packed_client_shows_what_lands_once_and_catches_up(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    app, port = tmp_path / "app", free_port()
    write(app, APP)
    link_packages(app / "node_modules")
    await unpack_client(app / "node_modules")
    await run_node(DASHBOARD / "node_modules/.bin/tsc", "-p", ".", cwd=app)
    async with (
        served(app, port) as origin,
        system(tmp_path, database_url, nats_url, origins=(origin,)) as running,
        browser(origin) as chromium,
    ):
        page = await chromium.open(f"/index.html?api={running.url}")
        latest, connection = page.get_by_test_id("latest"), page.get_by_test_id("connection")
        await expect(latest).to_contain_text("nothing yet")
        await expect(connection).to_have_text("open")
        asked = page.get_by_test_id("asked")
        await expect(asked).to_have_text(re.compile(f"0 solved. 404 there is no dataset nope; .*{V2}"))
        badge = page.get_by_role("img", name="badge")
        assert await badge.evaluate("image => image.complete && image.naturalHeight") == 20

        await running.land("gpt-5", files(3, 3))
        await expect(latest).to_contain_text("Latest: GPT-5 (today)")
        await expect(page.get_by_role("listitem")).to_have_text([re.compile(r"ingested GPT-5 0\.025 true")])
        await expect(asked).to_contain_text("3 solved.")
        assert await running.listeners() == 1, "all hooks share one connection"

        await running.stop_api()
        await expect(connection).to_have_text("lost")
        await running.land("gpt-6", files(8, 2))
        await running.start_api()
        await expect(latest).to_contain_text("Latest: GPT-6 (today)")
        await expect(connection).to_have_text("open")
        await expect(page.get_by_role("listitem")).to_have_text([re.compile("GPT-5"), re.compile("GPT-6")])
        complaints = [each for each in chromium.complaints if "404" not in each and "ERR_" not in each]
        assert complaints == []
