"""`arcwatch doctor` tells a service that cannot work from one that works without a server."""

import asyncio
import socket
from pathlib import Path

import pytest
from arcwatch.data_dir import DataDir
from arcwatch.doctor import live_checks
from arcwatch.doctor.checks import Verdict
from arcwatch.errors import DeploymentError
from common.process import ops
from prometheus_client import CollectorRegistry


async def fine() -> str | None:
    return None


async def away() -> str | None:
    return "it is away"


@pytest.mark.parametrize(
    ("checks", "dependencies", "verdict", "found"),
    [
        ({"view": fine}, {"database": fine}, Verdict.OK, "ready"),
        ({"view": fine}, {"database": away}, Verdict.WARNING, "answers, but database: it is away"),
        ({"view": away}, {"database": fine}, Verdict.PROBLEM, "not ready: view: it is away"),
    ],
)
async def test_a_service_is_asked(
    tmp_path: Path, checks: dict[str, ops.Check], dependencies: dict[str, ops.Check], verdict: Verdict, found: str
) -> None:
    place = DataDir(tmp_path)
    serving = ops.serve("127.0.0.1", 0, checks=checks, dependencies=dependencies, registry=CollectorRegistry())
    async with serving as port:
        place.remember(services={"query-api": port})
        (finding,) = await live_checks.services(place)
    assert (finding.check, finding.verdict, finding.found) == ("query-api", verdict, found)


async def test_every_replica_behind_a_name_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ops.serve("127.0.0.1", 0, checks={"view": fine}, registry=CollectorRegistry())
    async with first as port:
        second = ops.serve("127.0.0.2", port, checks={"view": away}, registry=CollectorRegistry())
        async with second:
            known = {"query-api": ["127.0.0.1", "127.0.0.2"], "watcher": ["127.0.0.1"]}

            async def resolve(_: object, host: str, port: int, **__: object) -> list[tuple[object, ...]]:
                if host not in known:
                    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
                return [(0, 0, 0, "", (address, port)) for address in known[host]]

            monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", resolve)
            named = ", ".join(f"{name}:{port}" for name in ("query-api", "watcher", "ingester"))
            found = [*await live_checks.services_elsewhere(named)]
    assert [(each.check, each.verdict, each.found) for each in found] == [
        ("query-api at 127.0.0.1", Verdict.OK, "ready"),
        ("query-api at 127.0.0.2", Verdict.PROBLEM, "not ready: view: it is away"),
        ("watcher", Verdict.OK, "ready"),
        ("ingester", Verdict.PROBLEM, "none runs: Name or service not known"),
    ]
    assert "docker compose logs query-api" in found[1].advice
    with pytest.raises(DeploymentError, match=r"ARCWATCH_SERVICES: 'watcher' is not HOST:PORT"):
        await live_checks.services_elsewhere("watcher")
