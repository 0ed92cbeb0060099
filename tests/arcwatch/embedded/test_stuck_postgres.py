"""Promise: a PostgreSQL that says for ever that it recovers, and does not, is ended; one that works is left alone.

Whether the real one stays so is a race within it, which a soak with full disks meets; here a stand-in says the same.
"""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from arcwatch.embedded.pg_cluster import PORT
from arcwatch.embedded.postgres import PostgresServer
from arcwatch.embedded.processes import Child, Command

from tests.support.eventually import eventually

# Refuses each connection as a server does that recovers: with an error of class FATAL, code 57P03.
REFUSES = r"""
import socket, subprocess, sys
path, says, *title = sys.argv[1:]
if title:
    recovering = subprocess.Popen([title[0], "600"], executable="/bin/sleep")
fields = b"".join(each + b"\0" for each in (b"SFATAL", b"VFATAL", b"C57P03", b"M" + says.encode())) + b"\0"
server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen()
while True:
    client, _ = server.accept()
    client.recv(4096)
    client.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
    client.close()
"""
NOT_YET = "the database system is not yet accepting connections"


class StandIn(PostgresServer):
    """Says what it is told to say, with a process of the title that it is given."""

    async def run(self, *words: str) -> Child:
        """Start, and wait until it listens."""
        self._sockets = self.home
        socket = self.home / f".s.PGSQL.{PORT}"
        command = Command("postgresql", (sys.executable, "-c", REFUSES, str(socket), *words))
        self.child = child = Child(command, self.home / "log")
        await child.start()
        await eventually(socket.exists, 30)
        return child


@pytest.fixture
async def stand_in(tmp_path: Path) -> AsyncIterator[StandIn]:
    server = StandIn(tmp_path)
    yield server
    await server.stop()


async def test_one_that_does_not_recover_is_ended_when_it_is_seen_twice(stand_in: StandIn) -> None:
    child = await stand_in.run(NOT_YET)
    assert not await stand_in.end_if_stuck(), "this may be the moment before the end"
    assert await stand_in.end_if_stuck()
    assert child.ended
    assert not await stand_in.end_if_stuck(), "there is nothing to end"


async def test_what_was_seen_of_the_one_before_counts_for_nothing(stand_in: StandIn) -> None:
    await stand_in.run(NOT_YET)
    assert not await stand_in.end_if_stuck()
    await stand_in.stop()
    (stand_in.home / f".s.PGSQL.{PORT}").unlink()
    child = await stand_in.run(NOT_YET)
    assert not await stand_in.end_if_stuck()
    assert not child.ended


@pytest.mark.parametrize(
    "words",
    [(NOT_YET, "postgres: startup recovering 000000010000000000000001"), ("the database system is shutting down",)],
    ids=["recovers", "shuts down"],
)
async def test_one_that_is_at_work_is_left_alone(words: tuple[str, ...], stand_in: StandIn) -> None:
    child = await stand_in.run(*words)
    for _ in range(3):
        assert not await stand_in.end_if_stuck()
    assert not child.ended
