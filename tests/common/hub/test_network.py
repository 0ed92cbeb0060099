"""Listings and downloads take the environment's proxies, trust its certificate authorities, and say what they miss."""

import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from shutil import copy

import pytest
from common.hub.client import HubClient
from common.hub.downloads import RemoteFile
from common.hub.network import Network, certificate_problem, read_environment
from common.hub.transports import Transports
from common.outcomes import StartupError, TransientError
from yarl import URL

from tests.support import relays
from tests.support.hub import TestHub
from tests.support.hub.faults import RedirectToCdn

DATA = "owner/data"
# What `openssl rehash` calls the tests' authority in a directory of them.
HASHED = "57856ce4.0"
PROXY = "http://proxy:3128"
VARIABLES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
async def url(server: TestHub) -> AsyncIterator[str]:
    """Lend the Hub's https:// URL, which an authority of the tests' own vouches for."""
    async with relays.tls(server.url) as secure:
        yield secure


async def by_pack(hub: HubClient, file: RemoteFile) -> bytes:
    """Return what a pack of one file brings."""

    async def admit(_: int) -> None: ...

    async with aclosing(hub.download_pack(DATA, [file], admit)) as pack:
        return b"".join([body async for _, body in pack])


@pytest.fixture
def file(server: TestHub) -> RemoteFile:
    return RemoteFile("b/1.json", 3, server.oid(DATA, "b/1.json"))


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
async def test_listings_and_downloads_go_by_the_proxy(
    url: str, file: RemoteFile, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seen: list[str] = []
    asked = f"CONNECT {URL(url).authority}"
    monkeypatch.setenv("SSL_CERT_FILE", str(relays.CA))
    async with relays.proxy(url, seen) as proxy:
        monkeypatch.setenv(name, proxy)
        async with HubClient(url, transports=Transports("pack")) as hub:
            assert (await hub.folders(DATA)).keys() == {"a", "b"}
            assert seen.count(asked) == 1
            assert await hub.download(DATA, "main", file) == b"[2]"
            assert seen.count(asked) == 2
        async with HubClient(url, transports=Transports("pack")) as hub:
            assert await by_pack(hub, file) == b"[2]"
            assert seen.count(asked) == 3


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
async def test_a_proxy_for_plain_http_is_asked_for_whole_urls(
    server: TestHub, file: RemoteFile, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seen: list[str] = []
    async with relays.proxy(server.url, seen) as proxy:
        monkeypatch.setenv(name, proxy.removeprefix("http://"))
        # Only the proxy knows where this is.
        async with HubClient("http://hub.invalid", transports=Transports("pack")) as hub:
            await hub.folders(DATA)
            await hub.download(DATA, "main", file)
            await by_pack(hub, file)
    assert [each.partition("?")[0] for each in seen if "hub.invalid" in each] == [
        f"GET http://hub.invalid/api/datasets/{DATA}/tree/main",
        f"GET http://hub.invalid/datasets/{DATA}/resolve/main/b/1.json",
        f"POST http://hub.invalid/datasets/{DATA}/git-upload-pack",
    ]


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
async def test_what_no_proxy_names_is_reached_directly(
    url: str, file: RemoteFile, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seen: list[str] = []
    monkeypatch.setenv("SSL_CERT_FILE", str(relays.CA))
    async with relays.proxy(url, seen) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv(name, "example.org, 127.0.0.0/8")
        async with HubClient(url, transports=Transports("pack")) as hub:
            await hub.folders(DATA)
            await hub.download(DATA, "main", file)
            await by_pack(hub, file)
    assert f"CONNECT {URL(url).authority}" not in seen


async def test_a_redirect_leads_by_the_proxy_of_its_own_host(
    server: TestHub, file: RemoteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    server.faults.add(RedirectToCdn(), "resolve")
    async with relays.proxy(server.url, seen) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", URL(server.cdn_url).authority)
        async with HubClient(server.url) as hub:
            await hub.download(DATA, "main", file)
    assert [server.url in each for each in seen].count(True) == len(server.cdn_requests) == 1
    assert not any(server.cdn_url in each for each in seen)


async def test_a_proxy_that_refuses_is_told_without_its_password(
    url: str, file: RemoteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with relays.refusing_proxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.replace("//", "//me:secret@"))
        async with HubClient(url, attempts=1, transports=Transports("pack")) as hub:
            for asked in (hub.folders(DATA), hub.download(DATA, "main", file), by_pack(hub, file)):
                with pytest.raises(TransientError, match="407 Proxy Authentication Required") as raised:
                    await asked
                assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("", "https://hub.example.org", False),
        (",", "https://hub.example.org", False),
        (",", "https://hub.example.org.", False),
        ("*", "https://hub.example.org", True),
        ("example.org", "https://hub.example.org", True),
        ("example.org", "https://example.org", True),
        (".example.org", "https://hub.example.org", True),
        ("*.example.org", "https://hub.example.org", True),
        ("HUB.example.org", "https://hub.EXAMPLE.org", True),
        ("example.org", "https://hubexample.org", False),
        ("example.com , hub.example.org", "https://hub.example.org", True),
        ("hub.example.org:8443", "https://hub.example.org:8443", True),
        ("hub.example.org:8443", "https://hub.example.org", False),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.1.2.3", "https://10.1.2.3:8443", True),
        ("[fd00::]/8", "https://[fd00::1]", False),
        ("fd00::/8", "https://[fd00::1]", True),
        ("[fd00::1]", "https://[fd00::1]", True),
    ],
)
def test_no_proxy_means_hosts_domains_networks_and_ports(no_proxy: str, url: str, *, direct: bool) -> None:
    network = Network(proxies={"https": PROXY}, no_proxy=no_proxy)
    assert network.proxy_for(URL(url)) == (None if direct else PROXY)


def test_a_proxy_may_be_spoken_to_by_tls_and_its_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "https://me:secret@proxy")
    network = read_environment()
    assert (network.proxies["https"], network.no_proxy) == ("https://me:secret@proxy", "")
    assert "secret" not in repr(network)


def test_only_a_certificate_that_is_not_trusted_is_called_so() -> None:
    refused = ssl.SSLCertVerificationError("refused")
    assert certificate_problem(refused) is None
    refused.verify_message = "self-signed certificate"
    wrapped, unrelated = OSError("no answer"), OSError("no answer")
    wrapped.__cause__ = refused
    assert certificate_problem(unrelated) is None
    assert certificate_problem(wrapped) == (
        "its certificate is not trusted (self-signed certificate); if an authority of yours signs it, name the "
        "authority's file in SSL_CERT_FILE or REQUESTS_CA_BUNDLE"
    )


def test_a_file_that_is_not_there_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(StartupError) as raised:
        read_environment()
    assert str(raised.value) == "REQUESTS_CA_BUNDLE: /nowhere/ca.pem holds no certificates: No such file or directory"


def test_each_scheme_has_its_proxy() -> None:
    network = Network(proxies={"https": PROXY})
    assert (network.proxy_for(URL("https://x")), network.proxy_for(URL("http://x"))) == (PROXY, None)


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
async def test_an_authority_of_ones_own_is_trusted(
    url: str, file: RemoteFile, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(relays.CA))
    async with HubClient(url) as hub:
        assert (await hub.folders(DATA)).keys() == {"a", "b"}
        assert await hub.download(DATA, "main", file) == b"[2]"


async def test_a_directory_of_authorities_is_trusted(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy(relays.CA, tmp_path / HASHED)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    async with HubClient(url) as hub:
        assert (await hub.folders(DATA)).keys() == {"a", "b"}


async def test_an_unknown_authority_is_refused_and_the_way_out_named(
    url: str, server: TestHub, file: RemoteFile
) -> None:
    server.requests.clear()
    async with HubClient(url, "secret", attempts=1, transports=Transports("pack")) as hub:
        for asked in (hub.folders(DATA), hub.download(DATA, "main", file), by_pack(hub, file)):
            with pytest.raises(TransientError, match=r"certificate is not trusted \(.+SSL_CERT_FILE") as raised:
                await asked
            assert raised.value.kind == "hub_unreachable"
    assert len(server.requests) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("SSL_CERT_FILE", __file__),
        ("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem"),
        ("ALL_PROXY", "socks5://me:secret@proxy:1080"),
        ("https_proxy", "ftp://me:secret@proxy"),
    ],
)
def test_what_cannot_be_used_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(StartupError, match=name.upper()) as raised:
        read_environment()
    assert "secret" not in str(raised.value)
