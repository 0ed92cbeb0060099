"""Dead letters: what failed for good, and what an admin does with it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import asyncpg
import nats.errors
import nats.js.errors
import structlog
from aiohttp import web
from common.bus import dead_letters
from common.bus.dead_letters import REQUESTS, Acted, Dead, DeadLetterError, Filter
from common.storable import storable
from nats.aio.client import Client

from query_api.routes.console.audited import audited, deed_of
from query_api.routes.endpoint import Endpoint
from query_api.routes.publish import away
from query_api.schemas.console.dead_letter_shapes import (
    DeadLetterRow,
    DeadLettersActed,
    DeadLettersAnswer,
    DeadLettersBody,
    DeadLettersQuery,
    NotDone,
)
from query_api.schemas.problems import ProblemError
from query_api.store.admin_actions import Deed

log = structlog.get_logger(__name__)
T = TypeVar("T")
GONE = "there is no such dead letter, or it does not fit"
Do = Callable[[list[Dead]], Awaitable[Acted]]


@partial(Endpoint, "/api/admin/dead-letters", "Admin", problems=(503,), secured="adminToken")
async def list_dead_letters(client: Client, query: DeadLettersQuery) -> DeadLettersAnswer:
    """Dead letters: messages whose handling failed for good, with the reason; the oldest first."""
    found = await _asked(client, partial(dead_letters.fitting, client, query.filter()))
    page = found[query.offset : query.offset + query.limit]
    return DeadLettersAnswer(total=len(found), data=tuple(map(_row, page)))


@partial(Endpoint, "/api/admin/dead-letters/replay", "Admin", method="POST", problems=(422, 503), secured="adminToken")
async def replay_dead_letters(
    client: Client, pool: asyncpg.Pool, request: web.Request, body: DeadLettersBody
) -> DeadLettersActed:
    """Publish dead letters again, and take them off the list; with `dryRun`, tell which."""
    return await _act(
        client,
        pool,
        deed_of(request, "dead_letters.replay"),
        body,
        partial(dead_letters.replay_each, client, subjects=REQUESTS),
    )


@partial(Endpoint, "/api/admin/dead-letters/drop", "Admin", method="POST", problems=(422, 503), secured="adminToken")
async def drop_dead_letters(
    client: Client, pool: asyncpg.Pool, request: web.Request, body: DeadLettersBody
) -> DeadLettersActed:
    """Take dead letters off the list for good; with `dryRun`, tell which."""
    return await _act(
        client, pool, deed_of(request, "dead_letters.drop"), body, partial(dead_letters.remove_each, client)
    )


async def _act(client: Client, pool: asyncpg.Pool, deed: Deed, body: DeadLettersBody, do: Do) -> DeadLettersActed:
    there = await _asked(client, partial(dead_letters.fitting, client, body.filter()))
    chosen, remaining, failed = _chosen(there, body)
    if body.dry_run or not chosen:
        acted = Acted(chosen)
    else:
        numbers = [dead.sequence for dead in chosen]
        async with audited(pool, replace(deed, target={"sequences": numbers})) as told:
            acted = await _asked(client, partial(do, chosen))
            told.detail = "; ".join(f"{each}: {reason}" for each, reason in acted.failures.items()) or None
        log.info(
            "admin.dead_letters", by=deed.actor, action=deed.action, done=len(acted.done), failed=list(acted.failures)
        )
    failed += [NotDone(sequence=sequence, reason=reason) for sequence, reason in acted.failures.items()]
    return DeadLettersActed(
        dry_run=body.dry_run, done=tuple(map(_row, acted.done)), failed=tuple(failed), remaining=remaining
    )


def _chosen(there: list[Dead], body: DeadLettersBody) -> tuple[list[Dead], int, list[NotDone]]:
    """Return what is to be done now, how many are left, and the numbers that none has."""
    if body.sequences is not None:
        by_number = {dead.sequence: dead for dead in there}
        wanted = dict.fromkeys(body.sequences)
        gone = [NotDone(sequence=each, reason=GONE) for each in wanted if each not in by_number]
        return [by_number[each] for each in wanted if each in by_number], 0, gone
    if not body.all and body.filter() == Filter():
        raise ProblemError(422, "say which: sequences, what they have in common, or all")
    there = [dead for dead in there if dead.sequence > (body.after or 0)]
    return there[: body.limit], len(there[body.limit :]), []


async def _asked(client: Client, ask: Callable[[], Awaitable[T]]) -> T:
    """Return what the bus answers; raise a ProblemError where it does not."""
    if not client.is_connected:
        raise away()
    try:
        return await ask()
    except DeadLetterError as error:
        raise ProblemError(503, str(error)) from error
    except (nats.errors.Error, nats.js.errors.Error, TimeoutError, OSError) as error:
        raise away() from error


def _row(dead: Dead) -> DeadLetterRow:
    letter = dead.letter
    dataset, model = (dead.about.get(name) for name in ("dataset", "model"))
    known = bool(letter.subject)
    return DeadLetterRow(
        sequence=dead.sequence,
        service=letter.service,
        kind=letter.kind,
        reason=letter.reason,
        dataset=storable(str(dataset)) if dataset else None,
        model=storable(str(model)) if model else None,
        deliveries=letter.delivery_count,
        failed_at=letter.failed_at,
        subject=letter.subject if known else None,
        body=letter.body if known else None,
        shortened=letter.shortened,
    )


ENDPOINTS = (list_dead_letters, replay_dead_letters, drop_dead_letters)
