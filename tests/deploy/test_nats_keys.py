"""Promise: NATS of docker-compose.yml lets in who shows a key, over TLS, and a rotation costs nobody the connection."""

import asyncio
import json
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from arcwatch.clients.http_probe import ask
from common.bus import bus, topology
from common.bus.access import Access
from common.outcomes import StartupError
from nats.aio.client import Client

from tests.support.eventually import eventually
from tests.support.keyed_nats import KeyedNats, keyed_nats
from tests.support.ports import free_port


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[KeyedNats]:
    async with keyed_nats(tmp_path) as running:
        yield running


async def comes_in(access: Access) -> None:
    async with bus.connect(access, "test", wait_seconds=0):
        pass


def encrypted(client: Client) -> bool:
    writer = client._transport._io_writer  # type: ignore[union-attr]
    return writer.get_extra_info("ssl_object") is not None


async def test_users_come_in_by_their_keys_over_tls_and_do_their_part(server: KeyedNats) -> None:
    async with bus.connect(server.access("admin"), "test") as admin, bus.connect(server.access("ingester"), "t") as one:
        await topology.apply(admin.jetstream())
        assert encrypted(one)
        await one.jetstream().publish("model.ingested", b"{}", stream=topology.STREAM)


# As the package nkeys writes 32 zeros.
ANOTHER = "SUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEQ"

WRONG = {
    "another key": r"refuses the key in NATS_NKEY_FILE: its configuration must name U[A-Z2-7]{55} \(",
    "no key": "refuses this user",
    "no file": r"^NATS_NKEY_FILE: cannot read .*nowhere: No such file or directory$",
    "no seed": r"^NATS_NKEY_FILE: .* holds no seed of a user's nkey, 58 characters that begin with SU$",
    "a wrong letter": r"^NATS_NKEY_FILE: .* holds no seed",
    "half a seed": r"^NATS_NKEY_FILE: .* holds no seed",
    "no authority": "is not trusted: unable to get local issuer certificate; NATS_CA_FILE must hold the authority",
    "no certificate": r"^NATS_CA_FILE: .* holds no certificate of an authority \(PEM\)$",
    "no such certificate": r"^NATS_CA_FILE: cannot read .*nowhere: No such file or directory$",
    "another name": "is not trusted: .*not valid for '127.0.0.1'.*NATS_URL a name that stands in it$",
}


def variants(right: Access, folder: Path) -> dict[str, Access]:
    """Return ways to the server that have each something wrong."""

    def file(text: str) -> Path:
        path = folder / f"{len(list(folder.iterdir()))}"
        path.write_text(text)
        return path

    assert right.nkey_file is not None
    seed, nowhere = right.nkey_file.read_text(), folder / "nowhere"
    return {
        "another key": replace(right, nkey_file=file(ANOTHER)),
        "a wrong letter": replace(right, nkey_file=file(seed.replace(seed[9], "A" if seed[9] != "A" else "B", 1))),
        "no key": replace(right, nkey_file=None),
        "no file": replace(right, nkey_file=nowhere),
        "no seed": replace(right, nkey_file=file("a password")),
        "half a seed": replace(right, nkey_file=file(seed[:30])),
        "no authority": replace(right, ca_file=None),
        "no certificate": replace(right, ca_file=file(seed)),
        "no such certificate": replace(right, ca_file=nowhere),
        "another name": replace(right, url=right.url.replace("localhost", "127.0.0.1")),
    }


async def test_what_is_wrong_is_said_in_one_line(server: KeyedNats, tmp_path: Path) -> None:
    (tmp_path / "wrong").mkdir()
    right = server.access("watcher")
    for what, access in variants(right, tmp_path / "wrong").items():
        with pytest.raises(StartupError, match=WRONG[what]) as raised:
            await comes_in(access)
        assert "\n" not in str(raised.value)
        assert (server.secrets / "nats_nkey_watcher").read_text() not in str(raised.value)
    await comes_in(right)


async def pinged(client: Client) -> int | None:
    """Return the number of the connection, once all that the server had to say of it has come."""
    await client.flush()
    return client.client_id


@pytest.mark.neighbour(
    "NATS",
    "the key of a user, its certificate and its authority are changed while services are connected (containers)",
    "none loses its connection; a new one shows the new key, and trusts the new authority, without a restart",
)
async def test_a_rotation_costs_nobody_the_connection(server: KeyedNats) -> None:
    access = server.access("watcher")
    async with bus.connect(access, "before") as before, bus.connect(server.access("ingester"), "other") as other:
        connections = [await pinged(before), await pinged(other)]
        before_key, before_ca = access.public_key(), access.ca_file.read_text()  # type: ignore[union-attr]
        server.make_secrets("rotate", "nats_nkey_watcher")
        server.make_secrets("rotate", "nats_tls.pem")
        server.make_secrets("rotate", "nats_ca.pem")
        await server.reload()
        assert [await pinged(before), await pinged(other)] == connections
        assert access.public_key() != before_key
        await comes_in(access)
        # Both lost it: they come back with what the files hold now.
        await server.stop()
        server.make_secrets("retire", "nats_nkey_watcher")
        server.make_secrets("retire", "nats_ca.pem")
        await server.start()
        await server.ready()
        for client in (before, other):
            await eventually(lambda: client.is_connected, 30)  # noqa: B023 - used at once
            await pinged(client)
    old = server.home / "old.pem"
    old.write_text(before_ca)
    with pytest.raises(StartupError, match="is not trusted"):
        await comes_in(replace(access, ca_file=old))


async def test_a_retired_key_is_refused(server: KeyedNats, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copy(server.secrets / "nats_nkey_query-api", old)
    by_old = replace(server.access("query-api"), nkey_file=old)
    server.make_secrets("rotate", "nats_nkey_query-api")
    await server.reload()
    await comes_in(by_old)
    server.make_secrets("retire", "nats_nkey_query-api")
    await server.reload()
    await comes_in(server.access("query-api"))
    with pytest.raises(StartupError, match="refuses the key"):
        await comes_in(by_old)


async def test_a_deployment_of_before_comes_in_by_password_beside_those_with_keys(tmp_path: Path) -> None:
    passwords = "".join(f'{name}_PASSWORD: "of-before"\n' for name in ("WATCHER", "INGESTER", "QUERY_API", "ADMIN"))
    async with keyed_nats(tmp_path, passwords) as server:
        old = f"nats://watcher:of-before@localhost:{server.port}"
        async with bus.connect(old, "old") as before, bus.connect(server.access("watcher"), "new") as after:
            assert encrypted(before) is False
            assert encrypted(after) is True  # though the server only offers it
            for user in ("watcher", "ingester", "query-api", "admin"):
                server.make_secrets("retire", f"nats_nkey_{user}")
            assert "PLAIN: false" in (server.secrets / "nats_users.conf").read_text()


async def test_tls_is_tls_or_nothing(nats_url: str) -> None:
    with pytest.raises(StartupError, match=r"offers no TLS, which tls:// in NATS_URL asks for$"):
        await comes_in(Access(nats_url.replace("nats://", "tls://")))


def comes_as_a_node(port: int, authority: Path) -> None:
    """Connect as a node does, but with no certificate to show; raise what the other side says to that."""
    context = ssl.create_default_context(cafile=authority)
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.recv(1)


async def test_nodes_of_a_cluster_speak_tls_with_each_other(tmp_path: Path) -> None:
    first = KeyedNats(tmp_path)
    first.make_secrets()
    routes = [free_port() for _ in range(3)]
    nodes = []
    for number, port in enumerate(routes):
        home = tmp_path / f"nats-{number}"
        home.mkdir()
        (home / "secrets").symlink_to(first.secrets)
        nodes.append(KeyedNats(home, name=f"nats-{number}"))
        nodes[-1].configure(port, routes)
    try:
        for node in nodes:
            await node.start()
        for node in nodes:
            await node.ready()
        urls = ",".join(node.access("admin").url for node in nodes)
        assert await bus.provision(replace(nodes[0].access("admin"), url=urls), 3, 60)
        answer = await ask(nodes[0].monitor_port, "/routez")
        assert answer is not None
        assert {route["remote_name"] for route in json.loads(answer[1])["routes"]} == {"nats-1", "nats-2"}
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
            await asyncio.to_thread(comes_as_a_node, routes[0], first.secrets / "nats_ca.pem")
    finally:
        for node in nodes:
            await node.stop()
