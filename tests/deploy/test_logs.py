"""Logs are JSON, tell each run's start and end once, and hold no secret, not even at debug or on failure."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from arcwatch.embedded.nats_conf import PERMISSIONS
from arcwatch.embedded.nats_server import NatsServer
from common.bus import bus, topology
from common.events import ModelDiscovered

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.hub.faults import Status
from tests.support.ports import free_port
from tests.support.submissions import V1, V2, solved, submission, tasks

SECRETS = {
    "HF_TOKEN": "hf_TokenThatNobodyMaySee",
    "ADMIN_TOKEN": "AdminTokenThatNobodyMaySee",
    "HF_WEBHOOK_SECRET": "WebhookSecretThatNobodyMaySee",
}
DATABASE_PASSWORD = "DatabasePasswordThatNobodyMaySee"
MODULES = {"watcher": "watcher", "ingester": "ingester", "query-api": "query_api", "notifier": "notifier"}
WEBHOOK_SECRET = "whsec_" + "WebhookKeyThatNobodyMaySee".ljust(40, "x")


@contextlib.asynccontextmanager
async def service(name: str, log: Path, environment: dict[str, str]) -> AsyncIterator[None]:
    """Run one service with its output in a file."""
    port = free_port()
    own = {"OPS_PORT": str(port), "PORT": str(free_port()), "LOG_FORMAT": "json", "LOG_LEVEL": "debug"}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULES[name], env={**os.environ, **environment, **own}, stdout=output, stderr=output
        )
    try:
        async with aiohttp.ClientSession() as http:

            async def ready() -> bool:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        return answer.status == 200
                return False

            await eventually(ready, 60)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


def _channels(folder: Path) -> Path:
    """Write the file of two channels whose receivers are away."""
    file, port = folder / "notifications.toml", free_port()
    rest = "allow_private = true\ndigest_seconds = 0\n"
    file.write_text(
        f'[[channels]]\nname = "hook"\nkind = "webhook"\nurl = "http://127.0.0.1:{port}/TokenOfTheChannel"\n'
        f'secret = "{WEBHOOK_SECRET}"\n{rest}'
        f'[[channels]]\nname = "chat"\nkind = "apprise"\nurl = "json://127.0.0.1:{port}/TokenOfTheChannel"\n{rest}'
    )
    return file


async def test_no_secret_reaches_a_log_and_every_line_is_json(hub: TestHub, database_url: str, tmp_path: Path) -> None:
    passwords = {user: f"NatsPasswordOf{index}ThatNobodyMaySee" for index, user in enumerate(PERMISSIONS)}
    server = NatsServer(tmp_path / "nats", passwords=passwords)
    await server.start()
    separator = "&" if "?" in database_url else "?"
    shared = {
        **SECRETS,
        "HF_ENDPOINT": hub.url,
        "HF_DATASETS": f"{V1},{V2}",
        "DATABASE_URL": f"{database_url}{separator}password={DATABASE_PASSWORD}",
    }
    hub.commit(V2, submission("good", {task: solved(task) for task in tasks()[:2]}))
    hub.commit(V2, submission("broken", {task: solved(task) for task in tasks()[:1]}))
    hub.faults.add(Status(403), r"resolve/.*/broken", times=1)
    logs = {name: tmp_path / f"{name}.log" for name in MODULES}
    shared["NOTIFICATIONS_FILE"] = str(_channels(tmp_path))
    try:
        async with bus.connect(server.url("admin"), "test") as client:
            await topology.apply(client.jetstream())
            async with contextlib.AsyncExitStack() as stack:
                for name, log in logs.items():
                    nats_url = {"NATS_URL": server.url(name)} if name in PERMISSIONS else {}
                    environment = {**shared, **nats_url}
                    await stack.enter_async_context(service(name, log, environment))
                await bus.publish(client, ModelDiscovered(dataset=V2, model="nobody"), "test")
                await eventually(lambda: "delivery.dead_letter" in logs["ingester"].read_text(), 60)
                await eventually(lambda: '"ingestion.ended"' in logs["ingester"].read_text(), 60)
                failed = '"message.failed"'
                await eventually(lambda: logs["notifier"].read_text().count(failed) >= 2, 60)
                # The server is killed: lost connections are where URLs with passwords come out.
                await server.stop()
                on_nats = [log for name, log in logs.items() if name in PERMISSIONS]
                await eventually(lambda: all("outage.began" in log.read_text() for log in on_nats), 30)
    finally:
        await server.stop()
    secrets = (*SECRETS.values(), *passwords.values(), DATABASE_PASSWORD, WEBHOOK_SECRET, "TokenOfTheChannel")
    for log in logs.values():
        text = log.read_text()
        assert not [each for each in secrets if each in text]
        lines = [json.loads(line) for line in text.splitlines()]
        assert lines
        assert [line for line in lines if not {"timestamp", "level", "message", "service"} <= line.keys()] == []
    runs = [json.loads(line) for line in logs["ingester"].read_text().splitlines()]
    ended = [line for line in runs if line["message"] == "ingestion.ended" and line["model"] == "good"]
    started = [line for line in runs if line["message"] == "ingestion.started" and line["model"] == "good"]
    assert (len(started), len(ended)) == (1, 1)
    assert ended[0]["run_id"] == started[0]["run_id"]
    assert {"dataset", "outcome", "duration_ms", "score"} <= ended[0].keys()
    (failed,) = (line for line in runs if line["message"] == "ingestion.ended" and line["model"] == "nobody")
    assert (failed["outcome"], failed["kind"], failed["dataset"]) == ("failed", "folder_gone", V2)
    assert {"run_id", "duration_ms", "reason"} <= failed.keys()
