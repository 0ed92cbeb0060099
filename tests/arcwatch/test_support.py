"""Promise: what the other tests stand on is real, isolated per test, and quick."""

import asyncpg
import nats

from tests.support.eventually import eventually


async def test_each_test_gets_a_migrated_database_of_its_own(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM submission_versions") == 0
    await connection.execute("CREATE TABLE only_here ()")
    await connection.close()


async def test_nothing_of_another_test_is_in_it(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT to_regclass('only_here')") is None
    await connection.close()


async def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await connection.close()


async def test_nats_has_jetstream(nats_url: str) -> None:
    client = await nats.connect(nats_url)
    assert (await client.jetstream().account_info()).streams == 0
    await client.close()


async def test_eventually_returns_the_first_truthy_value() -> None:
    values = iter([None, 0, "found"])
    assert await eventually(lambda: next(values)) == "found"
