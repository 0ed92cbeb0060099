"""Every field and parameter of the OpenAPI document says what it is, and shows a value that it may have."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
from query_api.routes.table import ENDPOINTS
from query_api.server import openapi
from query_api.server.glossary import entries, needs_example

DOCUMENT = json.loads(openapi.text(ENDPOINTS))
SCHEMAS = DOCUMENT["components"]["schemas"]
HOW = (
    "say it with Field(description=..., examples=[...]) where it is declared, or, for all of its name, in "
    "services/query-api/src/query_api/schemas/glossary.toml; then `python -m query_api.server.openapi > "
    "services/query-api/openapi.json` and `npm run generate` in the dashboard"
)

# Swagger UI sends the example of each parameter with "Try it out", and any cursor but one of this list is refused.
ONLY_FROM_AN_ANSWER = {"listModels.cursor (GET /api/models)"}


def _fields() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each field of each shape, and each parameter of each route."""
    for shape, schema in SCHEMAS.items():
        for name, field in schema.get("properties", {}).items():
            yield f"{shape}.{name}", field
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            for each in operation.get("parameters", ()):
                examples = {"examples": [each["example"]]} if "example" in each else {}
                said = {"description": each.get("description", "")} | examples
                yield f"{operation['operationId']}.{each['name']} ({method.upper()} {path})", each["schema"] | said


FIELDS = dict(_fields())


def test_every_field_and_parameter_says_what_it_is() -> None:
    silent = [place for place, field in FIELDS.items() if not field.get("description")]
    assert silent == [], f"no description: {', '.join(silent)}; {HOW}"


def test_every_value_has_an_example() -> None:
    bare = [place for place, field in FIELDS.items() if needs_example(field, SCHEMAS) and not field.get("examples")]
    bare = [place for place in bare if FIELDS[place].get("type") != "null" and place not in ONLY_FROM_AN_ANSWER]
    assert bare == [], f"no example: {', '.join(bare)}; {HOW}"


def test_what_only_an_answer_gives_has_no_example() -> None:
    assert [place for place in ONLY_FROM_AN_ANSWER if FIELDS[place].get("examples")] == []


def test_examples_are_values_that_their_fields_may_have() -> None:
    wrong = [
        f"{place}: {example!r}: {error.message}"
        for place, field in FIELDS.items()
        for example in field.get("examples", ())
        for error in jsonschema_rs.iter_errors(field | {"components": {"schemas": SCHEMAS}}, example)
    ]
    assert wrong == [], f"{'; '.join(wrong)}: correct the example; {HOW}"


def test_shapes_and_routes_say_what_they_are() -> None:
    assert [name for name, schema in SCHEMAS.items() if not schema.get("description") and "enum" not in schema] == []
    routes = [operation for operations in DOCUMENT["paths"].values() for operation in operations.values()]
    assert [each["operationId"] for each in routes if not each.get("summary")] == []


def test_the_glossary_holds_nothing_that_is_not_used() -> None:
    places = {place.partition(" ")[0] for place in FIELDS}
    names = {place.partition(".")[2] for place in places}
    assert [each for each in entries() if each not in places | names] == []
