"""Promise: no service is more than it must be, to the database, to the network, and in a deployment of before too."""

from pathlib import Path

import asyncpg
import pytest

from tests.support.compose import Compose
from tests.support.composed import Client, System

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]

URLS = ("database_url", "database_url_writer", "database_url_reader", "database_url_watcher")
OWNERS = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"


async def refuses_a_shell(url: str) -> None:
    """Try what makes a superuser of a database one of its machine."""
    connection = await asyncpg.connect(url, server_settings={"default_transaction_read_only": "off"})
    try:
        assert not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        for statement in (
            "CREATE TEMPORARY TABLE seen (line text); COPY seen FROM PROGRAM 'id'",
            "COPY (SELECT 1) TO PROGRAM 'cat'",
            "SELECT pg_read_file('/etc/passwd')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("secret", URLS)
async def test_no_url_of_a_service_is_a_superusers(system: System, secret: str) -> None:
    await refuses_a_shell(system.compose.url_in_network(secret, "postgres"))


async def test_nothing_is_left_to_the_superuser(client: Client) -> None:
    assert [each["tableowner"] for each in await client.pool.fetch(OWNERS)] == ["arcwatch_owner"]


PORTS = (
    *(("proxy", 8080), ("query-api", 8080), ("postgres", 5432), ("nats", 4222), ("prometheus", 9090)),
    *(("watcher", 9100), ("ingester", 9100), ("query-api", 9100)),
    ("nats", 8222),  # its monitoring, which its exporter alone may reach
)
OPS = {each for each in PORTS if each[1] == 9100}


@pytest.mark.parametrize(
    ("where", "reached"),
    [
        ("proxy", {("proxy", 8080), ("query-api", 8080), ("query-api", 9100)}),
        ("prometheus", {*OPS, ("prometheus", 9090), ("query-api", 8080)}),
        ("postgres", {*OPS, ("postgres", 5432), ("query-api", 8080)}),
        ("nats", {*OPS, ("nats", 4222), ("query-api", 8080)}),
        ("ingester", {*PORTS} - {("proxy", 8080), ("nats", 8222)}),
        ("query-api", {*PORTS} - {("nats", 8222)}),
    ],
)
def test_who_can_speak_to_whom(system: System, where: str, reached: set[tuple[str, int]]) -> None:
    container, *_ = system.compose.containers(where)
    assert system.compose.reached(container, PORTS) == reached


async def test_a_deployment_in_which_the_superuser_owned_all_goes_on(tmp_path: Path) -> None:
    """As volumes of before: made by migrations that ran as the superuser, with URLs that named it."""
    compose = Compose(tmp_path / "secrets", {})
    try:
        superuser, owner = (compose.secret(name) for name in ("database_url_superuser", "database_url"))
        compose("up", "--wait", "nats", "postgres")
        compose("run", "--rm", "--no-deps", "--env", "DATABASE_URL", "migrate", DATABASE_URL=superuser)
        database = compose.url_in_network("database_url_superuser", "postgres")
        before = await asyncpg.connect(database)
        await before.execute(
            "INSERT INTO sync_runs (trigger, status, started_at) VALUES ('manual', 'completed', now())"
        )
        await before.close()
        (compose.secrets / "database_url").write_text(superuser)
        compose.make_secrets()
        assert compose.secret("database_url") != owner
        for job in ("owner", "migrate"):
            compose("run", "--rm", "--no-deps", job)
        after = await asyncpg.connect(database)
        assert await after.fetchval("SELECT count(*) FROM sync_runs") == 1
        assert [each["tableowner"] for each in await after.fetch(OWNERS)] == ["arcwatch_owner"]
        await after.close()
        for secret in URLS:
            await refuses_a_shell(compose.url_in_network(secret, "postgres"))
    finally:
        compose.down()
