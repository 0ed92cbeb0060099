"""Writes down what admins do: nothing is done without its line."""

import asyncio
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
# The Hub waits for the answer, and suspends a webhook whose deliveries fail.
_NOTE_SECONDS = 2.0


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


async def note_down(pool: asyncpg.Pool, deed: Deed) -> None:
    """Write down what a program has done; where the database does not answer soon, only the log tells of it."""
    try:
        await asyncio.wait_for(admin_actions.add(pool, deed), _NOTE_SECONDS)
    except DATABASE_ERRORS as error:
        log.warning("admin.line_not_written", action=deed.action, by=deed.actor, reason=reason_of(error))


async def _end(pool: asyncpg.Pool, begun: int, outcome: Literal["done", "failed"], detail: str | None) -> None:
    try:
        await admin_actions.end(pool, begun, outcome, detail)
    except DATABASE_ERRORS as error:
        # The deed is done, or is not: its line goes on saying that it was begun.
        log.warning("admin.end_not_written", line=begun, outcome=outcome, reason=reason_of(error))
