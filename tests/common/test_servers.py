"""A NATS URL names one server or several, and the user whose answers go to an inbox of its own."""

import pytest
from common.inbox import prefix, prefix_of
from common.servers import servers_of


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("nats://a:4222", ["nats://a:4222"]),
        ("nats://a:4222, nats://b:4222,", ["nats://a:4222", "nats://b:4222"]),
        (" nats://a ,, ", ["nats://a"]),
        ("", [""]),
        (",", [","]),
    ],
)
def test_every_server_of_a_url_is_named_once(url: str, servers: list[str]) -> None:
    assert servers_of(url) == servers


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
    assert prefix_of(url) == inbox


def test_a_token_is_a_secret_and_no_user() -> None:
    assert prefix_of("nats://s3cret@a:4222") == b"_INBOX"
    assert (prefix(None), prefix(""), prefix("watcher")) == ("_INBOX", "_INBOX", "_INBOX.watcher")
