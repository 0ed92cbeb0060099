"""Alerts reach whoever the files in secrets/alerts name, by the real Alertmanager; where there are none, it is said."""

import asyncio
import contextlib
import os
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import AuthResult
from arcwatch.doctor.alert_checks import alerting
from arcwatch.doctor.checks import Finding, Verdict

from tests.support.alert_rules import DEPLOY, ROOT, alerts
from tests.support.eventually import eventually
from tests.support.monitoring import configured, mailbox
from tests.support.ports import free_port

TLS = ROOT / "tests" / "support" / "tls"
PASSWORD = "it's a secret"


class Mails(Message):
    """Keeps the mails that come, and lets one user in."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.mails.append(message)

    def lets_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == (b"arcwatch", PASSWORD.encode()))


@contextlib.contextmanager
def mail_server() -> Iterator[tuple[int, Mails]]:
    """Take mails over STARTTLS, from who knows the password."""
    mails, tls = Mails(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(TLS / "server.pem")
    port = free_port()
    options: dict[str, Any] = {"require_starttls": True, "auth_required": True, "authenticator": mails.lets_in}
    # Go's client of LOGIN knows other prompts than aiosmtpd's.
    options["auth_exclude_mechanism"] = ["LOGIN"]
    controller = Controller(mails, "127.0.0.1", port, tls_context=tls, **options)
    controller.start()
    try:
        yield port, mails
    finally:
        controller.stop()


@contextlib.asynccontextmanager
async def alertmanager(tmp_path: Path, receivers: Path) -> AsyncIterator[tuple[str, Path]]:
    """Run Alertmanager as its container does; yield its URL and its log."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "alertmanager").symlink_to("/usr/bin/prometheus-alertmanager")
    url, log = f"http://127.0.0.1:{free_port()}", tmp_path / "log"
    own = {"PATH": f"{programs}:{os.environ['PATH']}", "TMPDIR": str(tmp_path), "RECEIVERS": str(receivers)}
    address = f"--web.listen-address={url.removeprefix('http://')}"
    flags = (f"--storage.path={tmp_path}/data", address, "--cluster.listen-address=")
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            "sh",
            str(DEPLOY / "alertmanager" / "start.sh"),
            *flags,
            env={**os.environ, **own, "SSL_CERT_FILE": str(TLS / "ca.pem")},
            stdout=output,
            stderr=output,
        )
    try:
        async with aiohttp.ClientSession() as http:

            async def ready() -> bool:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"{url}/-/ready") as answer:
                        return answer.status == 200
                return False

            await eventually(ready, 30)
        yield url, log
    finally:
        process.terminate()
        await process.wait()


async def fire(url: str, *labels: dict[str, str]) -> None:
    async with aiohttp.ClientSession() as http:
        body = [{"labels": each, "annotations": {"summary": "It fires", "runbook_url": "r"}} for each in labels]
        async with http.post(f"{url}/api/v2/alerts", json=body) as answer:
            assert answer.status == 200, await answer.text()


async def inhibited(url: str) -> dict[tuple[str, str], bool]:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/api/v2/alerts") as answer:
        found = await answer.json()
    return {
        (each["labels"]["alertname"], each["labels"]["instance"]): bool(each["status"]["inhibitedBy"]) for each in found
    }


@pytest.mark.debian
async def test_an_alert_reaches_every_receiver_that_has_a_file_and_a_failure_is_told(tmp_path: Path) -> None:
    receivers = tmp_path / "receivers"
    receivers.mkdir()
    async with mailbox() as box:
        with mail_server() as (port, mails):
            files = {
                "webhook_url": f"{box.url}/alerts",
                "slack_url": f"{box.url}/slack",
                "email_to": "operators@example.org",
                "email_from": "arcwatch@example.org",
                "smtp_smarthost": f"localhost:{port}",
                "smtp_username": "arcwatch",
                "smtp_password": PASSWORD,
            }
            for name, value in files.items():
                # As an editor leaves it.
                (receivers / name).write_text(f"{value}\n")
            async with alertmanager(tmp_path, receivers) as (url, log):
                assert await alerting(url) == [Finding("alerts", Verdict.OK, "reach people by email, slack, webhook")]
                down = {"alertname": "ArcwatchNatsUnavailable", "severity": "critical", "instance": "q1"}
                stale = {"alertname": "ArcwatchViewStale", "severity": "warning"}
                await fire(url, down, {**stale, "instance": "q1"}, {**stale, "instance": "q2"})
                await eventually(lambda: box.has("ArcwatchNatsUnavailable", "firing"), 60)
                await eventually(lambda: mails.mails and box.texts, 60)
                assert mails.mails[0]["to"] == "operators@example.org"
                assert "ArcwatchNatsUnavailable" in mails.mails[0]["subject"]
                assert "It fires <r|runbook>" in box.texts[0]
                # What follows from it needs no message; what is wrong with another replica does.
                assert await inhibited(url) == {
                    ("ArcwatchNatsUnavailable", "q1"): False,
                    ("ArcwatchViewStale", "q1"): True,
                    ("ArcwatchViewStale", "q2"): False,
                }
                async with aiohttp.ClientSession() as http, http.get(f"{url}/api/v2/status") as answer:
                    assert PASSWORD not in await answer.text()
                assert "no receiver is set" not in log.read_text()


@pytest.mark.debian
async def test_where_nobody_would_be_told_it_is_said(tmp_path: Path) -> None:
    async with alertmanager(tmp_path, tmp_path / "none") as (url, log):
        assert "no receiver is set: alerts reach nobody" in log.read_text()
        (finding,) = await alerting(url)
        assert (finding.verdict, finding.found) == (Verdict.WARNING, "no receiver is set: alerts reach nobody")
        assert "secrets/alerts" in finding.advice


async def test_doctor_says_what_is_not_known_and_who_does_not_answer() -> None:
    (finding,) = await alerting(None)
    assert (finding.verdict, finding.found.partition(":")[0]) == (Verdict.WARNING, "ALERTMANAGER_URL is not set")
    for url in (f"http://127.0.0.1:{free_port()}", "file:///etc/passwd"):
        (finding,) = await alerting(url)
        assert (finding.verdict, finding.found.split(" at ")[0]) == (Verdict.PROBLEM, "Alertmanager does not answer")


@pytest.mark.debian
async def test_doctor_tells_of_notifications_that_failed(tmp_path: Path) -> None:
    receivers = tmp_path / "receivers"
    receivers.mkdir()
    # Alertmanager gives up at once at 4xx.
    async with mailbox() as box:
        (receivers / "slack_url").write_text(f"{box.url}/no/such/path\n")
        async with alertmanager(tmp_path, receivers) as (url, _):
            await fire(url, {"alertname": "A", "severity": "warning", "instance": "i"})

            async def told() -> bool:
                (finding,) = await alerting(url)
                return finding.found == "notifications by slack have failed since Alertmanager was started"

            await eventually(told, 60)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"email_to": "a@b.c"}, "email_to needs smtp_smarthost (host:port) and email_from, too"),
        (
            {"email_to": "a@b.c", "email_from": "a@b.c", "smtp_smarthost": "h:25", "smtp_username": "u"},
            "smtp_username needs smtp_password, too",
        ),
    ],
)
def test_what_is_missing_is_said_and_nothing_starts(tmp_path: Path, files: dict[str, str], words: str) -> None:
    for name, value in files.items():
        (tmp_path / name).write_text(value)
    command = ["sh", str(DEPLOY / "alertmanager" / "start.sh")]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "RECEIVERS": str(tmp_path)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (78, f"alertmanager: {words}\n")


def test_a_configuration_of_ones_own_is_taken_as_it_is(tmp_path: Path) -> None:
    own = "route: {receiver: mine}\nreceivers: [{name: mine}]\n"
    (tmp_path / "alertmanager.yml").write_text(own)
    assert configured(tmp_path) == {"route": {"receiver": "mine"}, "receivers": [{"name": "mine"}]}


def test_every_route_has_its_receiver_and_every_inhibition_says_of_whom(tmp_path: Path) -> None:
    found = configured(tmp_path)
    routes = [found["route"], *found["route"]["routes"]]
    assert {each["receiver"] for each in routes} == {each["name"] for each in found["receivers"]}
    assert all("namespace" in each["equal"] for each in found["inhibit_rules"])
    text = str(found["inhibit_rules"])
    assert "ArcwatchNatsUnavailable" in text
    for name in ("Freshness", "Correctness", "Availability"):
        assert {f"Arcwatch{name}BurnsFast", f"Arcwatch{name}BurnsSlow"} <= alerts().keys()
        assert f"Arcwatch{name}BurnsSlow" in text
