"""Two datasets that answer one task set, with a model of the same name: each route's numbers are those of its own."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from query_api.routes.table import ENDPOINTS

from tests.query_api.conftest import Start
from tests.support.api import Api
from tests.support.writer import DATASET, Writer

# Tasks with one test pair, and one with two, in the order of the set.
ONE, TWO, THREE, LONG = "0934a4d8", "135a2760", "136b0064", "13e47133"
OTHER = "somebody/arc_agi_v2_public_eval_again"
NAME = "m-1"
ATTEMPT = f"{NAME}-attempt1"


class Told(NamedTuple):
    """What a dataset's submission says: no figure is another's, nor a sum of another's."""

    attempts: int
    right: tuple[str, ...]
    tasks: tuple[str, ...]
    score: float
    total_cost: float
    cost: float
    tokens: int
    time_ms: int
    accuracy_percent: float


TOLD = {
    DATASET: Told(2, (ONE,), (ONE, TWO), 0.27, 11.3, 0.37, 1_009, 2_003, 41.7),
    OTHER: Told(3, (TWO, THREE, LONG), (ONE, TWO, THREE, LONG), 0.73, 17.9, 5.11, 40_009, 70_001, 62.9),
}


@pytest.fixture
async def two(start: Start, writer: Writer) -> AsyncIterator[Api]:
    """Lend a server with both datasets' model, with answers, results and an error; the second one is the latest."""
    for dataset, told in TOLD.items():
        event = await writer.ingest(
            NAME, dataset, score=told.score, cost=told.total_cost, tokens=told.tokens * 7, attempts=told.attempts,
            accuracy_percent=told.accuracy_percent, tasks_submitted=100 + told.attempts, failed=1,
        )  # fmt: skip
        for number in range(1, told.attempts + 1):
            for task in told.tasks:
                await writer.answer(
                    f"{NAME}-attempt{number}", task, [task in told.right] * (2 if task == LONG else 1), dataset,
                    cost=told.cost, tokens=told.tokens, time_ms=told.time_ms,
                )  # fmt: skip
        await writer.pool.execute(
            "INSERT INTO task_results SELECT id, unnest($2::text[]), 'o', 1, 1 FROM submission_versions "
            "WHERE hf_dataset = $1",
            dataset, list(told.tasks),
        )  # fmt: skip
        await writer.pool.execute(
            "INSERT INTO ingestion_errors (run_id, kind, message) VALUES ($1, 'integrity', $2)", event.run_id, dataset
        )
    async with start(hf_datasets=(DATASET, OTHER)) as api:
        yield api


def names(dataset: str) -> Iterator[str]:
    """Return a dataset's name in a path: with its slash, without, and in another letter case."""
    yield from (dataset, quote(dataset, safe=""), dataset.upper(), quote(dataset.title(), safe=""))


def pages(dataset: str) -> Iterator[str]:
    """Return every way to ask for figures of a dataset's model."""
    attempts = f"model1={ATTEMPT}&model2={NAME}-attempt2"
    whole = [quote(f"{dataset}/{each}", safe="") for each in (NAME, ATTEMPT)]
    for named in names(dataset):
        of, escaped = f"hfDataset={named.replace('/', '%2F')}", named.replace("/", "%2F")
        for kind in ("performance", "metrics"):
            yield f"/api/model-dataset/{kind}/{ATTEMPT}/{named}"
            yield f"/api/model-dataset/{kind}/{NAME}/evaluation2?{of}"
            yield f"/api/model-dataset/{kind}/{ATTEMPT}/ARC2-Eval?{of}"
        yield f"/api/metrics/compare?{attempts}&dataset=evaluation2&{of}"
        yield f"/api/metrics/compare?{attempts}&dataset={escaped}"
        yield f"/api/accuracy/harness?baseModelName={NAME}&{of}"
        yield f"/api/accuracy/harness?baseModelName={NAME}&dataset={escaped}"
        yield f"/api/models/{named}/{NAME}"
        yield f"/api/admin/ingestion-history?model={NAME}&dataset={escaped}"
        yield f"/api/models?dataset={escaped}"
        yield f"/api/metrics/latest-model?dataset={escaped}"
    for named in (dataset, dataset.upper()):
        yield from (f"/api/models/{named}/{NAME}/tasks/{task}" for task in TOLD[dataset].tasks)
    yield f"/api/metrics/compare?model1={whole[0]}&model2={whole[1]}&dataset=evaluation2"


def figures(answer: Any) -> Iterator[float]:
    """Return the figures in an answer that tell a submission: no counts, shares of nothing or of all, or colours."""
    if isinstance(answer, dict):
        # Both were written on one day, by runs that took the same time.
        alike = {"durationMs", "daysAgo"}
        yield from (each for key, value in answer.items() if key not in alike for each in figures(value))
    elif isinstance(answer, list):
        yield from (each for value in answer for each in figures(value))
    elif isinstance(answer, int | float) and (answer > 200 or answer != int(answer)):
        yield answer


async def test_no_figure_of_one_is_in_an_answer_of_the_other(two: Api) -> None:
    found: dict[str, set[float]] = {dataset: set() for dataset in TOLD}
    for dataset in TOLD:
        (rival,) = TOLD.keys() - {dataset}
        for path in pages(dataset):
            status, body = await two.get(path)
            assert status == 200, (path, body)
            text = json.dumps(body)
            here = set(figures(body))
            assert rival not in text, path
            assert f'"{dataset}"' in text, path
            assert here or "performance" in path, path
            found[dataset] |= here
    assert found[DATASET] & found[OTHER] == set()
    for dataset, told in TOLD.items():
        assert found[dataset] >= {told.score, told.total_cost, told.cost, told.tokens, told.time_ms}
        assert {told.accuracy_percent, told.tokens * 7} <= found[dataset]


@pytest.mark.parametrize("dataset", [DATASET, OTHER, None])
async def test_of_a_task_set_it_is_the_dataset_named_and_else_the_one_landed_last(
    two: Api, dataset: str | None
) -> None:
    taken = dataset or OTHER
    of = "" if dataset is None else f"?hfDataset={quote(dataset, safe='')}"
    found = await two.data(f"/api/model-dataset/performance/{ATTEMPT}/evaluation2{of}")
    assert (found["dataset"], found["hfDataset"], found["correct"]) == ("evaluation2", taken, list(TOLD[taken].right))
    found = await two.data(f"/api/model-dataset/metrics/{ATTEMPT}/evaluation2{of}")
    assert (found["hfDataset"], found["overall"]["avgCost"]) == (taken, TOLD[taken].cost)
    of = of.replace("?", "&")
    found = await two.data(f"/api/metrics/compare?model1={ATTEMPT}&model2={NAME}-attempt2&dataset=evaluation2{of}")
    (union,) = found["summary"]["attemptUnionStats"]
    assert (union["hfDataset"], union["puzzlesFullySolvedIds"]) == (taken, list(TOLD[taken].right))
    assert {each["hfDataset"] for each in found["summary"]["modelPerformance"]} == {taken}


async def test_two_of_one_name_are_compared_by_their_datasets(two: Api) -> None:
    names = [f"{OTHER}/{ATTEMPT}", f"{DATASET}/{ATTEMPT}"]
    asked = "&".join(f"model{number}={quote(name, safe='')}" for number, name in enumerate(names, start=1))
    summary = (await two.data(f"/api/metrics/compare?{asked}&dataset=evaluation2"))["summary"]
    assert [summary["model1Name"], summary["model2Name"]] == names
    assert [(each["modelName"], each["hfDataset"], each["totalCost"]) for each in summary["modelPerformance"]] == [
        (names[0], OTHER, pytest.approx(4 * TOLD[OTHER].cost)), (names[1], DATASET, 2 * TOLD[DATASET].cost),
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
        # A task set is no dataset.
        status, body = await two.get(f"/api/model-dataset/{path}?hfDataset=evaluation2")
        assert (status, OTHER in body["detail"]) == (404, True)


async def test_an_attempt_that_the_dataset_does_not_hold_is_not_taken_from_another(two: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest("only-here"))
    await two.until_latest("only-here")
    for named in names(OTHER):
        status, body = await two.get(f"/api/model-dataset/performance/only-here-attempt1/{named}")
        assert (status, OTHER in body["detail"]) == (404, True)


@pytest.mark.parametrize("dataset", TOLD)
async def test_lists(two: Api, dataset: str) -> None:
    named = quote(dataset, safe="")
    (row,) = await two.data(f"/api/models?dataset={named}")
    assert (row["dataset"], row["score"]) == (dataset, TOLD[dataset].score)
    latest = await two.data(f"/api/metrics/latest-model?dataset={named}")
    assert (latest["dataset"], latest["score"]) == (dataset, TOLD[dataset].score)
    assert {row["dataset"] for row in await two.data("/api/models")} == set(TOLD)
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
        "/api/accuracy/harness", "/api/pages/model",
    }  # fmt: skip
    # Exports hold the dataset in each row, and so do dead letters, which give no numbers.
    taking = {
        each.path
        for each in ENDPOINTS
        if {"model", "model1", "base_model_name"} & each.query.model_fields.keys()
        and not each.path.startswith(("/export/", "/api/admin/dead-letters"))
    }
    assert taking == known
