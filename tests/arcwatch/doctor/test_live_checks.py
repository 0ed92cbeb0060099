"""`arcwatch doctor` tells a service that cannot work from one that works without a server."""

from pathlib import Path

import pytest
from arcwatch.data_dir import DataDir
from arcwatch.doctor import live_checks
from arcwatch.doctor.checks import Verdict
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
