"""Whatever part of a connection's own machinery dies, it is noticed; a connection that comes back is let be."""

import os
from collections.abc import AsyncIterator

import nats
import pytest
import structlog
from arcwatch.embedded.nats_server import NatsServer
from common.bus import watchdog
from common.bus.watchdog import EXIT_CLOSED, Watchdog, what_died
from nats.aio.client import Client
from structlog.contextvars import bound_contextvars, merge_contextvars

from tests.support.eventually import eventually


@pytest.fixture
async def client(nats_url: str) -> AsyncIterator[Client]:
    client = await nats.connect(nats_url, max_reconnect_attempts=-1)
    yield client
    await client.close()


@pytest.mark.parametrize("part", ["reading_task", "flusher_task", "ping_interval_task"])
async def test_a_part_that_ends_is_named(client: Client, part: str) -> None:
    assert what_died(client) is None
    getattr(client, f"_{part}").cancel()
    assert await eventually(lambda: what_died(client)) == f"connected, but {part} has ended"


async def test_a_closed_connection_is_dead(client: Client) -> None:
    await client.close()
    assert what_died(client) == "the connection is closed"


async def test_a_server_that_is_away_and_comes_back_is_waited_for(nats_server: NatsServer, client: Client) -> None:
    seen: set[str | None] = set()
    await nats_server.stop()
    await eventually(lambda: not client.is_connected)
    seen.add(what_died(client))
    await nats_server.start()
    await eventually(lambda: client.is_connected, 20)
    await eventually(lambda: what_died(client) is None)
    assert seen == {None}


async def test_reconnecting_that_stops_is_dead(nats_server: NatsServer, client: Client) -> None:
    await nats_server.stop()
    await eventually(lambda: client.is_reconnecting)
    assert client._reconnection_task is not None
    client._reconnection_task.cancel()
    assert await eventually(lambda: what_died(client)) == "not connected, and no longer reconnecting"


async def test_reconnecting_that_fails_in_a_callback_is_dead(nats_server: NatsServer) -> None:
    async def raising(_: Exception) -> None:
        raise ZeroDivisionError("a callback's own fault")

    client = await nats.connect(nats_server.url(), max_reconnect_attempts=-1, reconnect_time_wait=0)
    await nats_server.stop()
    await eventually(lambda: client.is_reconnecting)
    client._error_cb = raising
    found = await eventually(lambda: what_died(client), 20)
    assert found == "reconnecting failed: a callback's own fault"
    await client.close()


async def test_the_last_line_names_the_service(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(watchdog, "LOOK_SECONDS", 0.01)
    with bound_contextvars(service="watcher-2"), structlog.testing.capture_logs([merge_contextvars]) as lines:
        Watchdog().watch(client)
        assert client._flusher_task is not None
        client._flusher_task.cancel()
        await eventually(lambda: ended)
    assert [(line["event"], line["service"]) for line in lines] == [("nats.closed", "watcher-2")]
    assert ended == [EXIT_CLOSED]
