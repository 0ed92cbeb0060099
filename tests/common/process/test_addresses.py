"""Servers listen where settings say, on IPv4 and IPv6 both where all addresses are meant, and say where in URLs."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp import web
from common.outcomes import StartupError
from common.process import addresses, http_server, ops
from common.process.settings import ServiceSettings
from prometheus_client import CollectorRegistry


@contextlib.asynccontextmanager
async def serving(host: str) -> AsyncIterator[int]:
    """Serve who asks at /."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=str(request.remote))

    app = web.Application()
    app.router.add_get("/", answer)
    async with http_server.serving(app, (host, 0), http_server.Limits(10)) as (port, _):
        yield port


async def fetched(url: str) -> int:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status


@pytest.mark.parametrize("only_ipv6", [b"0", b"1"])
@pytest.mark.parametrize("host", ["::", ""])
async def test_all_addresses_are_those_of_ipv4_too(
    host: str, only_ipv6: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's default may be that a socket of IPv6 takes no IPv4: each socket says it for itself."""

    class AsTheSystemSays(socket.socket):
        def __init__(self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None) -> None:  # noqa: A002 - socket's own
            super().__init__(family, type, proto, fileno)
            if fileno is None and family == socket.AF_INET6:
                self.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(only_ipv6))

    monkeypatch.setattr(socket, "socket", AsTheSystemSays)
    async with serving(host) as port:
        for url in (f"http://127.0.0.1:{port}/", f"http://[::1]:{port}/"):
            assert await fetched(url) == 200


async def test_the_ops_port_answers_on_both_too() -> None:
    settings = ServiceSettings(ops_host="[::]")
    async with ops.serve(settings.ops_host, settings.ops_port, checks={}, registry=CollectorRegistry()) as port:
        for url in (f"http://127.0.0.1:{port}/healthz", f"http://[::1]:{port}/healthz"):
            assert await fetched(url) == 200


@pytest.mark.parametrize(("host", "reached"), [("127.0.0.1", {4}), ("::1", {6}), ("0.0.0.0", {4}), ("localhost", {4})])
async def test_one_address_is_that_one_alone(host: str, reached: set[int]) -> None:
    async with serving(host) as port:
        for version, url in ((4, f"http://127.0.0.1:{port}/"), (6, f"http://[::1]:{port}/")):
            if version in reached:
                assert await fetched(url) == 200
            elif host != "localhost":
                with pytest.raises(aiohttp.ClientConnectorError):
                    await fetched(url)


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a name lead to an address that this machine does not have, and to one that it has."""

    def found(host: str, port: int, **_: object) -> list[object]:
        assert host == "both"
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", port, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", port)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.usefixtures("both")
async def test_of_a_names_addresses_those_that_exist_are_listened_on_with_one_port() -> None:
    listening = addresses.listen("both", 0, 10)
    names = [each.getsockname() for each in listening]
    for each in listening:
        each.close()
    assert [name for name, _ in names] == ["127.0.0.1", "127.0.0.2"]
    assert len({port for _, port in names}) == 1


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        yield listener.getsockname()[1]


async def test_a_port_that_is_taken_is_named_as_in_a_url(taken: int) -> None:
    with pytest.raises(
        StartupError, match=rf"cannot listen on \[::1\]:{taken} \(HOST, PORT\): Address already in use$"
    ):
        async with http_server.serving(web.Application(), ("::1", taken), http_server.Limits(1)):
            await asyncio.sleep(0)


async def test_a_host_that_is_none_is_named() -> None:
    with pytest.raises(StartupError, match=r"cannot listen on no\.such\.invalid:80"):
        async with http_server.serving(web.Application(), ("no.such.invalid", 80), http_server.Limits(1)):
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("192.0.2.1", "http://192.0.2.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://127.0.0.1:80"),
        ("[::]", "http://127.0.0.1:80"),
        ("", "http://127.0.0.1:80"),
        ("::1", "http://[::1]:80"),
        ("[::1]", "http://[::1]:80"),
        ("localhost", "http://localhost:80"),
    ],
)
def test_a_url_is_one_that_this_machine_reaches(host: str, url: str) -> None:
    assert addresses.local_url(host, 80) == url
