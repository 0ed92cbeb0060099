"""Reads a request's path, query and body into the route's own type, or says which field is wrong."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from common.process.wording import in_words
from multidict import MultiMapping
from pydantic import ValidationError

from query_api.routes.endpoint import Endpoint
from query_api.schemas.base import Query
from query_api.schemas.problems import FieldError, ProblemError

MAX_BODY_BYTES = 64 * 1024
BODY_SECONDS = 15.0


async def read(endpoint: Endpoint, request: web.Request) -> Query:
    """Return the request's path, query and body as one value; raises a ProblemError for what cannot be read."""
    names = endpoint.path_names
    strings = {
        **_strings(endpoint.query, request.rel_url.query, names),
        **{name: request.match_info[name] for name in names},
    }
    if endpoint.body is None:
        return _validated(lambda: endpoint.query.model_validate_strings(strings))
    parsed = await _json(request)
    # Path and query are text, a body has types: so the body is read apart.
    return _validated(lambda: endpoint.query.model_validate({**strings, "body": parsed}))


def read_query(query_type: type[Query], given: MultiMapping[str]) -> Query:
    """Return a query alone as a value."""
    strings = _strings(query_type, given)
    return _validated(lambda: query_type.model_validate_strings(strings))


def _strings(query_type: type[Query], given: MultiMapping[str], in_path: tuple[str, ...] = ()) -> dict[str, str]:
    """Return what a query gives; refuse names that are unknown or given more than once."""
    fields = query_type.model_fields
    known = {field.alias or name for name, field in fields.items()} - {"body", *in_path}
    if unknown := sorted(set(given) - known):
        may = f"there are {', '.join(sorted(known))}" if known else "there are none"
        errors = tuple(_error(name, "unknown parameter") for name in unknown)
        raise ProblemError(400, f"unknown parameter {unknown[0]!r}; {may}", errors=errors)
    for name in given:
        if len(given.getall(name)) > 1:
            raise ProblemError(400, f"{name} is given more than once", errors=(_error(name, "given more than once"),))
    return dict(given)


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


def _validated(validate: Callable[[], Query]) -> Query:
    try:
        return validate()
    except ValidationError as error:
        errors = tuple(_error(".".join(map(str, each["loc"])), in_words(each)) for each in error.errors())
        first = errors[0]
        raise ProblemError(400, f"{first.field}: {first.message}", errors=errors) from error


def _error(field: str, message: str) -> FieldError:
    return FieldError(field=field, message=message)
