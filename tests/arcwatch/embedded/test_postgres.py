"""Promise: PostgreSQL starts over whatever the last end left behind, and never twice over the same folder."""

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from arcwatch.embedded import os_user
from arcwatch.embedded.pg_cluster import socket_dir
from arcwatch.embedded.postgres import PostgresServer
from arcwatch.errors import DeploymentError

from tests.support.child_scripts import alive
from tests.support.eventually import eventually
from tests.support.postgres import FAST

Make = Callable[..., PostgresServer]


@pytest.fixture(scope="session")
def seed() -> Iterator[Path]:
    """Make one cluster for all tests of this process: initdb is most of what a start costs."""
    folder = Path(tempfile.mkdtemp(prefix="arcwatch-test-pg-seed-"))

    async def grow() -> None:
        server = PostgresServer(folder / "pg", FAST)
        await server.start()
        await server.stop()

    asyncio.run(grow())
    yield folder / "pg"
    shutil.rmtree(folder)


@pytest.fixture
def bare() -> Iterator[Path]:
    """Lend a folder that PostgreSQL's own user can reach: pytest's are closed to others, and stay so."""
    folder = Path(tempfile.mkdtemp(prefix="arcwatch-test-pg-"))
    yield folder / "pg"
    shutil.rmtree(folder)


@pytest.fixture
def home(seed: Path, bare: Path) -> Path:
    """Lend a folder with a cluster in it."""
    subprocess.run(["cp", "-a", str(seed), str(bare)], check=True)
    return bare


@pytest.fixture
async def make(bare: Path) -> AsyncIterator[Make]:
    servers: list[PostgresServer] = []

    def new(folder: Path = bare, settings: Mapping[str, str] = FAST, **more: Any) -> PostgresServer:
        servers.append(PostgresServer(folder, settings, **more))
        return servers[-1]

    yield new
    for server in reversed(servers):
        await server.stop()


async def asked(server: PostgresServer, question: str, **more: Any) -> Any:
    connection = await asyncpg.connect(server.url(**more))
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def aside(home: Path) -> list[Path]:
    return list(home.glob("data.incomplete-*/PG_VERSION"))


async def kill(server: PostgresServer) -> None:
    """Let it end as by a power cut, and wait until all of it is gone."""
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    await server.child.wait()
    socket = server.home / "socket"
    await eventually(lambda: not _backends(server.home / "data"), what=f"no backend left in {socket}")


def _backends(data: Path) -> list[str]:
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if (each / "cwd").samefile(data):
                found.append(each.name)
        except OSError:
            continue
    return found


async def test_what_was_written_is_there_after_a_stop_and_a_start(make: Make, home: Path) -> None:
    first = make()
    await first.start()
    await asked(first, "CREATE TABLE kept AS SELECT 42 AS number")
    await first.stop()
    second = make()
    await second.start()
    assert await asked(second, "SELECT number FROM kept") == 42


async def test_it_is_our_child_and_gone_after_the_stop(make: Make, home: Path) -> None:
    server = make()
    await server.start()
    assert server.child is not None
    assert (home / "data" / "postmaster.pid").read_text().startswith(f"{server.child.pid}\n")
    await server.stop()
    assert server.child.returncode == 0
    assert not alive(server.child.pid)


async def test_only_its_owner_reaches_the_folder_and_no_client_over_tcp(make: Make, home: Path) -> None:
    server = make()
    await server.start()
    for folder in (home, home / "data", home / "socket"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert await asked(server, "SHOW listen_addresses") == ""


async def test_services_are_no_superusers_but_own_their_database(make: Make, home: Path) -> None:
    server = make()
    await server.start()
    assert await asked(server, "SHOW is_superuser") == "off"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asked(server, "COPY (SELECT 1) TO PROGRAM 'true'")


async def test_a_deployment_is_durable_and_in_utc(make: Make, home: Path) -> None:
    server = make(settings={})
    await server.start()
    assert await asked(server, "SHOW fsync") == "on"
    assert await asked(server, "SHOW synchronous_commit") == "on"
    assert await asked(server, "SHOW recovery_init_sync_method") == ("syncfs" if sys.platform == "linux" else "fsync")
    assert await asked(server, "SHOW timezone") == "UTC"


async def test_letters_beyond_ascii_have_upper_and_lower_case(make: Make, home: Path) -> None:
    server = make()
    await server.start()
    assert await asked(server, "SELECT lower('ÄÖ')") == "äö"


async def test_a_power_cut_does_not_stop_the_next_start(make: Make, home: Path) -> None:
    first = make(settings={})
    await first.start()
    await asked(first, "CREATE TABLE kept AS SELECT 42 AS number")
    await kill(first)
    said: list[str] = []
    second = make(say=said.append)
    await second.start()
    assert await asked(second, "SELECT number FROM kept") == 42
    assert said == ["PostgreSQL was not shut down last time: it recovers by itself"]


async def test_backends_that_outlive_the_server_do_not_stop_the_next_start(make: Make, home: Path) -> None:
    """One that computes does not notice that the server was killed, and holds its memory."""
    server = make()
    await server.start()
    assert server.child is not None
    connection = await asyncpg.connect(server.url())
    pid = await connection.fetchval("SELECT pg_backend_pid()")
    computing = asyncio.create_task(connection.fetchval("SELECT sum(n) FROM generate_series(1, 1e12::bigint) AS n"))
    state = "SELECT state FROM pg_stat_activity WHERE query LIKE '%1e12%' AND pid <> pg_backend_pid()"

    async def computes() -> bool:
        return bool(await asked(server, state) == "active")

    await eventually(computes)
    os.kill(server.child.pid, signal.SIGKILL)
    await server.child.wait()
    assert alive(pid)
    await server.start()
    assert await asked(server, "SELECT 1") == 1
    assert not alive(pid)
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await computing


async def test_a_pid_file_that_names_another_program_does_not_stop_a_start(make: Make, home: Path) -> None:
    first = make()
    await first.start()
    await kill(first)
    pid_file = home / "data" / "postmaster.pid"
    # After a restart of a container this id belongs to anything; here to these tests.
    other = await asyncio.create_subprocess_exec("sleep", "600", start_new_session=True)
    try:
        pid_file.write_text(f"{other.pid}\n" + pid_file.read_text().partition("\n")[2])
        await make().start()
    finally:
        other.kill()
        await other.wait()


async def test_a_pid_file_that_is_empty_does_not_stop_a_start(make: Make, home: Path) -> None:
    # As a full disk or a power cut leaves it.
    first = make()
    await first.start()
    await kill(first)
    (home / "data" / "postmaster.pid").write_text("")
    again = make()
    await again.start()
    assert await asked(again, "SELECT 1") == 1


async def test_a_second_server_over_the_same_folder_is_refused(make: Make, home: Path) -> None:
    first = make()
    await first.start()
    assert first.child is not None
    second = make()
    with pytest.raises(DeploymentError, match=rf"pid {first.child.pid}\) already runs over .*: stop it first"):
        await second.start()
    assert await asked(first, "SELECT 1") == 1


async def test_an_initdb_that_never_ended_is_made_anew(make: Make, bare: Path) -> None:
    half = bare / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    said: list[str] = []
    server = make(say=said.append)
    await server.start()
    assert not half.exists()
    assert said[-1] == "PostgreSQL's data folder was never completed last time: made it anew"


async def test_a_data_folder_that_is_not_whole_is_moved_aside_not_used(make: Make, bare: Path) -> None:
    data = bare / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")
    said: list[str] = []
    server = make(say=said.append)
    await server.start()
    assert len(aside(bare)) == 1
    assert "was incomplete: moved it to" in said[-1]


async def test_another_version_s_data_is_left_alone_with_advice(make: Make, home: Path) -> None:
    first = make()
    await first.start()
    await first.stop()
    (home / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(DeploymentError, match=r"made by PostgreSQL 17, this is 18: move that folder away"):
        await make().start()


async def test_cancelling_the_start_leaves_no_server(make: Make, home: Path) -> None:
    server = make()
    starting = asyncio.create_task(server.start())
    await eventually((home / "data" / "postmaster.pid").exists)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert server.child is not None
    assert server.child.ended
    await make().start()


@pytest.mark.parametrize("name", ["long" * 30, "with a space, a comma, %41 and ü"])
async def test_any_path_will_do(make: Make, bare: Path, name: str) -> None:
    server = make(bare.parent / name)
    await server.start()
    try:
        assert await asked(server, "SELECT current_database()") == "arcwatch"
    finally:
        await server.stop()
        if not (server.home / "socket").exists():
            shutil.rmtree(socket_dir(server.home, os_user.private_user()))


def test_another_user_s_folder_in_the_temporary_folder_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    far = tmp_path / ("x" * 120)
    far.mkdir()
    ours = socket_dir(far, None)
    assert ours.parent == tmp_path
    ours.chmod(0o777)
    with pytest.raises(DeploymentError, match="is not a folder of mode 0700 that we own"):
        socket_dir(far, None)


def test_only_the_missing_bit_to_pass_is_given_and_it_is_said(bare: Path) -> None:
    closed, open_already = bare.parent, bare / "open"
    open_already.mkdir(parents=True)
    bare.chmod(0o700)
    open_already.chmod(0o711)
    said: list[str] = []
    stranger = pwd.struct_passwd(("stranger", "x", 64_001, 64_001, "", "/", "/bin/false"))
    os_user.open_way(stranger, open_already / "pg", said.append)
    assert stat.S_IMODE(closed.stat().st_mode) == stat.S_IMODE(bare.stat().st_mode) == 0o701
    assert stat.S_IMODE(open_already.stat().st_mode) == 0o711
    assert said == [f"let the user stranger pass through {folder} (chmod o+x)" for folder in (closed, bare)]
