"""Two datasets that answer one task set, with a model of the same name: each route's numbers are those of its own."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from query_api.routes.table import ENDPOINTS

from tests.query_api.conftest import Start
from tests.support.api import Api
from tests.support.writer import DATASET, Writer

ONE, TWO = "0934a4d8", "16de56c4"
OTHER = "somebody/arc_agi_v2_public_eval_again"
NAME = "m-1"
ATTEMPT = f"{NAME}-attempt1"
# Whose answers are whose: which of two tasks is right, and what it cost.
RIGHT = {DATASET: ONE, OTHER: TWO}
COST = {DATASET: 1.0, OTHER: 2.0}
SCORE = {DATASET: 0.25, OTHER: 0.75}


@pytest.fixture
async def two(start: Start, writer: Writer) -> AsyncIterator[Api]:
    """Lend a server with both datasets' model, its second attempt and a task's result; the second one is the latest."""
    for dataset, right in RIGHT.items():
        run = (await writer.ingest(NAME, dataset, score=SCORE[dataset], cost=COST[dataset], failed=1)).run_id
        for attempt in (ATTEMPT, f"{NAME}-attempt2"):
            for task in (ONE, TWO):
                pairs = [task == right] * (1 if task == ONE else 2)
                await writer.answer(
                    attempt, task, pairs, dataset, cost=COST[dataset], time_ms=int(COST[dataset] * 1_000)
                )
        await writer.pool.execute(
            "INSERT INTO task_results SELECT id, $2, 'o', 1, 1 FROM submission_versions WHERE hf_dataset = $1",
            dataset, right,
        )  # fmt: skip
        await writer.pool.execute(
            "INSERT INTO ingestion_errors (run_id, kind, message) VALUES ($1, 'integrity', $2)", run, dataset
        )
    async with start(hf_datasets=(DATASET, OTHER)) as api:
        yield api


def both(dataset: str) -> tuple[str, str]:
    """Return a dataset's name in a path: with its slash, and without."""
    return dataset, quote(dataset, safe="")


@pytest.mark.parametrize("dataset", RIGHT)
async def test_analytics(two: Api, dataset: str) -> None:
    for named in both(dataset):
        found = await two.data(f"/api/model-dataset/performance/{ATTEMPT}/{named}")
        assert (found["dataset"], found["correct"], found["summary"]["totalPuzzles"]) == (
            dataset,
            [RIGHT[dataset]],
            120,
        )
        found = await two.data(f"/api/model-dataset/metrics/{ATTEMPT}/{named}")
        assert (found["dataset"], found["overall"]["avgCost"]) == (dataset, COST[dataset])


@pytest.mark.parametrize("dataset", RIGHT)
async def test_compare(two: Api, dataset: str) -> None:
    query = f"model1={ATTEMPT}&model2={NAME}-attempt2&dataset={quote(dataset, safe='')}"
    found = await two.data(f"/api/metrics/compare?{query}")
    assert found["summary"]["dataset"] == dataset
    assert [each["totalCost"] for each in found["summary"]["modelPerformance"]] == [2 * COST[dataset]] * 2
    (union,) = found["summary"]["attemptUnionStats"]
    assert union["puzzlesFullySolvedIds"] == [RIGHT[dataset]]


@pytest.mark.parametrize("dataset", [DATASET, OTHER, None])
async def test_of_a_task_set_it_is_the_dataset_named_and_else_the_one_landed_last(
    two: Api, dataset: str | None
) -> None:
    taken = dataset or OTHER
    of = "" if dataset is None else f"?hfDataset={quote(dataset, safe='')}"
    found = await two.data(f"/api/model-dataset/performance/{ATTEMPT}/evaluation2{of}")
    assert (found["dataset"], found["hfDataset"], found["correct"]) == ("evaluation2", taken, [RIGHT[taken]])
    found = await two.data(f"/api/model-dataset/metrics/{ATTEMPT}/evaluation2{of}")
    assert (found["hfDataset"], found["overall"]["avgCost"]) == (taken, COST[taken])
    of = of.replace("?", "&")
    found = await two.data(f"/api/metrics/compare?model1={ATTEMPT}&model2={NAME}-attempt2&dataset=evaluation2{of}")
    (union,) = found["summary"]["attemptUnionStats"]
    assert (union["hfDataset"], union["puzzlesFullySolvedIds"]) == (taken, [RIGHT[taken]])
    assert {each["hfDataset"] for each in found["summary"]["modelPerformance"]} == {taken}


async def test_two_of_one_name_are_compared_by_their_datasets(two: Api) -> None:
    names = [f"{OTHER}/{ATTEMPT}", f"{DATASET}/{ATTEMPT}"]
    asked = "&".join(f"model{number}={quote(name, safe='')}" for number, name in enumerate(names, start=1))
    summary = (await two.data(f"/api/metrics/compare?{asked}&dataset=evaluation2"))["summary"]
    assert [summary["model1Name"], summary["model2Name"]] == names
    assert [(each["modelName"], each["hfDataset"], each["totalCost"]) for each in summary["modelPerformance"]] == [
        (names[0], OTHER, 2 * COST[OTHER]), (names[1], DATASET, 2 * COST[DATASET]),
    ]  # fmt: skip
    assert (summary["attemptUnionStats"], summary["mostEfficientModel"]) == ([], names[1])
    same = f"model1={ATTEMPT}&model2={quote(names[0], safe='')}&dataset=evaluation2"
    assert (await two.get(f"/api/metrics/compare?{same}"))[0] == 422


async def test_a_dataset_in_another_letter_case_is_that_one_and_an_unknown_one_is_said(two: Api) -> None:
    for path in (f"performance/{ATTEMPT}/evaluation2", f"metrics/{ATTEMPT}/evaluation2"):
        found = await two.data(f"/api/model-dataset/{path}?hfDataset={quote(DATASET.upper(), safe='')}")
        assert found["hfDataset"] == DATASET
        status, body = await two.get(f"/api/model-dataset/{path}?hfDataset=who%2Fknows")
        assert (status, "who/knows" in body["detail"], OTHER in body["detail"]) == (404, True, True)
        # A task set is no dataset: what has no slash is refused as such.
        assert (await two.get(f"/api/model-dataset/{path}?hfDataset=evaluation2"))[0] == 400


async def test_an_attempt_that_the_dataset_does_not_hold_is_not_taken_from_another(two: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest("only-here"))
    await two.until_latest("only-here")
    for named in both(OTHER):
        status, body = await two.get(f"/api/model-dataset/performance/only-here-attempt1/{named}")
        assert (status, OTHER in body["detail"]) == (404, True)


@pytest.mark.parametrize("dataset", RIGHT)
async def test_the_model_its_tasks_and_its_history(two: Api, dataset: str) -> None:
    for path in (f"/api/models/{dataset}/{NAME}", f"/api/models/{quote(dataset, safe='')}/{NAME}"):
        found = await two.data(path)
        assert (found["dataset"], found["score"], found["totalCost"]) == (dataset, SCORE[dataset], COST[dataset])
        assert [task["puzzleId"] for task in found["tasks"]] == [RIGHT[dataset]]
        assert [error["message"] for error in found["ingestionErrors"]] == [dataset]
        assert len(found["versions"]) == 1
    task = await two.data(f"/api/models/{dataset}/{NAME}/tasks/{RIGHT[dataset]}")
    assert [answer["correct"] for attempt in task["attempts"] for answer in attempt["answers"]].count(False) == 0
    assert {attempt["cost"] for attempt in task["attempts"]} == {COST[dataset]}
    _, history = await two.get(f"/api/admin/ingestion-history?model={NAME}&dataset={quote(dataset, safe='')}")
    assert [run["score"] for run in history["runs"]] == [SCORE[dataset]]


@pytest.mark.parametrize("dataset", RIGHT)
async def test_lists(two: Api, dataset: str) -> None:
    named = quote(dataset, safe="")
    (row,) = await two.data(f"/api/models?dataset={named}")
    assert (row["dataset"], row["score"]) == (dataset, SCORE[dataset])
    latest = await two.data(f"/api/metrics/latest-model?dataset={named}")
    assert (latest["dataset"], latest["score"]) == (dataset, SCORE[dataset])
    assert {row["dataset"] for row in await two.data("/api/models")} == set(RIGHT)
    async with two.http.get("/feed.atom") as answer:
        feed = await answer.text()
    assert f'"api/models/{dataset}/{NAME}"' in feed


def test_every_route_that_takes_a_model_is_asked_above() -> None:
    """A new one must say whose numbers it gives."""
    known = {
        "/api/models/{dataset}/{model}", "/api/models/{owner}/{name}/{model}",
        "/api/models/{owner}/{name}/{model}/tasks/{task}", "/api/model-dataset/performance/{model}/{dataset}",
        "/api/model-dataset/performance/{model}/{owner}/{name}", "/api/model-dataset/metrics/{model}/{dataset}",
        "/api/model-dataset/metrics/{model}/{owner}/{name}", "/api/metrics/compare", "/api/admin/ingestion-history",
    }  # fmt: skip
    taking = {each.path for each in ENDPOINTS if {"model", "model1"} & each.query.model_fields.keys()}
    assert taking == known
