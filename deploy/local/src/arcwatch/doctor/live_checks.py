"""What `arcwatch doctor` looks at in a running deployment, here or elsewhere: services, or ports that it needs."""

import asyncio
import socket
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import chain

from arcwatch import ports
from arcwatch.clients.http_probe import readiness
from arcwatch.data_dir import DataDir
from arcwatch.doctor.checks import Finding, Verdict, ok
from arcwatch.errors import DeploymentError

# The page's port, as `arcwatch up` and the query API have it.
_PORT = 8080


def deployment(place: DataDir) -> Iterable[Finding]:
    """Tell whether a deployment runs in the folder."""
    if not place.is_running():
        yield ok("deployment", f"none runs in {place.path}; `arcwatch up` starts one")
    elif found := place.state().get("running"):
        yield ok("deployment", f"runs in {place.path}: {found['url']}")
    else:
        yield Finding("deployment", Verdict.WARNING, "it is starting or stopping", "look again in a moment")


def wanted_ports(place: DataDir, environment: Mapping[str, str]) -> Iterable[Finding]:
    """Look whether the ports that are fixed are free; the others are chosen at the start. A running one has its own."""
    if place.is_running():
        return
    host, ops_host = (environment.get(name) or ports.LOOPBACK for name in ("HOST", "OPS_HOST"))
    wanted = {
        "PORT": (host, environment.get("PORT") or str(_PORT)),
        "OPS_PORT": (ops_host, environment.get("OPS_PORT")),
    }
    for name, (address, port) in wanted.items():
        # What is no number is said by the check of the settings.
        if not port or not port.isdecimal():
            continue
        try:
            ports.check_free(int(port), address)
        except (DeploymentError, OverflowError) as error:
            yield Finding(name, Verdict.PROBLEM, f"{port} cannot be used", str(error))
        else:
            yield ok(name, f"{port} on {address} is free")


async def services(place: DataDir) -> Iterable[Finding]:
    """Ask each service of the running deployment whether it can work."""
    names: Mapping[str, int] = place.state().get("services") or {}
    logs = place.logs
    asked = (_ready(name, ports.LOOPBACK, port, f"{logs / name}.log") for name, port in names.items())
    return await asyncio.gather(*asked)


async def services_elsewhere(named: str) -> Iterable[Finding]:
    """Ask every replica behind each HOST:PORT, with commas, of a deployment in containers or in a cluster."""
    found = await asyncio.gather(*(_replicas(each.strip()) for each in named.split(",") if each.strip()))
    return chain.from_iterable(found)


async def _replicas(named: str) -> Iterable[Finding]:
    host, _, port = named.rpartition(":")
    if not host or not port.isdecimal():
        raise DeploymentError(f"ARCWATCH_SERVICES: {named!r} is not HOST:PORT of a service's ops port")
    log = f"docker compose logs {host}, or kubectl logs"
    try:
        known = await asyncio.get_running_loop().getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except OSError as error:
        return [Finding(host, Verdict.PROBLEM, f"none runs: {error.strerror}", f"start it; if it ended: {log}")]
    addresses = sorted({str(address[0]) for *_, address in known})
    names = [host if len(addresses) == 1 else f"{host} at {address}" for address in addresses]
    asked = zip(names, addresses, strict=True)
    return await asyncio.gather(*(_ready(name, address, int(port), log) for name, address in asked))


async def _ready(name: str, host: str, port: int, log: str) -> Finding:
    status, wrong = await readiness(port, host=host)
    advice = f"its log says why: {log}"
    if status != HTTPStatus.OK:
        return Finding(name, Verdict.PROBLEM, f"not ready: {wrong}" if status else wrong, advice)
    return Finding(name, Verdict.WARNING, f"answers, but {wrong}", advice) if wrong else ok(name, "ready")
