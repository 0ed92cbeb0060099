"""A lost database, a lost bus, and both: a backup brings back what the API answered, and work goes on."""

import asyncio
import contextlib
import json
import re
import zipfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.recovery import restorations, statements
from arcwatch.recovery.archive import opened
from common import roles
from common.database.schema import MIGRATIONS, pending_migrations
from ingester import app as ingester_app
from ingester.settings import Settings as IngesterSettings
from pydantic import SecretStr
from query_api.app import serving
from query_api.settings import Settings

from tests.support import pipeline as support
from tests.support.cli import Ran, arcwatch
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline
from tests.support.postgres import TestPostgres
from tests.support.services import running
from tests.support.submissions import V1, V2, solved, submission, tasks, unsolved

ONE, TWO = tasks()[:2]
# From memory and from the database; without /api/status, which tells of processes.
PATHS = (
    "/api/models",
    f"/api/models/{V2.replace('/', '%2F')}/m",
    "/api/metrics/latest-model",
    "/api/admin/ingestion-history",
    "/api/admin/model-names",
    "/api/model-dataset/models",
    "/api/tasks",
    f"/api/tasks/{ONE.id}",
    "/feed.atom",
    "/export/attempts?format=csv",
)


async def answers(database_url: str, nats_url: str) -> Mapping[str, bytes]:
    """Return what a query API answers that starts now."""
    settings = Settings(
        database_url=SecretStr(database_url), nats_url=SecretStr(nats_url), port=0, ops_port=0, log_level="error"
    )
    async with serving(settings) as (url, _, _), aiohttp.ClientSession(url) as http:
        return {path: await body(http, path) for path in PATHS}


async def body(http: aiohttp.ClientSession, path: str) -> bytes:
    async with http.get(path) as answer:
        assert answer.status == 200, f"{path}: {await answer.text()}"
        return await answer.read()


@contextlib.asynccontextmanager
async def fresh_database(postgres: TestPostgres) -> AsyncIterator[str]:
    """Lend a database without any table."""
    name = await postgres.create("template0")
    yield postgres.url(name)
    await postgres.drop(name)


async def restore(backup: Path, url: str, *options: str, typed: str | None = None) -> Ran:
    """Restore on another machine: its environment is not that of the API whose answers are compared."""
    elsewhere = {"PUBLIC_URL": "https://elsewhere.example", "ADMIN_TOKENS_FILE": "not-here", "PORT": "none"}
    return await arcwatch("restore", str(backup), "--database-url", url, *options, typed=typed, env=elsewhere)


@pytest.fixture
async def history(pipeline: Pipeline, hub: TestHub) -> Pipeline:
    """Make a past: a superseded version, one that left, one with a finding, one of the other set, a name."""
    hub.commit(V2, submission("m", {ONE: unsolved(ONE)}) | submission("gone", {ONE: solved(ONE)}))
    await pipeline.settle()
    hub.commit(V2, {**submission("m", {ONE: solved(ONE), TWO: b"[not JSON"}), "gone": None})
    hub.commit(V1, submission("other", {tasks("ARC1-Eval")[0]: solved(tasks("ARC1-Eval")[0])}))
    await pipeline.settle()
    await pipeline.pool.execute("INSERT INTO model_names (folder, display_name, set_by) VALUES ('m', 'Ünïcode', 'me')")
    return pipeline


@pytest.mark.parametrize("lost", ["database", "bus", "both"])
async def test_after_a_loss_the_api_answers_the_same_bytes_and_work_goes_on(
    lost: str, history: Pipeline, hub: TestHub, postgres: TestPostgres, database_url: str, nats_url: str, tmp_path: Path
) -> None:
    before = await answers(database_url, nats_url)
    made = await arcwatch("backup", str(tmp_path), "--database-url", database_url, "--json")
    assert made.status == 0, made.err
    backup = Path(json.loads("\n".join(made.out))["file"])
    hub.commit(V2, submission("late", {ONE: solved(ONE)}))
    await history.sync()  # what waits on the bus is lost with it
    async with contextlib.AsyncExitStack() as stack:
        if lost != "bus":
            database_url = await stack.enter_async_context(fresh_database(postgres))
            restored = await restore(backup, database_url, "--verify")
            assert restored.status == 0, restored.err
            assert " 0 differ" in "\n".join(restored.out)
        if lost != "database":
            bus = NatsServer(tmp_path / "nats")
            await bus.start()
            stack.push_async_callback(bus.stop)
            nats_url = bus.url()
        goes_on = await stack.enter_async_context(support.build(hub, database_url, nats_url))
        assert await answers(database_url, nats_url) == before
        await goes_on.sync()
        if lost == "database":
            goes_on.published = history.published or goes_on.published
        await goes_on.drain()
        assert (await goes_on.version("late"))["score"] > 0
        assert (await goes_on.sync()).new_models_found == 0


async def test_a_restoration_takes_the_place_of_nothing_unasked(
    history: Pipeline, postgres: TestPostgres, database_url: str, tmp_path: Path
) -> None:
    backup = tmp_path / "b.arcwatch"
    assert (await arcwatch("backup", str(backup), "--database-url", database_url)).status == 0
    rows = await history.pool.fetch("SELECT * FROM explanations ORDER BY id")
    in_order = await history.pool.fetchval(statements.ROWS, "model_names", "folder")
    assert in_order.endswith('ORDER BY folder COLLATE "C"')  # the same whatever the database's own is
    refused = await restore(backup, database_url, "--replace", "--yes")
    assert "sessions of arcwatch use this database: stop all services first" in refused.err[-1]
    await history.pool.close()
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "DELETE FROM task_results; UPDATE explanations SET created_at = now(), reasoning_log = 'x'"
    )
    for options, typed in [((), None), (("--replace",), None), (("--replace",), "n\n")]:
        refused = await restore(backup, database_url, *options, typed=typed)
        assert refused.status == 1
        assert await connection.fetchval("SELECT count(*) FROM explanations WHERE reasoning_log = 'x'") == len(rows)
    later = "UPDATE _pogo_migration SET migration_id = $2 WHERE migration_id = $1"
    await connection.execute(later, "0018_cancellations", "9999_later")
    refused = await restore(backup, database_url, "--replace", "--yes")
    assert "the database is that of a later arcwatch (9999_later)" in refused.err[-1]
    await connection.execute(later, "9999_later", "0018_cancellations")
    await connection.execute("CREATE TABLE feedback (id integer REFERENCES explanations)")
    refused = await restore(backup, database_url, "--replace", "--yes")
    assert "restore into another database, and move the tables that refer to these" in refused.err[-1]
    await connection.execute("DROP TABLE feedback")
    await connection.execute("ALTER TABLE explanations ALTER estimated_cost TYPE numeric(9, 1)")
    refused = await restore(backup, database_url, "--replace", "--verify", "--yes")
    assert "or they differ" in refused.err[-1]
    assert await connection.fetchval("SELECT count(*) FROM explanations WHERE reasoning_log = 'x'") == len(rows)
    await connection.execute("ALTER TABLE explanations ALTER estimated_cost TYPE double precision")
    done = await restore(backup, database_url, "--replace", "--verify", typed="y\n")
    assert done.status == 0, done.err
    assert await connection.fetch("SELECT * FROM explanations ORDER BY id") == rows
    next_id = (
        "INSERT INTO explanations (puzzle_id, pattern_description, solving_strategy) VALUES ('', '', '') RETURNING id"
    )
    assert await connection.fetchval(next_id) == rows[-1]["id"] + 1
    await connection.execute(f"TRUNCATE {', '.join(roles.tables())}")
    await connection.close()
    found = await restorations.look(database_url)
    with opened(backup) as read:
        both = [restorations.restore(database_url, read, found, verify=False, on_table=len) for _ in range(2)]
        ends = await asyncio.gather(*both, return_exceptions=True)
    (refusal,) = (end for end in ends if isinstance(end, BaseException))
    assert "the database is not as it was a moment ago" in str(refusal)


async def test_a_backup_of_an_earlier_release_gets_the_migrations_since(
    history: Pipeline, database_url: str, postgres: TestPostgres, tmp_path: Path
) -> None:
    """Into tables of today, which are empty; the existing app has a column more."""
    await history.pool.execute("ALTER TABLE explanations ADD COLUMN of_the_app integer DEFAULT 7")
    backup, earlier = tmp_path / "b.arcwatch", tmp_path / "earlier.arcwatch"
    assert (await arcwatch("backup", str(backup), "--database-url", database_url)).status == 0
    since = {path.stem for path in MIGRATIONS.glob("*.sql") if path.name >= "0014"}
    made_since = {name for each in since for name in created_by(each)}
    with zipfile.ZipFile(backup) as source, zipfile.ZipFile(earlier, "w") as target:
        manifest = json.loads(source.read("manifest.json"))
        manifest["migrations"] = [each for each in manifest["migrations"] if each not in since]
        manifest["answers"]["sha256"]["/api/models"] = "another"
        manifest["tables"] = [each for each in manifest["tables"] if each["name"] not in made_since]
        for each in manifest["tables"]:
            target.writestr(f"{each['name']}.copy", source.read(f"{each['name']}.copy"))
        target.writestr("manifest.json", json.dumps(manifest))
    url = postgres.url(name := await postgres.create())
    hostile = tmp_path / "hostile.arcwatch"
    with zipfile.ZipFile(earlier) as source, zipfile.ZipFile(hostile, "w") as target:
        for file in source.namelist():
            found = source.read(file)
            target.writestr(file, found.replace(b'"type": "integer"}]', b'"type": "integer DEFAULT 1"}]'))
    refused = await restore(hostile, url)
    assert refused.err[-1].endswith("""syntax error at or near "DEFAULT\"""")
    done = await restore(earlier, url, "--verify", "--json")
    assert done.status == 1, done.err
    told = json.loads("\n".join(done.out))
    assert ({*told["migrations"]}, told["differences"]) == (since, ["/api/models"])
    connection = await asyncpg.connect(url)
    assert await pending_migrations(connection) == []
    assert await connection.fetchval("SELECT DISTINCT of_the_app FROM explanations") == 7
    assert await connection.fetchval("SELECT count(*) FROM content_runs") > 0
    await connection.close()
    await postgres.drop(name)


def created_by(migration: str) -> list[str]:
    return re.findall(
        r"^CREATE TABLE (?:IF NOT EXISTS )?(\w+)", (MIGRATIONS / f"{migration}.sql").read_text(), re.MULTILINE
    )


async def test_what_the_hub_has_is_rebuilt_and_what_it_has_not_is_named(
    hub: TestHub, pipeline: Pipeline, database_url: str, nats_url: str
) -> None:
    hub.commit(V2, {**submission("m", {ONE: solved(ONE)}), "notes/README.md": b"Words."})
    environment = {"HF_ENDPOINT": hub.url, "DATABASE_URL": database_url, "NATS_URL": nats_url, "NO_PROXY": "127.0.0.1"}
    done = await arcwatch("rebuild", "--timeout", "0", "--json", env=environment)
    assert (done.status, json.loads("\n".join(done.out))["waiting"]) == (1, 2), (done.out, done.err)
    settings = IngesterSettings(database_url=database_url, nats_url=nats_url, hf_endpoint=hub.url, log_level="error")
    rebuild = asyncio.ensure_future(arcwatch("rebuild", env=environment))
    synced = "SELECT count(*) = 2 FROM sync_runs WHERE status = 'completed'"
    await eventually(lambda: pipeline.pool.fetchval(synced), 60)
    async with running(ingester_app.run, settings):
        done = await rebuild
    assert done.status == 0, done.err
    assert "the Hub lists 2 folders; 2 were sent to be ingested, of which 1 are here now" in done.out
    assert any("superseded versions" in line for line in done.err)
    assert (await pipeline.version("m"))["score"] > 0
