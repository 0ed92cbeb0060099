"""What starts before NATS waits for it, says so now and then, and ends with one line when it does not come."""

import asyncio
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from arcwatch.doctor import bus_checks
from arcwatch.doctor.checks import Verdict
from arcwatch.embedded.nats_conf import PERMISSIONS
from arcwatch.embedded.nats_server import NatsServer, program
from common.bus import bus, topology
from common.outcomes import AwayError
from common.process import patience
from common.process.settings import EX_CONFIG, EX_TEMPFAIL
from localhub import LocalHub

from tests.support.deployments import Arcwatch
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.support.relay import Relay
from tests.support.service_process import service_process
from tests.support.submissions import V2

SECRET = "SecretThatNobodyMaySee"
# The query API serves from the database alone: tests/query_api/test_late_nats.py.
WAITING = ("watcher", "ingester")
# A name that is not known until a file is there.
NAME = "nats.arcwatch.test"
UNKNOWN_UNTIL = """
import pathlib, socket
known = socket.getaddrinfo
def getaddrinfo(host, *args, **kwargs):
    if host != {name!r}:
        return known(host, *args, **kwargs)
    if not pathlib.Path({path!r}).exists():
        raise socket.gaierror(-2, "Name or service not known")
    return known("127.0.0.1", *args, **kwargs)
socket.getaddrinfo = getaddrinfo
"""


@pytest.fixture
async def relay(nats_server: NatsServer) -> AsyncIterator[Relay]:
    async with Relay(nats_server.port) as running:
        yield running


@pytest.fixture
async def environment(hub: LocalHub, database_url: str) -> dict[str, str]:
    return {"HF_ENDPOINT": hub.url, "HF_DATASETS": V2, "DATABASE_URL": database_url}


@pytest.fixture
async def plain_server() -> AsyncIterator[str]:
    """Lend a NATS on which JetStream is not enabled."""
    port = free_port()
    running = await asyncio.create_subprocess_exec(
        str(program()), "-a", "127.0.0.1", "-p", str(port), stdout=DEVNULL, stderr=DEVNULL
    )
    yield f"nats://127.0.0.1:{port}"
    running.kill()
    await running.wait()


@pytest.mark.neighbour(
    "NATS",
    "started after watcher and ingester: its name is unknown, then it refuses, then a proxy in front of it accepts and "
    "hangs up, then says nothing, then the topology is missing",
    "each waits, names the host every 5 s, answers `/healthz`, says why on `/readyz`, and goes on",
)
@pytest.mark.parametrize("module", WAITING)
async def test_a_service_outlives_each_way_in_which_nats_is_not_there(
    environment: dict[str, str], nats_url: str, relay: Relay, tmp_path: Path, module: str
) -> None:
    known = tmp_path / "known"
    before = UNKNOWN_UNTIL.format(name=NAME, path=str(known))
    host = f"{NAME}:{relay.port}"
    environment["NATS_URL"] = f"nats://{module}:{SECRET}@{host}"
    async with service_process(module, tmp_path / "log", before, **environment) as service:

        async def waits_because(words: str) -> bool:
            assert service.process.returncode is None, service.log.read_text()
            said = await service.unready()
            return f"waiting for {host}: " in said and words in said

        await eventually(lambda: waits_because("Name or service not known"), 60)
        assert await service.probe("/healthz") == 200
        known.touch()
        await eventually(lambda: waits_because("Connect call failed"), 60)
        await relay.hang_up()
        await eventually(lambda: waits_because("empty response from server"), 60)
        await relay.say_nothing()
        await eventually(lambda: waits_because("no answer in time"), 60)
        await relay.let_through()
        await eventually(lambda: waits_because("run `arcwatch topology apply`"), 60)
        async with bus.connect(nats_url, "test") as client:
            await topology.apply(client.jetstream())
        await eventually(service.ready, 60)
    said = service.log.read_text()
    assert f"host={host}" in said
    assert SECRET not in said
    assert "Traceback" not in said


@pytest.mark.neighbour(
    "NATS",
    "away for longer than START_WAIT_SECONDS when watcher, ingester or the migrate job starts",
    "ends with one line that names the host, and status 75, so that its supervisor starts it again",
)
@pytest.mark.parametrize("module", [*WAITING, "common.provision"])
async def test_what_waited_in_vain_ends_with_one_clear_line(
    environment: dict[str, str], relay: Relay, tmp_path: Path, module: str
) -> None:
    environment |= {"NATS_URL": f"nats://{module}:{SECRET}@127.0.0.1:{relay.port}", "START_WAIT_SECONDS": "1"}
    said = await ended(module, tmp_path / "log", EX_TEMPFAIL, environment)
    name = module.rpartition(".")[2]
    where = f"127.0.0.1:{relay.port} (NATS_URL)"
    assert said[-1].startswith(f"arcwatch: {name}: cannot reach NATS at {where} within 1 s: "), said
    waits = [line for line in said if "nats.waiting" in line]
    assert len(waits) == 1
    assert "gives_up_in_seconds=1" in waits[0]


async def ended(module: str, log: Path, status: int, environment: dict[str, str]) -> list[str]:
    """Return the lines of a service that ends by itself; none shows the secret or a traceback."""
    async with service_process(module, log, **environment) as service:
        assert await asyncio.wait_for(service.process.wait(), 60) == status
    said = await asyncio.to_thread(log.read_text)
    assert SECRET not in said
    assert "Traceback" not in said
    return said.splitlines()


@pytest.mark.neighbour(
    "NATS",
    "JetStream is not enabled on it when watcher, ingester or the migrate job starts",
    "waits as for one that is away, says so in each line, and ends with status 75",
)
@pytest.mark.parametrize("module", [*WAITING, "common.provision"])
async def test_a_nats_without_jetstream_is_named(
    environment: dict[str, str], plain_server: str, tmp_path: Path, module: str
) -> None:
    environment |= {"NATS_URL": plain_server, "START_WAIT_SECONDS": "1"}
    said = await ended(module, tmp_path / "log", EX_TEMPFAIL, environment)
    where = plain_server.removeprefix("nats://")
    assert said[-1].endswith(
        f": cannot use JetStream of NATS at {where} (NATS_URL) within 1 s: "
        "JetStream is not enabled on the NATS that answers"
    ), said


@pytest.mark.neighbour(
    "NATS",
    "refuses the user when a service or the migrate job starts",
    "ends at once with one line that names the host, and status 78",
)
@pytest.mark.parametrize("module", [*WAITING, "query_api", "common.provision"])
async def test_a_refused_user_is_no_reason_to_wait(environment: dict[str, str], tmp_path: Path, module: str) -> None:
    server = NatsServer(tmp_path / "nats", passwords=dict.fromkeys(PERMISSIONS, "right"))
    await server.start()
    try:
        host = f"127.0.0.1:{server.port}"
        said = await ended(
            module, tmp_path / "log", EX_CONFIG, {**environment, "NATS_URL": f"nats://watcher:{SECRET}@{host}"}
        )
    finally:
        await server.stop()
    assert f"NATS at {host} (NATS_URL) refuses this user: " in said[-1]
    assert not [line for line in said if "nats.waiting" in line]


async def test_a_service_that_waits_stops_at_once_when_it_is_asked_to(
    environment: dict[str, str], relay: Relay, tmp_path: Path
) -> None:
    environment["NATS_URL"] = f"nats://127.0.0.1:{relay.port}"
    async with service_process("watcher", tmp_path / "log", **environment) as service:
        await eventually(lambda: service.says("nats.waiting"), 60)
        service.process.terminate()
        assert await asyncio.wait_for(service.process.wait(), 30) == 0
    assert "Traceback" not in service.log.read_text()


@pytest.mark.neighbour(
    "NATS",
    "away, hangs up, says nothing, or without JetStream, when `arcwatch topology apply` or `doctor` runs",
    "the first says what it waits for, for up to --wait seconds; each ends with one line",
)
async def test_the_command_says_what_it_waits_for(relay: Relay, plain_server: str) -> None:
    url = f"nats://me:{SECRET}@127.0.0.1:{relay.port}"
    run = await Arcwatch("topology", "apply", "--nats-url", url).start()
    await run.says(f"waiting for NATS at 127.0.0.1:{relay.port}, for up to 30 s more: ")
    await relay.let_through()
    assert await run.ended() == 0
    assert SECRET not in "\n".join(run.err)
    for mood, words in ((relay.hang_up, "empty response from server"), (relay.say_nothing, "no answer in time")):
        await mood()
        run = await Arcwatch("topology", "apply", "--nats-url", url, "--wait", "0").start()
        assert await run.ended() == 1
        assert run.err[-1].startswith(f"arcwatch: cannot use NATS at nats://127.0.0.1:{relay.port}: "), run.err
        assert words in run.err[-1]
    run = await Arcwatch("topology", "apply", "--nats-url", plain_server).start()
    assert await run.ended() == 1
    assert run.err == ["arcwatch: NATS says: JetStream is not enabled on the NATS that answers"]
    (found,) = await bus_checks.bus(plain_server)
    assert (found.verdict, found.found) == (Verdict.PROBLEM, "JetStream is not enabled on the NATS that answers")


@pytest.mark.parametrize(
    ("url", "named"),
    [
        (f"nats://me:{SECRET}@127.0.0.1:1", "127.0.0.1:1"),
        (f"nats://{SECRET}@nowhere.invalid:4222", "nowhere.invalid:4222"),
        (f"nats://me:{SECRET}@127.0.0.1:1,nats://me:{SECRET}@[::1]:2", "127.0.0.1:1,[::1]:2"),
    ],
)
async def test_whatever_is_away_is_named_without_its_password(
    url: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "WAIT_SECONDS", 0.3)
    with pytest.raises(AwayError) as failed:
        async with bus.connect(url, "test"):
            pass
    assert str(failed.value).startswith(f"cannot reach NATS at {named} (NATS_URL) within 0 s: ")
    assert SECRET not in str(failed.value)
