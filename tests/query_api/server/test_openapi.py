"""The committed OpenAPI document is the one that the code makes, and /docs shows it without a network."""

import json
import re
from pathlib import Path

from query_api.routes.table import ENDPOINTS
from query_api.server import openapi

from tests.support.api import Api

COMMITTED = Path(__file__).parents[3] / "services/query-api/openapi.json"


def test_the_committed_document_is_up_to_date() -> None:
    wanted = openapi.text(ENDPOINTS)
    command = "python -m query_api.server.openapi > services/query-api/openapi.json"
    assert COMMITTED.read_text() == wanted, f"run `{command}`"


def test_every_reference_resolves() -> None:
    text = openapi.text(ENDPOINTS)
    schemas = json.loads(text)["components"]["schemas"]
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) == set(schemas)


async def test_the_document_is_served(api: Api) -> None:
    status, body = await api.get("/openapi.json")
    assert (status, body["openapi"]) == (200, "3.1.0")
    assert set(body["paths"]) == {each.path for each in ENDPOINTS}


async def test_docs_load_nothing_from_elsewhere(api: Api) -> None:
    async with api.http.get("/docs") as answer:
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert "'self'" in policy
    assert "http" not in policy
    assets = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert "docs/swagger-ui-bundle.js" in assets
    for path in assets:
        async with api.http.get(f"/{path}") as answer:
            assert answer.status == 200, path
            assert await answer.read()
