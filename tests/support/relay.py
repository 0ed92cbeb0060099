"""What stands between a service and a server, and may refuse, hang up, say nothing, hold back, or let through."""

import asyncio
import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.ports import free_port


class Relay:
    """Listens on a free TCP port once told to; `hang_up` closes what it accepts, `let_through` passes it on.

    It leads to a local socket, or to a port of this machine.
    """

    def __init__(self, socket: Path | int) -> None:
        self.port = free_port()
        self.accepted = self.carried = 0  # connections; bytes, both ways
        self._socket = socket
        self._through = self._silent = False
        self._passing = asyncio.Event()
        self._passing.set()
        self._server: asyncio.Server | None = None

    def hold_back(self) -> None:
        """Carry nothing, in no connection, until told to let through: as a network that is cut in two."""
        self._passing.clear()

    async def hang_up(self) -> None:
        """Accept connections and close each at once, as a proxy does while what is behind it is away."""
        self._through = self._silent = False
        await self._listen()

    async def say_nothing(self) -> None:
        """Accept connections and leave each without an answer, as a server does that hangs."""
        self._silent = True
        await self._listen()

    async def let_through(self) -> None:
        """Pass everything on from now on."""
        self._through, self._silent = True, False
        self._passing.set()
        await self._listen()

    def lead_to(self, socket: Path | int) -> None:
        """Pass what connects from now on to another socket, as a name that moves does."""
        self._socket = socket

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        with contextlib.suppress(OSError):
            if self._silent:
                await reader.read(-1)
            elif self._through:
                behind, there = await self._open()
                await asyncio.gather(self._pump(reader, there), self._pump(behind, writer))
        writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await self._passing.wait()
                self.carried += len(data)
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._socket, int):
            return await asyncio.open_connection("127.0.0.1", self._socket)
        return await asyncio.open_unix_connection(self._socket)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
