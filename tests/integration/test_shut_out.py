"""A service whose connection NATS closes for good ends with status 1: whoever started it starts it again."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from arcwatch.embedded_nats import NatsServer
from arcwatch.hub import LocalHub
from arcwatch.nats_conf import PERMISSIONS
from arcwatch.ports import free_port
from common import bus, topology

from tests.support.deployments import clean_environment
from tests.support.eventually import eventually
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


def change_passwords(server: NatsServer) -> None:
    """Have the running server read other passwords: it throws out everybody who came with an old one."""
    server.passwords = dict.fromkeys(PERMISSIONS, "changed")
    server._write_conf()
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGHUP)


@pytest.mark.parametrize("name", MODULES)
async def test_changed_passwords_end_a_service_with_status_1_and_are_not_shown(
    hub: LocalHub, database_url: str, tmp_path: Path, server: NatsServer, name: str
) -> None:
    settings = {
        "HF_ENDPOINT": hub.url,
        "HF_DATASETS": V2,
        "DATABASE_URL": database_url,
        "NATS_URL": server.url(name),
        "OPS_PORT": str(free_port()),
        "PORT": str(free_port()),
        "LOG_LEVEL": "debug",
    }
    log = tmp_path / "service.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULES[name], env={**clean_environment(), **settings}, stdout=output, stderr=output
        )
    try:
        await eventually(lambda: ".ready" in log.read_text(), 40)
        change_passwords(server)
        await eventually(lambda: process.returncode is not None, 20, what=log.read_text())
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    assert process.returncode == bus.EXIT_CLOSED
    assert "nats.closed" in log.read_text()
    assert SECRET not in log.read_text()
