"""Promise: `arcwatch up` starts everything or nothing, says what is wrong, and leaves no process behind."""

import asyncio
import contextlib
import json
import shutil
import signal
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import nats
import nats.errors
import psutil
import pytest
from arcwatch.clients.bus import connected
from arcwatch.data_dir import DataDir
from arcwatch.errors import DeploymentError
from common.bus import bus, topology
from common.events import ModelDiscovered

from tests.support.child_scripts import marked
from tests.support.deployments import Arcwatch, command
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.submissions import solved, submission, tasks

REPO = "arcprize/arc_agi_v2_public_eval"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Lend a folder that PostgreSQL's own user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="arcwatch-test-up-"))
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[TestHub]:
    async with TestHub(tmp_path / "hub") as running:
        running.commit(REPO, {"some-model/0934a4d8.json": b"[]"})
        yield running


@pytest.fixture
def env(hub: TestHub) -> dict[str, str]:
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
        await _lets_plain_nats_clients_publish(data_dir)
        await _brings_a_dead_service_back(first)
        _keeps_its_secrets(data_dir)
        first.send(signal.SIGKILL)
        assert await first.ended() == -signal.SIGKILL
    channels = data_dir / "notifications.toml"
    channels.write_text(
        '[[channels]]\nname = "team"\nkind = "slack"\nurl = "https://hooks.slack.com/services/T1/B2/c3"\n'
    )
    async with up(data_dir, {**env, "NOTIFICATIONS_FILE": str(channels)}) as second:
        assert await second.ready() == url
        process_of(second, "-m notifier")
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
    models, names, runs, drift, migrate, doctor = await asyncio.gather(
        command("models", "ls", *where),
        command("names", "set", "a-folder", "--provider", "Us", *where),
        command("runs", "ls", *where, "--json"),
        command("topology", "apply", "--check", *where),
        command("migrate", *where),
        command("doctor", *where),
    )
    assert (models.status, models.err) == (0, [])
    assert (names.status, len(names.err)) == (0, 1)
    assert names.err[0].startswith("there is no ingested folder a-folder")
    assert "Us" in names.out[1]
    assert (runs.status, runs.err) == (0, [])
    assert (drift.status, drift.out) == (0, ["the topology is as it should be"])
    assert (migrate.status, migrate.out) == (0, ["the schema is up to date"])
    assert doctor.status == 0, doctor.out
    assert f"ok       deployment: runs in {data_dir}: {url}" in doctor.out


async def _lets_plain_nats_clients_publish(data_dir: Path) -> None:
    where = ("--data-dir", str(data_dir))
    admin, ingester, nobody = await asyncio.gather(
        command("nats-url", *where),
        command("nats-url", "--user", "ingester", "--json", *where),
        command("nats-url", "--user", "nobody", *where),
    )
    (url,) = admin.out
    async with await nats.connect(url) as client:
        stored = await client.jetstream().publish("model.discovered", b'{"dataset": "none/such", "model": "m"}')
        assert stored.stream == topology.STREAM
    printed = json.loads("\n".join(ingester.out))
    assert (printed["user"], printed["inbox_prefix"]) == ("ingester", "_INBOX.ingester")
    async with await nats.connect(printed["url"], inbox_prefix=printed["inbox_prefix"].encode()) as client:
        with pytest.raises(nats.errors.TimeoutError):
            await client.jetstream(timeout=1).publish("sync.requested", b"{}")
        assert (await client.jetstream().consumer_info(topology.STREAM, "ingester")).name == "ingester"
    assert nobody.status == 1
    assert nobody.err == ["arcwatch: there is no user nobody in NATS; there are admin, ingester, query-api, watcher"]


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


@pytest.mark.neighbour(
    "NATS",
    "killed, or a durable or stream of it deleted, under `arcwatch up`",
    "started or made again by itself, and events are ingested again",
)
async def test_what_dies_or_is_deleted_comes_back_by_itself(data_dir: Path, env: dict[str, str], hub: TestHub) -> None:
    task = tasks()[0]
    hub.commit(REPO, submission("m", {task: solved(task)}))
    async with up(data_dir, env) as run:
        await run.ready()
        await eventually(lambda: ingests(data_dir), 60)
        for blow, word in (
            (kill_nats, "nats was killed by SIGKILL: starting it again in 0.5 s"),
            (kill_postgres, "postgresql was killed by SIGKILL: starting it again in 0.5 s"),
            (delete_durable, "mended on NATS: durable ingester does not exist"),
            (delete_stream, "mended on NATS: stream ARCWATCH does not exist"),
            (delete_dead_letters, "mended on NATS: stream ARCWATCH_DEAD does not exist"),
        ):
            await blow(run, data_dir)
            await run.says(word)
            await eventually(lambda: ingests(data_dir), 120, what=word)
        assert len(run.out) == 1
        assert await run.stop() == 0
    assert run.left() == []


async def ingests(data_dir: Path) -> bool:
    """Tell whether a manual `model.discovered`, published now, is ingested at once."""
    with contextlib.suppress(nats.errors.Error, OSError, DeploymentError):
        async with connected(nats_of(data_dir)) as client:
            ended = await client.subscribe("model.ingested")
            asked = ModelDiscovered(dataset=REPO, model="m")
            await bus.publish(client, asked, "test")
            await ended.next_msg(timeout=5)
            return True
    return False


def nats_of(data_dir: Path) -> str:
    return str(DataDir(data_dir).state()["running"]["nats_url"])


async def kill_nats(run: Arcwatch, _: Path) -> None:
    process_of(run, "bin/nats-server").kill()


async def kill_postgres(_: Arcwatch, data_dir: Path) -> None:
    postmaster = (data_dir / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
    psutil.Process(int(postmaster)).kill()


async def delete_durable(_: Arcwatch, data_dir: Path) -> None:
    async with connected(nats_of(data_dir)) as client:
        await client.jetstream().delete_consumer(topology.STREAM, topology.INGESTER.name)


async def delete_stream(_: Arcwatch, data_dir: Path) -> None:
    async with connected(nats_of(data_dir)) as client:
        await client.jetstream().delete_stream(topology.STREAM)


async def delete_dead_letters(_: Arcwatch, data_dir: Path) -> None:
    async with connected(nats_of(data_dir)) as client:
        await client.jetstream().delete_stream(topology.DEAD_STREAM)


@pytest.mark.parametrize("server", ["nats-server", "postgres"])
async def test_a_server_that_dies_while_services_start_is_no_reason_to_end(
    data_dir: Path, env: dict[str, str], server: str
) -> None:
    async with up(data_dir, env) as run:
        await run.says("schema is up to date")
        await run.says("topology is in place")
        process_of(run, f"bin/{server}").kill()
        await run.says("was killed by SIGKILL: starting it again in 0.5 s")
        await run.ready()
        assert await run.stop() == 0
    assert run.left() == []


async def test_a_server_that_cannot_come_back_ends_everything_with_a_clear_line(
    data_dir: Path, env: dict[str, str]
) -> None:
    run = await up(data_dir, env).start()
    await run.ready()
    port = int(nats_of(data_dir).rpartition(":")[2])
    # Held still, or it would have started the server again before the port is taken.
    held = psutil.Process(run.pid)
    held.suspend()
    process_of(run, "bin/nats-server").kill()
    taken = await eventually(lambda: listening(port))
    assert taken is not None
    with taken:
        held.resume()
        assert await run.ended(120) == 1
    assert run.err[-1].startswith("arcwatch: nats ended with exit status 1: "), run.err[-1]
    assert "address already in use" in run.err[-1]
    await eventually(lambda: run.left() == [])


def listening(port: int) -> socket.socket | None:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return None


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
        asked = await command("nats-url", "--data-dir", str(data_dir))
        assert asked.err == ["arcwatch: this deployment uses the NATS in its NATS_URL: its users are not ours to tell"]
        assert await run.stop() == 0
    assert marked(run.mark) == []
