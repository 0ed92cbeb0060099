"""Watches the children of a deployment: services and servers are started again when they die, a few times in a row."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from common.process.settings import EX_CONFIG, EX_TEMPFAIL

from arcwatch.clients.http_probe import readiness
from arcwatch.embedded.processes import Child, Command, Part, how_ended
from arcwatch.errors import DeploymentError, explained

_READY_SECONDS = 120.0
_NO_ROOM = "no space left on device"


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


@dataclass
class Service(Part):
    """A service of ours: one command, and where it says that it is ready."""

    command: Command
    log: Path
    port: int
    on_line: Callable[[str], None]
    ready_path: str = "/readyz"
    was_ready: bool = field(default=False, init=False)

    @property
    def name(self) -> str:
        """The name in logs and messages."""
        return self.command.name

    async def start(self) -> Child:
        """Start the program; it is not ready yet."""
        self.child = Child(self.command, self.log, self.on_line)
        await self.child.start()
        return self.child


class Supervisor:
    """Starts, watches and stops. `failed` completes with the reason when the deployment cannot go on.

    `mend` is called before a service that was ready once and then found its surroundings broken is started again.
    """

    def __init__(self, say: Callable[[str], None], policy: RestartPolicy | None = None) -> None:
        self.mend: Callable[[], Awaitable[None]] | None = None
        self.hurry = asyncio.Event()
        self.failed: asyncio.Future[DeploymentError] = asyncio.get_running_loop().create_future()
        self._say = say
        self._policy = policy or RestartPolicy()
        self._services: list[tuple[Part, asyncio.Task[None]]] = []
        self._servers: list[tuple[Part, asyncio.Task[None]]] = []

    def run(self, service: Service) -> None:
        """Start a service and keep it running."""
        self._services.append((service, asyncio.create_task(self._run(service))))

    def watch(self, server: Part, child: Child) -> None:
        """From now on, keep this started server running, and stop it after the services."""
        self._servers.append((server, asyncio.create_task(self._keep(server, child))))

    async def until_ready(self, service: Service) -> None:
        """Wait until the service says that it can work."""
        deadline = time.monotonic() + _READY_SECONDS
        while (answer := await readiness(service.port, service.ready_path))[0] != HTTPStatus.OK:
            if time.monotonic() > deadline:
                raise DeploymentError(
                    f"{service.name} is not ready after {_READY_SECONDS:.0f} s: {answer[1]} (log: {service.log})"
                )
            await asyncio.sleep(0.03)
        service.was_ready = True

    async def stop(self) -> None:
        """Stop everything in reverse order: the services, which drain, then the servers they need."""
        await asyncio.gather(*(self._stop(*each) for each in reversed(self._services)))
        for each in reversed(self._servers):
            await self._stop(*each)
        self.failed.cancel()

    async def _stop(self, part: Part, watch: asyncio.Task[None]) -> None:
        watch.cancel()
        # It may be in the middle of a start, which ends what it began.
        await asyncio.wait([watch])
        await part.stop(self.hurry)

    async def _run(self, service: Service) -> None:
        await self._keep(service, await service.start())

    async def _keep(self, part: Part, child: Child) -> None:
        deaths, began = 0, time.monotonic()
        refused: DeploymentError | None = None
        while True:
            status = await child.wait()
            await child.stop()
            deaths = self._policy.deaths(deaths, time.monotonic() - began)
            if error := self._hopeless(part, child, deaths, refused):
                if not self.failed.done():
                    self.failed.set_result(error)
                return
            if status in {EX_CONFIG, EX_TEMPFAIL} and self.mend:
                # Its settings were good enough before, so it is what it works on that changed.
                await self.mend()
            delay = self._policy.delay(deaths)
            self._say(f"{child.command.name} {how_ended(status)}: starting it again in {delay:g} s")
            await asyncio.sleep(delay)
            began = time.monotonic()
            try:
                child, refused = await part.start(), None
            except Exception as error:  # noqa: BLE001 - whatever a start raises is why it is not back
                refused = explained(error) or DeploymentError(f"{child.command.name} cannot start again: {error}")
                # However long it tried, it did not live.
                child, began = part.child or child, time.monotonic()
            else:
                if not isinstance(part, Service):
                    self._say(f"{child.command.name} is back")

    def _hopeless(
        self, part: Part, child: Child, deaths: int, refused: DeploymentError | None
    ) -> DeploymentError | None:
        """Return why what ended is not started again; None when it is."""
        if child.returncode == EX_CONFIG and isinstance(part, Service) and not part.was_ready:
            # The one line with which a service explains its exit.
            said = child.last_lines[-1] if child.last_lines else "it did not say why"
            return DeploymentError(said.removeprefix("arcwatch: "))
        if deaths < self._policy.quick_deaths or _has_no_room(child, refused):
            return None
        how = child.died(len(child.last_lines))
        return refused or DeploymentError(
            f"{child.command.name} is not started again after {deaths} quick deaths: {how}"
        )


def _has_no_room(child: Child, refused: DeploymentError | None) -> bool:
    """Tell whether it died of a full disk: then it is tried for as long as that takes."""
    return any(_NO_ROOM in each.lower() for each in (*child.last_lines, str(refused)))
