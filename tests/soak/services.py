"""The services that a soak breaks: each is kept alive, and has a clock that can be set while it runs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.service_process import ServiceProcess, service_process

# As compose does with what has ended.
_RESTART_SECONDS = 0.5
# Debian's package libfaketime; the folder before it is named by the machine.
_FAKETIME: Final = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


class Clock:
    """The clock of a service's machine, which a file says: how long something takes stays right."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, hours: int) -> None:
        """Set it so many hours ahead, or back: a running service sees it within a second."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{hours:+d}h\n")
        fresh.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        """What a service is started with, so that it goes by this clock."""
        assert _FAKETIME, "clocks are set by Debian's package libfaketime: apt-get install libfaketime"
        return {
            "LD_PRELOAD": str(_FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@dataclass
class Kept:
    """A service that is started again whenever it ends, on the same port."""

    module: str
    log: Callable[[int], Path]
    environment: dict[str, str]
    before: str = ""
    starts: int = 0
    running: ServiceProcess | None = None

    async def keep(self) -> None:
        """Run it until cancelled."""
        while True:
            self.starts += 1
            async with service_process(self.module, self.log(self.starts), self.before, **self.environment) as running:
                self.running = running
                await running.process.wait()
            self.running = None
            await asyncio.sleep(_RESTART_SECONDS)

    @property
    def pid(self) -> int | None:
        """The running process, if there is one at this moment."""
        return self.running.process.pid if self.running and self.running.process.returncode is None else None
