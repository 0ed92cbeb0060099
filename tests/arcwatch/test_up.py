"""Promise: `arcwatch up` starts everything or nothing, says what is wrong, and leaves no process behind."""

import asyncio
import shutil
import signal
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest
from arcwatch.data_dir import DataDir
from arcwatch.hub import LocalHub

from tests.support.child_scripts import marked
from tests.support.deployments import Arcwatch, command
from tests.support.eventually import eventually

REPO = "arcprize/arc_agi_v2_public_eval"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Lend a folder that PostgreSQL's own user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="arcwatch-test-up-"))
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[LocalHub]:
    async with LocalHub(tmp_path / "hub") as running:
        running.commit(REPO, {"some-model/0934a4d8.json": b"[]"})
        yield running


@pytest.fixture
def env(hub: LocalHub) -> dict[str, str]:
    return {"HF_ENDPOINT": hub.url, "HF_DATASETS": REPO}


def up(data_dir: Path, env: dict[str, str], *more: str) -> Arcwatch:
    return Arcwatch("up", "--data-dir", str(data_dir), "--port", "0", *more, env=env)


def process_of(run: Arcwatch, words: str) -> psutil.Process:
    """Return the one process of a run whose command line has these words."""
    found = [psutil.Process(int(each.split()[0])) for each in run.left() if words in each]
    assert len(found) == 1, run.left()
    return found[0]


async def test_a_deployment_through_kill_9_and_a_second_start_to_ctrl_c(data_dir: Path, env: dict[str, str]) -> None:
    async with up(data_dir, env, "--ingesters", "2") as first:
        url = await first.ready()
        async with aiohttp.ClientSession() as http, http.get(f"{url}/api/models") as answer:
            assert answer.status == 200
        await _is_refused_a_second_time(data_dir, first)
        await _answers_other_commands(data_dir, url)
        await _brings_a_dead_service_back(first)
        _keeps_its_secrets(data_dir)
        first.send(signal.SIGKILL)
        assert await first.ended() == -signal.SIGKILL
    async with up(data_dir, env) as second:
        assert await second.ready() == url
        assert first.left() == []
        assert await second.stop() == 0
    assert second.left() == []
    assert len(second.out) == 1


async def _is_refused_a_second_time(data_dir: Path, run: Arcwatch) -> None:
    second = await command("up", "--data-dir", str(data_dir), "--port", "0")
    assert second.status == 1
    assert second.err == [
        f"arcwatch: arcwatch (pid {run.pid}) already runs in {data_dir}: stop it first, or choose another --data-dir"
    ]


async def _answers_other_commands(data_dir: Path, url: str) -> None:
    where = ("--data-dir", str(data_dir))
    models, runs, drift, migrate, doctor = await asyncio.gather(
        command("models", "ls", *where),
        command("runs", "ls", *where, "--json"),
        command("topology", "apply", "--check", *where),
        command("migrate", *where),
        command("doctor", *where),
    )
    assert (models.status, models.err) == (0, [])
    assert (runs.status, runs.err) == (0, [])
    assert (drift.status, drift.out) == (0, ["the topology is as it should be"])
    assert (migrate.status, migrate.out) == (0, ["the schema is up to date"])
    assert doctor.status == 0, doctor.out
    assert f"ok       deployment: runs in {data_dir}: {url}" in doctor.out


async def _brings_a_dead_service_back(run: Arcwatch) -> None:
    victim = process_of(run, "-m watcher")
    victim.kill()
    await run.says("watcher was killed by SIGKILL: starting it again in 0.5 s")
    await eventually(lambda: any("-m watcher" in each for each in run.left()))


def _keeps_its_secrets(data_dir: Path) -> None:
    for name in ("secrets.json", "state.json", "nats/nats.conf"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600, name
    token = DataDir(data_dir).secrets(("admin",)).admin_token
    for log in (data_dir / "logs").iterdir():
        assert token not in log.read_text(), log


@pytest.mark.parametrize("moment", ["starting;", "NATS is ready", "PostgreSQL is ready", "schema is up to date"])
async def test_ctrl_c_in_the_middle_of_a_start_leaves_nothing(data_dir: Path, env: dict[str, str], moment: str) -> None:
    run = await up(data_dir, env).start()
    await run.says(moment)
    run.send(signal.SIGINT)
    assert await run.ended() == 0
    assert run.out == []
    assert run.left() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_other_ways_to_ask_for_the_end_are_as_good(
    data_dir: Path, env: dict[str, str], number: signal.Signals
) -> None:
    before = signal.signal(number, signal.SIG_DFL)  # a signal that is ignored, as under nohup, is so by children too
    try:
        run = await up(data_dir, env).start()
    finally:
        signal.signal(number, before)
    await run.says("NATS is ready")
    run.send(number)
    assert await run.ended() == 0
    assert run.left() == []


@pytest.mark.parametrize("server", ["bin/nats-server", "bin/postgres"])
async def test_a_server_that_dies_ends_everything_with_a_clear_line(
    data_dir: Path, env: dict[str, str], server: str
) -> None:
    run = await up(data_dir, env).start()
    await run.says("schema is up to date")
    await run.says("topology is in place")
    process_of(run, server).kill()
    assert await run.ended() == 1
    assert any("was killed by SIGKILL" in line and line.startswith("arcwatch: ") for line in run.err), run.err
    await eventually(lambda: run.left() == [])


async def test_a_busy_port_is_said_before_anything_starts(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = await command("up", "--data-dir", str(data_dir), "--port", str(port))
    assert run.status == 1
    assert run.err == [
        f"arcwatch: port {port} on 127.0.0.1 is in use: stop what listens there, or choose another with --port"
    ]
    assert not _exists(data_dir)


def _exists(path: Path) -> bool:
    return path.exists()


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("HF_SYNC_SCHEDULE", "whenever", "arcwatch: bad setting HF_SYNC_SCHEDULE: "),
        ("DATABASE_URL", "postgresql://127.0.0.1:1/x", "arcwatch: cannot reach the database at "),
        ("NATS_URL", "nats://me:secret@127.0.0.1:1", "arcwatch: cannot use NATS at nats://127.0.0.1:1: "),
    ],
)
async def test_a_bad_setting_is_one_line_and_nothing_keeps_running(
    data_dir: Path, env: dict[str, str], name: str, value: str, line: str
) -> None:
    run = up(data_dir, {**env, name: value}, "--wait", "0")
    await run.start()
    assert await run.ended() == 1
    assert run.err[-1].startswith(line), run.err
    assert run.left() == []
    assert "secret" not in "\n".join(run.err)


async def test_servers_of_one_s_own_are_used(
    data_dir: Path, env: dict[str, str], database_url: str, nats_url: str
) -> None:
    run = up(data_dir, {**env, "DATABASE_URL": database_url, "NATS_URL": nats_url})
    async with run:
        await run.ready()
        assert not [each for each in run.left() if "postgres" in each or "nats-server" in each]
        assert await run.stop() == 0
    assert marked(run.mark) == []
