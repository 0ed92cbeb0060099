"""A NATS URL names one server or several, and the user whose answers go to an inbox of its own."""

import pytest
from common.bus.servers import hosts_of, inbox_prefix, inbox_prefix_of, servers_of
from common.outcomes import StartupError


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("nats://a:4222", ["nats://a:4222"]),
        ("nats://a:4222, nats://b:4222,", ["nats://a:4222", "nats://b:4222"]),
        (" nats://a ,, ", ["nats://a"]),
        ("a:4222,tls://me:secret@b", ["a:4222", "tls://me:secret@b"]),
        ("ws://a:1,wss://b:65535", ["ws://a:1", "wss://b:65535"]),
    ],
)
def test_every_server_of_a_url_is_named_once(url: str, servers: list[str]) -> None:
    assert servers_of(url) == servers


@pytest.mark.parametrize(
    "url",
    [
        *("", ",", "http://a:4222", "nats://", "nats://a:70000", "nats://a:0", "nats://a:x", "nats://[a"),
        *("nats://me:s3c/ret@a:4222", "nats://me:s3c?ret@a", "nats://me:s3c#ret@a", "nats://a,http://me:s3cret@b"),
        *("nats://me:12/s3c@a:4222", "nats://me:12?s3c@a", "nats://me:12#s3c@a"),
    ],
)
def test_what_is_no_url_says_how_to_write_one_and_no_password(url: str) -> None:
    with pytest.raises(StartupError, match=r"^NATS_URL is no URL; write nats://user") as raised:
        servers_of(url)
    assert "s3c" not in str(raised.value)
    assert (raised.value.__cause__, raised.value.__suppress_context__) == (None, True)


def test_websockets_and_others_are_not_mixed() -> None:
    with pytest.raises(StartupError, match="NATS_URL holds ws://"):
        servers_of("nats://127.0.0.1:1,ws://127.0.0.1:2")


@pytest.mark.parametrize(
    ("url", "hosts"),
    [("nats://me:secret@a:4222, b:1,tls://[::1]:2", "a:4222,b:1,[::1]:2"), ("nats://secret@a", "a")],
)
def test_hosts_are_named_without_users_and_passwords(url: str, hosts: str) -> None:
    assert hosts_of(url) == hosts


@pytest.mark.parametrize(
    ("url", "inbox"),
    [
        ("nats://watcher:secret@a:4222", b"_INBOX.watcher"),
        ("nats://watcher:secret@a:4222,nats://other:secret@b:4222", b"_INBOX.watcher"),
        ("nats://a:4222,nats://other:secret@b:4222", b"_INBOX"),
        ("nats://a:4222,other:secret@b:4222", b"_INBOX"),
        (" nats://watcher:secret@a:4222", b"_INBOX.watcher"),
        ("nats://a:4222", b"_INBOX"),
    ],
)
def test_a_user_has_an_inbox_of_its_own(url: str, inbox: bytes) -> None:
    assert inbox_prefix_of(url) == inbox


def test_a_token_is_a_secret_and_no_user() -> None:
    assert inbox_prefix_of("nats://s3cret@a:4222") == b"_INBOX"
    assert (inbox_prefix(None), inbox_prefix(""), inbox_prefix("watcher")) == ("_INBOX", "_INBOX", "_INBOX.watcher")
