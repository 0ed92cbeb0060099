"""Slack, Discord and e-mail get the message through Apprise; what fails says why, without a token."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MailHandler
from aiosmtpd.smtp import AuthResult
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.slack import NotifySlack
from notifier.channels.channel import Channel
from notifier.sending import chat, sender
from notifier.sending.errors import DeliveryError

from tests.notifier.samples import MESSAGE, Receiver, receiver
from tests.support.ports import free_port

# Apprise imports it in Pythons that still have it.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")

SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
DISCORD = "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"


@pytest.fixture
async def service(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    """Stand in for both services."""
    async with receiver() as running:
        monkeypatch.setattr(NotifySlack, "webhook_url", f"{running.url}/services")
        monkeypatch.setattr(NotifyDiscord, "notify_url", f"{running.url}/api/webhooks")
        running.statuses = [200] * 9
        yield running


def channel(kind: Any, url: str, **values: Any) -> Channel:
    return Channel(**{"name": "team", "kind": kind, "url": url, "allow_private": True, **values})


async def failed(of: Channel) -> DeliveryError:
    with pytest.raises(DeliveryError) as error:
        await sender.send(of, "msg_1", MESSAGE)
    return error.value


async def test_slack_gets_the_text(service: Receiver) -> None:
    service.body = "ok"
    await sender.send(channel("slack", SLACK), "msg_1", MESSAGE)
    [(_, body)] = service.came
    assert service.paths == ["/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"]
    assert "Model m landed: 50.0% of ARC2-Eval" in json.dumps(json.loads(body))


def test_one_that_hangs_holds_up_neither_others_nor_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, never = 40, threading.Event()
    monkeypatch.setattr(chat, "_post", lambda of, _: never.wait(60) if of.name == "hangs" else None)

    async def send_all() -> None:
        slow = [asyncio.create_task(chat.post(channel("slack", SLACK, name="hangs"), MESSAGE)) for _ in range(hangs)]
        await chat.post(channel("slack", SLACK), MESSAGE)
        monkeypatch.setattr(chat, "_SECONDS", 0.0)
        with pytest.raises(DeliveryError, match="not done within 0 s"):
            await chat.post(channel("slack", SLACK, name="hangs"), MESSAGE)
        assert not any(each.done() for each in slow)

    asyncio.run(send_all())
    assert sum(each.name == "apprise" for each in threading.enumerate()) >= hangs
    never.set()


async def test_discord_gets_the_text(service: Receiver) -> None:
    await sender.send(channel("discord", DISCORD), "msg_1", MESSAGE)
    [(_, body)] = service.came
    assert "Model m landed: 50.0% of ARC2-Eval" in json.loads(body)["content"]


async def test_a_refusal_tells_why_and_no_token(service: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    service.statuses = [404]
    error = await failed(channel("slack", SLACK))
    assert error.kind == "refused"
    assert "404" in error.reason
    # Here Apprise shows the URL.
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{free_port()}/services")
    error = await failed(channel("slack", SLACK))
    assert "Connection refused" in error.reason
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in error.reason


async def test_no_private_address_and_no_redirect(service: Receiver) -> None:
    assert (await failed(channel("slack", SLACK, allow_private=False))).kind == "private_address"
    assert service.came == []
    service.statuses, service.headers = [302], {"Location": f"{service.url}/elsewhere"}
    assert (await failed(channel("discord", DISCORD))).kind == "refused"
    assert len(service.came) == 1
    dead = f"mailto://127.0.0.1:{free_port()}?from=a@example.com&to=b@example.com"
    assert (await failed(channel("email", dead, allow_private=False))).kind == "private_address"
    assert "Connection refused" in (await failed(channel("email", dead))).reason


class Mailbox(MailHandler):
    """Keeps the mails that come."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Any] = []

    async def handle_RCPT(  # noqa: N802 - its name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Know nobody of that name."""
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def handle_message(self, message: Any) -> None:
        self.mails.append(message)


@pytest.mark.neighbour("Mail server", "wants a password; knows no such mailbox", "it has the mail; the reason is told")
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_mail_is_taken_by_a_server_that_wants_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getfqdn", lambda *_: "localhost")  # where no DNS answers, it takes seconds
    mailbox = Mailbox()

    def known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"me", b"pass word"))

    server = Controller(
        mailbox, "127.0.0.1", free_port(), authenticator=known, auth_required=True, auth_require_tls=False
    )
    await asyncio.to_thread(server.start)
    try:
        url = f"mailto://me:pass%20word@127.0.0.1:{server.port}?from=arc@example.com&format=text&to="
        await sender.send(channel("email", f"{url}you@example.com"), "msg_1", MESSAGE)
        error = await failed(channel("email", f"{url}nobody@example.com"))
    finally:
        await asyncio.to_thread(server.stop)
    [mail] = mailbox.mails
    assert mail["Subject"] == "Model m landed: 50.0% of ARC2-Eval"
    assert mail["To"] == "you@example.com"
    assert error.kind == "refused"
    assert "no such mailbox" in error.reason
    assert "pass word" not in error.reason


async def test_a_url_that_means_nothing_is_told() -> None:
    assert (await failed(channel("apprise", "nosuchservice://token"))).reason == "Apprise does not understand its URL"
