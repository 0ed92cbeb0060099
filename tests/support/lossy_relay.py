"""A relay before a NATS server that loses single messages on their way to the client, as a slow client does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import nats
from nats.aio.client import Client


@dataclass
class LossyRelay:
    """Counts the messages with headers after `lose`, and drops the one of that number."""

    server_port: int
    port: int = 0
    lost: int = 0
    _until_lost: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def lose(self, number: int) -> None:
        """Drop the n-th message from now on."""
        self._until_lost = number

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """Yield a client that is connected through the relay."""
        client = await nats.connect(f"nats://127.0.0.1:{self.port}")
        try:
            yield client
        finally:
            await client.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection."""
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        up = asyncio.create_task(_copy(reader, server_writer))
        self._tasks.add(up)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._down(server_reader, writer)
        writer.close()
        server_writer.close()
        await up

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            words = line.split()
            sized = bool(words) and words[0] in {b"MSG", b"HMSG"}
            frame = line + (await reader.readexactly(int(words[-1]) + 2) if sized else b"")
            if words and words[0] == b"HMSG" and self._loses():
                continue
            writer.write(frame)
            await writer.drain()

    def _loses(self) -> bool:
        self._until_lost -= 1
        self.lost += self._until_lost == 0
        return self._until_lost == 0


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def lossy(server_port: int) -> AsyncIterator[LossyRelay]:
    """Run a relay until the block ends."""
    relay = LossyRelay(server_port)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
