"""Reads what a request asks into the route's own type, or says which field is wrong."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from query_api.routes.endpoint import Endpoint
from query_api.schemas.base import Asked
from query_api.schemas.problems import FieldError, Problem

MAX_BODY_BYTES = 64 * 1024
BODY_SECONDS = 15.0


async def read(endpoint: Endpoint, request: web.Request) -> Asked:
    """Return the request's path, query and body as one value; raises a Problem for what cannot be read."""
    strings = _strings(endpoint, request)
    if endpoint.body is None:
        return _validated(lambda: endpoint.asked.model_validate_strings(strings))
    parsed = await _json(request)
    # Path and query are text, a body has types of its own: so the body is read apart.
    return _validated(lambda: endpoint.asked.model_validate({**strings, "body": parsed}))


def read_query(asked: type[Asked], query: Mapping[str, str]) -> Asked:
    """Return a query alone as a value."""
    _refuse_unknown(asked, query, ())
    return _validated(lambda: asked.model_validate_strings(dict(query)))


def _strings(endpoint: Endpoint, request: web.Request) -> dict[str, str]:
    query = request.rel_url.query
    names = endpoint.path_names
    _refuse_unknown(endpoint.asked, query, names)
    for name in query:
        if len(query.getall(name)) > 1:
            raise Problem(400, f"{name} is given more than once", errors=(_error(name, "given more than once"),))
    return {**dict(query), **{name: request.match_info[name] for name in names}}


def _refuse_unknown(asked: type[Asked], query: Mapping[str, str], in_path: tuple[str, ...]) -> None:
    fields = asked.model_fields
    known = {field.alias or name for name, field in fields.items()} - {"body", *in_path}
    if unknown := sorted(set(query) - known):
        may = f"there are {', '.join(sorted(known))}" if known else "there are none"
        raise Problem(
            400,
            f"unknown parameter {unknown[0]!r}; {may}",
            errors=tuple(_error(name, "unknown parameter") for name in unknown),
        )


async def _json(request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise Problem(415, "send the body as application/json")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read()
    except TimeoutError as error:
        raise Problem(408, f"the body did not come within {BODY_SECONDS:.0f} s") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise Problem(413, f"the body may have {MAX_BODY_BYTES} bytes at most") from error
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"the body is not JSON: {error}") from error


def _validated(validate: Any) -> Asked:
    try:
        found: Asked = validate()
    except ValidationError as error:
        errors = tuple(_error(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors())
        first = errors[0]
        raise Problem(400, f"{first.field}: {first.message}", errors=errors) from error
    return found


def _error(field: str, message: str) -> FieldError:
    return FieldError(field=field, message=message)
