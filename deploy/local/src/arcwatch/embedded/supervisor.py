"""Watches the children of a deployment: services and servers are started again when they die, a few times in a row."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

from common.process.settings import EX_CONFIG

from arcwatch.clients.http_probe import ask
from arcwatch.embedded.processes import Child, Command, how_ended
from arcwatch.errors import ChildDiedError, DeploymentError, explained

_READY_SECONDS = 120.0
_LAST_LINES = 5


@dataclass(frozen=True)
class RestartPolicy:
    """How often a service or a server may die. One that lived for `healthy_seconds` begins at zero again."""

    first_delay_seconds: float = 0.5
    longest_delay_seconds: float = 30.0
    quick_deaths: int = 5
    healthy_seconds: float = 60.0

    def delay(self, deaths: int) -> float:
        """Return how long to wait after the n-th quick death."""
        return min(self.first_delay_seconds * 2.0 ** (deaths - 1), self.longest_delay_seconds)

    def deaths(self, before: int, lived_seconds: float) -> int:
        """Return how many quick deaths in a row there were, with the one of now."""
        return 1 if lived_seconds > self.healthy_seconds else before + 1


class Server(Protocol):
    """NATS or PostgreSQL, as the supervisor sees it."""

    @property
    def child(self) -> Child | None:
        """The process, once started."""

    async def start(self) -> None:
        """Start it, again too; raise DeploymentError when it does not get ready."""

    async def stop(self, hurry: asyncio.Event | None = None) -> None:
        """Stop it in its own way."""


@dataclass
class Service:
    """A service of ours: one command, where it says that it is ready, and the process that runs it now."""

    command: Command
    log: Path
    port: int
    on_line: Callable[[str], None]
    ready_path: str = "/readyz"
    child: Child | None = field(default=None, init=False)
    watch: "asyncio.Task[None] | None" = field(default=None, init=False)
    was_ready: bool = field(default=False, init=False)

    @property
    def name(self) -> str:
        """The name in logs and messages."""
        return self.command.name


async def _nothing() -> None:
    """Mend nothing."""


class Supervisor:
    """Starts, watches and stops. `failed` completes with the reason when the deployment cannot go on.

    `mend` is called before a service that was ready once and then found its surroundings broken is started again.
    """

    def __init__(self, say: Callable[[str], None], policy: RestartPolicy | None = None) -> None:
        self.mend: Callable[[], Awaitable[None]] = _nothing
        self.hurry = asyncio.Event()
        self.failed: asyncio.Future[DeploymentError] = asyncio.get_running_loop().create_future()
        self._say = say
        self._policy = policy or RestartPolicy()
        self._servers: list[tuple[Server, asyncio.Task[None]]] = []
        self._services: list[Service] = []
        self._stopping = False

    def watch(self, server: Server) -> None:
        """From now on, keep this server running, and stop it after the services."""
        if server.child is None:
            raise RuntimeError("only a started server can be watched")
        self._servers.append((server, asyncio.create_task(self._keep_server(server, server.child))))

    def run(self, service: Service) -> None:
        """Start a service and keep it running."""
        self._services.append(service)
        service.watch = asyncio.create_task(self._keep_running(service))

    async def until_ready(self, service: Service) -> None:
        """Wait until the service says that it can work."""
        deadline = time.monotonic() + _READY_SECONDS
        answer = None
        while time.monotonic() < deadline:
            answer = await ask(service.port, service.ready_path)
            if answer and answer[0] == HTTPStatus.OK:
                service.was_ready = True
                return
            await asyncio.sleep(0.03)
        raise DeploymentError(
            f"{service.name} is not ready after {_READY_SECONDS:.0f} s: {_reason(answer)} (log: {service.log})"
        )

    async def stop(self) -> None:
        """Stop everything in reverse order: the services, which drain, then the servers they need."""
        self._stopping = True
        await asyncio.gather(*(self._stop_service(service) for service in reversed(self._services)))
        for server, watch in reversed(self._servers):
            watch.cancel()
            # It may be in the middle of a start, which ends what it began.
            await asyncio.wait([watch])
            await server.stop(self.hurry)
        if not self.failed.done():
            self.failed.cancel()

    def _fail(self, error: DeploymentError) -> None:
        if not self.failed.done() and not self._stopping:
            self.failed.set_result(error)

    async def _keep_server(self, server: Server, child: Child) -> None:
        deaths, began = 0, time.monotonic()
        refused: DeploymentError | None = None
        while True:
            status = await child.wait()
            await child.stop()
            deaths = self._policy.deaths(deaths, time.monotonic() - began)
            if deaths >= self._policy.quick_deaths:
                self._fail(refused or child.died(_LAST_LINES))
                return
            await self._pause(child.command.name, how_ended(status), deaths)
            began = time.monotonic()
            try:
                await server.start()
            except Exception as error:  # noqa: BLE001 - whatever a start raises is why the server is not back
                refused = explained(error) or DeploymentError(f"{child.command.name} cannot start again: {error}")
                # However long it tried, it did not live.
                began = time.monotonic()
            else:
                refused = None
                self._say(f"{child.command.name} is back")
            child = server.child or child

    async def _keep_running(self, service: Service) -> None:
        deaths = 0
        while True:
            service.child = Child(service.command, service.log, service.on_line)
            began = time.monotonic()
            await service.child.start()
            status = await service.child.wait()
            await service.child.stop()
            if self._stopping:
                return
            deaths = self._policy.deaths(deaths, time.monotonic() - began)
            if error := await self._hopeless(service, service.child, status, deaths):
                self._fail(error)
                return
            await self._pause(service.name, how_ended(status), deaths)

    async def _hopeless(self, service: Service, child: Child, status: int, deaths: int) -> DeploymentError | None:
        """Return why a service that ended is not started again; None when it is."""
        if status == EX_CONFIG and not service.was_ready:
            return _last_word(child)
        if deaths >= self._policy.quick_deaths:
            return _died_too_often(child, deaths)
        if status == EX_CONFIG:
            # Its settings were good enough before, so it is what it works on that changed.
            await self.mend()
        return None

    async def _pause(self, name: str, how: str, deaths: int) -> None:
        delay = self._policy.delay(deaths)
        self._say(f"{name} {how}: starting it again in {delay:g} s")
        await asyncio.sleep(delay)

    async def _stop_service(self, service: Service) -> None:
        if service.watch is None:
            return
        if service.child is None or service.child.ended:
            # It is being started, or waits to be.
            service.watch.cancel()
        else:
            await service.child.stop(self.hurry)
        with contextlib.suppress(asyncio.CancelledError):
            await service.watch


def _last_word(child: Child) -> ChildDiedError:
    """Return the one line with which a service explained its exit."""
    said = child.last_lines[-1].removeprefix("arcwatch: ") if child.last_lines else "it did not say why"
    return ChildDiedError(said)


def _died_too_often(child: Child, deaths: int) -> ChildDiedError:
    return ChildDiedError(
        f"{child.command.name} is not started again after {deaths} quick deaths: {child.died(len(child.last_lines))}"
    )


def _reason(answer: tuple[int, bytes] | None) -> str:
    if answer is None:
        return "its ops port does not answer"
    with contextlib.suppress(ValueError, AttributeError, TypeError):
        checks = json.loads(answer[1])["checks"]
        return ", ".join(f"{name}: {reason}" for name, reason in checks.items() if reason != "ok")
    return f"/readyz answers {answer[0]}"
