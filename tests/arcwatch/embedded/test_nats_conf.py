"""Whatever a service's credential sends, by subject, body or header: streams, durables and others' events stay."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
import pytest
from arcwatch.clients.bus import connected
from arcwatch.embedded import nats_conf
from arcwatch.embedded.nats_server import NatsServer
from common.bus import topology
from common.bus.servers import inbox_prefix
from common.bus.topology import DEAD_STREAM, DURABLES, STREAM
from nats.aio.client import Client

USERS = ("watcher", "ingester", "query-api")
API = "$JS.API"
FOR_EVER = "2099-01-01T00:00:00Z"


@dataclass(frozen=True)
class Attack:
    """A message that must change nothing."""

    subject: str
    body: bytes


def hostile_consumer(name: str, subject: str, *, durable: bool) -> bytes:
    config = {
        "name": name,
        **({"durable_name": name} if durable else {}),
        "filter_subject": subject,
        "ack_policy": "explicit",
        "ack_wait": 30_000_000_000,
        "max_deliver": 6,
        "max_ack_pending": 10_000,
        "inactive_threshold": 5_000_000_000,
        "pause_until": FOR_EVER,
    }
    return json.dumps({"stream_name": STREAM, "config": config}).encode()


def on_durables() -> Iterator[Attack]:
    for durable in DURABLES:
        of = f"{STREAM}.{durable.name}"
        for subject in (durable.subject, "model.ingested"):
            for form in (False, True):
                body = hostile_consumer(durable.name, subject, durable=form)
                for end in (STREAM, of, f"{of}.{subject}"):
                    yield Attack(f"{API}.CONSUMER.CREATE.{end}", body)
                yield Attack(f"{API}.CONSUMER.DURABLE.CREATE.{of}", body)
        yield Attack(f"{API}.CONSUMER.PAUSE.{of}", json.dumps({"pause_until": FOR_EVER}).encode())
        yield Attack(f"{API}.CONSUMER.RESET.{of}", b'{"seq": 1}')
        yield Attack(f"{API}.CONSUMER.DELETE.{of}", b"")


def on_streams() -> Iterator[Attack]:
    for stream in (STREAM, DEAD_STREAM):
        config = {"name": stream, "subjects": ["other.>"], "max_msgs": 1, "allow_rollup_hdrs": True}
        yield Attack(f"{API}.STREAM.UPDATE.{stream}", json.dumps(config).encode())
        yield Attack(f"{API}.STREAM.MSG.DELETE.{stream}", b'{"seq": 1}')
        yield Attack(f"{API}.STREAM.PURGE.{stream}", b'{"seq": 3}')
        yield Attack(f"{API}.STREAM.PURGE.{stream}", b"")
        yield Attack(f"{API}.STREAM.DELETE.{stream}", b"")
    yield Attack(f"{API}.STREAM.CREATE.MINE", json.dumps({"name": "MINE", "subjects": ["mine.>"]}).encode())


def on_events(user: str) -> Iterator[Attack]:
    """Everything that others publish."""
    for other in USERS:
        for subject in set(nats_conf.PERMISSIONS[other].publish) - set(nats_conf.PERMISSIONS[user].publish):
            if not subject.startswith("$"):
                yield Attack(subject, b'{"forged": true}')


def attacks(user: str) -> list[Attack]:
    # Dead letters the query API takes off the list, for an admin: that is not hostile.
    own = nats_conf.PERMISSIONS[user].publish
    return [each for each in (*on_events(user), *on_durables(), *on_streams()) if each.subject not in own]


@dataclass
class World:
    """A server with the topology, some messages of each kind, and two deliveries that no service has settled yet."""

    server: NatsServer
    admin: Client
    deliveries: dict[str, str]

    async def state(self, user: str) -> dict[str, Any]:
        """Return all that the user must not change."""
        # What was sent before these are stored has been dealt with then.
        js = self.admin.jetstream()
        await js.publish("model.mark", b"", stream=STREAM)
        await js.publish("dead.mark", b"", stream=DEAD_STREAM)
        own = {*nats_conf.PERMISSIONS[user].publish, "model.mark", "dead.mark"}
        found: dict[str, Any] = {}
        for info in await js.streams_info():
            name = info.config.name or ""
            subjects = (await js.stream_info(name, subjects_filter=">")).state.subjects or {}
            counts = {subject: count for subject, count in subjects.items() if subject not in own}
            found[name] = (info.config, info.created, info.state.first_seq, counts)
        for each in await js.consumers_info(STREAM):
            standing = (each.num_ack_pending, each.delivered and each.delivered.stream_seq, each.ack_floor)
            # What waits for the user itself it may take and settle.
            found[f"durable {each.name}"] = (each.config, each.created, each.paused, each.name != user and standing)
        return found


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    server = NatsServer(tmp_path / "nats", passwords={user: f"secret-{user}" for user in nats_conf.PERMISSIONS})
    await server.start()
    async with connected(server.url("admin")) as admin:
        js = admin.jetstream()
        await topology.apply(js)
        for subject in ("model.ingested", "model.discovered", "model.discovered", "sync.requested", "sync.requested"):
            await js.publish(subject, b"{}", stream=STREAM)
        await js.publish("dead.ingester", b"{}", stream=DEAD_STREAM)
        deliveries = {each.name: await _delivered(admin, each.name) for each in DURABLES}
        yield World(server, admin, deliveries)
    await server.stop()


async def _delivered(admin: Client, durable: str) -> str:
    subscription = await admin.jetstream().pull_subscribe_bind(durable, STREAM, inbox_prefix=b"_INBOX.admin.")
    (message,) = await subscription.fetch(1, timeout=5)
    return message.reply


async def _user(world: World, user: str) -> Client:
    async def refused(_: Exception) -> None:
        """Refusals are what this is about."""

    return await nats.connect(
        world.server.url(user), inbox_prefix=inbox_prefix(user).encode(), error_cb=refused, allow_reconnect=False
    )


@pytest.mark.parametrize("user", USERS)
async def test_hostile_subjects_and_bodies_change_nothing(world: World, user: str) -> None:
    before = await world.state(user)
    client = await _user(world, user)
    for attack in attacks(user):
        await client.publish(attack.subject, attack.body, reply=client.new_inbox())
    await client.flush()
    assert await world.state(user) == before
    await client.close()


@pytest.mark.parametrize("user", USERS)
async def test_no_user_settles_what_was_delivered_to_another(world: World, user: str) -> None:
    before = await world.state(user)
    client = await _user(world, user)
    for durable, reply in world.deliveries.items():
        if durable != user:
            for word in (b"+ACK", b"+TERM", b"-NAK", b"+WPI", b"+NXT"):
                await client.publish(reply, word, reply=client.new_inbox())
    await client.flush()
    assert await world.state(user) == before
    await client.close()


HEADERS = (
    {"Nats-Rollup": "all"},
    {"Nats-Rollup": "sub"},
    {"Nats-TTL": "1s"},
    {"Nats-Expected-Stream": DEAD_STREAM},
    {"Nats-Schedule": "@at 2020-01-01T00:00:00Z", "Nats-Schedule-Target": "model.ingested"},
    {"Nats-Batch-Id": "b", "Nats-Batch-Sequence": "1", "Nats-Batch-Commit": "1"},
)


@pytest.mark.parametrize("user", USERS)
async def test_headers_with_a_meaning_to_the_server_remove_and_forge_nothing(world: World, user: str) -> None:
    before = await world.state(user)
    client = await _user(world, user)
    for subject in nats_conf.PERMISSIONS[user].publish:
        for headers in HEADERS if not subject.startswith("$") else ():
            await client.publish(subject, b"{}", headers=headers, reply=client.new_inbox())
    await client.flush()
    assert await world.state(user) == before
    await client.close()


def allowed(user: str, number: int) -> Iterator[Attack]:
    """Everything that the user may ask for, so that it is answered; with a body of its own where there is one."""
    for subject in nats_conf.PERMISSIONS[user].publish:
        if ".DIRECT.GET." in subject:
            yield Attack(subject, json.dumps({"seq": number}).encode())
            yield Attack(subject, json.dumps({"seq": number, "next_by_subj": ">", "batch": 1}).encode())
        elif ".MSG.NEXT." in subject:
            yield Attack(subject, b'{"batch": 1, "no_wait": true}')
        elif not subject.startswith("$JS.ACK"):
            yield Attack(subject.replace("*", "ingester"), b"")


@pytest.mark.parametrize("user", USERS)
async def test_answers_go_to_the_asker_and_to_no_other_user(world: World, user: str) -> None:
    """The server sends an answer with rights of its own, to whatever subject is named for it."""
    before = await world.state(user)
    client = await _user(world, user)
    own = next(each for each in nats_conf.PERMISSIONS[user].publish if each.startswith("model."))
    for attack in attacks(user):
        await client.publish(own, attack.body)
        # Where that body is now: any place nearby will do.
        last = (await world.admin.jetstream().stream_info(STREAM)).state.last_seq
        for request in allowed(user, last):
            await client.publish(request.subject, request.body, reply=attack.subject)
    await client.flush()
    assert await world.state(user) == before
    await client.close()
