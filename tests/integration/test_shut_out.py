"""A service whose connection is gone for good, however that came, ends with status 1: others start it again."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from arcwatch.embedded.nats_conf import PERMISSIONS
from arcwatch.embedded.nats_server import NatsServer
from common.bus import bus, topology
from common.bus.watchdog import EXIT_CLOSED
from localhub import LocalHub

from tests.support.deployments import clean_environment
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.support.submissions import V2

MODULES = {"watcher": "watcher", "ingester": "ingester", "query-api": "query_api"}
SECRET = "SecretThatNobodyMaySee"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    # A reload may not change ports, so they are fixed.
    passwords = {user: f"{SECRET}-{user}" for user in PERMISSIONS}
    running = NatsServer(tmp_path / "nats", free_port(), free_port(), passwords)
    await running.start()
    async with bus.connect(running.url("admin"), "test") as client:
        await topology.apply(client.jetstream())
    yield running
    await running.stop()


async def change_passwords(server: NatsServer) -> None:
    """Have the running server read other passwords: it throws out everybody who came with an old one."""
    server.passwords = dict.fromkeys(PERMISSIONS, "changed")
    server._write_conf()
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGHUP)


async def restart_with_other_passwords(server: NatsServer) -> None:
    """Start the server anew: it refuses everybody who comes back with an old password."""
    await server.stop()
    server.passwords = dict.fromkeys(PERMISSIONS, "changed")
    await server.start()


@contextlib.asynccontextmanager
async def service(name: str, server: NatsServer, log: Path, **settings: str) -> AsyncIterator[Process]:
    """Run a service as a process until the block ends; it is ready at its beginning."""
    settings = {
        "HF_DATASETS": V2,
        "NATS_URL": server.url(name),
        "OPS_PORT": str(free_port()),
        "PORT": str(free_port()),
        "LOG_LEVEL": "debug",
        **settings,
    }
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULES[name], env={**clean_environment(), **settings}, stdout=output, stderr=output
        )
    try:
        await eventually(lambda: ".ready" in log.read_text(), 60)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.neighbour(
    "NATS",
    "its passwords are changed while services run (configuration read again, or the server started anew)",
    "each service ends with one line and status 1, so that its supervisor starts it again, with the new password",
)
@pytest.mark.parametrize("change", [change_passwords, restart_with_other_passwords])
@pytest.mark.parametrize("name", MODULES)
async def test_changed_passwords_end_a_service_with_status_1_and_are_not_shown(
    hub: LocalHub,
    database_url: str,
    tmp_path: Path,
    server: NatsServer,
    name: str,
    change: Callable[[NatsServer], Awaitable[None]],
) -> None:
    log = tmp_path / "service.log"
    async with service(name, server, log, HF_ENDPOINT=hub.url, DATABASE_URL=database_url) as process:
        await change(server)
        await eventually(lambda: process.returncode is not None, 40, what=log.read_text())
        assert process.returncode == EXIT_CLOSED
    assert log.read_text().count("nats.closed") == 1
    assert "Traceback" not in log.read_text()
    assert SECRET not in log.read_text()
