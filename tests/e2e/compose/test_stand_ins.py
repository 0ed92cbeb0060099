"""Promise: the stand-ins of `make images` are to docker-compose.yml what the real images are.

What those are, their Dockerfiles say, which were read at these places:

- docker-library/postgres at 8813daba48, `18/alpine3.22` (18.1)
- docker-library/python at 54a65f4f, `3.11/slim-bookworm` (3.11.14)
- nginx/docker-nginx at 1.29.3, `mainline/alpine-slim` and `mainline/alpine`
- prometheus/prometheus at v3.5.0 and prometheus/alertmanager at v0.28.1
- nats-io/nats-docker in August 2026, `2.14.x/alpine3.22`: the newest that could be had; there was no 2.15 yet

What they are built on (Alpine, BusyBox) was not read: there the shell is BusyBox', and `nobody` is 65534.
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
        "Cmd": ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
        "User": "nobody",
        "WorkingDir": "/prometheus",
        "ExposedPorts": {"9090/tcp"},
        "Volumes": {"/prometheus"},
    },
    "prom/alertmanager:v0.28.1": {
        "Entrypoint": ["/bin/alertmanager"],
        "Cmd": ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"],
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
    ("prom/prometheus:v3.5.0", "/prometheus", "65534 65534 775"),
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


@pytest.mark.parametrize("image", [image for image in REAL if not image.startswith("python")])
def test_the_shell_is_busybox(image: str) -> None:
    asked = ("--entrypoint", "readlink", image, "-f", "/bin/sh")
    assert docker("run", "--rm", "--network", "none", *asked).endswith("/bin/busybox")


def test_postgres_has_its_data_where_the_real_one_has_it() -> None:
    (found,) = json.loads(docker("image", "inspect", "postgres:18.1-alpine"))
    assert "PGDATA=/var/lib/postgresql/18/docker" in found["Config"]["Env"]


def test_nginx_has_the_user_of_the_real_one() -> None:
    asked = ("--entrypoint", "id", "nginx:1.29.3-alpine", "nginx")
    assert docker("run", "--rm", "--network", "none", *asked).startswith("uid=101(nginx) gid=101(nginx)")
