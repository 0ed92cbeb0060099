"""Whichever route is asked about a dataset that is not there, the answer says in words which datasets are."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from query_api.routes.endpoint import Endpoint
from query_api.routes.table import ENDPOINTS

from tests.query_api.conftest import TOKEN, Start
from tests.support.api import Api
from tests.support.writer import DATASET, Writer

OTHER = "arcprize/arc_agi_v1_public_eval"
# What routes ask besides.
GIVEN: Mapping[str, str] = {
    "model": "m-1",
    "baseModelName": "m-1",
    "model1": "m-1",
    "task": "00576224",
    "format": "csv",
    "dataset": "evaluation2",
    **dict(zip(("owner", "name"), DATASET.split("/"), strict=True)),
}


def _urls(endpoint: Endpoint, unknown: str) -> Iterator[str]:
    """Return a request for each parameter of a route that may name a dataset, with one that is not there."""
    owner, _, name = unknown.partition("/")
    fields = {field.alias or name: field for name, field in endpoint.query.model_fields.items()}
    for parameter in fields.keys() & {"dataset", "hfDataset"}:
        asked = {each: GIVEN[each] for each, field in fields.items() if field.is_required()} | {parameter: unknown}
        path = endpoint.path
        for each in endpoint.path_names:
            path = path.replace(f"{{{each}}}", quote(asked.pop(each), ""))
        yield path + "?" + "&".join(f"{each}={quote(value, '')}" for each, value in asked.items())
    if name and "owner" in endpoint.path_names:
        path = endpoint.path.replace("{owner}", owner).replace("{name}", name)
        yield path.replace("{model}", "m-1").replace("{task}", "00576224")


async def _check(api: Api, url: str) -> None:
    async with api.http.get(url) as answer:
        body = await answer.json(content_type="application/problem+json")
        assert answer.status == 404, url
    detail = body["detail"]
    assert "there is no" in detail, (url, detail)
    assert DATASET in detail or "evaluation2" in detail, (url, detail)
    assert "pattern" not in detail


async def test_every_route_says_which_datasets_there_are(start: Start, writer: Writer) -> None:
    await writer.ingest("m-1")
    async with start(hf_datasets=(OTHER, DATASET)) as api:
        urls = [
            url
            for endpoint in ENDPOINTS
            # A dead letter may be of a dataset that never was: that is often why it is one.
            if endpoint.method == "GET" and endpoint.path != "/api/admin/dead-letters"
            for unknown in ("nope", "nobody/nothing", "a name, with äöü/and more")
            for url in _urls(endpoint, unknown)
        ]
        assert len({url.partition("?")[0] for url in urls}) > 8
        for url in urls:
            await _check(api, url)
        _, body = await api.get("/api/metrics/latest-model?dataset=nope")
        assert body["detail"] == f"there is no dataset nope; there are {OTHER}, {DATASET}"
        status, body = await api.post("/api/admin/sync", {"dataset": "nope"}, Authorization=f"Bearer {TOKEN}")
        assert (status, DATASET in body["detail"]) == (422, True)
        # One that is watched, in any letter case, is there before its first submission.
        for path in ("/api/metrics/latest-model", "/api/models", "/api/pages/model"):
            status, body = await api.get(f"{path}?dataset={OTHER.upper()}")
            assert (status, body.get("total", 0)) == (200, 0), path
