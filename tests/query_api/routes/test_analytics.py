"""The calls of the Analytics Overview page answer with its field names, from rows as the ingester writes them."""

from tests.support.api import Api
from tests.support.writer import Writer

ONE, TWO = "0934a4d8", "16de56c4"  # tasks of ARC-AGI-2's public evaluation set with one and two test pairs


async def test_the_task_sets_are_named_as_the_frontend_names_them(api: Api) -> None:
    status, body = await api.get("/api/model-dataset/datasets")
    rows = {row["name"]: (row["puzzleCount"], row["path"]) for row in body["data"]}
    assert (status, body["count"]) == (200, len(rows))
    assert rows["evaluation2"] == (120, "data/evaluation2")
    assert rows["evaluation"] == (400, "data/evaluation")
    assert set(rows) >= {"evaluation", "evaluation2", "training", "training2"}


async def test_attempts_are_named_one_by_one(api: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest("gpt-5-2", attempts=2), await writer.ingest("Alpha-1", attempts=1))
    body = await api.until("/api/model-dataset/models", lambda found: found["count"] == 3)
    assert body["data"] == ["Alpha-1-attempt1", "gpt-5-2-attempt1", "gpt-5-2-attempt2"]


async def test_performance_and_metrics_of_an_attempt(api: Api, writer: Writer) -> None:
    event = await writer.ingest("m-1")
    await writer.answer("m-1-attempt1", ONE, [True], cost=0.5, tokens=100, time_ms=2_000)
    await writer.answer("m-1-attempt1", TWO, [True, False], cost=1.5, tokens=300, time_ms=4_000)
    await writer.publish(event)
    await api.until_latest("m-1")
    status, body = await api.get("/api/model-dataset/performance/m-1-attempt1/evaluation2")
    assert status == 200
    assert (body["data"]["correct"], body["data"]["incorrect"]) == ([ONE], [TWO])
    assert body["data"]["summary"] == {"correct": 1, "incorrect": 1, "notAttempted": 118, "totalPuzzles": 120}
    overall = (await api.data("/api/model-dataset/metrics/m-1-attempt1/evaluation2"))["overall"]
    assert overall == {
        "count": 2, "avgCost": 1.0, "totalCost": 2.0, "avgTime": 3000.0, "totalTime": 6000.0,
        "avgTokens": 200.0, "totalTokens": 400.0,
    }  # fmt: skip


async def test_a_model_that_answers_another_set_has_attempted_nothing(api: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest("m-1"))
    await api.until_latest("m-1")
    found = await api.data("/api/model-dataset/performance/m-1-attempt1/training")
    assert found["summary"] == {"correct": 0, "incorrect": 0, "notAttempted": 400, "totalPuzzles": 400}


async def test_attempts_side_by_side(api: Api, writer: Writer) -> None:
    event = await writer.ingest("m-1")
    await writer.answer("m-1-attempt1", TWO, [True, False])
    await writer.answer("m-1-attempt2", TWO, [False, True])
    await writer.publish(event)
    await api.until_latest("m-1")
    found = await api.data("/api/metrics/compare?model1=m-1-attempt1&model2=m-1-attempt2&dataset=evaluation2")
    union = found["summary"]["attemptUnionStats"][0]
    assert (union["unionCorrectCount"], union["puzzlesFullySolvedIds"]) == (2, [TWO])
    assert (union["datasetTotalPuzzles"], union["datasetTotalTestPairs"]) == (120, 167)
    assert len(found["details"]) == 120


async def test_what_is_not_there_is_said_with_what_is(api: Api, writer: Writer) -> None:
    status, body = await api.get("/api/model-dataset/performance/nobody-attempt1/evaluation2")
    assert (status, body["title"]) == (404, "Not found")
    status, body = await api.get("/api/model-dataset/performance/nobody-attempt1/nowhere")
    assert status == 404
    assert "evaluation2" in body["detail"]


async def test_a_score_is_answered_from_memory_until_something_lands(api: Api, writer: Writer) -> None:
    path = "/api/accuracy/harness?baseModelName=m-1"
    await writer.publish(await writer.ingest("m-1", score=0.25))
    await api.until_latest("m-1")
    async with api.http.get(path) as answer:
        tag, score = answer.headers["ETag"], (await answer.json())["data"]["harnessScore"]
    assert (score, (await api.data("/api/models"))[0]["score"]) == (0.25, 0.25)
    async with api.http.get(path, headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304
    await writer.publish(await writer.ingest("m-1", content=2, score=0.75))
    body = await api.until(path, lambda found: found["data"]["harnessScore"] == 0.75)
    assert (body["data"]["puzzlesCounted"], body["data"]["puzzlesFullySolved"]) == (120, 90)
