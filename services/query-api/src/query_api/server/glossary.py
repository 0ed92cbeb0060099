"""Gives every field and parameter of the OpenAPI document a description and an example, from a table by name."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

_FILE: Final = "glossary.toml"
_REF: Final = "#/components/schemas/"
Field = dict[str, Any]


@lru_cache(maxsize=1)
def entries() -> Mapping[str, list[Any]]:
    """Return what is said of each name, and of a name in one place: a description, and an example where it has one."""
    table = tomllib.loads((files("query_api.schemas") / _FILE).read_text())
    return {**table["fields"], **table["at"]}


def explain(fields: Mapping[str, Field], place: str, schemas: Mapping[str, Any]) -> None:
    """Add to the fields of a place, the name of a shape or an operation, what they do not say themselves."""
    for name, field in fields.items():
        description, *examples = entries().get(f"{place}.{name}") or entries().get(name) or [None]
        if description:
            field.setdefault("description", description)
        if found := list(_own_examples(field, schemas)) or examples:
            field.setdefault("examples", found[:1])


def _own_examples(field: Field, schemas: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what a field's type itself names: a constant, a word."""
    if "const" in field:
        yield field["const"]
    yield from field.get("enum", ())
    if "$ref" in field:
        yield from schemas.get(field["$ref"].removeprefix(_REF), {}).get("enum", ())
    for kind in field.get("anyOf", ()):
        yield from _own_examples(kind, schemas)


def needs_example(field: Field, schemas: Mapping[str, Any]) -> bool:
    """Tell whether a field is a value itself: an object shows the examples of its own fields."""
    kinds = [each for each in field.get("anyOf", [field]) if each.get("type") != "null"]
    return bool(kinds) and not any(_holds_object(each, schemas) for each in kinds)


def _holds_object(field: Field, schemas: Mapping[str, Any]) -> bool:
    if "$ref" in field:
        return "enum" not in schemas[field["$ref"].removeprefix(_REF)]
    items = field.get("items")
    return isinstance(items, dict) and any(_holds_object(each, schemas) for each in items.get("anyOf", [items]))
