"""Three real nats-server nodes on loopback, as one cluster; a node can be killed and started again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arcwatch.clients.http_probe import is_ok
from arcwatch.embedded.nats_server import program

from tests.support.eventually import eventually
from tests.support.ports import free_port


@dataclass
class Node:
    """One server of the cluster."""

    name: str
    home: Path
    port: int = field(default_factory=free_port)
    cluster_port: int = field(default_factory=free_port)
    monitor_port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None

    def configure(self, others: Sequence["Node"]) -> None:
        """Write its configuration: that of deploy/nats, without users."""
        routes = ", ".join(f"nats://127.0.0.1:{each.cluster_port}" for each in others)
        self.home.mkdir()
        (self.home / "nats.conf").write_text(
            f"""
            server_name: {self.name}
            listen: 127.0.0.1:{self.port}
            http: 127.0.0.1:{self.monitor_port}
            jetstream {{ store_dir: "{self.home}", max_file_store: 1GB, sync_interval: always }}
            cluster {{ name: arcwatch, listen: 127.0.0.1:{self.cluster_port}, routes: [{routes}] }}
            """
        )

    async def start(self) -> None:
        """Start the server; it is not ready yet."""
        with (self.home / "nats.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                str(program()), "-c", str(self.home / "nats.conf"), stdout=log, stderr=log
            )

    async def ready(self) -> bool:
        """Tell whether it has caught up with the cluster."""
        return await is_ok(self.monitor_port, "/healthz")

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


@dataclass(frozen=True)
class Cluster:
    """The nodes by name."""

    nodes: dict[str, Node]

    def url(self) -> str:
        """Return what goes into NATS_URL."""
        return ",".join(f"nats://127.0.0.1:{node.port}" for node in self.nodes.values())


@contextlib.asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[Cluster]:
    """Run three nodes until the block ends."""
    nodes = [Node(f"n{number}", folder / f"n{number}") for number in range(3)]
    try:
        for node in nodes:
            node.configure([each for each in nodes if each is not node])
            await node.start()
        for node in nodes:
            await eventually(node.ready, 30)
        yield Cluster({node.name: node for node in nodes})
    finally:
        for node in nodes:
            await node.kill()
