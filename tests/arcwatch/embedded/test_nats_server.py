"""Promise: NATS keeps what it acknowledged, and each user may do its own part of the contract and nothing else."""

import asyncio
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Self

import nats
import nats.errors
import pytest
from arcwatch.clients.bus import connected
from arcwatch.embedded import nats_conf
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.errors import DeploymentError
from arcwatch.ports import choose
from common.bus import topology
from common.bus.stored import Message
from common.events import QuotaReport
from nats.aio.msg import Msg
from query_api.view.stream.stream_reader import OrderedReader

from tests.support.eventually import eventually

URL_SAFE = {user: f"secret-{user}" for user in nats_conf.PERMISSIONS}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """Lend a server with users and the topology."""
    running = NatsServer(tmp_path / "nats", passwords=URL_SAFE)
    await running.start()
    async with connected(running.url("admin")) as admin:
        await topology.apply(admin.jetstream())
    yield running
    await running.stop()


class Session:
    """A user's connection, and what the server told it that it may not do."""

    def __init__(self, server: NatsServer, user: str) -> None:
        self.user = user
        self.refusals: list[str] = []
        self._url = server.url(user)

    async def __aenter__(self) -> Self:
        self.client = await nats.connect(
            self._url, inbox_prefix=f"_INBOX.{self.user}".encode(), error_cb=self._note, allow_reconnect=False
        )
        self.js = self.client.jetstream(timeout=2)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    async def _note(self, error: Exception) -> None:
        self.refusals.append(str(error).lower())

    async def may_not_publish(self, subject: str) -> None:
        await self.client.publish(subject, b"{}")
        await self.client.flush()
        await eventually(lambda: any(f'publish to "{subject.lower()}"' in line for line in self.refusals), timeout=3)

    async def may_not_subscribe(self, subject: str) -> None:
        await self.client.subscribe(subject)
        await self.client.flush()
        wanted = f'subscription to "{subject.lower()}"'
        await eventually(lambda: any(wanted in line for line in self.refusals), timeout=3)


async def pull(session: Session, durable: str) -> bytes:
    """Pull, acknowledge and return one message, as the services do."""
    prefix = f"_INBOX.{session.user}.".encode()
    subscription = await session.js.pull_subscribe_bind(durable, topology.STREAM, inbox_prefix=prefix)
    message = (await subscription.fetch(1, timeout=3))[0]
    await message.in_progress()
    await message.ack_sync(timeout=3)
    return message.data


async def watcher(session: Session, server: NatsServer) -> None:
    async with Session(server, "query-api") as other:
        await other.js.publish("sync.requested", b"a request", stream=topology.STREAM)
    assert await pull(session, "watcher") == b"a request"
    for subject in ("model.discovered", "sync.completed"):
        await session.js.publish(subject, b"{}", stream=topology.STREAM)
    await session.js.publish("dead.watcher", b"{}", stream=topology.DEAD_STREAM)
    await session.js.consumer_info(topology.STREAM, "watcher")
    await shares_the_quota(session, server)


async def ingester(session: Session, server: NatsServer) -> None:
    async with Session(server, "watcher") as other:
        await other.js.publish("model.discovered", b"a model", stream=topology.STREAM)
    assert await pull(session, "ingester") == b"a model"
    for subject in ("model.discovered", "model.ingested", "model.ingestion_failed"):
        await session.js.publish(subject, b"{}", stream=topology.STREAM)
    await session.js.publish("dead.ingester", b"{}", stream=topology.DEAD_STREAM)
    await session.client.publish("ingestion.progress", b"{}")
    await session.js.consumer_info(topology.STREAM, "ingester")
    await shares_the_quota(session, server)


async def shares_the_quota(session: Session, server: NatsServer) -> None:
    """Hear itself, another process of its service, and the other service, each once."""
    heard: list[bytes] = []

    async def hear(message: Msg) -> None:
        heard.append(message.data)

    for subject in QuotaReport.subjects():
        await session.client.subscribe(subject, cb=hear)
    await session.client.flush()
    await session.client.publish(f"hub.quota.{session.user}", b"itself")
    for user in QuotaReport.services:
        async with Session(server, user) as other:
            await other.client.publish(f"hub.quota.{user}", user.encode())
    wanted = sorted([b"itself", *map(str.encode, QuotaReport.services)])
    await eventually(lambda: len(heard) >= len(wanted), timeout=3)
    assert sorted(heard) == wanted


async def query_api(session: Session, server: NatsServer) -> None:
    for subject in ("model.discovered", "sync.requested"):
        await session.js.publish(subject, b"{}", stream=topology.STREAM)
    reader = OrderedReader(session.client, topology.STREAM, ["model.ingested"])
    await reader.start()
    progress = await session.client.subscribe("ingestion.progress")
    await session.client.flush()
    async with Session(server, "ingester") as other:
        await other.js.publish("model.ingested", b"news", stream=topology.STREAM)
        await other.client.publish("ingestion.progress", b"half")
    async with asyncio.timeout(5):
        assert [message.body async for message in first_of(reader)] == [b"news"]
    assert (await progress.next_msg(timeout=3)).data == b"half"
    await session.js.consumer_info(topology.STREAM, "ingester")


async def first_of(reader: OrderedReader) -> AsyncIterator[Message]:
    async for message in reader.messages():
        yield message
        return


PARTS: dict[str, Callable[[Session, NatsServer], Awaitable[None]]] = {
    "watcher": watcher,
    "ingester": ingester,
    "query-api": query_api,
}


@pytest.mark.parametrize("user", PARTS)
async def test_each_user_can_do_its_part_and_hears_of_no_refusal(server: NatsServer, user: str) -> None:
    async with Session(server, user) as session:
        await PARTS[user](session, server)
        assert session.refusals == []


@pytest.mark.parametrize(
    ("user", "subject"),
    [
        ("watcher", "model.ingested"),
        ("watcher", "dead.ingester"),
        ("watcher", "hub.quota.ingester"),
        ("ingester", "hub.quota.watcher"),
        ("query-api", "hub.quota.watcher"),
        ("watcher", "$JS.API.CONSUMER.MSG.NEXT.ARCWATCH.ingester"),
        ("watcher", "$JS.ACK.ARCWATCH.ingester.1.1.1.1.0"),
        ("ingester", "sync.completed"),
        ("ingester", "$JS.API.CONSUMER.MSG.NEXT.ARCWATCH.watcher"),
        ("query-api", "model.ingested"),
        ("query-api", "dead.ingester"),
        ("query-api", "$JS.ACK.ARCWATCH.ingester.1.1.1.1.0"),
        ("query-api", "$JS.API.CONSUMER.MSG.NEXT.ARCWATCH.ingester"),
        ("query-api", "$JS.API.CONSUMER.CREATE.ARCWATCH.ingester.model.discovered"),
        ("query-api", "$JS.API.CONSUMER.DURABLE.CREATE.ARCWATCH.ingester"),
        *((user, "$JS.API.CONSUMER.DELETE.ARCWATCH.ingester") for user in PARTS),
        *((user, "$JS.API.STREAM.DELETE.ARCWATCH") for user in PARTS),
        *((user, "$JS.API.STREAM.PURGE.ARCWATCH") for user in PARTS),
        *((user, "$JS.API.CONSUMER.DELETE.ARCWATCH_DEAD.x") for user in PARTS),
        *((user, "_INBOX.admin.answer") for user in PARTS),
    ],
)
async def test_no_user_may_do_another_s_part(server: NatsServer, user: str, subject: str) -> None:
    async with Session(server, user) as session:
        await session.may_not_publish(subject)


@pytest.mark.parametrize("user", PARTS)
@pytest.mark.parametrize("subject", [">", "model.>", "_INBOX.>", "_INBOX.admin.>", "$JS.EVENT.>", "$SYS.>"])
async def test_no_user_may_listen_to_others(server: NatsServer, user: str, subject: str) -> None:
    async with Session(server, user) as session:
        await session.may_not_subscribe(subject)


async def test_no_user_gets_in_without_a_password(server: NatsServer) -> None:
    for url in (f"nats://127.0.0.1:{server.port}", f"nats://watcher:wrong@127.0.0.1:{server.port}"):
        with pytest.raises(DeploymentError, match="refuses this user"):
            async with connected(url):
                pass


async def test_the_command_line_names_what_was_denied(server: NatsServer) -> None:
    with pytest.raises(DeploymentError, match=r"NATS does not answer: .*\$js.api.stream.delete.arcwatch"):
        async with connected(server.url("watcher")) as client:
            await client.jetstream(timeout=0.5).delete_stream(topology.STREAM)


async def test_the_file_with_the_passwords_is_ours_alone(server: NatsServer) -> None:
    assert stat.S_IMODE((server.home / "nats.conf").stat().st_mode) == 0o600


def test_every_message_is_on_the_disk_before_its_ack() -> None:
    assert nats_conf.configuration(Path("/x"), 1, 2, {})["jetstream"]["sync_interval"] == "always"


async def test_what_was_acknowledged_is_there_after_kill_9(tmp_path: Path) -> None:
    first = NatsServer(tmp_path / "nats")
    await first.start()
    async with connected(first.url()) as client:
        js = client.jetstream()
        await topology.apply(js)
        await js.publish("model.discovered", b"kept", stream=topology.STREAM)
    hurry = asyncio.Event()
    hurry.set()
    await first.stop(hurry)
    second = NatsServer(tmp_path / "nats")
    await second.start()
    try:
        async with connected(second.url()) as client:
            assert await topology.drift(client.jetstream()) == []
            assert (await client.jetstream().get_msg(topology.STREAM, 1)).data == b"kept"
    finally:
        await second.stop()


async def test_streams_from_before_there_were_accounts_are_taken_along(tmp_path: Path) -> None:
    before = NatsServer(tmp_path / "nats")
    await before.start()
    async with connected(before.url()) as client:
        await topology.apply(client.jetstream())
        await client.jetstream().publish("model.discovered", b"kept", stream=topology.STREAM)
    await before.stop()
    server = NatsServer(tmp_path / "nats", passwords=URL_SAFE)
    await server.start()
    try:
        async with connected(server.url("admin")) as admin:
            assert await topology.drift(admin.jetstream()) == []
            assert (await admin.jetstream().get_msg(topology.STREAM, 1)).data == b"kept"
    finally:
        await server.stop()


async def test_it_listens_where_it_is_told(tmp_path: Path) -> None:
    wanted = choose(["client", "monitoring"], {})
    server = NatsServer(tmp_path / "nats", wanted["client"], wanted["monitoring"])
    await server.start()
    try:
        assert server.url() == f"nats://127.0.0.1:{wanted['client']}"
        assert server.monitor_port == wanted["monitoring"]
    finally:
        await server.stop()


async def test_a_taken_port_is_the_server_s_last_word(tmp_path: Path, nats_server: NatsServer) -> None:
    second = NatsServer(tmp_path / "nats", nats_server.port)
    with pytest.raises(DeploymentError, match=r"nats ended with exit status 1: .*address already in use"):
        await second.start()


@pytest.mark.parametrize("password", ['quote " and \\ backslash', "brace } and # hash", "ü ✓"])
async def test_any_password_survives_the_file(tmp_path: Path, password: str) -> None:
    server = NatsServer(tmp_path / "a 'quoted' folder", passwords=dict.fromkeys(nats_conf.PERMISSIONS, password))
    await server.start()
    try:
        client = await nats.connect(server.url(), user="admin", password=password, allow_reconnect=False)
        await client.close()
    finally:
        await server.stop()
