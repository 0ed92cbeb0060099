"""Child processes: started so that they cannot outlive us, their output kept, stopped in the way each one needs."""

import asyncio
import contextlib
import os
import pwd
import signal
import sys
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from arcwatch.embedded.log_file import LogFile
from arcwatch.errors import DeploymentError

_LAUNCHER = Path(__file__).with_name("launcher.py")
_LAUNCH_MODE = "pdeathsig" if sys.platform == "linux" else "guardian"
# From the death signal to SIGKILL.
_LAST_SECONDS = 5.0
_LINES_KEPT = 20
_LONGEST_LINE = 64 * 1024


def ignore(_: str) -> None:
    """Take a line and say nothing."""


@dataclass(frozen=True)
class Command:
    """A program and how it is stopped.

    `stop_signal` asks it to finish within `stop_seconds`; then, or when there is a hurry, or when we die ourselves,
    comes `death_signal`. `hold` are descriptors that it inherits and holds open while it lives.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None
    user: pwd.struct_passwd | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    death_signal: signal.Signals = signal.SIGKILL
    hold: tuple[int, ...] = field(default=(), repr=False)


class Child:
    """One running program, in a new session: Ctrl-C in the terminal does not reach it."""

    def __init__(
        self, command: Command, log: Path, on_line: Callable[[str], None] = ignore, *, mode: str = _LAUNCH_MODE
    ) -> None:
        self.command = command
        self.log = log
        self.last_lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._on_line = on_line
        self._mode = mode
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ours = contextlib.ExitStack()

    @property
    def pid(self) -> int:
        """The process id; it stays after the end."""
        return self._running().pid

    @property
    def returncode(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._running().returncode

    async def start(self) -> None:
        """Start the program; it is not ready yet."""
        user = self.command.user.pw_name if self.command.user else ""
        launch = (sys.executable, "-I", "-S", str(_LAUNCHER))
        how = (str(os.getpid()), str(int(self.command.death_signal)), user, self._mode)
        # We make the pipes: with asyncio's, waiting for the end would wait for grandchildren that hold the output.
        with contextlib.ExitStack() as theirs:
            output = self._output_pipe(theirs)
            self._process = await asyncio.create_subprocess_exec(
                *launch,
                *how,
                *self.command.argv,
                env=self.command.env,
                stdin=self._lifeline(theirs) if self._mode == "guardian" else asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=self.command.hold,
            )

    def _output_pipe(self, theirs: contextlib.ExitStack) -> int:
        """Return the end that the child writes to, and keep what comes out of the other."""
        ours, end = os.pipe()
        theirs.callback(os.close, end)
        pipe = self._ours.enter_context(os.fdopen(ours, "rb", buffering=0))
        self._reader = asyncio.create_task(self._keep_output(pipe))
        return end

    def _lifeline(self, theirs: contextlib.ExitStack) -> int:
        """Return the end that a guardian watches; our end shows there as the end of the file."""
        end, ours = os.pipe()
        theirs.callback(os.close, end)
        self._ours.callback(os.close, ours)
        return end

    async def wait(self) -> int:
        """Wait for the end and for the last line of output; return the exit status."""
        status = await self._running().wait()
        if self._reader is not None:
            # A grandchild may hold the pipe; what it says after this is lost.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._reader), timeout=2.0)
        return status

    async def started(self, is_ready: Callable[[], Awaitable[bool]], seconds: float) -> Self:
        """Start it and wait until `is_ready` says so; raise when the program ends before, or takes longer."""
        try:
            await self.start()
            await self._until(is_ready, seconds)
        except BaseException:
            await self.stop()
            raise
        return self

    async def _until(self, is_ready: Callable[[], Awaitable[bool]], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not await is_ready():
            if self.returncode is not None:
                await self.wait()
                raise self.died()
            if time.monotonic() > deadline:
                raise DeploymentError(f"{self.command.name} did not get ready in {seconds:.0f} s; its log: {self.log}")
            await asyncio.sleep(0.01)

    async def stop(self, hurry: asyncio.Event | None = None) -> int:
        """Ask it to finish, insist when it takes too long or when `hurry` is set; return the exit status."""
        if self._process is None:
            await self._close()
            return 0
        if self.returncode is None and not (hurry is not None and hurry.is_set()):
            self._send(self.command.stop_signal)
            await self._ended_within(self.command.stop_seconds, hurry)
        if self.returncode is None:
            self._send(self.command.death_signal)
            await self._ended_within(_LAST_SECONDS)
        # Whatever it left in its session goes too.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        status = await self.wait()
        await self._close()
        return status

    @property
    def ended(self) -> bool:
        """Whether no process runs: not started yet, or gone."""
        return self._process is None or self._process.returncode is not None

    def died(self, lines: int = 1) -> DeploymentError:
        """Return the error that tells how it ended, its last words, and where the rest is."""
        said = list(self.last_lines)[-lines:] or ["it said nothing"]
        how = f"{self.command.name} {how_ended(self.returncode)}"
        if lines == 1:
            return DeploymentError(f"{how}: {said[0]} (log: {self.log})")
        # The first line alone must be a whole sentence: it is also shown as the reason of a stop.
        return DeploymentError("\n    ".join([f"{how}\n  its last lines (all of them: {self.log}):", *said]))

    async def _ended_within(self, seconds: float, hurry: asyncio.Event | None = None) -> None:
        waits = {asyncio.ensure_future(self._running().wait())}
        if hurry is not None:
            waits.add(asyncio.ensure_future(hurry.wait()))
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._running().send_signal(number)

    async def _keep_output(self, pipe: BinaryIO) -> None:
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), pipe
        )
        try:
            with contextlib.closing(LogFile(self.log)) as log:
                await self._read_lines(stream, log)
        finally:
            transport.close()

    async def _read_lines(self, stream: asyncio.StreamReader, log: LogFile) -> None:
        rest = b""
        while chunk := await stream.read(_LONGEST_LINE):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) >= _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._take(log, line)
        if rest:
            self._take(log, rest)

    def _take(self, log: LogFile, raw: bytes) -> None:
        line = raw.decode(errors="replace").rstrip("\r")
        log.write(line)
        if line.strip():
            self.last_lines.append(line)
            self._on_line(line)

    async def _close(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        self._ours.close()

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError(f"{self.command.name} was not started")
        return self._process


class Part(ABC):
    """A program of a deployment, as the supervisor sees it: it can be started again, and stops in its own way."""

    child: Child | None = None

    @abstractmethod
    async def start(self) -> Child:
        """Start it and return its process; raise DeploymentError when a server does not get ready."""

    async def stop(self, hurry: asyncio.Event | None = None) -> None:
        """Stop it; what a server acknowledged or committed is on the disk."""
        if self.child is not None:
            await self.child.stop(hurry)


def how_ended(status: int | None) -> str:
    """Return an exit status in words."""
    if status is None:
        return "is running"
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with exit status {status}"
