"""Every service's ops port: `/healthz` (the process lives), `/readyz` (it can work), `/metrics` (Prometheus).

What a service cannot work without is a check. What it only works better with is a dependency: it is shown like a check,
and counts for the metric `arcwatch_check_up`, but `/readyz` says 200 without it.

Each metric carries its process's name as the label `instance`: an address says nothing once a container was started
again. Prometheus has to take it over (`honor_labels`).
"""

import asyncio
import contextlib
import os
import platform
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from types import MappingProxyType

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, Info, ProcessCollector, disable_created_metrics, exposition
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from common.process import http_server
from common.process.outage import reason_of

log = structlog.get_logger(__name__)

# A check says what is wrong, or None.
Check = Callable[[], Awaitable[str | None]]

CHECK_TIMEOUT_SECONDS = 5.0
# Prometheus and the probes need a handful.
CONNECTIONS = 64
# A probe waits for what is only shown, too, and it must not take a service out that answers.
DEPENDENCY_TIMEOUT_SECONDS = 2.0


@dataclass
class Starting:
    """Stands in for checks whose subjects are not there yet, and says what is waited for."""

    reason: str | None = "the service is starting"

    async def check(self) -> str | None:
        """Say what is wrong, for the probe."""
        return self.reason

    def waits(self, event: str, /, *, host: str, reason: str, gives_up_in_seconds: int) -> None:
        """Take note that a server is waited for, and log it as an event such as `nats.waiting`."""
        self.reason = f"waiting for {host}: {reason}"
        log.warning(event, host=host, reason=reason, gives_up_in_seconds=gives_up_in_seconds)


@contextlib.asynccontextmanager
async def serve(
    host: str,
    port: int,
    *,
    checks: Mapping[str, Check],
    registry: CollectorRegistry,
    dependencies: Mapping[str, Check] = MappingProxyType({}),
    instance: str = "",
) -> AsyncIterator[int]:
    """Serve the ops port until the block ends; yield the port really bound (0 asks for a free one)."""
    describe_process(registry)
    named = Named(registry, instance)
    up = Gauge("arcwatch_check_up", "Whether what the service needs answers", ["check"], registry=registry)

    async def metrics(request: web.Request) -> web.Response:
        for name, reason in (await _found(checks, dependencies)).items():
            up.labels(name).set(reason is None)
        encode, content_type = exposition.choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(named), headers={"Content-Type": content_type})

    app = web.Application()
    app.add_routes([*probes(checks, dependencies), web.get("/metrics", metrics)])
    limits = http_server.Limits(CONNECTIONS)
    async with http_server.serving(app, (host, port), limits, settings="OPS_HOST, OPS_PORT") as (bound, _):
        # Two processes of one host differ by their ports.
        named.instance = named.instance or f"{socket.gethostname()}:{bound}"
        yield bound


def describe_process(registry: CollectorRegistry) -> None:
    """Show the process itself: when it started, what it takes, which version it runs."""
    # When each series was made: it doubles their number, and nobody reads it.
    disable_created_metrics()  # type: ignore[no-untyped-call] # the library has no types here
    ProcessCollector(registry=registry)
    # The image says which commit it was built of.
    revision = os.environ.get("ARCWATCH_REVISION") or "unknown"
    build = {"version": version("arcwatch-common"), "revision": revision, "python": platform.python_version()}
    Info("arcwatch_build", "What this process runs", registry=registry).info(build)


class Named(Collector):
    """A registry's metrics, each sample with the process's name."""

    def __init__(self, registry: CollectorRegistry, instance: str) -> None:
        self._registry = registry
        self.instance = instance

    def collect(self) -> Iterable[Metric]:
        """Return the metrics as they are now."""
        for metric in self._registry.collect():
            samples = [each._replace(labels={**each.labels, "instance": self.instance}) for each in metric.samples]
            metric.samples = samples
            yield metric


def probes(checks: Mapping[str, Check], dependencies: Mapping[str, Check]) -> list[web.RouteDef]:
    """Return the routes `/healthz` and `/readyz`, for the ops port or among others."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        found = await _found(checks, dependencies)
        wrong = any(found[name] for name in checks)
        body = {"status": "unready" if wrong else "ready", "checks": {n: r or "ok" for n, r in found.items()}}
        return web.json_response(body, status=503 if wrong else 200)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


async def _found(checks: Mapping[str, Check], dependencies: Mapping[str, Check]) -> dict[str, str | None]:
    bounds = dict.fromkeys(dependencies, DEPENDENCY_TIMEOUT_SECONDS) | dict.fromkeys(checks, CHECK_TIMEOUT_SECONDS)
    all_checks = {**dependencies, **checks}
    answers = await asyncio.gather(*(_bounded(check, bounds[name]) for name, check in all_checks.items()))
    return dict(zip(all_checks, answers, strict=True))


async def _bounded(check: Check, seconds: float) -> str | None:
    try:
        return await asyncio.wait_for(check(), seconds)
    except TimeoutError:
        return f"no answer within {seconds:.0f} s"
    except Exception as error:  # noqa: BLE001 - whatever a check raises is the reason
        return reason_of(error)
