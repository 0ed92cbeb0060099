"""The OpenAPI 3.1 document, made of the same endpoints and shapes that answer."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from query_api.routes.endpoint import Endpoint
from query_api.routes.table import ENDPOINTS
from query_api.schemas.problems import CONTENT_TYPE, TITLES, ProblemDetails
from query_api.server.glossary import explain

_REF = "#/components/schemas/{model}"
_TAGS: Final[Mapping[str, str]] = {
    "Latest": "Which model is the newest.",
    "Models": "Submissions, their scores and their history.",
    "Tasks": "Tasks across submissions: who solved what.",
    "Analytics": "What the Analytics Overview page calls.",
    "Admin": "Ingestion and syncs. What changes something needs the ADMIN_TOKEN.",
    "Live": "What happens, as it happens.",
    "Export": "Everything, as files.",
    "Webhooks": "Hints from the Hub.",
    "Service": "The API itself.",
}
_SECURITY: Final[Mapping[str, Mapping[str, str]]] = {
    "adminToken": {"type": "http", "scheme": "bearer", "description": "The server's ADMIN_TOKEN."},
    "webhookSecret": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Webhook-Secret",
        "description": "The server's HF_WEBHOOK_SECRET.",
    },
}
_RETRY_AFTER: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}}}
_ETAG: Final = {"ETag": {"description": "Strong; send it as If-None-Match.", "schema": {"type": "string"}}}
_TAGGED: Final = _ETAG | {
    "X-Event-Id": {
        "description": "The last event it knows of: who listens after that (Last-Event-ID) misses nothing.",
        "schema": {"type": "string"},
    }
}
_NOT_MODIFIED: Final = {"description": "What If-None-Match names still holds.", "headers": _TAGGED}


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Return the document; the same endpoints always give the same bytes."""
    schemas, components = _schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "arcwatch query API",
            "version": version("arcwatch-query-api"),
            "description": "Submissions to the ARC-AGI benchmark, ingested and scored as they land on the Hub.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        # Relative to where the document is, which a proxy may have put below a path.
        "servers": [{"url": "./"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


def text(endpoints: Sequence[Endpoint]) -> str:
    """Return the document as it is committed and served."""
    return json.dumps(document(endpoints), indent=2, ensure_ascii=False) + "\n"


Schemas = Mapping[type[BaseModel], Any]


def _schemas(endpoints: Sequence[Endpoint]) -> tuple[Schemas, dict[str, Any]]:
    answers: set[type[BaseModel]] = {each.answers for each in endpoints if isinstance(each.answers, type)}
    answers.add(ProblemDetails)
    answers |= {model for each in endpoints for model in (each.events, each.item) if model}
    queries = {each.query for each in endpoints}
    wanted = [(model, "serialization") for model in _sorted(answers)]
    wanted += [(model, "validation") for model in _sorted(queries)]
    refs, definitions = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type] # its modes are literals
    components = definitions["$defs"]
    found: dict[type[BaseModel], Any] = {model: refs[model, "serialization"] for model in answers}
    inline = {model: components.pop(refs[model, "validation"]["$ref"].rpartition("/")[2]) for model in queries}
    for endpoint in endpoints:
        explain(inline[endpoint.query].get("properties", {}), endpoint.name, components)
    for name, component in components.items():
        explain(component.get("properties", {}), name, components)
    return found | inline, dict(sorted(components.items()))


def _sorted(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(models, key=lambda model: model.__name__)


def _operation(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "responses": _responses(endpoint, schemas),
    }
    if endpoint.description:
        operation["description"] = endpoint.description
    if parameters := list(_parameters(endpoint, schemas[endpoint.query])):
        operation["parameters"] = parameters
    if endpoint.body:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas[endpoint.query]["properties"]["body"]}},
        }
    if endpoint.secured:
        operation["security"] = [{endpoint.secured: []}]
    return operation


def _parameters(endpoint: Endpoint, schema: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        if name == "body":
            continue
        in_path = name in endpoint.path_names
        yield _parameter(name, field, "path" if in_path else "query", required=in_path or name in required)
    headers = dict(endpoint.headers or {})
    if endpoint.is_tagged:
        headers["If-None-Match"] = "Answer 304 when the ETag is still this."
    fields = {name: {"type": "string", "description": description} for name, description in headers.items()}
    explain(fields, endpoint.name, {})
    for name, field in fields.items():
        yield _parameter(name, field, "header", required=False)


def _parameter(name: str, field: Mapping[str, Any], where: str, *, required: bool) -> dict[str, Any]:
    schema = {key: value for key, value in field.items() if key not in {"title", "description", "default", "examples"}}
    # A query cannot say null: what may be left out is left out.
    if kinds := [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]:
        del schema["anyOf"]
        schema |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    if field.get("default") is not None:
        schema["default"] = field["default"]
    parameter = {"name": name, "in": where, "required": required, "schema": schema}
    if "examples" in field:
        parameter["example"] = field["examples"][0]
    return parameter | ({"description": field["description"]} if "description" in field else {})


def _responses(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    answer = endpoint.answers
    if isinstance(answer, str | tuple):
        # Of what is no JSON a schema can only say what is in it: here each event's data, by the event's name.
        within = {"contentMediaType": answer, "contentSchema": schemas[endpoint.events]} if endpoint.events else {}
        kinds = (answer,) if isinstance(answer, str) else answer
        content = {kind: {"schema": {"type": "string"} | within} for kind in kinds}
        if endpoint.item:
            # OpenAPI 3.2 calls it itemSchema; 3.1 has no word for it.
            content[kinds[0]]["x-itemSchema"] = schemas[endpoint.item]
        description = endpoint.summary
    else:
        content = {"application/json": {"schema": schemas[answer]}}
        description = (answer.__doc__ or "").partition("\n")[0]
    good: dict[str, Any] = {"description": description, "content": content}
    if endpoint.is_tagged:
        good["headers"] = _TAGGED
    found = {str(endpoint.status): good}
    if endpoint.is_tagged:
        found["304"] = _NOT_MODIFIED
    for status in sorted(endpoint.all_problems):
        found[str(status)] = _problem(status, schemas[ProblemDetails])
    return found


def _problem(status: int, schema: Any) -> dict[str, Any]:
    problem: dict[str, Any] = {"description": TITLES[status], "content": {CONTENT_TYPE: {"schema": schema}}}
    if status in {429, 503}:
        problem["headers"] = _RETRY_AFTER
    return problem


if __name__ == "__main__":
    sys.stdout.write(text(ENDPOINTS))
