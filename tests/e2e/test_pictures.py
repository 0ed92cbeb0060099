"""The pictures of the README and of docs/gallery.md, made by `make pictures` from submissions that are made up."""

import asyncio
import base64
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from common.arc.task_sets import Task
from common.bus import bus
from common.events import SyncRequested
from playwright.async_api import Page, expect

from tests.support.browser import ARTIFACTS, Theme, browser
from tests.support.dashboard import Running, system
from tests.support.gallery import FOLDER, PICTURES, WIDE, Picture
from tests.support.submissions import V1, V2, WRONG, attempt, rows_of, submission, tasks

pytestmark = pytest.mark.pictures
expect.set_options(timeout=60_000)

# Folder, share of tasks that it solves, US dollars per task, share of tasks that it answers: no real results.
ENTRIES = (
    ("gpt-4o-2024-11-20", 0.01, 0.02, 1),
    ("claude-3-7-sonnet-20250219-thinking-16k", 0.03, 0.4, 1),
    ("o3-2025-04-16-high", 0.07, 0.9, 1),
    ("grok-4-0709", 0.13, 1.9, 1),
    ("gemini-2-5-pro-2025-06-17-thinking-32k", 0.06, 0.55, 1),
    ("gpt-5-2-2025-12-11-thinking-low", 0.14, 0.12, 1),
    ("gpt-5-2-2025-12-11-thinking-medium", 0.27, 0.45, 1),
    ("gpt-5-2-2025-12-11-thinking-high", 0.41, 1.2, 1),
    ("gpt-5-2-2025-12-11-thinking-xhigh", 0.5, 2.6, 0.9),
    ("claude-opus-4-5-20251101-thinking-8k", 0.2, 0.4, 1),
    ("claude-opus-4-5-20251101-thinking-16k", 0.28, 0.8, 1),
    ("claude-opus-4-5-20251101-thinking-32k", 0.37, 1.5, 1),
    ("gemini-3-flash-preview-thinking-high", 0.3, 0.2, 1),
)
SMALLER = ENTRIES[6:8]
FIRST = datetime(2026, 6, 2, 9, tzinfo=UTC)
NEWEST = "Gemini 3 Flash"


def answers(known: list[Task], share: float, cost: float, coverage: float, seed: str) -> Iterator[tuple[Task, bytes]]:
    """Yield a file for each task: the easy ones are solved, and the more of the hard ones, the better the model."""
    chance = random.Random(seed)
    for place, task in enumerate(known[: round(len(known) * coverage)]):
        hard = random.Random(task.id).random()
        right = chance.gauss(share, 0.12) > hard
        half = place % 9 == 0 and len(task.test) > 1
        pairs = [
            {
                f"attempt_{number}": attempt(
                    rows_of(pair.output) if right and not (half and index) else nearly(rows_of(pair.output)),
                    index,
                    tokens=round(cost * 20_000 * (0.5 + hard)),
                    cost=round(cost / 2 / len(task.test) * (0.5 + hard), 5),
                )
                for number in (1, 2)
            }
            for index, pair in enumerate(task.test)
        ]
        yield task, json.dumps(pairs).encode()


def nearly(grid: list[list[int]]) -> list[list[int]]:
    """Return a grid with two cells that are wrong."""
    if len(grid) < 2:
        return WRONG
    changed = [list(row) for row in grid]
    changed[0][0], changed[-1][-1] = (changed[0][0] + 1) % 10, (changed[-1][-1] + 3) % 10
    return changed


async def upload(running: Running) -> None:
    """Put every submission on the Hub, each with a date of its own, and have them ingested in that order."""
    for dataset, entries, known in ((V1, SMALLER, tasks("ARC1-Eval")), (V2, ENTRIES, tasks())):
        for number, (model, share, cost, coverage) in enumerate(entries):
            gain = 0.25 if dataset == V1 else 0.0
            found = dict(answers(known, share + gain, cost / (1 + 4 * gain), coverage, model))
            running.hub.commit(dataset, submission(model, found), date=FIRST + timedelta(days=14 * number))
    for dataset in (V1, V2):
        event = SyncRequested(dataset=dataset, trigger="webhook")
        await bus.publish(running.client, event, "test", key=event.idempotency_key())


# The browser itself writes WebP: no other program is needed.
SHRINK = """async ([png, quality]) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", quality).split(",")[1];
}"""


async def take(page: Page, picture: Picture, theme: Theme) -> None:
    """Wait until a page is complete, and keep it as it is seen."""
    await expect(page.get_by_text(picture.words).first).to_be_visible()
    await expect(page.locator(".skeleton")).to_have_count(0)
    await expect(page.get_by_test_id("toast")).to_have_count(0)
    if picture.below:
        await page.get_by_text(picture.below).first.evaluate(
            "each => window.scrollBy(0, each.getBoundingClientRect().top - 60)"
        )
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    shot = await page.screenshot(path=ARTIFACTS / f"picture-{picture.name}-{theme}.png")
    png = base64.b64encode(shot).decode()
    await page.goto("about:blank")
    webp = base64.b64decode(await page.evaluate(SHRINK, [png, 0.72]))
    await asyncio.to_thread(picture.file(theme).write_bytes, webp)


async def test_pictures_are_made(tmp_path: Path, database_url: str, nats_url: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    async with system(tmp_path, database_url, nats_url) as running, browser(running.url) as chromium:
        first = await chromium.open("/")
        await upload(running)
        await expect(first.get_by_test_id("hero")).to_contain_text(NEWEST)
        await first.close()
        for picture in PICTURES:
            for theme in picture.themes:
                page = await chromium.open(picture.path, theme=theme, size=(WIDE, picture.height))
                await take(page, picture, theme)
                await page.close()
        assert chromium.complaints == []
