"""Promise: services come back, those that cannot do not try for ever, and a lost server takes everything down."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from arcwatch.errors import ChildDied, DeploymentError
from arcwatch.ports import free_port
from arcwatch.processes import Child, Command, ignore
from arcwatch.supervisor import RestartPolicy, Service, Supervisor

from tests.support.child_scripts import python
from tests.support.eventually import eventually

QUICK = RestartPolicy(first_delay_seconds=0.01, longest_delay_seconds=0.02, quick_deaths=3)
# Dies until its file has as many lines as it is told, then stays.
DIES_AT_FIRST = """
import pathlib, sys, time
path = pathlib.Path(sys.argv[1])
with path.open("a") as file:
    file.write("born\\n")
if len(path.read_text().splitlines()) < int(sys.argv[2]):
    sys.exit("could not")
print("alive")
time.sleep(600)
"""
BECOMES_READY = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        Answer.asked += 1
        self.send_response(200 if Answer.asked > 2 else 503)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


class Watched:
    """A supervisor, what it said, and services made of a few lines."""

    def __init__(self, tmp_path: Path) -> None:
        self.said: list[str] = []
        self.lines: list[str] = []
        self.supervisor = Supervisor(self.said.append, QUICK)
        self._tmp_path = tmp_path

    def run(self, code: str, *arguments: str, port: int = 0) -> Service:
        command = Command("ingester-1", (*python(code), *arguments), stop_seconds=5)
        service = Service(command, self._tmp_path / "ingester-1.log", port, self.lines.append)
        self.supervisor.run(service)
        return service

    async def failure(self) -> DeploymentError:
        return await asyncio.wait_for(asyncio.shield(self.supervisor.failed), 10)


class Server:
    """A server that is one process."""

    def __init__(self, child: Child, stops: list[str]) -> None:
        self.child: Child | None = child
        self._stops = stops

    async def stop(self, hurry: asyncio.Event | None = None) -> None:
        assert self.child is not None
        self._stops.append(self.child.command.name)
        await self.child.stop(hurry)


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    made = Watched(tmp_path)
    yield made
    await made.supervisor.stop()


async def test_a_service_that_dies_is_started_again_and_the_user_is_told(watched: Watched, tmp_path: Path) -> None:
    watched.run(DIES_AT_FIRST, str(tmp_path / "births"), "2")
    await eventually(lambda: "alive" in watched.lines)
    assert watched.said == ["ingester-1 ended with exit status 1: starting it again in 0.01 s"]


async def test_a_service_that_keeps_dying_is_given_up_with_its_last_words(watched: Watched, tmp_path: Path) -> None:
    watched.run(DIES_AT_FIRST, str(tmp_path / "births"), "99")
    error = await watched.failure()
    assert "gave up on ingester-1 after 3 quick deaths" in str(error)
    assert "could not" in str(error)
    assert (tmp_path / "births").read_text() == "born\n" * 3


async def test_a_service_whose_own_state_is_broken_is_not_started_again(watched: Watched) -> None:
    watched.run("import sys; print('arcwatch: bad setting PORT: too high'); sys.exit(78)")
    assert str(await watched.failure()) == "bad setting PORT: too high"
    assert watched.said == []


async def test_ready_is_what_the_service_says(watched: Watched) -> None:
    port = free_port()
    service = watched.run(BECOMES_READY, str(port), port=port)
    await asyncio.wait_for(watched.supervisor.until_ready(service), 10)


async def test_a_server_that_dies_ends_the_deployment_with_its_last_words(watched: Watched, tmp_path: Path) -> None:
    child = Child(Command("nats", python("import sys; sys.exit('no space left')")), tmp_path / "nats.log")
    await child.start()
    watched.supervisor.watch(Server(child, []))
    error = await watched.failure()
    assert isinstance(error, ChildDied)
    assert "nats ended with exit status 1" in str(error)
    assert "no space left" in str(error)


async def test_services_stop_before_the_servers_and_the_last_server_first(tmp_path: Path) -> None:
    order: list[str] = []
    supervisor = Supervisor(ignore)
    for name in ("postgresql", "nats"):
        child = Child(Command(name, python("import time; time.sleep(600)")), tmp_path / name)
        await child.start()
        supervisor.watch(Server(child, order))
    farewell = (
        "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(print('bye'))); print('up'); time.sleep(9)"
    )
    service = Service(Command("watcher", python(farewell)), tmp_path / "watcher", 0, order.append)
    supervisor.run(service)
    await eventually(lambda: "up" in order)
    await supervisor.stop()
    assert order == ["up", "bye", "nats", "postgresql"]


async def test_stopping_while_a_service_waits_to_be_started_again_does_not_start_it(
    watched: Watched, tmp_path: Path
) -> None:
    slow = RestartPolicy(first_delay_seconds=60)
    watched.supervisor = Supervisor(watched.said.append, slow)
    watched.run(DIES_AT_FIRST, str(tmp_path / "births"), "99")
    await eventually(lambda: watched.said)
    await asyncio.wait_for(watched.supervisor.stop(), 5)
    assert (tmp_path / "births").read_text() == "born\n"


def test_the_delay_doubles_up_to_a_limit() -> None:
    policy = RestartPolicy()
    assert [policy.delay(deaths) for deaths in (1, 2, 3, 20)] == [0.5, 1.0, 2.0, 30.0]
