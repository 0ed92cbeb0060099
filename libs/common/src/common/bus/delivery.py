"""The one place that acks, naks and terminates messages, keeps them alive while handled, and writes dead letters."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol, TypeVar

import nats.errors
import structlog
from faststream import BaseMiddleware, ContextRepo
from faststream.exceptions import HandlerException, NackMessage, RejectMessage
from faststream.message import StreamMessage
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from pydantic import ValidationError

from common import outcomes
from common.bus import topology
from common.events import DeadLetter, Event
from common.outcomes import Fail, PermanentError, Retry
from common.process import tracing
from common.process.outage import AWAY, reason_of

log = structlog.get_logger(__name__)

PUBLISH_TIMEOUT_SECONDS = 10.0


# What becomes of a message, in the words of metrics.
SETTLED = ("done", "retry", "dead_letter")


class Observer(Protocol):
    """What a service wants to know of its deliveries, for its metrics."""

    def settled(self, outcome: str, *, redelivered: bool) -> None:
        """Take note of one settled message: `done`, `retry` or `dead_letter`."""


@dataclass(frozen=True)
class Delivery:
    """How one service settles its messages.

    `js` is called for each dead letter, so that it may be set up after the broker. `on_failure` runs before the dead
    letter is stored, and may run again after a crash: it records the failure where users look for it. It gets the body,
    the verdict, the number of deliveries and the message's place on the stream.
    """

    service: str
    js: Callable[[], JetStreamContext]
    observer: Observer
    on_failure: Callable[[bytes, Fail, int, int], Awaitable[None]] | None = None

    def __call__(self, msg: Msg | None, /, *, context: ContextRepo) -> "BaseMiddleware[Any, Any]":
        """Make the middleware of one message; FastStream calls this, with None for what is published."""
        if msg is None:
            return BaseMiddleware(None, context=context)
        return DeliveryMiddleware(msg, context=context, delivery=self)

    async def settle(self, msg: Msg, error: BaseException) -> HandlerException:
        """Do what the outcomes table says and return FastStream's exception for it."""
        count = msg.metadata.num_delivered or 1
        verdict = outcomes.consequence(error, count)
        if verdict.unexpected:
            log.error("delivery.unexpected", **about(msg), delivery_count=count, exc_info=error)
        if isinstance(verdict, Retry):
            log.warning(
                "delivery.retry",
                **about(msg),
                kind=verdict.kind,
                reason=verdict.reason,
                delivery_count=count,
                again_in_seconds=verdict.delay_seconds,
            )
            self.observer.settled("retry", redelivered=count > 1)
            return NackMessage(delay=verdict.delay_seconds)
        return await self._dead_letter(msg, verdict, count)

    async def _dead_letter(self, msg: Msg, verdict: Fail, count: int) -> HandlerException:
        log.error("delivery.dead_letter", **about(msg), kind=verdict.kind, reason=verdict.reason, delivery_count=count)
        if self.on_failure is not None:
            recording = self.on_failure(msg.data, verdict, count, msg.metadata.sequence.stream)
            await self._record_failure(recording, last=count >= topology.MAX_DELIVER)
        dead_letter = DeadLetter(
            service=self.service,
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
        await self.js().publish(
            DeadLetter.subject_of(self.service),
            dead_letter.fitting().model_dump_json().encode(),
            timeout=PUBLISH_TIMEOUT_SECONDS,
            stream=topology.DEAD_STREAM,
            headers={"Nats-Msg-Id": dead_letter.idempotency_key, "content-type": "application/json"},
        )
        self.observer.settled("dead_letter", redelivered=count > 1)
        return RejectMessage()

    @staticmethod
    async def _record_failure(recording: Awaitable[None], *, last: bool) -> None:
        """Record the failure. The last time the dead letter is stored even where that fails: nothing comes after it."""
        try:
            await recording
        except Exception:
            if not last:
                raise
            log.exception("delivery.failure_not_recorded")


class DeliveryMiddleware(BaseMiddleware[Any, Msg]):
    """Wraps one delivery: heartbeats while the handler works, then the outcome."""

    def __init__(self, msg: Msg, /, *, context: ContextRepo, delivery: Delivery) -> None:
        super().__init__(msg, context=context)
        self._delivery = delivery

    async def consume_scope(
        self,
        call_next: Callable[[StreamMessage[Any]], Awaitable[Any]],
        msg: StreamMessage[Any],
    ) -> Any:
        """Run the handler, in the message's trace; raise FastStream's exception for what becomes of it."""
        count = self.msg.metadata.num_delivered or 1
        with tracing.span(
            f"{self.msg.subject} process", kind="consumer", carrier=self.msg.headers or {}, delivery_count=count
        ):
            return await self._handled(call_next, msg)

    async def _handled(
        self,
        call_next: Callable[[StreamMessage[Any]], Awaitable[Any]],
        msg: StreamMessage[Any],
    ) -> Any:
        try:
            async with heartbeats(self.msg):
                result = await call_next(msg)
        except HandlerException:
            raise
        except asyncio.CancelledError:
            # We are shutting down: hand the message to another replica now, not after ack_wait.
            await asyncio.shield(self.msg.nak())
            raise
        except Exception as error:
            raise await self._settled(error) from error
        self._delivery.observer.settled("done", redelivered=(self.msg.metadata.num_delivered or 1) > 1)
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
            return await self._delivery.settle(self.msg, error)
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
        raise PermanentError(f"{where}: {first['msg']}{more}", kind="invalid_event") from error
