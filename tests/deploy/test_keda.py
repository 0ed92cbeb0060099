"""A clustered NATS answers KEDA as the ScaledObject has it ask: from whichever node it begins with.

KEDA 2.18 asks /jsz of the endpoint for the account; where the cluster has several nodes, it takes their addresses from
/varz (connect_urls), asks each, at the endpoint's port, for its name and for the durable, and believes the leader.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from common.bus import bus, topology
from common.events import ModelDiscovered

from tests.support import alert_rules
from tests.support.eventually import eventually
from tests.support.nats_cluster import Node
from tests.support.ports import free_port

pytestmark = pytest.mark.one_python
# As in Kubernetes, each node has its address, and all have the same ports.
HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
TRIGGER: dict[str, str] = yaml.safe_load(
    (alert_rules.DEPLOY / "kustomize/overlays/cluster/scaledobject.yaml").read_text()
)["spec"]["triggers"][0]["metadata"]


@dataclass
class OwnAddress(Node):
    """A node with an address, and with the account of deploy/nats/nats.conf."""

    host: str = ""

    def write(self, hosts: tuple[str, ...]) -> None:
        """Write its configuration."""
        routes = ", ".join(f"nats://{host}:{self.cluster_port}" for host in hosts if host != self.host)
        self.home.mkdir()
        (self.home / "nats.conf").write_text(
            f"""
            server_name: {self.name}
            listen: {self.host}:{self.port}
            http: {self.host}:{self.monitor_port}
            jetstream {{ store_dir: "{self.home}", max_file_store: 1GB }}
            cluster {{ name: arcwatch, listen: {self.host}:{self.cluster_port}, routes: [{routes}] }}
            accounts {{ ARCWATCH {{ jetstream: enabled, users: [{{user: admin, password: p}}] }} }}
            """
        )


@contextlib.asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[list[OwnAddress]]:
    """Run three nodes until the block ends."""
    ports: dict[str, Any] = {name: free_port() for name in ("port", "cluster_port", "monitor_port")}
    nodes = [OwnAddress(f"nats-{n}", folder / f"nats-{n}", **ports, host=host) for n, host in enumerate(HOSTS)]
    try:
        for node in nodes:
            node.write(HOSTS)
            await node.start()
        yield nodes
    finally:
        for node in nodes:
            await node.kill()


async def asked(http: aiohttp.ClientSession, url: str) -> Any:
    async with http.get(url) as answer:
        return await answer.json()


def durable_in(answer: Any) -> Any:
    """Return what a node tells of the durable, None where it does not know it."""
    for account in answer.get("account_details") or ():
        for stream in account.get("stream_detail") or () if account["name"] == TRIGGER["account"] else ():
            for each in stream.get("consumer_detail") or () if stream["name"] == TRIGGER["stream"] else ():
                if each["name"] == TRIGGER["consumer"]:
                    return each
    return None


async def lag(http: aiohttp.ClientSession, host: str, port: int) -> int | None:
    """Return the durable's lag as KEDA would find it, None where it finds no leader."""
    query = f"jsz?acc={TRIGGER['account']}&config=true&consumers=true"
    first = await asked(http, f"http://{host}:{port}/{query}")
    assert first["meta_cluster"]["cluster_size"] == len(HOSTS)
    for url in (await asked(http, f"http://{host}:{port}/varz"))["connect_urls"]:
        node = url.split(":")[0]
        name = (await asked(http, f"http://{node}:{port}/varz"))["server_name"]
        found = durable_in(await asked(http, f"http://{node}:{port}/{query}"))
        if found and found["cluster"]["leader"] == name:
            return int(found["num_pending"] + found["num_ack_pending"])
    return None


async def test_keda_finds_the_lag_from_every_node(tmp_path: Path) -> None:
    async with cluster(tmp_path) as nodes, aiohttp.ClientSession() as http:
        servers = ",".join(f"nats://admin:p@{node.host}:{node.port}" for node in nodes)

        async def provisioned() -> bool:
            with contextlib.suppress(Exception):  # a cluster without a leader yet
                async with bus.connect(servers, "test") as client:
                    await topology.apply(client.jetstream(), replicas=len(HOSTS))
                    for model in ("a", "b"):
                        event = ModelDiscovered(dataset="a/b", model=model)
                        await bus.publish(client, event, "test", key=model)
                return True
            return False

        await eventually(provisioned, 60)
        for node in nodes:
            await eventually(partial(is_seen, http, node), 30)


async def is_seen(http: aiohttp.ClientSession, begin_with: OwnAddress) -> bool:
    return await lag(http, begin_with.host, begin_with.monitor_port) == 2
