"""NATS as docker-compose.yml has it, with keys and TLS, as a process of this machine."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arcwatch.clients.http_probe import is_ok
from arcwatch.embedded.nats_server import program
from common.bus.access import Access

from tests.support.alert_rules import DEPLOY
from tests.support.eventually import eventually
from tests.support.ports import free_port


@dataclass
class KeyedNats:
    """The server, and the secrets that deploy/secrets.sh makes in a folder."""

    home: Path
    port: int = field(default_factory=free_port)
    monitor_port: int = field(default_factory=free_port)
    name: str = "keyed"
    process: asyncio.subprocess.Process | None = None

    @property
    def secrets(self) -> Path:
        return self.home / "secrets"

    @property
    def log(self) -> str:
        return (self.home / "nats.log").read_text()

    def make_secrets(self, *arguments: str) -> str:
        """Run the script, and return what it says."""
        command = ["sh", str(DEPLOY / "secrets.sh"), *arguments, str(self.secrets)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def access(self, user: str) -> Access:
        """Return a user's way to the server, as the files say, on this machine."""
        url = (self.secrets / f"nats_url_{user}").read_text().replace("@nats:4222", f"@localhost:{self.port}")
        return Access(url, self.secrets / f"nats_nkey_{user}", self.secrets / "nats_ca.pem")

    def configure(self, route_port: int | None = None, route_ports: Sequence[int] = ()) -> None:
        """Write the configuration, that of a cluster's node where it has a port for routes."""
        text = (DEPLOY / "nats" / "nats.conf").read_text()
        if route_port is not None:
            text += (DEPLOY / "nats" / "cluster.conf").read_text()
            text = text.replace("/etc/nats/ca.pem", str(self.secrets / "nats_ca.pem"))
            text = text.replace("0.0.0.0:6222", f"127.0.0.1:{route_port}")
            for node, port in enumerate(route_ports):
                text = text.replace(f"nats-{node}.nats-headless.nats.svc.cluster.local:6222", f"localhost:{port}")
        for there, here in (
            ("/etc/nats/tls.pem", str(self.secrets / "nats_tls.pem")),
            ("./users.conf", str((self.secrets / "nats_users.conf").relative_to(self.home))),
            ("0.0.0.0:4222", f"127.0.0.1:{self.port}"),
            ("nats-monitoring:8222", f"127.0.0.1:{self.monitor_port}"),
            ("store_dir: /data", f'store_dir: "{self.home}/data"'),
        ):
            assert there in text
            text = text.replace(there, here)
        (self.home / "nats.conf").write_text(text)

    async def start(self) -> None:
        with (self.home / "nats.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(str(program()), "-c", str(self.home / "nats.conf")),
                env={**os.environ, "NATS_SERVER_NAME": self.name},
                stdout=log,
                stderr=log,
            )

    async def ready(self) -> None:
        """Wait until it serves, and its streams are there."""
        await eventually(lambda: is_ok(self.monitor_port, "/healthz"), 60)

    async def reload(self) -> None:
        """Have it read its configuration again."""
        assert self.process is not None
        before = self.log.count("Reloaded server configuration")
        self.process.send_signal(signal.SIGHUP)
        await eventually(lambda: self.log.count("Reloaded server configuration") > before, 30)

    async def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        await self.process.wait()


@contextlib.asynccontextmanager
async def keyed_nats(home: Path, passwords: str = "") -> AsyncIterator[KeyedNats]:
    """Run one until the block ends."""
    server = KeyedNats(home)
    if passwords:  # of a deployment of before
        server.secrets.mkdir()
        (server.secrets / "passwords.conf").write_text(passwords)
    server.make_secrets()
    server.configure()
    await server.start()
    try:
        await server.ready()
        yield server
    finally:
        await server.stop()
