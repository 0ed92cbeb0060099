"""Clients that keep a server waiting lose their connection, not the server its descriptors; others are answered."""

import asyncio
import contextlib
import resource
import socket
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import psutil
import pytest
from aiohttp import web
from common.outcomes import StartupError
from common.process import http_server
from common.process.http_server import Connections, Limits, Reason, fitting

from tests.support.eventually import eventually

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nHost: x\r\nX-Half:"
LARGE = 32 * 1024 * 1024


@dataclass
class Server:
    """A running server, and what it closed."""

    port: int
    connections: Connections
    held: asyncio.Event = field(default_factory=asyncio.Event)
    closed: Counter[Reason] = field(default_factory=Counter)
    clients: list["Client"] = field(default_factory=list)


@contextlib.asynccontextmanager
async def running(limits: Limits) -> AsyncIterator[Server]:
    """Serve a small answer at /, a large one at /large, and one that has to be waited for at /held."""
    held, closed = asyncio.Event(), Counter[Reason]()

    async def small(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def large(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * LARGE)

    async def wait(_: web.Request) -> web.Response:
        await held.wait()
        return web.Response(text="at last")

    def note(reason: Reason) -> None:
        closed[reason] += 1

    def unreadable(status: int, reason: str) -> web.Response:
        return web.Response(status=status, text=f"unreadable: {reason}")

    app = web.Application()
    app.add_routes([web.get("/", small), web.get("/large", large), web.get("/held", wait), web.post("/", small)])
    address = ("127.0.0.1", 0)
    async with http_server.serving(app, address, limits, on_closed=note, error_answer=unreadable) as (port, found):
        server = Server(port, found, held, closed)
        try:
            yield server
        finally:
            held.set()
            for each in server.clients:
                each.writer.close()


class Client:
    """A connection on which a test sends what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, server: Server, sends: bytes = b"") -> "Client":
        """Connect, and send something."""
        client = cls(*await asyncio.open_connection("127.0.0.1", server.port, limit=1024))
        server.clients.append(client)
        client.writer.write(sends)
        return client

    async def answer(self) -> bytes:
        """Return an answer's status line; nothing when there is none any more."""
        async with asyncio.timeout(30):
            try:
                head = await self.reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                await self.reader.readexactly(length)
            except (asyncio.IncompleteReadError, ConnectionError):
                return b""
        return head.partition(b"\r\n")[0]

    async def ended(self) -> bool:
        """Wait for the server to close the connection."""
        async with asyncio.timeout(30):
            with contextlib.suppress(ConnectionError):
                while await self.reader.read(2**16):
                    pass
        return True


@pytest.mark.parametrize("sends", [b"", b"G", HALF])
async def test_a_first_request_that_does_not_come_in_time_ends_the_connection(sends: bytes) -> None:
    async with running(Limits(10, first_request_seconds=0.2)) as server:
        assert await (await Client.open(server, sends)).ended()
        assert server.closed == {"no_request": 1}
        assert len(server.connections) == 0


async def test_headers_that_trickle_have_the_same_deadline() -> None:
    async with running(Limits(10, first_request_seconds=0.3)) as server:
        client = await Client.open(server, HALF)
        ended = asyncio.create_task(client.ended())
        while not ended.done():
            client.writer.write(b"x")
            await asyncio.sleep(0.01)
        assert server.closed == {"no_request": 1}


@pytest.mark.parametrize("sends", [GET, GET + HALF])
async def test_a_next_request_that_does_not_come_in_time_ends_the_connection(sends: bytes) -> None:
    async with running(Limits(10, idle_seconds=0.3)) as server:
        client = await Client.open(server, sends)
        assert await client.answer() == b"HTTP/1.1 200 OK"
        assert await client.ended()


async def test_an_answer_may_take_longer_than_a_request() -> None:
    async with running(Limits(10, first_request_seconds=0.1, idle_seconds=0.1, write_seconds=0.1)) as server:
        client = await Client.open(server, b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.5)
        server.held.set()
        assert await client.answer() == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_who_does_not_read_the_answer_is_let_go(version: bytes) -> None:
    async with running(Limits(10, write_seconds=0.3)) as server:
        await Client.open(server, b"GET /large HTTP/%b\r\nHost: x\r\n\r\n" % version)
        await eventually(lambda: server.closed == {"not_reading": 1}, 30)
        await eventually(lambda: len(server.connections) == 0)


async def test_who_reads_slowly_gets_all_of_it() -> None:
    async with running(Limits(10, write_seconds=0.5)) as server:
        client = await Client.open(server, b"GET /large HTTP/1.0\r\nHost: x\r\n\r\n")
        taken = 0
        async with asyncio.timeout(60):
            while part := await client.reader.read(2**20):
                taken += len(part)
                await asyncio.sleep(0.02)
        assert taken > LARGE
        assert server.closed == {}


async def test_headers_without_end_are_not_kept() -> None:
    async with running(Limits(10)) as server:
        client = await Client.open(server, GET[:-2])
        assert server.closed == {}
        for number in range(20):
            client.writer.write(b"X-%d: %b\r\n" % (number, b"x" * 4_000))
        assert await client.ended()
        assert server.closed == {"long_headers": 1}


async def test_headers_of_a_usual_length_are_taken_however_many_requests_come() -> None:
    long = GET[:-2] + b"".join(b"X-%d: %b\r\n" % (number, b"x" * 4_000) for number in range(5)) + b"\r\n"
    async with running(Limits(10)) as server:
        client = await Client.open(server)
        for _ in range(10):
            client.writer.write(long)
            assert await client.answer() == b"HTTP/1.1 200 OK"
        assert server.closed == {}


async def test_a_body_that_no_route_wanted_does_not_cost_its_answer() -> None:
    async with running(Limits(10)) as server:
        head = b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"
        client = await Client.open(server, head + b"x" * 200_000 + GET)
        assert await client.answer() == b"HTTP/1.1 404 Not Found"
        assert await client.answer() == b"HTTP/1.1 200 OK"
        assert server.closed == {}


async def test_who_sends_on_while_it_is_served_fills_no_memory() -> None:
    async with running(Limits(10)) as server:
        client = await Client.open(server, b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
        await eventually(lambda: not any(each.is_waiting for each in server.connections._open))
        read = 0

        def counted(connection: http_server._Connection, data: bytes) -> None:
            nonlocal read
            read += len(data)
            web.RequestHandler.data_received(connection, data)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(http_server._Connection, "data_received", counted)
            client.writer.write(GET * 50_000)
            await eventually(lambda: all(each._buffer_paused for each in server.connections._open))
        assert read <= 2 * http_server._READ_BYTES


async def test_those_that_only_wait_make_room() -> None:
    async with running(Limits(8)) as server:
        kept = await Client.open(server, GET)
        assert await kept.answer() == b"HTTP/1.1 200 OK"
        for _ in range(7):
            await Client.open(server, HALF)
        await eventually(lambda: len(server.connections) == 8)
        healthy = await Client.open(server, GET)
        assert await healthy.answer() == b"HTTP/1.1 200 OK"
        assert len(server.connections) <= 8
        assert server.closed == {"made_room": 1}
        # The first one opened waited longest, whatever it was answered before.
        assert await kept.ended()


async def test_those_that_are_served_are_never_closed_for_others() -> None:
    async with running(Limits(4)) as server:
        served = [await Client.open(server, b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(4)]
        await eventually(lambda: len(server.connections) == 4)
        await eventually(lambda: not any(each.is_waiting for each in server.connections._open))
        refused = await Client.open(server)
        head = await refused.reader.read()
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 5\r\n" in head
        assert server.closed == {"refused": 1}
        server.held.set()
        assert [await each.answer() for each in served] == [b"HTTP/1.1 200 OK"] * 4
        assert await (await Client.open(server, GET)).answer() == b"HTTP/1.1 200 OK"


async def test_a_thousand_half_requests_leave_no_descriptor_behind() -> None:
    process = psutil.Process()
    before = process.num_fds()
    async with running(Limits(100, first_request_seconds=2, idle_seconds=2)) as server:
        for number in range(1_000):
            await Client.open(server, HALF)
            if number % 100 == 0:
                assert await (await Client.open(server, GET)).answer() == b"HTTP/1.1 200 OK"
                assert len(server.connections) <= 100
        await eventually(lambda: len(server.connections) == 0, 30)
    await eventually(lambda: process.num_fds() <= before + 1, 30)


@pytest.mark.parametrize("sends", [b"no HTTP at all\r\n\r\n", b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\n\r\n"])
async def test_what_cannot_be_read_is_answered_in_the_application_s_words(sends: bytes) -> None:
    async with running(Limits(4)) as server:
        client = await Client.open(server, sends)
        found = await client.reader.read()
        assert found.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
        assert b"unreadable: " in found


async def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    async with running(Limits(4)) as server:
        with pytest.raises(StartupError, match=r"\(HOST, PORT\)"):
            async with http_server.serving(web.Application(), ("127.0.0.1", server.port), Limits(4)):
                pass


def test_connections_fit_into_what_the_process_may_have() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        assert fitting(1_000) == 1_000
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 1_000
        assert fitting(10**9) == resource.getrlimit(resource.RLIMIT_NOFILE)[1] - http_server._OTHER_DESCRIPTORS
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_who_connects_while_the_server_stops_is_answered() -> None:
    """A proxy that has sent its request cannot tell whether it was served, so the request must not be lost."""
    async with running(Limits(10)) as server:
        # In the listener's queue: nothing runs before the end of the block that could accept them.
        asked = [asyncio.create_task(_asked(_connected(server.port))) for _ in range(3)]
    assert await asyncio.gather(*asked) == [b"HTTP/1.1 200 OK"] * 3


async def test_who_has_connected_before_a_server_stops_may_send_its_request() -> None:
    async with running(Limits(10)) as server:
        connected = _connected(server.port)
        await eventually(lambda: len(server.connections) == 1)
        # It sends when the block has ended.
        asked = asyncio.create_task(_asked(connected))
    assert await asked == b"HTTP/1.1 200 OK"


def _connected(port: int) -> socket.socket:
    found = socket.create_connection(("127.0.0.1", port))
    found.settimeout(0)
    return found


async def _asked(connected: socket.socket) -> bytes:
    reader, writer = await asyncio.open_connection(sock=connected)
    writer.write(GET)
    status = await reader.readline()
    writer.close()
    return status.strip()
