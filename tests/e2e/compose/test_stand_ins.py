"""Promise: the stand-ins of `make images` are to docker-compose.yml what the real images are.

What those are, their Dockerfiles say (docker-library/postgres, nats-io/nats-docker, nginx/docker-nginx,
prometheus/prometheus, prometheus/alertmanager, docker-library/python), read in November 2026.
"""

import json
from typing import Any

import pytest

from tests.support.compose import docker

pytestmark = pytest.mark.compose

REAL: dict[str, dict[str, Any]] = {
    "postgres:18.1-alpine": {
        "Entrypoint": ["docker-entrypoint.sh"],
        "Cmd": ["postgres"],
        "StopSignal": "SIGINT",
        "User": "",
        "ExposedPorts": {"5432/tcp"},
        "Volumes": {"/var/lib/postgresql"},
    },
    "nats:2.15.1-alpine": {
        "Entrypoint": ["docker-entrypoint.sh"],
        "Cmd": ["nats-server", "--config", "/etc/nats/nats-server.conf"],
        "User": "",
        "ExposedPorts": {"4222/tcp", "6222/tcp", "8222/tcp"},
    },
    "nginx:1.29.3-alpine": {
        "Entrypoint": ["/docker-entrypoint.sh"],
        "Cmd": ["nginx", "-g", "daemon off;"],
        "StopSignal": "SIGQUIT",
        "User": "",
        "ExposedPorts": {"80/tcp"},
    },
    "prom/prometheus:v3.5.0": {
        "Entrypoint": ["/bin/prometheus"],
        "User": "nobody",
        "WorkingDir": "/prometheus",
        "ExposedPorts": {"9090/tcp"},
        "Volumes": {"/prometheus"},
    },
    "prom/alertmanager:v0.28.1": {
        "Entrypoint": ["/bin/alertmanager"],
        "User": "nobody",
        "WorkingDir": "/alertmanager",
        "ExposedPorts": {"9093/tcp"},
        "Volumes": {"/alertmanager"},
    },
    "python:3.11.14-slim-bookworm": {"Entrypoint": None, "Cmd": ["python3"], "User": ""},
}
FOLDERS = [
    ("postgres:18.1-alpine", "/var/run/postgresql", "70 70 3777"),
    ("postgres:18.1-alpine", "/var/lib/postgresql", "70 70 1777"),
    ("prom/prometheus:v3.5.0", "/prometheus", "65534 65534 755"),
    ("prom/alertmanager:v0.28.1", "/alertmanager", "65534 65534 755"),
]


@pytest.mark.parametrize("image", REAL)
def test_an_image_starts_and_stops_as_the_real_one(image: str) -> None:
    (found,) = json.loads(docker("image", "inspect", image))
    config = found["Config"]
    stated = {"StopSignal": "", **REAL[image]}
    there = {name: config.get(name) or None for name in stated}
    assert {name: set(value) if isinstance(value, dict) else value for name, value in there.items()} == {
        name: value or None for name, value in stated.items()
    }


@pytest.mark.parametrize(("image", "folder", "rights"), FOLDERS)
def test_a_folder_belongs_to_whom_it_does_in_the_real_one(image: str, folder: str, rights: str) -> None:
    asked = ("--entrypoint", "stat", image, "-c", "%u %g %a", folder)
    assert docker("run", "--rm", "--network", "none", *asked) == rights


def test_nginx_has_the_user_of_the_real_one() -> None:
    asked = ("--entrypoint", "id", "nginx:1.29.3-alpine", "nginx")
    assert docker("run", "--rm", "--network", "none", *asked).startswith("uid=101(nginx) gid=101(nginx)")
