"""What `arcwatch doctor` looks at in running servers: do they answer, and are they as they should be."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus

import asyncpg
from common import topology
from common.database import pending_migrations
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from arcwatch.bus_client import connected
from arcwatch.checks import Finding, Verdict, ok
from arcwatch.data_dir import DataDir
from arcwatch.errors import DeploymentError
from arcwatch.explain import explained, without_password
from arcwatch.http_probe import ask

_TIMEOUT_SECONDS = 5.0


def deployment(place: DataDir) -> Iterable[Finding]:
    """Tell whether a deployment runs in the folder."""
    if not place.is_running():
        yield ok("deployment", f"none runs in {place.path}; `arcwatch up` starts one")
    elif found := place.state().get("running"):
        yield ok("deployment", f"runs in {place.path}: {found['url']}")
    else:
        yield Finding("deployment", Verdict.WARNING, "it is starting or stopping", "look again in a moment")


async def services(place: DataDir) -> Iterable[Finding]:
    """Ask each service of the running deployment whether it can work."""
    names: Mapping[str, int] = place.state().get("services") or {}
    return await asyncio.gather(*(_ready(name, port, place) for name, port in names.items()))


async def _ready(name: str, port: int, place: DataDir) -> Finding:
    answer = await ask(port, "/readyz")
    advice = f"its log says why: {place.logs / f'{name}.log'}"
    if answer is None:
        return Finding(name, Verdict.PROBLEM, f"its ops port {port} does not answer", advice)
    status, body = answer
    if status == HTTPStatus.OK:
        return ok(name, "ready")
    checks = json.loads(body).get("checks", {})
    wrong = ", ".join(f"{check}: {reason}" for check, reason in checks.items() if reason != "ok")
    return Finding(name, Verdict.PROBLEM, f"not ready: {wrong}", advice)


async def bus(url: str) -> Iterable[Finding]:
    """Look at NATS, its streams and consumers, and what was given up."""
    try:
        async with connected(url) as client:
            js = client.jetstream(timeout=_TIMEOUT_SECONDS)
            drift = await topology.drift(js)
            return [*_drift(drift), await _dead_letters(js)]
    except DeploymentError as error:
        return [Finding("NATS", Verdict.PROBLEM, str(error), "is it running, and is NATS_URL right?")]


def _drift(found: list[topology.Drift]) -> Iterable[Finding]:
    if not found:
        return [ok("NATS", "reachable; the topology is as it should be")]
    return [Finding("NATS", Verdict.PROBLEM, str(each), "arcwatch topology apply") for each in found]


async def _dead_letters(js: JetStreamContext) -> Finding:
    try:
        info = await js.stream_info(topology.DEAD_STREAM)
    except NotFoundError:
        return Finding("dead letters", Verdict.PROBLEM, "their stream is missing", "arcwatch topology apply")
    if not info.state.messages:
        return ok("dead letters", "none")
    return Finding("dead letters", Verdict.WARNING, str(info.state.messages), "arcwatch dead ls, then dead replay")


async def database(url: str) -> Iterable[Finding]:
    """Look whether the database answers and has every table."""
    try:
        connection = await asyncpg.connect(url, timeout=_TIMEOUT_SECONDS)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        found = f"{without_password(url)} refuses us: {explained(error) or error}"
        return [Finding("database", Verdict.PROBLEM, found, "is it running, and is DATABASE_URL right?")]
    try:
        missing = await pending_migrations(connection)
        version = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    if missing:
        return [Finding("database", Verdict.PROBLEM, f"lacks {', '.join(missing)}", "arcwatch migrate")]
    return [ok("database", f"PostgreSQL {version}; the schema is up to date")]
