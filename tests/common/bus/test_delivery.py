"""A message is settled exactly once in the end: acked, or one dead letter, whatever fails on the way."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
from arcwatch.clients.bus import connected
from common import outcomes
from common.bus import bus, topology
from common.bus.delivery import Delivery, decoder
from common.bus.topology import DEAD_STREAM, STREAM, WATCHER
from common.events import DeadLetter, SyncRequested
from common.outcomes import Fail, PermanentError, TransientError
from nats.js import JetStreamContext
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from tests.support.eventually import eventually


@dataclass
class Service:
    """A service whose handler does what a test wants; it notes what is settled and what fails for good."""

    js: JetStreamContext
    handle: Callable[[SyncRequested], Awaitable[None]]
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    failed: list[Fail] = field(default_factory=list)
    broken: list[Exception] = field(default_factory=list)

    @property
    def settled_as(self) -> Counter[str]:
        """What the metrics say of settled messages; a redelivered one is settled `again`."""
        samples = (sample for metric in self.registry.collect() for sample in metric.samples)
        counted = {
            (each.labels["outcome"], each.labels["redelivered"]): int(each.value)
            for each in samples
            if each.name == "arcwatch_watcher_deliveries_total" and each.value
        }
        return Counter(
            {f"{outcome}{' again' if again == 'true' else ''}": n for (outcome, again), n in counted.items()}
        )

    async def note(self, _body: bytes, verdict: Fail, _count: int, _sequence: int) -> None:
        if self.broken:
            raise self.broken.pop()
        self.failed.append(verdict)

    async def dead_letters(self) -> list[DeadLetter]:
        info = await self.js.stream_info(DEAD_STREAM)
        found = [await self.js.get_msg(DEAD_STREAM, number) for number in range(1, info.state.last_seq + 1)]
        return [DeadLetter.model_validate_json(each.data or b"") for each in found if each.subject == "dead.watcher"]

    async def idle(self) -> bool:
        info = await self.js.consumer_info(STREAM, WATCHER.name)
        return not (info.num_pending or info.num_ack_pending)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "RETRY_DELAYS_SECONDS", (0.02,) * 5)


@contextlib.asynccontextmanager
async def serving(url: str, handle: Callable[[SyncRequested], Awaitable[None]]) -> AsyncIterator[Service]:
    async with connected(url) as client:
        await topology.apply(client.jetstream())
        broker = bus.make_broker(url, "test")
        opened = await bus.connect_broker(broker)
        service = Service(client.jetstream(), handle)
        broker.add_middleware(Delivery("watcher", opened.jetstream(), service.registry, service.note))

        @bus.subscriber(broker, WATCHER, url, decoder(SyncRequested))  # type: ignore[untyped-decorator] # Any, see bus
        async def on_message(event: SyncRequested) -> None:
            await service.handle(event)

        async with bus.consuming(broker, opened, [WATCHER]):
            yield service


async def test_a_message_that_is_handled_is_acked(nats_url: str) -> None:
    heard: list[str | None] = []

    async def handle(event: SyncRequested) -> None:
        heard.append(event.dataset)

    async with serving(nats_url, handle) as service:
        await service.js.publish("sync.requested", b'{"dataset": "a/b"}')
        await eventually(lambda: service.settled_as)
        await eventually(service.idle)
        assert heard == ["a/b"]
        assert service.settled_as == {"done": 1}


async def test_what_passes_is_delivered_again_after_a_pause(nats_url: str) -> None:
    async def handle(_: SyncRequested) -> None:
        if sum(service.settled_as.values()) < 2:
            raise TransientError("not now", kind="busy")

    async with serving(nats_url, handle) as service:
        await service.js.publish("sync.requested", b"{}")
        await eventually(lambda: service.settled_as["done again"])
        assert service.settled_as == {"retry": 1, "retry again": 1, "done again": 1}
        assert await service.dead_letters() == []


@pytest.mark.parametrize("error", [PermanentError("no", kind="refused"), ZeroDivisionError("a bug"), OSError("gone")])
async def test_what_does_not_pass_is_one_dead_letter(nats_url: str, error: Exception) -> None:
    async def handle(_: SyncRequested) -> None:
        raise error

    async with serving(nats_url, handle) as service:
        await service.js.publish("sync.requested", b'{"request_id": "r"}', headers={"Who": "me"})
        (dead_letter,) = await eventually(service.dead_letters, 30)
        await eventually(service.idle)
        assert str(error) in dead_letter.reason
        assert (dead_letter.subject, dead_letter.body, dead_letter.headers["Who"]) == (
            "sync.requested",
            '{"request_id": "r"}',
            "me",
        )
        assert dead_letter.delivery_count == (1 if isinstance(error, PermanentError) else topology.MAX_DELIVER)
        assert [verdict.reason for verdict in service.failed] == [dead_letter.reason]


async def test_a_failure_that_cannot_be_noted_keeps_the_message(nats_url: str) -> None:
    async def handle(_: SyncRequested) -> None:
        raise PermanentError("no", kind="refused")

    async with serving(nats_url, handle) as service:
        service.broken = [OSError("the database is away"), ZeroDivisionError("a bug")]
        with capture_logs() as lines:
            await service.js.publish("sync.requested", b'{"dataset": "a/b"}')
            (dead_letter,) = await eventually(service.dead_letters)
        assert dead_letter.delivery_count == 3
        await eventually(service.idle)
        bug, away = (line for line in lines if line["event"] == "delivery.not_settled")
        assert (away["dataset"], away["failed"], away["reason"]) == ("a/b", "no", "the database is away")
        # Only what no handler expects comes with a traceback.
        assert (away["exc_info"], type(bug["exc_info"])) == (None, ZeroDivisionError)


async def test_headers_and_bodies_of_any_kind_can_be_dead_lettered(nats_url: str) -> None:
    async def handle(_: SyncRequested) -> None:
        raise AssertionError("never reached")

    async with serving(nats_url, handle) as service:
        for body in (b"\xff\x00", b"", "модель".encode(), b"[" * 20_000):
            await service.js.publish("sync.requested", body, headers={"Name": "модель", "Odd": "a: b, c"})
        found = await eventually(lambda: enough(service, 4))
        assert {dead_letter.kind for dead_letter in found} == {"invalid_event"}
        await eventually(service.idle)


async def test_what_grows_past_the_payload_s_limit_is_one_shortened_dead_letter(nats_url: str) -> None:
    async def handle(_: SyncRequested) -> None:
        raise AssertionError("never reached")

    async with serving(nats_url, handle) as service:
        await service.js.publish("sync.requested", b"\x01" * 1_000_000, headers={"Long": "x" * 40_000})
        (dead_letter,) = await eventually(service.dead_letters, 30)
        await eventually(service.idle)
        assert dead_letter.shortened
        assert dead_letter.body
        assert set(dead_letter.body) == {"\x01"}
        assert (dead_letter.delivery_count, len(service.failed)) == (1, 1)


async def test_a_stream_that_counts_from_1_again_swallows_no_dead_letter(nats_url: str) -> None:
    async def handle(_: SyncRequested) -> None:
        raise PermanentError("no", kind="invalid_event")

    for already in range(2):
        async with serving(nats_url, handle) as service:
            await service.js.publish("sync.requested", b"{}")
            found = await eventually(partial(enough, service, already + 1))
            assert [dead_letter.stream_sequence for dead_letter in found] == [1] * (already + 1)
        async with connected(nats_url) as client:
            await client.jetstream().delete_stream(STREAM)


async def enough(service: Service, count: int) -> list[DeadLetter]:
    found = await service.dead_letters()
    return found if len(found) == count else []


async def test_a_slow_handler_keeps_its_message(nats_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topology, "ACK_WAIT_SECONDS", 1.0)
    monkeypatch.setattr(topology, "HEARTBEAT_SECONDS", 0.2)
    calls: list[float] = []

    async def handle(_: SyncRequested) -> None:
        calls.append(asyncio.get_running_loop().time())
        # Longer than ack_wait: without heartbeats the server would deliver it again meanwhile.
        await asyncio.sleep(2.0)

    async with serving(nats_url, handle) as service:
        await service.js.publish("sync.requested", b"{}")
        await eventually(lambda: service.settled_as)
        await eventually(service.idle)
        assert len(calls) == 1
