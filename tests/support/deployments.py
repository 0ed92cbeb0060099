"""The command `arcwatch` as a user runs it: a process, its two outputs line by line, and what is left of it."""

import asyncio
import os
import re
import signal
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.support.child_scripts import MARK, marked
from tests.support.eventually import eventually

READY = re.compile(r"arcwatch is ready: (http://(?:127\.0\.0\.1|\[::1\]):(\d+))")
# A start takes 3 to 8 s here; a machine that runs other tests at the same time takes longer.
START_SECONDS = 90.0


class Arcwatch:
    """One run of the command; everything it starts can be found again by its mark."""

    def __init__(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        python: str | Path = sys.executable,
    ) -> None:
        self.out: list[str] = []
        self.err: list[str] = []
        self.status: int | None = None
        self.mark = uuid.uuid4().hex
        self._python = python
        self._arguments = arguments
        self._env = {**clean_environment(), MARK: self.mark, **(env or {})}
        self._cwd = cwd

    async def start(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            self._python,
            "-m",
            "arcwatch",
            *self._arguments,
            env=self._env,
            cwd=self._cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            asyncio.create_task(_read(self._process.stdout, self.out)),
            asyncio.create_task(_read(self._process.stderr, self.err)),
        ]
        return self

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ready(self) -> str:
        """Wait for the line that says so; return the URL in it."""
        await eventually(lambda: self.out or self._process.returncode is not None, START_SECONDS, what=str(self.err))
        assert self.out, "\n".join(self.err)
        found = READY.fullmatch(self.out[0])
        assert found, self.out
        return found[1]

    async def says(self, words: str, timeout: float = START_SECONDS) -> str:  # noqa: ASYNC109 - as `eventually`
        """Wait for a line on standard error."""
        return await eventually(lambda: next((line for line in self.err if words in line), ""), timeout, what=words)

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ended(self, timeout: float = 60.0) -> int:  # noqa: ASYNC109 - as `eventually`
        """Wait for the end; return the exit status."""
        async with asyncio.timeout(timeout):
            status = await self._process.wait()
            await asyncio.gather(*self._readers)
        return status

    async def stop(self) -> int:
        """Ask it to stop, as Ctrl-C does, and wait."""
        if self._process.returncode is None:
            self.send(signal.SIGINT)
        return await self.ended()

    def left(self) -> list[str]:
        """Return the processes that it started and that still run."""
        return marked(self.mark)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


async def command(*arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Arcwatch:
    """Run a command to its end."""
    run = Arcwatch(*arguments, env=env, cwd=cwd)
    await run.start()
    run.status = await run.ended()
    return run


def clean_environment() -> dict[str, str]:
    """Return our environment without settings of arcwatch that this shell may have."""
    ours = re.compile(
        r"(HF|NATS|DATABASE|ADMIN|ARCWATCH|PG|OPS|LOG|ENABLE|INGEST|ARC|OTEL)_?.*|PORT|HOST|COLUMNS|LINES|NO_COLOR|FORCE_COLOR"
    )
    return {name: value for name, value in os.environ.items() if not ours.fullmatch(name)}


async def _read(stream: asyncio.StreamReader, lines: list[str]) -> None:
    while line := await stream.readline():
        lines.append(line.decode().rstrip("\n"))
