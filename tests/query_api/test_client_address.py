"""Only what trusted proxies wrote tells whose request it is; what clients write of themselves never does."""

import ipaddress
from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from query_api.client_address import ClientAddress
from query_api.settings import Settings

PROXIES = ("127.0.0.1", "10.0.0.0/8", "fd00::/8")


def client(peer: str, *headers: tuple[str, str], trusted: tuple[str, ...] = PROXIES) -> str:
    transport = Mock()
    transport.get_extra_info.return_value = (peer, 4711)
    return ClientAddress(trusted).of(make_mocked_request("GET", "/", CIMultiDict(headers), transport=transport))


def for_(value: str) -> tuple[str, str]:
    return ("X-Forwarded-For", value)


def forwarded(value: str) -> tuple[str, str]:
    return ("Forwarded", value)


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        # Who is no proxy may write what he likes.
        ("192.0.2.1", [for_("198.51.100.7")], "192.0.2.1"),
        ("192.0.2.1", [forwarded("for=198.51.100.7")], "192.0.2.1"),
        # Of a list, what proxies added counts, from its end.
        ("127.0.0.1", [for_("198.51.100.7")], "198.51.100.7"),
        ("::ffff:127.0.0.1", [for_("198.51.100.7")], "198.51.100.7"),
        ("127.0.0.1", [for_("203.0.113.9, 198.51.100.7")], "198.51.100.7"),
        ("127.0.0.1", [for_("203.0.113.9, 198.51.100.7, 10.1.2.3,fd00::1")], "198.51.100.7"),
        ("127.0.0.1", [for_("203.0.113.9"), for_("198.51.100.7")], "198.51.100.7"),
        ("127.0.0.1", [for_("10.1.2.3")], "10.1.2.3"),
        # Forms: with a port, brackets, quotes, mapped.
        ("127.0.0.1", [for_("198.51.100.7:8080")], "198.51.100.7"),
        ("127.0.0.1", [for_("[2001:db8::7]:8080")], "2001:db8::7"),
        ("127.0.0.1", [for_("2001:DB8::7")], "2001:db8::7"),
        ("127.0.0.1", [for_("::ffff:198.51.100.7")], "198.51.100.7"),
        ("127.0.0.1", [forwarded('for="[2001:db8::7]:8080";proto=https')], "2001:db8::7"),
        ("127.0.0.1", [forwarded("for=203.0.113.9, for=198.51.100.7;by=10.1.2.3, for=10.9.9.9")], "198.51.100.7"),
        # What is no address ends the way: the last proxy is all that is known.
        ("127.0.0.1", [for_("198.51.100.7, unknown, 10.1.2.3")], "10.1.2.3"),
        ("127.0.0.1", [forwarded("for=198.51.100.7, for=_hidden")], "127.0.0.1"),
        ("127.0.0.1", [forwarded("proto=https")], "127.0.0.1"),
        ("127.0.0.1", [for_("")], "127.0.0.1"),
        # A proxy writes one header, and passes the other one on as a client wrote it.
        ("127.0.0.1", [for_("198.51.100.7"), forwarded("for=203.0.113.9")], "127.0.0.1"),
        ("127.0.0.1", [for_("198.51.100.7"), forwarded("for=198.51.100.7")], "198.51.100.7"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours(peer: str, headers: list[tuple[str, str]], expected: str) -> None:
    assert client(peer, *headers) == expected


def test_by_default_no_proxy_is_trusted() -> None:
    assert client("127.0.0.1", for_("198.51.100.7"), trusted=Settings().trusted_proxies) == "127.0.0.1"


@given(spoofed=st.lists(st.ip_addresses().map(str) | st.text('0123456789abcdef.:[]", %', max_size=20), max_size=6))
def test_nothing_that_a_client_sends_moves_it_to_another_address(spoofed: list[str]) -> None:
    """A proxy adds the address of its peer at the end."""
    assert client("10.0.0.1", for_(", ".join([*spoofed, "198.51.100.7"]))) == "198.51.100.7"


@pytest.mark.parametrize("wrong", ["10.0.0.0/33", "proxy.example.org", "10.0.0.1/8"])
def test_what_is_no_network_is_named(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"name addresses or networks, such as 10\.0\.0\.0/8") as found:
        Settings.model_validate({"trusted_proxies": f"127.0.0.1, {wrong}"})
    assert wrong in str(found.value)


def test_networks_are_read_with_commas() -> None:
    found = Settings.model_validate({"trusted_proxies": " 127.0.0.1,10.0.0.0/8 ,::1"}).trusted_proxies
    assert [ipaddress.ip_network(each).num_addresses for each in found] == [1, 2**24, 1]
