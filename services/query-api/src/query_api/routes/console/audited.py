"""Writes down what admins do: nothing is done without its line."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

import asyncpg
import structlog
from aiohttp import web
from common.process.outage import DATABASE_ERRORS, reason_of

from query_api.routes.access import ACTOR, ID
from query_api.schemas.problems import ProblemError
from query_api.store import admin_actions
from query_api.store.admin_actions import Deed

log = structlog.get_logger(__name__)


def deed_of(request: web.Request, action: str, **target: object) -> Deed:
    """Return who asks for what."""
    actor = request[ACTOR]
    return Deed(actor.name, actor.address, action, target, request[ID])


def who(request: web.Request) -> str:
    """Return who asks, as events and rows say it."""
    actor = request[ACTOR]
    return f"{actor.name} at {actor.address}"


@dataclass
class Told:
    """What is told of a deed at its end."""

    detail: str | None = None


@contextlib.asynccontextmanager
async def audited(pool: asyncpg.Pool, deed: Deed) -> AsyncIterator[Told]:
    """Do what is within once it is written down, and write down how it ended.

    What is done within the database is written in the same transaction instead.
    """
    begun, told = await admin_actions.begin(pool, deed), Told()
    try:
        yield told
    except BaseException as error:
        await _end(pool, begun, "failed", str(error) if isinstance(error, ProblemError) else reason_of(error))
        raise
    await _end(pool, begun, "done", told.detail)


async def _end(pool: asyncpg.Pool, begun: int, outcome: Literal["done", "failed"], detail: str | None) -> None:
    try:
        await admin_actions.end(pool, begun, outcome, detail)
    except DATABASE_ERRORS as error:
        # The deed is done, or is not: its line goes on saying that it was begun.
        log.warning("admin.end_not_written", line=begun, outcome=outcome, reason=reason_of(error))
