"""One request answers all that a page about one model shows, and has a tag that holds as long as that is so."""

from common.bus import topology

from tests.support.api import Api
from tests.support.submissions import tasks
from tests.support.writer import DATASET, Writer

OTHER = "arcprize/arc_agi_v1_public_eval"
PATH = "/api/pages/model"


async def _fill(api: Api, writer: Writer) -> None:
    first, second = tasks()[:2]
    await writer.ingest("gpt-5", score=0.4)
    await writer.ingest("gpt-5", OTHER, source="ARC1-Eval", score=0.6)
    await writer.ingest("human-panel", score=0.9)
    await writer.ingest("claude-opus-5", score=0.7)
    for attempt, right in (("gpt-5-attempt1", (True, False)), ("claude-opus-5-attempt1", (True, True))):
        await writer.answer(attempt, first.id, [right[0]])
        await writer.answer(attempt, second.id, [right[1]])
    await writer.publish(await writer.sync())
    await api.until("/api/models", lambda found: found["total"] == 4)


async def test_the_page_is_what_its_parts_are(api: Api, writer: Writer) -> None:
    _, empty = await api.get(PATH)
    assert (empty["success"], empty["data"]["model"], empty["data"]["latest"]) == (True, None, None)
    await _fill(api, writer)
    compare = f"{DATASET}/claude-opus-5"
    found = await api.data(f"{PATH}?dataset={DATASET}&model=gpt-5&compare={compare}&latestDetail=true")
    mine = await api.data(f"/api/models/{DATASET}/gpt-5")
    other = await api.data(f"/api/models/{DATASET}/claude-opus-5")
    assert found["model"] == mine
    assert found["compared"]["model"] == found["latestDetail"] == other
    query = f"dataset=ARC2-Eval&model1={DATASET}/gpt-5&model2={compare}"
    assert found["compared"]["comparison"] == await api.data(f"/api/metrics/compare?{query}")
    assert found["latest"] == await api.data("/api/metrics/latest-model")
    assert (found["isLatest"], found["ranked"]) == (False, 2), "people have no rank"
    assert [(each["dataset"], each["score"], each["rank"]) for each in found["siblings"]] == [(OTHER, 0.6, 1)]


async def test_what_is_left_out_is_the_latest_or_where_a_name_landed_last(api: Api, writer: Writer) -> None:
    await _fill(api, writer)
    newest = await api.data(PATH)
    assert (newest["model"]["model"], newest["isLatest"], newest["latestDetail"]) == ("claude-opus-5", True, None)
    assert newest["compared"] is None
    assert (await api.data(f"{PATH}?model=gpt-5"))["model"]["dataset"] == OTHER
    assert (await api.data(f"{PATH}?dataset={OTHER}"))["model"]["model"] == "gpt-5"
    apart = await api.data(f"{PATH}?model=gpt-5&compare={DATASET}/gpt-5&latestDetail=false")
    assert apart["compared"]["comparison"] is None, "they answer other tasks"
    assert apart["latestDetail"] is None
    for query, status, words in (
        (f"dataset={DATASET}&model=gpt-6", 404, "there is no model gpt-6"),
        ("model=gpt-6", 404, "claude-opus-5"),
        (f"model=gpt-5&compare={DATASET}/gpt-6", 404, "there is no model gpt-6"),
        ("model=gpt-5&compare=no/where/gpt-5", 404, "there is no dataset no/where"),
        (f"dataset={DATASET}&model=gpt-5&compare=gpt-5", 422, "the very submission"),
    ):
        found, body = await api.get(f"{PATH}?{query}")
        assert (found, words in body["detail"]) == (status, True), body


async def test_the_tag_is_the_same_until_something_is_said_anew_also_without_an_event(api: Api, writer: Writer) -> None:
    await _fill(api, writer)
    url = f"{PATH}?dataset={DATASET}&model=gpt-5"
    async with api.http.get(url) as answer:
        tag = answer.headers["ETag"]
        assert answer.headers["Cache-Control"] == "no-cache"
    async with api.http.get(url, headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    await writer.pool.execute(
        "INSERT INTO verifications (version_id, compared_with, verified_at, verdict, figures, disagreements)"
        " SELECT id, 'hub', now(), 'verified', 7, '[]' FROM submission_versions"
    )
    async with api.http.get(url, headers={"If-None-Match": tag}) as answer:
        tag = answer.headers["ETag"]
        assert (answer.status, (await answer.json())["data"]["model"]["verified"]["figures"]) == (200, 7)
    await writer.publish(await writer.ingest("gpt-5", content=2, score=0.5))
    await api.until("/api/models?sort=ingestedAt", lambda found: found["data"][0]["score"] == 0.5)
    async with api.http.get(url, headers={"If-None-Match": tag}) as answer:
        assert (answer.status, (await answer.json())["data"]["model"]["score"]) == (200, 0.5)
    await writer.client.jetstream().delete_stream(topology.STREAM)
    await api.until(url, lambda found: found["stale"])
    async with api.http.get(url) as answer:
        assert int(answer.headers["Age"]) >= 0
