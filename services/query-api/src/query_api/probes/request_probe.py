"""Where a request for an ingestion is: on the stream, waiting in the database, or at its run.

A request is known by its id alone, to every replica and after any restart: the events on the stream carry it, and so do
the rows that ingesters write. What is on the stream is asked for first: it is settled only once there is a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import nats.errors
import nats.js.errors
from common.bus.stored import StreamReadError, stored
from common.bus.topology import INGESTER, STREAM
from common.events import IngestionProgress, ModelDiscovered
from nats.aio.client import Client
from pydantic import ValidationError

from query_api.schemas.ingestion import RequestAnswer, RequestState
from query_api.schemas.ingestion_runs import RequestProgress, Run
from query_api.schemas.problems import ProblemError
from query_api.store import runs

TIMEOUT_SECONDS = 5.0
_AWAY = (nats.errors.Error, nats.js.errors.Error, StreamReadError, TimeoutError, OSError)
DROPPED = "NATS delivers it no more, and the database knows no run of it; `arcwatch dead ls` shows what can be replayed"


@dataclass(frozen=True)
class OnStream:
    """The last event on the stream that is for a request, and how many unsettled ones are before it."""

    event: ModelDiscovered
    sequence: int
    ahead: int
    settled: bool = False


async def answer(
    pool: asyncpg.Pool, client: Client, request_id: str, progress: Mapping[int, IngestionProgress]
) -> RequestAnswer:
    """Return where a request is; raise a ProblemError where no event and no row knows it."""
    queued, away = await _unsettled(client, request_id)
    waiting = await runs.waiting(pool, request_id)
    run, sequence = await runs.of_request(pool, request_id)
    known = waiting or run
    if known is None and queued is None and not away:
        queued, away = await _settled(client, request_id)
    if known is None and queued is None:
        if away:
            raise ProblemError(503, "NATS does not answer; try again soon", headers={"Retry-After": "5"})
        raise ProblemError(404, f"there is no request {request_id}; start-ingestion answers with the id of each")
    return _decide(request_id, (run, sequence), waiting, queued, progress)


def _decide(
    request_id: str,
    latest: tuple[Run | None, int | None],
    waiting: runs.Waiting | None,
    queued: OnStream | None,
    progress: Mapping[int, IngestionProgress],
) -> RequestAnswer:
    """Return a request's state, by its latest run and the place of the event which that was for.

    An event that is later than the run's is a replay: the run's end is not the request's.
    """
    run, sequence = latest
    if run and run.status == "running":
        told = progress.get(run.id)
        done = RequestProgress(done=told.done, total=told.total) if told else None
        return _of_run(request_id, "running", run, progress=done)
    if waiting and not waiting.handed_back:
        return _at(request_id, "waiting", waiting.dataset, waiting.model, dry_run=waiting.dry_run)
    event = queued.event if queued else None
    if queued and event and not queued.settled and (run is None or queued.sequence > (sequence or 0)):
        return _at(request_id, "queued", event.dataset, event.model, dry_run=event.dry_run, ahead=queued.ahead)
    if run:
        return _of_run(request_id, _ENDS.get(run.status, "done"), run)
    if waiting:
        return _at(request_id, "queued", waiting.dataset, waiting.model, dry_run=waiting.dry_run)
    if event is None:
        raise AssertionError("a request that nothing knows has no state")
    return _at(request_id, "failed", event.dataset, event.model, dry_run=event.dry_run, reason=DROPPED)


_ENDS: Mapping[str, RequestState] = {"failed": "failed", "skipped": "skipped"}


def _of_run(request_id: str, state: RequestState, run: Run, progress: RequestProgress | None = None) -> RequestAnswer:
    reason = run.error_log if state in {"failed", "skipped"} else None
    about = {"dry_run": run.dry_run, "reason": reason, "run": run, "progress": progress}
    return _at(request_id, state, run.dataset or "", run.dataset_name, **about)


def _at(request_id: str, state: RequestState, dataset: str, model: str, **about: Any) -> RequestAnswer:
    dead = state == "failed" and not about["dry_run"]
    return RequestAnswer(request_id=request_id, state=state, dataset=dataset, model=model, dead_letter=dead, **about)


async def _unsettled(client: Client, request_id: str) -> tuple[OnStream | None, bool]:
    """Return the last unsettled event that is for a request, and whether NATS was away."""
    if not client.is_connected:
        return None, True
    try:
        info = await client.jetstream(timeout=TIMEOUT_SECONDS).consumer_info(STREAM, INGESTER.name)
        return await _find(client, request_id, info.ack_floor.stream_seq if info.ack_floor else 0), False
    except _AWAY:
        return None, True


async def _settled(client: Client, request_id: str) -> tuple[OnStream | None, bool]:
    """Return the last event of all that is for a request; where it was not settled, it would be known by now."""
    try:
        found = await _find(client, request_id, 0)
    except _AWAY:
        return None, True
    return (replace(found, settled=True) if found else None), False


async def _find(client: Client, request_id: str, after: int) -> OnStream | None:
    found, ahead = None, 0
    async for message in stored(client, STREAM, after, TIMEOUT_SECONDS, subject=ModelDiscovered.subject):
        if request_id.encode() in message.body and (event := _event(message.body)) and request_id in event.request_ids:
            found = OnStream(event, message.sequence, ahead)
        ahead += 1
    return found


def _event(body: bytes) -> ModelDiscovered | None:
    try:
        return ModelDiscovered.model_validate_json(body)
    except ValidationError:
        return None
