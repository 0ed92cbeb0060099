"""Two datasets on one task set, with a model of the same name: the page of one shows no figure of the other's."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from common.arc.task_sets import Task
from playwright.async_api import Page, expect

from tests.support.browser import Browser, browser, keep_looks
from tests.support.dashboard import Running, system
from tests.support.submissions import V2, WRONG, attempt, rows_of, tasks

pytestmark = pytest.mark.debian
expect.set_options(timeout=20_000)

# But for its owner it is called like the other one.
AGAIN = "somebody/arc_agi_v2_public_eval"
SINGLE = [task for task in tasks() if len(task.test) == 1]
FIGURE = re.compile(r"\$[\d.,]+|[\d.,]+%|[\d.,]+[kM]\b|[\d.,]+ (?:s|min)\b|\d+ of \d+")
# Not of a submission: the confidence of all intervals, and nothing.
COMMON = {"95%", "0%"}


def answers(right: int, wrong: int, attempts: int, *, cost: float, tokens: int, seconds: int) -> Mapping[Task, bytes]:
    """Return files whose attempts take what is given; the first is right on so many tasks, each other on one less."""

    def attempts_at(task: Task, place: int) -> bytes:
        pairs = {}
        for number in range(attempts):
            answer = rows_of(task.test[0].output) if place < right - number else WRONG
            made = attempt(answer, 0, cost=cost, tokens=tokens)
            made["metadata"]["end_timestamp"] = f"2026-11-01T00:00:{seconds:02}+00:00"
            pairs[f"attempt_{number + 1}"] = made
        return json.dumps([pairs]).encode()

    return {task: attempts_at(task, place) for place, task in enumerate(SINGLE[: right + wrong])}


HERE = answers(5, 3, 2, cost=0.03, tokens=700, seconds=3)
THERE = answers(11, 3, 3, cost=0.25, tokens=19_000, seconds=41)
TOLD = {V2: {"4.17%", "8 of 120", "$0.480"}, AGAIN: {"9.17%", "14 of 120", "$10.50"}}


@asynccontextmanager
async def both(folder: Path, database_url: str, nats_url: str) -> AsyncIterator[tuple[Running, Browser]]:
    """Yield the system and a browser once both datasets' model has landed, the one of AGAIN last."""
    async with (
        system(folder, database_url, nats_url, datasets=(V2, AGAIN)) as running,
        browser(running.url) as chromium,
    ):
        page = await chromium.open("/")
        for dataset, files in ((V2, HERE), (AGAIN, THERE)):
            await running.land("m-1", files, dataset)
            await expect(page.get_by_test_id("hero")).to_contain_text(f"{len(files)} of 120 tasks")
        await page.close()
        chromium.asked.clear()
        yield running, chromium


def address(dataset: str, **more: str) -> str:
    return "/?" + "&".join(
        f"{name}={quote(value)}" for name, value in {"dataset": dataset, "model": "m-1", **more}.items()
    )


async def figures(page: Page) -> set[str]:
    """Return the figures below the card of the latest model and the pickers, once all of them are there."""
    await expect(page.get_by_test_id("strip").first.locator("button")).to_have_count(120)
    await expect(page.locator(".skeleton")).to_have_count(0)
    panels = await page.locator("main section:not([data-testid=hero]), [role=dialog]").all_inner_texts()
    return set(FIGURE.findall(" ".join(panels))) - COMMON


async def test_no_figure_of_one_is_on_the_page_of_the_other(tmp_path: Path, database_url: str, nats_url: str) -> None:
    async with both(tmp_path, database_url, nats_url) as (running, chromium):
        shown: dict[str, set[str]] = {}
        for dataset in (V2, AGAIN):
            chromium.asked.clear()
            page = await chromium.open(address(dataset, **{"from": "cost"}))
            await expect(page.get_by_role("dialog")).to_contain_text(f"M 1 · ARC-AGI-2 eval · {dataset}")
            shown[dataset] = await figures(page)
            of_model = {unquote(each) for each in chromium.asked if "model=" in each or "/api/models/" in each}
            assert of_model == {f"/api/pages/model?dataset={dataset}&model=m-1&latestDetail=true"}
        assert shown[V2] & shown[AGAIN] == set()
        for dataset, told in TOLD.items():
            assert told <= shown[dataset]

        page = await chromium.open(address(V2))
        before = await figures(page)
        await running.land("m-1", answers(12, 4, 3, cost=0.5, tokens=23_000, seconds=43), AGAIN)
        toast = page.get_by_test_id("toast").filter(has_text="M 1 landed")
        await expect(toast).to_contain_text(f"ARC-AGI-2 eval · {AGAIN}")
        await expect(page.get_by_test_id("hero")).to_contain_text("16 of 120 tasks")
        assert await figures(page) == before
        await page.get_by_role("combobox", name="Dataset").select_option(f"ARC-AGI-2 eval · {AGAIN}")
        await expect(page).to_have_url(re.compile(f"dataset={quote(AGAIN, safe='')}"))
        await expect(page.get_by_text(f"ARC-AGI-2 eval · {AGAIN} · ingested")).to_be_visible()
        assert await figures(page) & before == set()
        assert chromium.complaints == []


async def test_two_of_one_name_are_told_apart_side_by_side_and_in_their_tasks(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with both(tmp_path, database_url, nats_url) as (_, chromium):
        page = await chromium.open(address(V2, compare=f"{AGAIN}/m-1"))
        names = [f"M 1 ({V2})", f"M 1 ({AGAIN})"]
        await expect(page.get_by_role("heading", name=" and ".join(names))).to_be_visible()
        await expect(page.get_by_test_id("difference")).to_contain_text(
            f"{names[0]} is not distinguishable from {names[1]}: 37.5"
        )
        asked = next(each for each in chromium.asked if each.startswith("/api/pages/model"))
        assert f"dataset={V2}&model=m-1&compare={AGAIN}/m-1" in unquote(asked)
        assert [each for each in chromium.asked if each.startswith("/api/metrics/compare")] == []
        await expect(page.get_by_role("row", name="Score 4.17% 9.17% better")).to_be_visible()
        await expect(page.get_by_role("row", name="Cost per task $0.004 better $0.087")).to_be_visible()
        assert await keep_looks(page, "two-datasets") == []

        page = await chromium.open(address(V2))
        for dataset, attempts, spent in ((V2, 2, "$0.030"), (AGAIN, 3, "$0.250")):
            await page.get_by_role("combobox", name="Dataset").select_option(f"ARC-AGI-2 eval · {dataset}")
            await page.get_by_test_id("strip").get_by_role("button", name=f"{SINGLE[0].id}: correct").click()
            dialog = page.get_by_role("dialog")
            await expect(dialog).to_contain_text(f"M 1 · ARC-AGI-2 eval · {dataset}")
            await expect(dialog.get_by_text(re.compile(rf"^Attempt \d: {re.escape(spent)}"))).to_have_count(attempts)
            (other,) = {"$0.030", "$0.250"} - {spent}
            await expect(dialog).not_to_contain_text(other)
            await expect(page).to_have_url(re.compile(f"dataset={quote(dataset, safe='')}.*task={SINGLE[0].id}"))
            if dataset == V2:
                await page.keyboard.press("Escape")
        assert await keep_looks(page, "two-datasets-task") == []
        assert chromium.complaints == []


async def test_an_address_says_whose_model_it_is_and_the_leaderboard_names_the_dataset(
    tmp_path: Path, database_url: str, nats_url: str
) -> None:
    async with both(tmp_path, database_url, nats_url) as (_, chromium):
        page = await chromium.open("/?model=m-1")
        await expect(page.get_by_text(f"ARC-AGI-2 eval · {AGAIN} · ingested")).to_be_visible()
        page = await chromium.open(address(V2.upper()))
        await expect(page.get_by_text(f"ARC-AGI-2 eval · {V2} · ingested")).to_be_visible()
        assert chromium.complaints == []
        page = await chromium.open(address("somebody/else"))
        await expect(page.get_by_text("somebody/else/m-1 was not ingested")).to_be_visible()
        # The page's one request says so, and Chromium tells the console of each 404.
        assert ["404" in each for each in chromium.complaints] == [True]
        chromium.complaints.clear()

        page = await chromium.open("/models")
        rows = page.get_by_role("region", name="Table of submissions").get_by_role("row")
        for dataset, score in ((V2, "4.17%"), (AGAIN, "9.17%")):
            await expect(rows.filter(has_text=dataset)).to_contain_text(score)
            point = page.get_by_role("link", name=f"M 1 on ARC-AGI-2 eval · {dataset}: {score} for")
            await expect(point).to_have_count(1)
        await page.get_by_role("link", name=f"{AGAIN}: 9.17% for").focus()
        assert await keep_looks(page, "two-datasets-models") == []
        page = await chromium.open("/ingestion")
        for dataset in (V2, AGAIN):
            await expect(page.get_by_test_id("run").filter(has_text=dataset)).to_have_count(1)
        assert await keep_looks(page, "two-datasets-runs") == []
        assert chromium.complaints == []
