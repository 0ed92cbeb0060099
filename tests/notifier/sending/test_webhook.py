"""A webhook is signed as Standard Webhooks has it, goes to no private address, and follows no redirect."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from notifier.channels.secrets import fresh_secret
from notifier.sending import sender, webhook
from notifier.sending.errors import DeliveryError
from standardwebhooks import Webhook, WebhookVerificationError

from tests.notifier.samples import MESSAGE, SECRET, Receiver, receiver
from tests.notifier.samples import webhook as channel
from tests.support import relays

ID = "msg_1"


@pytest.fixture
async def hook() -> AsyncIterator[Receiver]:
    async with receiver() as running:
        yield running


async def failed(**values: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as error:
        await sender.send(channel(**values), ID, MESSAGE)
    return error.value


@pytest.mark.neighbour(
    "A webhook's receiver", "verifies with Standard Webhooks' own library", "every message is signed right"
)
async def test_the_official_library_verifies_what_comes(hook: Receiver) -> None:
    await sender.send(channel(hook.url), ID, MESSAGE)
    [(headers, body)] = hook.came
    assert body == MESSAGE.body.encode()
    assert headers["webhook-id"] == ID
    assert headers["content-type"] == "application/json"
    assert Webhook(SECRET).verify(body, headers)["type"] == "arcwatch.news"
    for wrong in (fresh_secret(), SECRET):
        with pytest.raises(WebhookVerificationError):
            Webhook(wrong).verify(body + (b" " if wrong == SECRET else b""), headers)
    assert webhook.headers_of(ID, 1674087231, body, [SECRET])["webhook-signature"] != headers["webhook-signature"]


async def test_while_a_secret_is_changed_both_verify(hook: Receiver, tmp_path: Any) -> None:
    file, new = tmp_path / "secrets", fresh_secret()
    changing = channel(hook.url, secret=None, secret_file=file)
    for secrets in ([SECRET], [new, SECRET], [new]):
        file.write_text("\n".join(secrets) + "\n")
        await sender.send(changing, ID, MESSAGE)
        headers, body = hook.came[-1]
        for secret in secrets:
            assert Webhook(secret).verify(body, headers)
    file.unlink()
    assert (await failed(url=hook.url, secret=None, secret_file=file)).kind == "secret_file"


@pytest.mark.neighbour(
    "A webhook's receiver",
    "answers with a redirect, an error or 410",
    "no redirect is followed; it is sent again, or dead",
)
@pytest.mark.parametrize(
    ("status", "kind", "final"),
    [
        (301, "redirect", False),
        (307, "redirect", False),
        (400, "refused", False),
        (404, "refused", False),
        (410, "gone", True),
        (429, "throttled", False),
        (500, "server_error", False),
        (503, "server_error", False),
    ],
)
async def test_whatever_is_no_2xx_is_a_failure(hook: Receiver, status: int, kind: str, *, final: bool) -> None:
    hook.statuses, hook.headers = [status], {"Location": f"{hook.url}/elsewhere", "Retry-After": "90"}
    error = await failed(url=f"{hook.url}/hook")
    assert (error.kind, error.final) == (kind, final)
    assert error.retry_after == (90 if status >= 400 and status != 410 else None)
    assert hook.paths == ["/hook"]


@pytest.mark.parametrize("status", [200, 202, 299])
async def test_each_2xx_is_taken(hook: Receiver, status: int) -> None:
    hook.statuses = [status]
    await sender.send(channel(hook.url), ID, MESSAGE)
    assert len(hook.came) == 1


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("0", 0.0), ("999999", 86_400.0), ("soon", None), ("-5", None), ("\u00b2", None), (None, None)],
)
async def test_a_wait_is_whole_seconds_and_a_day_at_most(
    hook: Receiver, asked: str | None, seconds: float | None
) -> None:
    hook.statuses, hook.headers = [300 if asked is None else 503], {} if asked is None else {"Retry-After": asked}
    assert (await failed(url=hook.url)).retry_after == seconds


@pytest.mark.neighbour(
    "A webhook's receiver", "its name means a private address when it is asked again", "no connection is made"
)
async def test_a_private_address_is_refused_where_the_connection_is_made(
    hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(hook.url.rpartition(":")[2])
    asked: list[str] = []

    async def lie(host: str, *_: Any, **__: Any) -> list[Any]:
        """Answer as a name does that its owner has just given another address."""
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lie)
    for url in (hook.url, f"http://localhost:{port}", f"http://rebound.example:{port}", f"http://[::1]:{port}"):
        error = await failed(url=url, allow_private=False)
        assert error.kind == "private_address", url
    assert "rebound.example" in asked
    assert hook.came == []
    await sender.send(channel(f"http://rebound.example:{port}"), ID, MESSAGE)
    assert len(hook.came) == 1


async def test_a_receiver_that_is_away_or_silent_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr(webhook, "_TIMEOUT", aiohttp.ClientTimeout(total=0.2))
        assert (await failed(url=f"http://127.0.0.1:{port}/token-in-path")).kind == "timeout"
    error = await failed(url=f"http://127.0.0.1:{port}/token-in-path")
    assert error.kind == "connection_lost"
    assert "token-in-path" not in error.reason


async def test_a_certificate_that_nobody_vouches_for_is_told_as_such(hook: Receiver) -> None:
    async with relays.tls(hook.url) as url:
        error = await failed(url=url)
    assert (error.kind, error.reason.split(":")[0]) == ("tls", "its certificate or its TLS is not accepted")
    assert hook.came == []


@pytest.mark.neighbour(
    "HTTP proxy", "stands before a webhook's receiver", "messages go through it, where it is allowed"
)
async def test_a_proxy_is_used_and_has_to_be_allowed_like_any_other_address(
    hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", hook.url)
    url = "http://receiver.example/hook"
    assert (await failed(url=url, allow_private=False)).kind == "private_address"
    assert hook.came == []
    await sender.send(channel(url), ID, MESSAGE)
    assert hook.came[0][0]["host"] == "receiver.example"
