"""Who follows a request hears how it ended, or that nothing more can come."""

import asyncio

import pytest
from arcwatch.clients import ingestion
from arcwatch.clients.bus import connected
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.errors import DeploymentError
from common.bus import bus
from common.events import ModelDiscovered


async def test_a_connection_that_is_lost_is_told_and_what_goes_on(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = asyncio.Event()

    async def publish(*_: object) -> None:
        published.set()

    monkeypatch.setattr(bus, "publish", publish)
    event = ModelDiscovered(dataset="a/b", model="m", request_ids=("r1",))
    async with connected(nats_server.url()) as client:
        following = asyncio.ensure_future(ingestion.follow(client, event, lambda _: None, 60.0))
        await published.wait()
        await nats_server.stop()
        with pytest.raises(DeploymentError, match=r"connection to NATS is lost.*`arcwatch runs watch r1` goes on"):
            await following
