"""Every call that the existing app's pages make to what we serve is answered with every field that they read.

The table below was read off its pages and hooks: what is asked for, and of the answer each field that is shown or
counted with, and its type. The rows come from a real ingestion of submissions on a Hub.
"""

import copy
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import pytest
from pydantic import AnyHttpUrl, SecretStr
from query_api.app import serving
from query_api.settings import Settings

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline
from tests.support.submissions import V1, V2, WRONG, answer_file, attempt, rows_of, solved, submission, tasks, unsolved

TOKEN = "the-admin-token"
SINGLE, OTHER, BROKEN, *_ = [task for task in tasks() if len(task.test) == 1]
DOUBLE = next(task for task in tasks() if len(task.test) == 2)
FIRST, SECOND = "gpt-9-high", "claude-9"
ATTEMPTS = tuple(f"{model}-attempt{number}" for model in (FIRST, SECOND) for number in (1, 2))

Reads = Mapping[str, str]
"""Path -> type. `[]` is each element of a list; `T?` may be null, but not always; `null` always is."""


def below(path: str, reads: Reads) -> Reads:
    return {f"{path}.{name}": kind for name, kind in reads.items()}


FIGURES: Final = dict.fromkeys(("count", "avgCost", "totalCost", "avgTime", "avgTokens"), "number")
SUMMARY: Final = {
    "totalPuzzles": "number",
    "dataset": "string",
    **{f"model{number}Name": "string" for number in (1, 2, 3, 4)},
    **{f"model{number}OnlyCorrect": "number" for number in (1, 2, 3, 4)},
    **{f"{which}Correct": "number" for which in ("all", "three", "two", "one")},
    "allIncorrect": "number",
    "allNotAttempted": "number",
    "fullySolvedCount": "number",
    "unsolvedCount": "number",
    **{f"{which}Model": "string?" for which in ("winner", "mostEfficient", "fastest", "accuracyLeader")},
}
OF_MODEL: Final = {
    "modelName": "string",
    **dict.fromkeys(("totalPuzzlesInDataset", "attempts", "correctCount", "incorrectCount"), "number"),
    **dict.fromkeys(("notAttemptedCount", "coveragePercentage", "accuracyPercentage"), "number"),
    **dict.fromkeys(("avgProcessingTime", "totalCost", "avgCostPerAttempt", "avgConfidence"), "number"),
    "costPerCorrectAnswer": "number?",
    "confidenceWhenCorrect": "null",
}
OF_UNION: Final = {
    "baseModelName": "string",
    "attemptModelNames[]": "string",
    **dict.fromkeys(("totalPuzzles", "totalTestPairs", "unionCorrectCount", "unionAccuracyPercentage"), "number"),
    **dict.fromkeys(("puzzlesCounted", "puzzlesFullySolved"), "number"),
    "puzzlesFullySolvedIds[]": "string",
    **dict.fromkeys(("datasetTotalPuzzles", "datasetTotalTestPairs"), "number"),
}
RUN: Final = {
    **dict.fromkeys(("id", "totalPuzzles", "successful", "failed", "skipped"), "number"),
    "datasetName": "string",
    "source": "string",
    "dryRun": "boolean",
    "accuracyPercent": "number?",
    "startedAt": "instant",
    "completedAt": "instant",
}


def comparison(models: int) -> Reads:
    return {
        **below("data.summary", SUMMARY),
        **below("data.summary.modelPerformance[]", OF_MODEL),
        **(below("data.summary.attemptUnionStats[]", OF_UNION) if models > 1 else {}),
        "data.details[].puzzleId": "string",
        **{f"data.details[].model{number}Result": "result" for number in range(1, models + 1)},
    }


@dataclass(frozen=True)
class Call:
    """One call: who makes it, what is asked for, with the values of VALUES in it, and what is read of the answer."""

    by: str
    url: str
    reads: Reads
    status: int = 200
    body: Mapping[str, Any] | None = None
    method: str = field(default="GET", kw_only=True)


FORM: Final = {"source": "auto", "limit": None, "delay": 100, "dryRun": True, "forceOverwrite": False, "verbose": False}
COMPARE: Final = "/api/metrics/compare?dataset=evaluation2&model1={first1}"
COMPARED: Final = (COMPARE, "&model2={first2}", "&model3={second1}", "&model4={second2}")
CALLS: Final = (
    Call(
        "Analytics, Model Comparison, Model Browser, Official Scoring",
        "/api/model-dataset/models",
        {"success": "boolean", "count": "number", "data[]": "string"},
    ),
    Call(
        "Analytics, Model Browser",
        "/api/model-dataset/datasets",
        {"success": "boolean", "data[].name": "string", "data[].puzzleCount": "number", "data[].path": "string"},
    ),
    Call(
        "Analytics, Model Comparison (each model's panel), Model Browser",
        "/api/model-dataset/performance/{first1}/evaluation2",
        {
            "success": "boolean",
            "data.modelName": "string",
            "data.dataset": "string",
            **{f"data.{result}[]": "string" for result in ("correct", "incorrect", "notAttempted")},
            **{f"data.summary.{n}": "number" for n in ("correct", "incorrect", "notAttempted", "totalPuzzles")},
        },
    ),
    Call(
        "Analytics, Model Comparison (each model's panel), Official Scoring",
        "/api/model-dataset/metrics/{first1}/evaluation2",
        {
            "success": "boolean",
            "data.modelName": "string",
            "data.dataset": "string",
            **below("data.overall", {**FIGURES, "totalTime": "number", "totalTokens": "number"}),
            **below("data.correct", FIGURES),
            **below("data.incorrect", FIGURES),
        },
    ),
    *(
        Call("Analytics, Model Comparison, Official Scoring", "".join(COMPARED[:models]), comparison(models))
        for models in (1, 2, 3, 4)
    ),
    Call("Model Comparison (an error)", COMPARE + "&model2=nobody", {"message": "string"}, 404),
    Call(
        "the app's public API",
        "/api/accuracy/harness?baseModelName={first}&dataset=evaluation2",
        {
            "success": "boolean",
            **below("data", dict.fromkeys(("baseModelName", "attempt1ModelName", "attempt2ModelName"), "string")),
            "data.dataset": "string",
            **below("data", dict.fromkeys(("puzzlesCounted", "puzzlesFullySolved", "harnessScore"), "number")),
            **below("data", dict.fromkeys(("harnessScorePercentage", "pairWeightedCorrectPairs"), "number")),
            **below("data", dict.fromkeys(("pairWeightedTotalPairs", "pairWeightedAccuracy"), "number")),
            "data.pairWeightedAccuracyPercentage": "number",
        },
    ),
    Call(
        "Admin Hub",
        "/api/admin/quick-stats",
        {
            "totalModels": "number",
            "totalExplanations": "number",
            "databaseConnected": "boolean",
            "lastIngestion": "instant",
            "timestamp": "instant",
        },
    ),
    Call("Admin Hub", "/api/admin/recent-activity", below("runs[]", {**RUN, "duration": "number"})),
    Call(
        "HuggingFace Ingestion (every 5 seconds)",
        "/api/admin/ingestion-history",
        below("runs[]", {**RUN, "baseUrl": "string", "durationMs": "number", "errorLog": "string?"}),
    ),
    Call(
        "HuggingFace Ingestion",
        "/api/admin/hf-folders?baseUrl={base_url}",
        below("folders[]", {"name": "string", "ingested": "boolean", "attemptsFound": "number"}),
    ),
    Call(
        "HuggingFace Ingestion",
        "/api/admin/validate-ingestion",
        {
            "valid": "boolean",
            **below("checks", dict.fromkeys(("urlAccessible", "tokenPresent", "databaseConnected"), "boolean")),
            "checks.sourceDetected": "string",
            "checks.puzzleCount": "number",
            **below("checks.samplePuzzle", {"id": "string", "hasData": "boolean"}),
            **below("checks.samplePuzzle", {"testCases": "number", "existingEntries": "number"}),
        },
        body={"datasetName": FIRST},
        method="POST",
    ),
    Call(
        "HuggingFace Ingestion (no folder is chosen yet)",
        "/api/admin/validate-ingestion",
        {"valid": "boolean", "checks.samplePuzzle": "null", "errors[]": "string"},
        body={"datasetName": ""},
        method="POST",
    ),
    Call(
        "HuggingFace Ingestion",
        "/api/admin/start-ingestion",
        {"success": "boolean", "message": "string"},
        202,
        body={"datasetName": FIRST, **FORM},
        method="POST",
    ),
    Call(
        "HuggingFace Ingestion (an error)",
        "/api/admin/start-ingestion",
        {"message": "string"},
        400,
        body={"datasetName": FIRST, **FORM, "limit": 5},
        method="POST",
    ),
)

TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {"string": str, "boolean": bool, "number": (int, float)}
RESULTS: Final = {"correct", "incorrect", "not_attempted"}


def found_at(value: Any, path: list[str]) -> Iterator[Any]:
    """Yield what an answer holds at a path; raises LookupError or TypeError where something is not there."""
    if not path:
        yield value
        return
    name, _, is_list = path[0].partition("[")
    below_it = value[name] if name else value
    if not is_list:
        yield from found_at(below_it, path[1:])
        return
    if not isinstance(below_it, list):
        raise TypeError(f"{name} is no list")
    for each in below_it:
        yield from found_at(each, path[1:])


def is_of(kind: str, value: Any) -> bool:
    if kind == "null":
        return value is None
    if kind == "result":
        return value in RESULTS
    if kind == "instant":
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    return isinstance(value, TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")


def wrong_with(answer: Any, reads: Reads) -> list[str]:
    """Return the paths at which a page would not find what it reads."""
    return [path for path, kind in reads.items() if not _is_there(answer, path, kind)]


def _is_there(answer: Any, path: str, kind: str) -> bool:
    try:
        found = list(found_at(answer, path.split(".")))
        told = [each for each in found if each is not None] if kind.endswith("?") else found
        return bool(told) and all(is_of(kind.removesuffix("?"), each) for each in told)
    except (LookupError, TypeError, ValueError):
        return False


@pytest.fixture
async def http(
    pipeline: Pipeline, hub: TestHub, database_url: str, nats_url: str
) -> AsyncIterator[aiohttp.ClientSession]:
    """Lend a client of a query API over two ingested submissions; each solves something and fails something."""
    # Two pairs, of which each attempt has another one right.
    halves = json.dumps(
        [
            {"attempt_1": attempt(rows_of(DOUBLE.test[0].output), 0), "attempt_2": attempt(WRONG, 0)},
            {"attempt_1": attempt(WRONG, 1), "attempt_2": attempt(rows_of(DOUBLE.test[1].output), 1)},
        ]
    ).encode()
    hub.commit(V2, submission(FIRST, {SINGLE: solved(SINGLE), DOUBLE: halves, OTHER: unsolved(OTHER)}))
    hub.commit(V2, submission(SECOND, {SINGLE: solved(SINGLE), DOUBLE: answer_file(DOUBLE, right=[0]), BROKEN: b"{"}))
    await pipeline.settle()
    settings = Settings(
        database_url=SecretStr(database_url),
        nats_url=SecretStr(nats_url),
        hf_endpoint=AnyHttpUrl(hub.url),
        hf_datasets=(V1, V2),
        admin_token=SecretStr(TOKEN),
        port=0,
        ops_port=0,
        log_level="error",
    )
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with serving(settings) as (url, *_), aiohttp.ClientSession(url, headers=bearer) as client:
        yield client


async def ask(http: aiohttp.ClientSession, hub: TestHub, call: Call) -> tuple[int, Any]:
    """Make a call as the page does; return status and answer."""
    base_url = f"{hub.url}/datasets/{V2}/resolve/main"
    names = dict(zip(("first1", "first2", "second1", "second2"), ATTEMPTS, strict=True))
    values = {name: quote(value, safe="") for name, value in {**names, "first": FIRST, "base_url": base_url}.items()}
    body = None if call.body is None else {"baseUrl": base_url, **call.body}
    async with http.request(call.method, call.url.format(**values), json=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_each_call_of_its_pages_finds_every_field_that_they_read(
    http: aiohttp.ClientSession, hub: TestHub
) -> None:
    for call in CALLS:
        status, answer = await ask(http, hub, call)
        assert (status, wrong_with(answer, call.reads)) == (call.status, []), (call.url, answer)
        # The table is of use: of each field its page would miss it, or its type.
        for path in call.reads:
            assert path in wrong_with(_without(answer, path), call.reads), f"{call.url}: {path} is not looked at"
            assert path in wrong_with(_without(answer, path, {"odd": 1}), call.reads), f"{call.url}: any {path} will do"


def _without(answer: Any, path: str, instead: Any = None) -> Any:
    """Return a copy of an answer that lacks what is at a path, or holds something else there."""
    changed = copy.deepcopy(answer)
    *above, last = path.split(".")
    for holder in found_at(changed, above):
        name, _, is_list = last.partition("[")
        if instead is None:
            del holder[name]
        else:
            holder[name] = [instead] if is_list else instead
    return changed


async def test_all_of_them_say_the_same_score(http: aiohttp.ClientSession, hub: TestHub) -> None:
    async def data(url: str) -> Any:
        status, answer = await ask(http, hub, Call("", url, {}))
        assert status == 200, answer
        return answer["data"]

    harness = await data("/api/accuracy/harness?baseModelName={first}")
    assert (harness["harnessScore"], harness["puzzlesFullySolved"], harness["puzzlesCounted"]) == (2 / 120, 2, 120)
    assert (harness["pairWeightedCorrectPairs"], harness["pairWeightedTotalPairs"]) == (3, 167)
    (row,) = [each for each in await data("/api/models?dataset=" + V2) if each["model"] == FIRST]
    assert (row["score"], row["tasksSolved"], row["pairsSolved"]) == (2 / 120, 2, 3)
    summary = (await data("".join(COMPARED)))["summary"]
    assert summary["attemptUnionStats"][0]["unionAccuracyPercentage"] == harness["harnessScorePercentage"] == 1.67
    assert summary["attemptUnionStats"][0]["puzzlesFullySolvedIds"] == sorted([SINGLE.id, DOUBLE.id])
    # SINGLE is solved by both first attempts, DOUBLE by no attempt alone; four tasks are answered by at least one.
    counts = [summary[f"{each}Correct"] for each in ("all", "three", "two", "one")]
    assert (counts, summary["allIncorrect"], summary["allNotAttempted"]) == ([0, 0, 1, 0], 2, 117)


async def test_quick_stats_and_history_follow_an_ingestion(
    http: aiohttp.ClientSession, hub: TestHub, pipeline: Pipeline
) -> None:
    async def stats() -> Any:
        return (await ask(http, hub, Call("", "/api/admin/quick-stats", {})))[1]

    before = await stats()
    stored = await pipeline.pool.fetchval("SELECT count(*) FROM explanations")
    assert (before["totalModels"], before["totalExplanations"], before["databaseConnected"]) == (2, stored, True)
    hub.commit(V2, submission("m-3", {SINGLE: solved(SINGLE)}))
    # The end of the sync has the whole view read again.
    await pipeline.settle()
    await pipeline.sync()

    async def followed() -> bool:
        after = await stats()
        return bool((after["totalModels"], after["totalExplanations"]) == (3, stored + 2))

    await eventually(followed, what="the new model's answers in quick-stats")
    after = await stats()
    assert after["lastIngestion"] > before["lastIngestion"]
    _, activity = await ask(http, hub, Call("", "/api/admin/recent-activity", {}))
    newest = activity["runs"][0]
    assert newest["datasetName"] == "m-3"
    assert datetime.fromisoformat(newest["startedAt"]) == datetime.fromisoformat(after["lastIngestion"])
