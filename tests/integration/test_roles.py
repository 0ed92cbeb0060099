"""Services do their work as users that may no more than that; the job that migrates makes them."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import pytest
from common import provision, roles
from common.bus import bus
from common.events import ModelDiscovered, SyncRequested
from common.names.fields import NameFields
from common.outcomes import AwayError, StartupError
from common.roles import Login
from ingester import app as ingester_app
from ingester.settings import Settings as IngesterSettings
from localhub import LocalHub
from query_api import app as query_app
from query_api.schemas.console.audit_shapes import AuditQuery
from query_api.settings import Settings as QuerySettings
from query_api.store import admin_actions, name_overrides
from query_api.store.admin_actions import Deed
from watcher import app as watcher_app
from watcher.settings import Settings as WatcherSettings

from tests.notifier.store.test_statements import SQL as NOTIFIER_SQL
from tests.support.database_users import Urls, users_of
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.support.postgres import TestPostgres
from tests.support.services import running
from tests.support.statements import Sql
from tests.support.submissions import V2, solved, submission, tasks, unsolved
from tests.watcher.store.test_statements import SQL as WATCHER_SQL

ONE, TWO = tasks()[:2]


@pytest.fixture
async def urls(postgres: TestPostgres, empty_database_url: str, nats_url: str) -> AsyncIterator[Urls]:
    async with users_of(postgres, empty_database_url) as made:
        await made.provision(nats_url)
        yield made


async def test_roles_know_every_table_and_view_that_the_migrations_make(database_url: str) -> None:
    made = await asked(
        database_url,
        "SELECT table_name, table_type FROM information_schema.tables"
        " WHERE table_schema = 'public' AND NOT starts_with(table_name, '_pogo')",
    )
    assert set(roles.tables()) == {name for name, kind in made if kind == "BASE TABLE"}
    assert set(roles.views()) == {name for name, kind in made if kind == "VIEW"}


async def refused(url: str, statement: str) -> None:
    """Have a statement refused, whatever the session says of itself."""
    connection = await asyncpg.connect(url, server_settings={"default_transaction_read_only": "off"})
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def asked(url: str, statement: str, *values: Any) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement, *values)
    finally:
        await connection.close()


async def may_run_every_statement(url: str, sql: Sql) -> None:
    """Have each statement of a service planned, which asks for the rights that it needs."""
    connection = await asyncpg.connect(url)
    for statement in sql.statements().values():
        await connection.execute(f"EXPLAIN (GENERIC_PLAN) {statement}")
    await connection.close()


async def test_every_service_does_its_work_as_its_own_user(urls: Urls, nats_url: str, hub: LocalHub) -> None:
    hub.commit(V2, submission("m", {ONE: unsolved(ONE), TWO: b"["}) | submission("other", {ONE: solved(ONE)}))
    shared: dict[str, Any] = {"hf_endpoint": hub.url, "hf_datasets": (V2,), "nats_url": nats_url}
    port = free_port()
    writer, reader = {**shared, "database_url": urls.writer}, {**shared, "database_url": urls.reader, "port": port}
    watcher = {**shared, "database_url": urls.watcher}
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(bus.connect(nats_url, "test"))
        await stack.enter_async_context(running(query_app.run, QuerySettings(**reader)))
        await stack.enter_async_context(running(ingester_app.run, IngesterSettings(**writer)))
        await stack.enter_async_context(running(watcher_app.run, WatcherSettings(**watcher)))
        http = await stack.enter_async_context(aiohttp.ClientSession(f"http://127.0.0.1:{port}"))

        async def shows(**solved_tasks: int) -> bool:
            async with http.get("/api/models") as answer:
                rows = (await answer.json())["data"]
            return {row["model"]: row["tasksSolved"] for row in rows if row["status"] != "removed"} == solved_tasks

        async def sync() -> None:
            await bus.publish(client, SyncRequested(requested_by="test"), "test")

        await sync()
        await eventually(lambda: shows(m=0, other=1), 60)
        gone = {f"other/{ONE.id}.json": None, f"m/{TWO.id}.json": None}
        hub.commit(V2, submission("m", {ONE: solved(ONE)}) | gone)
        await sync()
        await eventually(lambda: shows(m=1), 60)
        await bus.publish(client, ModelDiscovered(dataset=V2, model="m"), "test")
        await bus.publish(client, ModelDiscovered(dataset=V2, model="none"), "test")
        ended = "SELECT dataset_name, status FROM ingestion_runs WHERE completed_at IS NOT NULL ORDER BY id"

        async def all_ended() -> bool:
            found = [tuple(row) for row in await asked(urls.owner, ended)]
            landed = {("m", "partial"), ("m", "completed"), ("other", "completed")}
            return landed <= set(found) and any(name == "none" for name, _ in found)

        await eventually(all_ended, 60)
        for page in ("/api/admin/ingestion-history", "/api/admin/cron-status", "/api/model-dataset/models"):
            async with http.get(page) as answer:
                assert answer.status == 200, await answer.text()
    assert await asked(urls.owner, "SELECT FROM sync_runs WHERE status <> 'completed'") == []
    assert await asked(urls.owner, "SELECT FROM staged_rows") == []


async def test_the_reader_cannot_write_and_the_writer_cannot_change_tables(urls: Urls) -> None:
    assert {"explanations", "ingestion_runs", "submission_versions", "staged_rows", "sync_runs"} <= set(roles.tables())
    for table in roles.tables():
        assert await asked(urls.reader, f"SELECT FROM {table}") == []
        writes = (f"INSERT INTO {table} DEFAULT VALUES", f"DELETE FROM {table}")
        for statement in (f"TRUNCATE {table}", *(each for each in writes if not may_write(table, each))):
            await refused(urls.reader, statement)
        for statement in (f"DROP TABLE {table}", f"ALTER TABLE {table} ADD more text", f"TRUNCATE {table}"):
            await refused(urls.writer, statement)
    for write in ("INSERT INTO admin_actions DEFAULT VALUES", "DELETE FROM admin_actions"):
        await refused(urls.writer, write)
    for url in (urls.reader, urls.writer, urls.watcher, urls.notifier):
        await refused(url, "CREATE TABLE more (id int)")
        await refused(url, "DELETE FROM _pogo_migration")
        await refused(url, "CREATE ROLE another")
        await refused(url, "COPY (SELECT 1) TO PROGRAM 'true'")
    for statement in ("CREATE TEMP TABLE more (id int)", "DELETE FROM model_names"):
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await asked(urls.reader, statement)


def may_write(table: str, statement: str) -> bool:
    """Tell whether the reader's role may do this: what admins say it writes, what they did it only adds to."""
    return table in {"model_names", "dataset_pauses"} or (
        table in {"admin_actions", "cancellations", "notification_tests"} and statement.startswith("INSERT")
    )


async def test_the_reader_writes_what_admins_say_and_do_where_it_says_so(urls: Urls) -> None:
    deed = Deed("ada", "192.0.2.1", "test", {"folder": "m"}, "1")
    async with asyncpg.create_pool(urls.reader, min_size=1, max_size=1) as pool:
        await name_overrides.put(pool, "m", NameFields(provider="P"), "test", deed)
        assert (await name_overrides.read(pool)).entries["m"].fields == NameFields(provider="P")
        assert await name_overrides.delete(pool, "m", deed)
        await admin_actions.end(pool, await admin_actions.begin(pool, deed), "done", None)
        assert [each.outcome for each in (await admin_actions.read(pool, AuditQuery()))[1]] == ["done"] * 3
        # The connection that wrote is as read-only as before.
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await pool.execute("DELETE FROM model_names")


async def test_the_notifier_sees_what_is_news_and_writes_its_outbox(urls: Urls) -> None:
    own = {"notification_events", "notification_messages", "notification_reader", "notification_channels"}
    own |= {"notification_tests"}
    read = {"ingestion_runs", "model_names", "submission_versions", "verifications"}
    assert own <= set(roles.tables())
    for table in set(roles.tables()) - own - read:
        await refused(urls.notifier, f"SELECT FROM {table}")
    for table in read:
        await refused(urls.notifier, f"DELETE FROM {table}")
    await may_run_every_statement(urls.notifier, NOTIFIER_SQL)


async def test_the_watcher_sees_versions_and_what_ingestions_came_to_and_writes_syncs(urls: Urls) -> None:
    assert "content_runs" in roles.views()
    for view in roles.views():
        for url in (urls.reader, urls.writer):
            assert await asked(url, f"SELECT FROM {view}") == []
    for table in set(roles.tables()) - {"submission_versions", "sync_runs", "dataset_pauses"}:
        await refused(urls.watcher, f"SELECT FROM {table}")
    for statement in (
        "DELETE FROM sync_runs",
        "DELETE FROM submission_versions",
        "INSERT INTO submission_versions DEFAULT VALUES",
        "UPDATE submission_versions SET complete = true",
        "UPDATE content_runs SET tree_oid = ''",
    ):
        await refused(urls.watcher, statement)
    await may_run_every_statement(urls.watcher, WATCHER_SQL)


async def test_without_a_watchers_url_the_writer_may_do_its_work(urls: Urls, nats_url: str) -> None:
    await replace(urls, watcher="").provision(nats_url)
    await may_run_every_statement(urls.writer, WATCHER_SQL)


async def test_tables_of_later_migrations_are_theirs_too_and_strangers_tables_are_not(
    urls: Urls, nats_url: str
) -> None:
    await asked(urls.owner, "CREATE TABLE later (id serial, note text)")
    await asked(urls.writer, "INSERT INTO later (note) VALUES ('written')")
    assert [row["note"] for row in await asked(urls.reader, "SELECT note FROM later")] == ["written"]
    await refused(urls.reader, "DELETE FROM later")
    stranger = await asyncpg.connect(urls.owner)
    await stranger.execute("SET ROLE arcwatch; CREATE TABLE users (id int)")
    await stranger.close()
    await urls.provision(nats_url)
    for url in (urls.reader, urls.writer, urls.watcher, urls.notifier):
        await refused(url, "SELECT FROM users")


async def test_a_new_password_counts_after_the_next_run_of_the_job(urls: Urls, nats_url: str) -> None:
    hashed = "SELECT rolpassword, rolsuper OR rolcreaterole OR rolcreatedb AS may FROM pg_authid WHERE rolname = $1"
    login = Login.of(urls.writer, "")
    (before,) = await asked(urls.owner, hashed, login.user)
    assert before["rolpassword"].startswith("SCRAM-SHA-256$")
    assert not before["may"]
    await replace(urls, writer=urls.writer.replace("it's", "another")).provision(nats_url)
    (after,) = await asked(urls.owner, hashed, login.user)
    assert after["rolpassword"] != before["rolpassword"]


async def test_who_may_not_make_roles_is_told_so(urls: Urls, database_url: str) -> None:
    logins = {"writer": Login("nobody_made_this", "x"), "reader": Login("nor_this", "x")}
    with pytest.raises(StartupError, match="the user in DATABASE_URL cannot make or equip roles: permission denied"):
        await roles.grant(database_url, **logins)
    with pytest.raises(StartupError, match="DATABASE_WRITER_URL names no user and password"):
        Login.of("postgresql://host/database", "DATABASE_WRITER_URL")


async def test_the_job_may_run_several_times_at_once(urls: Urls, nats_url: str) -> None:
    await asyncio.gather(*(urls.provision(nats_url) for _ in range(3)))
    assert (await asked(urls.reader, "SELECT current_user AS name"))[0]["name"] == Login.of(urls.reader, "").user


@pytest.fixture
async def plain(urls: Urls, postgres: TestPostgres) -> AsyncIterator[Urls]:
    """Yield the same database, in which a superuser has made everything, with an owner who is to be none."""
    name = f"owner_{uuid.uuid4().hex}"
    yield replace(urls, owner=urls.owner.replace("postgres@", f"{name}:a%20secret@", 1))
    database = urlsplit(urls.owner).path.lstrip("/")
    connection = await asyncpg.connect(urls.owner)
    await connection.execute(f"ALTER DATABASE {database} OWNER TO postgres; REASSIGN OWNED BY {name} TO postgres")
    await connection.close()
    # Rights that it gave go with it.
    await asked(postgres.superuser_url(database), f"DROP OWNED BY {name} CASCADE")
    await asked(postgres.superuser_url(database), f"DROP ROLE {name}")


def owner_settings(superuser: str, owner: str, nats_url: str) -> provision.Settings:
    return provision.Settings(
        database_url=owner, database_superuser_url=superuser, nats_url=nats_url, start_wait_seconds=30
    )


async def test_what_a_superuser_owned_goes_to_an_owner_who_is_none(urls: Urls, plain: Urls, nats_url: str) -> None:
    superuser = urls.owner
    for statement in ("CREATE TYPE mood AS ENUM ('well')", "CREATE SEQUENCE alone"):
        await asked(superuser, statement)
    settings = owner_settings(superuser, plain.owner, nats_url)
    await asyncio.gather(*(provision.make_owner(settings) for _ in range(2)))

    who = Login.of(plain.owner, "").user
    (rights,) = await asked(
        plain.owner, "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = $1", who
    )
    assert tuple(rights) == (False, False, True)
    owners = """
        SELECT relowner::regrole::text AS owner FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION SELECT proowner::regrole::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION SELECT typowner::regrole::text FROM pg_type WHERE typnamespace = 'public'::regnamespace
        UNION SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()
    """
    assert {row["owner"] for row in await asked(superuser, owners)} == {who}
    await refused(plain.owner, "CREATE TEMPORARY TABLE seen (line text); COPY seen FROM PROGRAM 'id'")

    # It goes on where the superuser was: new passwords for the services' users, and tables of later migrations.
    changed = replace(plain, writer=plain.writer.replace("it's", "another"))
    await changed.provision(nats_url)
    await asked(plain.owner, "CREATE TABLE still_later (id int)")
    await asked(changed.writer, "INSERT INTO still_later VALUES (1)")
    await may_run_every_statement(changed.watcher, WATCHER_SQL)
    await refused(plain.reader, "DELETE FROM explanations")


async def test_an_owner_waits_for_who_uses_a_table_and_refuses_to_be_a_superuser(
    urls: Urls, plain: Urls, nats_url: str
) -> None:
    named = urls.owner.replace("postgres@", "postgres:x@", 1)
    with pytest.raises(StartupError, match=r"postgres in DATABASE_URL is a superuser: run `sh deploy/secrets\.sh`"):
        await provision.make_owner(owner_settings(urls.owner, named, nats_url))
    reader = await asyncpg.connect(urls.owner)
    reading = reader.transaction()
    await reading.start()
    await reader.fetch("SELECT FROM explanations")
    settings = owner_settings(urls.owner, plain.owner, nats_url).model_copy(update={"start_wait_seconds": 0.0})
    with pytest.raises(AwayError, match="a table is in use"):
        await provision.make_owner(settings)
    await reading.rollback()
    await reader.close()
    await provision.make_owner(settings)
