"""The one place that acks, naks and terminates messages, keeps them alive while handled, and writes dead letters."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from itertools import product
from types import TracebackType
from typing import Any, TypeVar

import nats.errors
import structlog
from faststream import BaseMiddleware, ContextRepo
from faststream.exceptions import HandlerException, NackMessage, RejectMessage
from faststream.message import StreamMessage
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from prometheus_client import CollectorRegistry, Counter
from pydantic import ValidationError

from common import outcomes
from common.bus import topology
from common.bus.storing import store
from common.events import DeadLetter, Event
from common.outcomes import Fail, PermanentError, Retry
from common.process import tracing
from common.process.outage import AWAY, Room, reason_of
from common.process.wording import in_words

log = structlog.get_logger(__name__)

PUBLISH_TIMEOUT_SECONDS = 10.0

Next = Callable[[StreamMessage[Any]], Awaitable[Any]]
# Takes the body, the verdict, the number of deliveries and the message's place on the stream.
OnFailure = Callable[[bytes, Fail, int, int], Awaitable[None]]


class Delivery:
    """How one service settles its messages, and counts them in `registry`.

    `on_failure` runs before the dead letter is stored, and may run again after a crash: it records the failure where
    users look for it. A message that finds no `room` on a server's disk is held, and handled again: it uses up no
    delivery.
    """

    def __init__(
        self,
        service: str,
        js: JetStreamContext,
        registry: CollectorRegistry,
        on_failure: OnFailure | None = None,
        room: Room | None = None,
    ) -> None:
        self._service, self._js, self._on_failure = service, js, on_failure
        self.room = room or Room()
        labels = ["outcome", "redelivered"]
        self._messages = Counter(f"arcwatch_{service}_deliveries", "Messages settled", labels, registry=registry)
        # A counter that appears with 1 has not increased, for Prometheus: the first failure would go unseen.
        for values in product(("done", "retry", "dead_letter"), ("false", "true")):
            self._messages.labels(*values)

    def __call__(self, msg: Any, /, *, context: ContextRepo) -> "BaseMiddleware[Any, Any]":
        """Make the middleware of one message; FastStream calls this, with None for what is published."""
        return DeliveryMiddleware(msg, context=context, delivery=self)

    def settled(self, outcome: str, msg: Msg) -> None:
        """Count a message that was settled."""
        self._messages.labels(outcome, str(deliveries(msg) > 1).lower()).inc()

    async def settle(self, msg: Msg, error: BaseException) -> HandlerException:
        """Do what the outcomes table says and return FastStream's exception for it."""
        count = deliveries(msg)
        verdict = outcomes.consequence(error, count)
        line = log.bind(**about(msg), delivery_count=count)
        if verdict.unexpected:
            line.error("delivery.unexpected", exc_info=error)
        line = line.bind(kind=verdict.kind, reason=verdict.reason)
        if isinstance(verdict, Retry):
            line.warning("delivery.retry", again_in_seconds=verdict.delay_seconds)
            self.settled("retry", msg)
            return NackMessage(delay=verdict.delay_seconds)
        line.error("delivery.dead_letter")
        await self._dead_letter(msg, verdict, count)
        self.settled("dead_letter", msg)
        return RejectMessage()

    async def _dead_letter(self, msg: Msg, verdict: Fail, count: int) -> None:
        if self._on_failure is not None:
            try:
                await self._on_failure(msg.data, verdict, count, msg.metadata.sequence.stream)
            except Exception:
                # Nothing comes after the last delivery: then the dead letter is stored all the same.
                if count < topology.MAX_DELIVER:
                    raise
                log.exception("delivery.failure_not_recorded")
        dead_letter = DeadLetter(
            service=self._service,
            kind=verdict.kind,
            reason=verdict.reason,
            subject=msg.subject,
            body=msg.data.decode(errors="replace"),
            headers=dict(msg.headers or {}),
            delivery_count=count,
            stream_sequence=msg.metadata.sequence.stream,
            failed_at=datetime.now(UTC),
            stored_at=msg.metadata.timestamp,
        )
        await store(
            self._js,
            DeadLetter.subject_of(self._service),
            dead_letter.fitting().model_dump_json().encode(),
            timeout_seconds=PUBLISH_TIMEOUT_SECONDS,
            stream=topology.DEAD_STREAM,
            headers={"Nats-Msg-Id": dead_letter.idempotency_key, "content-type": "application/json"},
        )


def deliveries(msg: Msg) -> int:
    """Return how often a message was delivered, this time included."""
    return msg.metadata.num_delivered or 1


class DeliveryMiddleware(BaseMiddleware[Any, Msg]):
    """Wraps one delivery: heartbeats while the handler works, then the outcome."""

    def __init__(self, msg: Msg, /, *, context: ContextRepo, delivery: Delivery) -> None:
        super().__init__(msg, context=context)
        self._delivery = delivery

    async def consume_scope(self, call_next: Next, msg: StreamMessage[Any]) -> Any:
        """Run the handler, in the message's trace; raise FastStream's exception for what becomes of it."""
        name, count = f"{self.msg.subject} process", deliveries(self.msg)
        with tracing.span(name, kind="consumer", carrier=self.msg.headers or {}, delivery_count=count):
            return await self._handled(call_next, msg)

    async def _handled(self, call_next: Next, msg: StreamMessage[Any]) -> Any:
        try:
            async with heartbeats(self.msg):
                result = await self._delivery.room.patiently(partial(call_next, msg))
        except HandlerException:
            raise
        except asyncio.CancelledError:
            # We are shutting down: hand the message to another replica now, not after ack_wait.
            await asyncio.shield(self.msg.nak())
            raise
        except Exception as error:
            raise await self._settled(error) from error
        self._delivery.settled("done", self.msg)
        return result

    async def after_processed(
        self,
        exc_type: type[BaseException] | None = None,
        exc_val: BaseException | None = None,
        exc_tb: TracebackType | None = None,
    ) -> bool | None:
        """Catch what failed outside the handler: a message that could not even be parsed."""
        if isinstance(exc_val, Exception) and not isinstance(exc_val, HandlerException):
            raise await self._settled(exc_val) from exc_val
        return await super().after_processed(exc_type, exc_val, exc_tb)

    async def _settled(self, error: Exception) -> HandlerException:
        try:
            async with heartbeats(self.msg):
                return await self._delivery.room.patiently(partial(self._delivery.settle, self.msg, error))
        except Exception as unwritten:
            # The database or the bus is away, so the failure could not be written down: keep the message.
            delay = outcomes.RETRY_DELAYS_SECONDS[0]
            log.warning(
                "delivery.not_settled",
                **about(self.msg),
                failed=reason_of(error),
                reason=reason_of(unwritten),
                again_in_seconds=delay,
                exc_info=None if isinstance(unwritten, AWAY) else unwritten,
            )
            return NackMessage(delay=delay)


def about(msg: Msg) -> dict[str, object]:
    """Return what a log line says of a message: its subject, and the dataset and model where it names them."""
    try:
        body = json.loads(msg.data)
    except (ValueError, RecursionError):
        body = None
    named = {name: body[name] for name in ("dataset", "model") if body.get(name)} if isinstance(body, dict) else {}
    return {"subject": msg.subject, **named}


@contextlib.asynccontextmanager
async def heartbeats(msg: Msg) -> AsyncIterator[None]:
    """Tell the server that the message is being worked on, from its receipt until the block ends."""

    async def beat() -> None:
        while True:
            with contextlib.suppress(OSError, nats.errors.Error):
                await msg.in_progress()
            await asyncio.sleep(topology.HEARTBEAT_SECONDS)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


EventT = TypeVar("EventT", bound=Event)


def decoder(event_type: type[EventT]) -> Callable[[StreamMessage[Any]], Awaitable[EventT]]:
    """Return a FastStream decoder that reads one event, or raises PermanentError with a readable reason."""

    async def decode(message: StreamMessage[Any]) -> EventT:
        return parse(event_type, message.body)

    return decode


def parse(event_type: type[EventT], body: bytes) -> EventT:
    """Return the event in a body; raise PermanentError naming the first field that is wrong."""
    try:
        return event_type.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise PermanentError(f"{where}: {in_words(first)}{more}", kind="invalid_event") from error
