"""Reads a request's path, query and body into the route's own type, or says which field is wrong."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from query_api.routes.endpoint import Endpoint
from query_api.schemas.base import Query
from query_api.schemas.problems import FieldError, ProblemError

MAX_BODY_BYTES = 64 * 1024
BODY_SECONDS = 15.0


async def read(endpoint: Endpoint, request: web.Request) -> Query:
    """Return the request's path, query and body as one value; raises a ProblemError for what cannot be read."""
    strings = _strings(endpoint, request)
    if endpoint.body is None:
        return _validated(lambda: endpoint.query.model_validate_strings(strings))
    parsed = await _json(request)
    # Path and query are text, a body has types of its own: so the body is read apart.
    return _validated(lambda: endpoint.query.model_validate({**strings, "body": parsed}))


def read_query(query_type: type[Query], given: Mapping[str, str]) -> Query:
    """Return a query alone as a value."""
    _refuse_unknown(query_type, given, ())
    return _validated(lambda: query_type.model_validate_strings(dict(given)))


def _strings(endpoint: Endpoint, request: web.Request) -> dict[str, str]:
    given = request.rel_url.query
    names = endpoint.path_names
    _refuse_unknown(endpoint.query, given, names)
    for name in given:
        if len(given.getall(name)) > 1:
            raise ProblemError(400, f"{name} is given more than once", errors=(_error(name, "given more than once"),))
    return {**given, **{name: request.match_info[name] for name in names}}


def _refuse_unknown(query_type: type[Query], given: Mapping[str, str], in_path: tuple[str, ...]) -> None:
    fields = query_type.model_fields
    known = {field.alias or name for name, field in fields.items()} - {"body", *in_path}
    if unknown := sorted(set(given) - known):
        may = f"there are {', '.join(sorted(known))}" if known else "there are none"
        raise ProblemError(
            400,
            f"unknown parameter {unknown[0]!r}; {may}",
            errors=tuple(_error(name, "unknown parameter") for name in unknown),
        )


async def _json(request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise ProblemError(415, "send the body as application/json")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read()
    except TimeoutError as error:
        raise ProblemError(408, f"the body did not come within {BODY_SECONDS:.0f} s") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise ProblemError(413, f"the body may have {MAX_BODY_BYTES} bytes at most") from error
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProblemError(400, f"the body is not JSON: {error}") from error


def _validated(validate: Any) -> Query:
    try:
        found: Query = validate()
    except ValidationError as error:
        errors = tuple(_error(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors())
        first = errors[0]
        raise ProblemError(400, f"{first.field}: {first.message}", errors=errors) from error
    return found


def _error(field: str, message: str) -> FieldError:
    return FieldError(field=field, message=message)
