"""The deployment of docker-compose.yml as an operator runs it, under a new project name."""

import ipaddress
import json
import os
import shlex
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from common.bus.access import Access, BusClient
from nats.aio.client import Client

from tests.support.alert_rules import DEPLOY, ROOT

# The first build fetches every wheel and the dashboard's packages.
UP_SECONDS = 900.0

_REACH = """
import socket, sys
for target in sys.argv[1:]:
    host, port = target.split(":")
    try:
        socket.create_connection((host, int(port)), 3).close()
        print(target)
    except OSError:
        pass
"""


def docker(*arguments: str) -> str:
    """Return what a docker command prints."""
    ran = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=UP_SECONDS)
    assert ran.returncode == 0, f"docker {' '.join(arguments)}:\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout.strip()


def gateway() -> str:
    """Return the address at which containers reach this machine: the first of Docker's bridge."""
    subnet = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}")
    return str(ipaddress.ip_network(subnet)[1])


@contextmanager
def local_hub(folder: Path) -> Iterator[str]:
    """Serve a folder as a Hub where containers reach it; yield the URL."""
    command = [sys.executable, "-m", "arcwatch", "hub", str(folder), "--host", gateway()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("Hub is ready: "), line
            yield line.split()[3]
        finally:
            process.terminate()


class Compose:
    """One deployment. Its secrets are its own, its ports are free ones, and `down` leaves nothing of it."""

    def __init__(self, secrets: Path, settings: Mapping[str, str]) -> None:
        self.secrets = secrets
        self._project = f"arcwatch-test-{uuid.uuid4().hex[:8]}"
        free_ports = {"PORT": "0", "PROMETHEUS_PORT": "0", "ALERTMANAGER_PORT": "0", "GRAFANA_PORT": "0"}
        project = {"COMPOSE_PROJECT_NAME": self._project, "SECRETS": str(secrets)}
        self._env = {**os.environ, **free_ports, **project, **settings}
        self.make_secrets()

    def make_secrets(self) -> None:
        """Make what is missing, as an operator does at first and after an update."""
        subprocess.run(["sh", str(DEPLOY / "secrets.sh"), str(self.secrets)], check=True)

    def __call__(self, *arguments: str, **settings: str) -> str:
        """Run `docker compose` and return its output."""
        return self.shell(shlex.join(["docker", "compose", *arguments]), **settings)

    def shell(self, line: str, **settings: str) -> str:
        """Run a line of an operator's shell in the project's folder, and return its output."""
        env = {**self._env, **settings}
        ran = subprocess.run(
            ["sh", "-c", line], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=UP_SECONDS
        )
        assert ran.returncode == 0, f"{line}:\n{ran.stdout}\n{ran.stderr[-4000:]}"
        return ran.stdout.strip()

    def down(self) -> None:
        self("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "10")

    def reached(self, container: "Container", targets: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
        """Return the names and ports that lead to a listener, as seen from a container's networks."""
        network, image = f"container:{container.name}", "arcwatch/ingester:0.1.0"
        asked = [f"{host}:{port}" for host, port in targets]
        said = docker("run", "--rm", "--network", network, "--entrypoint", "python", image, "-c", _REACH, *asked)
        return {(host, int(port)) for host, _, port in (line.rpartition(":") for line in said.splitlines())}

    def containers(self, service: str) -> list["Container"]:
        """Return a service's containers, stopped ones too."""
        return [Container(each) for each in self("ps", "--all", "--quiet", service).split()]

    def url(self, service: str, port: int) -> str:
        """Return the address at which this machine reaches a published port."""
        return f"http://{self('port', service, str(port))}"

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text()

    @asynccontextmanager
    async def on_nats(self, user: str, **options: Any) -> AsyncIterator[Client]:
        """Connect to NATS as one of its users, by the container's address, with its key."""
        (container,) = self.containers("nats")
        access = Access(f"tls://{user}@nats", self.secrets / f"nats_nkey_{user}", self.secrets / "nats_ca.pem")
        client = BusClient(access)
        await client.connect(
            f"tls://{container.address_in('bus')}:4222",
            tls_hostname="nats",
            inbox_prefix=access.inbox_prefix,
            **access.options(),
            **options,
        )
        try:
            yield client
        finally:
            await client.close()

    def url_in_network(self, secret: str, service: str) -> str:
        """Return a service's URL out of its secret, as this machine reaches it: by the container's address."""
        (container,) = self.containers(service)
        address = container.address_in("data")
        return self.secret(secret).replace(f"@{service}:", f"@{address}:")


class Container:
    """A container, looked at from outside."""

    def __init__(self, name: str) -> None:
        self.name = name

    def inspected(self) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(docker("inspect", self.name))
        return found[0]

    @property
    def addresses(self) -> list[str]:
        """Its address in each of its networks."""
        return [each["IPAddress"] for each in self.inspected()["NetworkSettings"]["Networks"].values()]

    def address_in(self, network: str) -> str:
        """Its address in one of its networks."""
        networks = self.inspected()["NetworkSettings"]["Networks"]
        (address,) = (each["IPAddress"] for name, each in networks.items() if name.endswith(f"_{network}"))
        return str(address)

    @property
    def hostname(self) -> str:
        return str(self.inspected()["Config"]["Hostname"])

    @property
    def healthy(self) -> bool:
        state = self.inspected()["State"]
        return bool(state["Running"] and state["Health"]["Status"] == "healthy")

    def read(self, path: str) -> str:
        """Return a file of the container as its own user sees it."""
        return docker("exec", self.name, "cat", path)

    def crash(self) -> None:
        """Kill its first process with SIGKILL, past the engine, which would take it for an operator's wish."""
        pid = self.inspected()["State"]["Pid"]
        image = self.inspected()["Config"]["Image"]
        docker("run", "--rm", "--pid", "host", "--user", "root", "--entrypoint", "sh", image, "-c", f"kill -9 {pid}")
