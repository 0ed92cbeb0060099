"""Promise: what waits on the bus is counted, gets older by the clock, and does not vanish while NATS is away."""

import asyncio

import pytest
from arcwatch.embedded.nats_server import NatsServer
from common.bus import bus, topology
from common.events import ModelDiscovered
from common.metrics.bus_metrics import BusMetrics
from prometheus_client import CollectorRegistry

from tests.support.eventually import eventually

AGE = "arcwatch_bus_consumer_oldest_event_age_seconds"


async def test_an_event_that_waits_gets_older_at_each_scrape_with_or_without_nats(nats_server: NatsServer) -> None:
    registry = CollectorRegistry()
    metrics = BusMetrics(registry)

    def sample(name: str, **labels: str) -> float:
        found = registry.get_sample_value(name, labels)
        assert found is not None
        return found

    async def counted() -> bool:
        await metrics.poll(js)
        return sample("arcwatch_bus_consumer_pending_events", durable="ingester") == 1

    assert sample("arcwatch_bus_last_poll_timestamp_seconds") == 0
    async with bus.connect(nats_server.url(), "test") as client:
        js = client.jetstream(timeout=1)
        await topology.apply(js)
        await metrics.poll(js)
        assert sample(AGE, durable="ingester") == 0
        await bus.publish(client, ModelDiscovered(dataset="a/b", model="m"), "test")
        await eventually(counted)  # the server counts what is pending a moment after it has stored it
        first = sample(AGE, durable="ingester")
        await nats_server.stop()
        with pytest.raises((TimeoutError, OSError)):
            await metrics.poll(js)
        await eventually(lambda: sample(AGE, durable="ingester") > first + 0.2)
        assert sample("arcwatch_bus_consumer_pending_events", durable="ingester") == 1
        assert sample("arcwatch_bus_last_poll_timestamp_seconds") > 1e9
        await asyncio.wait_for(nats_server.start(), 10)
