"""A real Prometheus and a real Alertmanager on loopback, with the shipped configuration and shortened intervals."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import yaml
from aiohttp import web

from tests.support.alert_rules import DEPLOY
from tests.support.eventually import eventually
from tests.support.ports import free_port

# What runs by a profile only.
EXTRA_JOBS = {"nats", "postgres"}


@dataclass
class Mailbox:
    """What Alertmanager's webhook receives."""

    url: str = ""
    alerts: list[dict[str, Any]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """Of messages as Slack takes them."""

    def has(self, alert: str, status: str) -> bool:
        """Tell whether an alert came in a status, `firing` or `resolved`."""
        return any(each["labels"]["alertname"] == alert and each["status"] == status for each in self.alerts)


@contextlib.asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    """Receive webhooks until the block ends."""
    box = Mailbox()

    async def receive(request: web.Request) -> web.Response:
        body = await request.json()
        box.alerts += body.get("alerts", ())
        box.texts += [each["text"] for each in body.get("attachments", ())]
        return web.Response()

    app = web.Application()
    app.router.add_post("/{path}", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        box.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield box
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def monitoring(folder: Path, ops: Mapping[str, str], box: Mailbox) -> AsyncIterator[str]:
    """Run both until the block ends; yield Prometheus' URL."""
    alertmanager, prometheus = (f"127.0.0.1:{free_port()}" for _ in range(2))
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(_alertmanager(folder, box.url)))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(_prometheus(ops, alertmanager, prometheus)))
    async with (
        _running(
            folder,
            "prometheus-alertmanager",
            f"http://{alertmanager}/-/ready",
            "--config.file=alertmanager.yml",
            f"--storage.path={folder}/alertmanager",
            f"--web.listen-address={alertmanager}",
            "--cluster.listen-address=",
        ),
        _running(
            folder,
            "prometheus",
            f"http://{prometheus}/-/ready",
            "--config.file=prometheus.yml",
            f"--storage.tsdb.path={folder}/prometheus",
            f"--web.listen-address={prometheus}",
            # What is sent before Alertmanager is discovered is lost, and sent again after this time only.
            "--rules.alert.resend-delay=1s",
        ),
    ):
        yield f"http://{prometheus}"


def configured(receivers: Path) -> dict[str, Any]:
    """Return what Alertmanager would be started with, with these files of receivers."""
    command = ["sh", str(DEPLOY / "alertmanager" / "configure.sh"), str(receivers)]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, Any] = yaml.safe_load(made)
    return found


def _alertmanager(folder: Path, url: str) -> dict[str, Any]:
    receivers = folder / "receivers"
    receivers.mkdir()
    (receivers / "webhook_url").write_text(f"{url}/alerts\n")
    (receivers / "watchdog_url").write_text(f"{url}/watchdog\n")
    shipped = configured(receivers)
    shipped["route"] |= {"group_wait": "0s", "group_interval": "1s"}
    return shipped


def _prometheus(ops: Mapping[str, str], alertmanager: str, own: str) -> dict[str, Any]:
    shipped: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    shipped["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    shipped["rule_files"] = [str(DEPLOY / "prometheus" / "rules.yml")]
    shipped["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [alertmanager]}]
    targets = {f"arcwatch-{name}": urlsplit(url).netloc for name, url in ops.items()}
    targets |= {"prometheus": own, "alertmanager": alertmanager}
    jobs = {each["job_name"]: each for each in shipped["scrape_configs"]}
    assert targets.keys() == jobs.keys() - EXTRA_JOBS
    shipped["scrape_configs"] = [
        {
            **{key: value for key, value in jobs[name].items() if key != "dns_sd_configs"},
            "static_configs": [{"targets": [target]}],
        }
        for name, target in targets.items()
    ]
    return shipped


@contextlib.asynccontextmanager
async def _running(folder: Path, program: str, ready: str, *flags: str) -> AsyncIterator[None]:
    log = folder / f"{program}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(program, *flags, cwd=folder, stdout=output, stderr=output)
    try:
        async with aiohttp.ClientSession() as http:

            async def answers() -> bool:
                if process.returncode is not None:
                    raise RuntimeError(f"{program} ended:\n{log.read_text()}")
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(ready) as response:
                        return response.status == 200
                return False

            await eventually(answers, 30)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
