"""Promise: services and servers come back, and those that cannot do not try for ever."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from arcwatch.clients.http_probe import ask
from arcwatch.embedded.processes import Child, Command, Part, ignore
from arcwatch.embedded.supervisor import RestartPolicy, Service, Supervisor
from arcwatch.errors import DeploymentError

from tests.support.child_scripts import python
from tests.support.eventually import eventually
from tests.support.ports import free_port

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
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    asked = 0
    def do_GET(self):
        if self.path == "/break":
            os._exit(78)
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


class Server(Part):
    """A server that is one process; `refusal` is why it cannot be started once more."""

    def __init__(self, command: Command, log: Path, stops: list[str] | None = None) -> None:
        self.refusal = ""
        self._command, self._log = command, log
        self._stops = [] if stops is None else stops

    async def start(self) -> Child:
        if self.refusal:
            raise DeploymentError(self.refusal)
        self.child = Child(self._command, self._log)
        await self.child.start()
        return self.child

    async def stop(self, hurry: asyncio.Event | None = None) -> None:
        self._stops.append(self._command.name)
        await super().stop(hurry)


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    made = Watched(tmp_path)
    yield made
    await made.supervisor.stop()


async def test_a_service_that_dies_is_started_again_and_the_user_is_told(watched: Watched, tmp_path: Path) -> None:
    watched.run(DIES_AT_FIRST, str(tmp_path / "births"), "2")
    await eventually(lambda: "alive" in watched.lines)
    assert watched.said == ["ingester-1 ended with exit status 1: starting it again in 0.01 s"]


async def test_a_service_that_keeps_dying_is_not_started_again_and_its_last_words_are_shown(
    watched: Watched, tmp_path: Path
) -> None:
    watched.run(DIES_AT_FIRST, str(tmp_path / "births"), "99")
    error = await watched.failure()
    assert "ingester-1 is not started again after 3 quick deaths" in str(error)
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


async def test_a_service_that_was_ready_once_is_started_again_after_its_surroundings_were_mended(
    watched: Watched,
) -> None:
    mended: list[Service] = []

    async def mend() -> None:
        mended.append(service)

    watched.supervisor.mend = mend
    port = free_port()
    service = watched.run(BECOMES_READY, str(port), port=port)
    await watched.supervisor.until_ready(service)
    first = service.child
    await ask(port, "/break")
    await eventually(lambda: service.child is not first)
    assert mended == [service]
    await watched.supervisor.until_ready(service)
    assert watched.said == ["ingester-1 ended with exit status 78: starting it again in 0.01 s"]


async def started(watched: Watched, tmp_path: Path, code: str, *arguments: str) -> Server:
    server = Server(Command("nats", (*python(code), *arguments)), tmp_path / "nats.log")
    watched.supervisor.watch(server, await server.start())
    return server


async def test_a_server_that_dies_is_started_again_and_the_user_is_told(watched: Watched, tmp_path: Path) -> None:
    server = await started(watched, tmp_path, "import time; time.sleep(600)")
    assert server.child is not None
    first = server.child.pid
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: len(watched.said) == 2)
    assert watched.said == ["nats was killed by SIGKILL: starting it again in 0.01 s", "nats is back"]
    assert not server.child.ended
    assert server.child.pid != first


async def test_a_server_that_keeps_dying_ends_the_deployment_with_its_last_words(
    watched: Watched, tmp_path: Path
) -> None:
    await started(watched, tmp_path, DIES_AT_FIRST, str(tmp_path / "births"), "99")
    error = await watched.failure()
    assert "nats ended with exit status 1" in str(error)
    assert "could not" in str(error)
    assert (tmp_path / "births").read_text() == "born\n" * 3


async def test_a_server_that_cannot_be_started_again_ends_the_deployment_with_the_reason(
    watched: Watched, tmp_path: Path
) -> None:
    server = await started(watched, tmp_path, "import time; time.sleep(600)")
    server.refusal = "no space left"
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    assert str(await watched.failure()) == "no space left"


async def test_a_server_whose_starts_take_long_and_fail_ends_the_deployment_too(tmp_path: Path) -> None:
    no_time = replace(QUICK, healthy_seconds=0.05)
    supervisor = Supervisor(ignore, no_time)

    class Slow(Server):
        async def start(self) -> Child:
            if self.refusal:
                await asyncio.sleep(2 * no_time.healthy_seconds)
            return await super().start()

    server = Slow(Command("postgresql", python("import time; time.sleep(600)")), tmp_path / "log")
    supervisor.watch(server, await server.start())
    server.refusal = "it did not get ready"
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    assert str(await asyncio.wait_for(asyncio.shield(supervisor.failed), 20)) == "it did not get ready"
    await supervisor.stop()


async def test_services_stop_before_the_servers_and_the_last_server_first(tmp_path: Path) -> None:
    order: list[str] = []
    supervisor = Supervisor(ignore)
    for name in ("postgresql", "nats"):
        server = Server(Command(name, python("import time; time.sleep(600)")), tmp_path / name, order)
        supervisor.watch(server, await server.start())
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
