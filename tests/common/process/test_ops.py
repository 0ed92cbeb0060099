"""The ops port: checks decide whether a service is ready, dependencies are only shown, and nothing hangs."""

import asyncio
from typing import Any

import aiohttp
import pytest
from common.process import ops
from prometheus_client import CollectorRegistry


async def fine() -> str | None:
    return None


async def away() -> str | None:
    return "it is away"


async def hangs() -> str | None:
    await asyncio.Event().wait()
    return None


async def raises() -> str | None:
    raise ConnectionRefusedError("refused")


async def asked(checks: dict[str, ops.Check], dependencies: dict[str, ops.Check]) -> tuple[int, Any, str]:
    serving = ops.serve(
        "127.0.0.1", 0, checks=checks, dependencies=dependencies, registry=CollectorRegistry(), instance="i"
    )
    async with (
        serving as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
        http.get("/readyz") as ready,
        http.get("/metrics") as metrics,
    ):
        return ready.status, await ready.json(), await metrics.text()


async def test_a_dependency_that_is_away_is_shown_and_decides_nothing() -> None:
    status, body, metrics = await asked({"view": fine}, {"database": away, "consumer": raises})
    assert (status, body["status"]) == (200, "ready")
    assert body["checks"] == {"view": "ok", "database": "it is away", "consumer": "refused"}
    assert 'arcwatch_check_up{check="database",instance="i"} 0.0' in metrics
    assert 'arcwatch_check_up{check="consumer",instance="i"} 0.0' in metrics
    assert 'arcwatch_check_up{check="view",instance="i"} 1.0' in metrics


async def test_a_check_that_fails_decides() -> None:
    status, body, _ = await asked({"view": away}, {"database": fine})
    assert (status, body["status"], body["checks"]) == (503, "unready", {"view": "it is away", "database": "ok"})


async def test_what_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ops, "DEPENDENCY_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(ops, "CHECK_TIMEOUT_SECONDS", 0.05)
    assert (await asked({"view": fine}, {"database": hangs}))[0] == 200
    assert (await asked({"view": hangs}, {}))[0] == 503
