"""What starts before PostgreSQL waits for it, says so now and then, and ends with one line when it does not come."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from arcwatch.embedded.postgres import PostgresServer
from common.bus import bus, topology
from common.database import schema
from common.database.pool import open_pool
from common.database.schema import migrate
from common.outcomes import AwayError, StartupError
from common.process import patience
from common.process.settings import EX_CONFIG, EX_TEMPFAIL
from localhub import LocalHub

from tests.support.deployments import Arcwatch
from tests.support.eventually import eventually
from tests.support.postgres import FAST
from tests.support.relay import Relay
from tests.support.service_process import MODULES, service_process
from tests.support.submissions import V2

SECRET = "SecretThatNobodyMaySee"


@pytest.fixture
async def relay(database_url: str) -> AsyncIterator[Relay]:
    (folder,) = parse_qs(urlsplit(database_url).query)["host"]
    async with Relay(Path(folder) / ".s.PGSQL.5432") as running:
        yield running


@pytest.fixture
def relayed_url(database_url: str, relay: Relay) -> str:
    return f"postgresql://arcwatch:{SECRET}@127.0.0.1:{relay.port}{urlsplit(database_url).path}"


@pytest.fixture
async def environment(hub: LocalHub, nats_url: str) -> dict[str, str]:
    async with bus.connect(nats_url, "test") as client:
        await topology.apply(client.jetstream())
    return {"HF_ENDPOINT": hub.url, "HF_DATASETS": V2, "NATS_URL": nats_url}


@pytest.mark.neighbour(
    "PostgreSQL",
    "started after the services: refuses, then a proxy in front of it accepts and hangs up",
    "each service waits, names the host every 5 s, and goes on",
)
@pytest.mark.parametrize("module", MODULES.values())
async def test_a_service_outlives_refusals_and_a_proxy_that_hangs_up(
    environment: dict[str, str], relay: Relay, relayed_url: str, tmp_path: Path, module: str
) -> None:
    async with service_process(module, tmp_path / "log", DATABASE_URL=relayed_url, **environment) as service:
        await eventually(lambda: service.says("database.waiting"), 60)
        assert await service.probe("/healthz") == 200
        assert not await service.ready()
        await relay.hang_up()
        await eventually(lambda: relay.accepted > 3, 60)
        await relay.let_through()
        await eventually(service.ready, 60)
    said = service.log.read_text()
    assert f"host=127.0.0.1:{relay.port}" in said
    assert SECRET not in said
    assert "Traceback" not in said


@pytest.mark.neighbour(
    "PostgreSQL",
    "away for longer than START_WAIT_SECONDS when a service or the migrate job starts",
    "ends with one line that names the host, and status 75, so that its supervisor starts it again",
)
@pytest.mark.parametrize("module", [*MODULES.values(), "common.provision"])
async def test_what_waited_in_vain_ends_with_one_clear_line(
    environment: dict[str, str], relay: Relay, relayed_url: str, tmp_path: Path, module: str
) -> None:
    log = tmp_path / "log"
    environment |= {"DATABASE_URL": relayed_url, "START_WAIT_SECONDS": "1"}
    async with service_process(module, log, **environment) as service:
        assert await asyncio.wait_for(service.process.wait(), 60) == EX_TEMPFAIL
    *before, last = log.read_text().splitlines()
    name = {"query_api": "query-api", "common.provision": "provision"}.get(module, module)
    where = f"127.0.0.1:{relay.port} (DATABASE_URL)"
    assert last.startswith(f"arcwatch: {name}: cannot reach the database at {where} within 1 s: "), last
    assert [line for line in before if "database.waiting" in line and "gives_up_in_seconds=1" in line] == before[-1:]
    assert SECRET not in log.read_text()


async def test_the_migrate_job_and_the_command_wait_too(
    environment: dict[str, str], relay: Relay, empty_database_url: str, tmp_path: Path
) -> None:
    url = f"postgresql://arcwatch:{SECRET}@127.0.0.1:{relay.port}{urlsplit(empty_database_url).path}"
    run = await Arcwatch("migrate", "--database-url", url).start()
    async with service_process("common.provision", tmp_path / "log", DATABASE_URL=url, **environment) as job:
        await eventually(lambda: job.says("database.waiting"), 60)
        await run.says(f"waiting for the database at 127.0.0.1:{relay.port}, for up to 30 s more: ")
        await relay.let_through()
        assert await asyncio.wait_for(job.process.wait(), 60) == 0
    assert await run.ended() == 0
    assert run.out[-1] == "the schema is up to date"
    assert SECRET not in "\n".join(run.err) + job.log.read_text()
    assert await migrate(empty_database_url) == []


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}@127.0.0.1:1/x",
        f"postgresql://me:{SECRET}@nowhere.invalid/x",
        f"postgresql://me:{SECRET}@127.0.0.1:1,127.0.0.1:2/x",
        f"postgresql:///x?host=/nowhere&user=me&password={SECRET}",
    ],
)
async def test_whatever_is_away_is_named_without_its_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "WAIT_SECONDS", 0.3)
    with pytest.raises(AwayError, match="cannot reach the database at ") as pool_ended:
        async with open_pool(url):
            pass
    with pytest.raises(AwayError, match="cannot reach the database at ") as migration_ended:
        await migrate(url)
    for ended in (pool_ended, migration_ended):
        assert any(host in str(ended.value) for host in ("127.0.0.1:1", "nowhere.invalid", "/nowhere"))
        assert SECRET not in str(ended.value)


@pytest.mark.neighbour("PostgreSQL", "the database system is starting up", "is waited for")
async def test_a_server_that_is_starting_up_is_waited_for(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A standby that is not hot answers as one that recovers does, for as long as one likes."""
    cold = {**FAST, "hot_standby": "off"}
    server = PostgresServer(tmp_path_factory.mktemp("late") / "pg", cold)
    await server.start()
    url = server.url()
    await server.stop()
    (server.home / "data" / "standby.signal").touch()
    starting = asyncio.create_task(server.start())
    heard: list[str] = []
    try:
        migrating = asyncio.create_task(migrate(url, on_wait=lambda **what: heard.append(what["reason"])))
        await eventually(lambda: any("not accepting connections" in each for each in heard), 60, what=str(heard))
        (server.home / "data" / "promote").touch()
        assert server.child is not None
        os.kill(server.child.pid, signal.SIGUSR1)
        assert await asyncio.wait_for(migrating, 60) != []
        await starting
        async with open_pool(url) as pool:
            await schema.check_migrated(pool)
    finally:
        starting.cancel()
        await asyncio.wait([starting])
        await server.stop()


# Lets a name resolve once a file is there.
LATE_NAME = """
import os, socket
real = socket.getaddrinfo
def getaddrinfo(host, *rest, **more):
    if host != "database.example":
        return real(host, *rest, **more)
    if not os.path.exists({path!r}):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return real("127.0.0.1", *rest, **more)
socket.getaddrinfo = getaddrinfo
"""


@pytest.mark.neighbour("DNS", "the database's name is not known for a while", "each service waits, and goes on")
@pytest.mark.parametrize("module", MODULES.values())
async def test_a_name_that_is_not_known_yet_is_waited_for(
    environment: dict[str, str], relay: Relay, relayed_url: str, tmp_path: Path, module: str
) -> None:
    await relay.let_through()
    known = tmp_path / "known"
    environment["DATABASE_URL"] = relayed_url.replace("127.0.0.1", "database.example")
    before = LATE_NAME.format(path=str(known))
    async with service_process(module, tmp_path / "log", before, **environment) as service:
        await eventually(lambda: service.says("database.waiting"), 60)
        assert service.says(f"host=database.example:{relay.port}")
        known.touch()
        await eventually(service.ready, 60)


@pytest.mark.neighbour("PostgreSQL", "refuses the user", "one line at once, status 78: waiting would not help")
async def test_a_user_that_is_refused_is_not_waited_for(
    environment: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    environment["DATABASE_URL"] = database_url.replace("arcwatch@", "no_such_user@")
    async with service_process("watcher", tmp_path / "log", **environment) as service:
        assert await asyncio.wait_for(service.process.wait(), 50) == EX_CONFIG
    assert "refuses us" in service.log.read_text().splitlines()[-1]
    assert "database.waiting" not in service.log.read_text()


async def test_a_refusal_is_no_reason_to_wait(database_url: str) -> None:
    with pytest.raises(StartupError, match=r"\(DATABASE_URL\) refuses us: database .* does not exist"):
        async with open_pool(database_url.replace("/test_", "/no_such_")):
            pass


async def test_a_migration_whose_server_goes_away_in_the_middle_is_run_again(
    empty_database_url: str,
) -> None:
    blocker = await asyncpg.connect(empty_database_url)
    await blocker.execute("SELECT pg_advisory_lock($1)", schema._MIGRATION_LOCK)
    migrating = asyncio.create_task(migrate(empty_database_url))
    waits = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    pid = await eventually(lambda: blocker.fetchval(waits), 30)
    await blocker.execute("SELECT pg_terminate_backend($1)", pid)
    await blocker.close()
    assert await asyncio.wait_for(migrating, 60) != []
