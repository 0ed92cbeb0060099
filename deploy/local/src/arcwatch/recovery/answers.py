"""What the query API answers from the rows of one connection, as hashes: computed by its own code, without a server."""

import contextlib
import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from functools import cache
from typing import Any

import asyncpg
from common.hub.client import HubClient
from nats.aio.client import Client
from pydantic import SecretStr, ValidationError
from query_api.app import build
from query_api.metrics import Metrics
from query_api.routes.endpoint import Endpoint
from query_api.routes.table import ENDPOINTS, Services
from query_api.schemas.base import Rendered
from query_api.schemas.problems import ProblemError
from query_api.server import openapi
from query_api.settings import Settings
from query_api.store.repair import read_any_instant
from query_api.view.answers import Moment
from query_api.view.projection import State

from arcwatch.recovery.archive import Answers


async def answers_from(connection: asyncpg.Connection, at: datetime) -> Answers:
    """Return what the cached view answers to each path without parameters, as if it were `at`."""
    await read_any_instant(connection)
    services = await _services(connection)
    moment = Moment(State(await services.projector.complete()), at, services.settings, services.task_sets)
    plain = (each for each in ENDPOINTS if each.is_cached and not each.path_names)
    bodies = ((each.path, _body(each, services, moment)) for each in plain)
    return Answers(code=code(), sha256={path: hashlib.sha256(body).hexdigest() for path, body in bodies if body})


@cache
def code() -> str:
    """Return what tells releases apart whose answers have another form."""
    return hashlib.sha256(openapi.text(ENDPOINTS).encode()).hexdigest()


async def _services(connection: asyncpg.Connection) -> Services:
    settings = _Defaults(database_url=SecretStr("postgresql://unused"), nats_url=SecretStr("nats://unused"))
    hub = HubClient(settings.endpoint)  # of which nothing is asked
    return await build(settings, _Lent(connection), hub, Client(), Metrics())  # type: ignore[arg-type] # of a pool, what reads


def _body(endpoint: Endpoint, services: Services, moment: Moment) -> bytes | None:
    """Return an answer's bytes; None for a path that needs parameters, or has nothing to say."""
    try:
        found = endpoint.bound(services)(moment=moment, query=endpoint.query())
    except (ValidationError, ProblemError):
        return None
    return found.body if isinstance(found, Rendered) else found.model_dump_json().encode()


class _Defaults(Settings):
    """Of no environment: where a backup is made it may be another one than where it is restored."""

    @classmethod
    def settings_customise_sources(cls, _: Any, init_settings: Any, **__: Any) -> tuple[Any, ...]:  # type: ignore[override]
        return (init_settings,)


class _Lent:
    """One connection as a pool, so that all is read in its transaction."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    @contextlib.asynccontextmanager
    async def acquire(self, **_: object) -> AsyncIterator[asyncpg.Connection]:
        yield self._connection
