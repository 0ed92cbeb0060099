"""Promise: what operators do to a deployment in containers does what its pages say, and loses nothing."""

import asyncio
import contextlib
import shlex
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from tests.notifier.samples import SECRET, receiver
from tests.support.alert_rules import ROOT
from tests.support.compose import gateway
from tests.support.composed import INGESTERS, LANDING_SECONDS, Client, System, client_of, files_of
from tests.support.eventually import eventually
from tests.support.runbooks import PAGES, Operator, lines, of_pages
from tests.support.submissions import V2, solved, tasks

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]

SERVICES = ("watcher", "ingester", "query-api")
# Each secret, and who is started anew for it. That of the notifier has a test of its own; that of Grafana needs its
# container, of which there is no stand-in.
ROTATED: dict[str, set[str]] = {
    "postgres_password": set(),
    "database_url": set(),
    "database_url_writer": {"ingester"},
    "database_url_reader": {"query-api"},
    "database_url_watcher": {"watcher"},
    "nats_nkey_admin": set(),
    "nats_nkey_watcher": {"watcher"},
    "nats_nkey_ingester": {"ingester"},
    "nats_nkey_query-api": {"query-api"},
    "nats_tls.pem": set(),
    "nats_ca.pem": set(),
    "admin_token": {"query-api"},
    "hf_webhook_secret": {"query-api"},
    "hf_token": set(SERVICES),
}


async def test_every_command_of_the_pages_works_in_containers(system: System, client: Client, tmp_path: Path) -> None:
    await client.land("whole", files_of(12))
    system.publish("part", {tasks()[0]: solved(tasks()[0]), tasks()[1]: b"["})
    await client.sync()

    async def there() -> bool:
        return "part" in await client.models()

    async def ask(*words: str) -> str:
        return await asyncio.to_thread(system.compose, "run", "--rm", "-T", "cli", *words)

    await eventually(there, LANDING_SECONDS)
    operator = Operator(ask, partial(system.compose.on_nats, "admin"), dataset=V2, model="whole")
    for words in of_pages():
        await operator.types(words)
    home = {"HOME": str(tmp_path), "DOCKER_CONFIG": str(Path.home() / ".docker")}
    # The README's last one takes all down; its volumes stay.
    pages = (*PAGES, ROOT / "docs" / "cli.md", ROOT / "README.md")
    for line in dict.fromkeys(line for page in pages for line in lines(page.read_text(), "docker compose")):
        if "--profile" in line:
            continue  # of those images there is no stand-in
        # Without a terminal that it would ask for; and who types the next line has seen that this one came up.
        typed = line.replace("compose exec", "compose exec -T").replace(" up -d", " up -d --wait")
        await asyncio.to_thread(system.compose.shell, typed, **home)
    await asyncio.to_thread(system.compose, "up", "--wait", "--scale", f"ingester={INGESTERS}")


def test_doctor_looks_at_every_replica_of_the_containers(system: System) -> None:
    found = system.compose("run", "--rm", "-T", "cli", "doctor")
    for service in SERVICES:
        containers = system.compose.containers(service)
        lines = [line for line in found.splitlines() if f"  {service}" in line and line.endswith("ready")]
        assert len(lines) == len(containers), found
    assert "nats-server" not in found, "nothing of this machine's own"


@pytest.mark.parametrize(
    ("line", "level"),
    [
        pytest.param(
            "sh deploy/upgrade.sh",
            "debug",
            marks=pytest.mark.neighbour(
                "nginx",
                "replicas of the query API are replaced one by one behind it",
                "no answer is a 5xx, none is missing",
            ),
        ),
        pytest.param(
            f"docker compose up --detach --build --wait --scale ingester={INGESTERS}",
            "warning",
            marks=pytest.mark.neighbour(
                "nginx",
                "`docker compose up --build` replaces all replicas of the query API behind it at once",
                "requests wait; no answer is a 5xx, none is missing",
            ),
        ),
    ],
)
async def test_an_upgrade_costs_no_answer(system: System, client: Client, line: str, level: str) -> None:
    before = {service: {each.name for each in system.compose.containers(service)} for service in SERVICES}
    async with asked_meanwhile(system) as answers:
        # Another setting is what makes another container, as another image would.
        await asyncio.to_thread(system.compose.shell, line, LOG_LEVEL=level, REVISION=f"of-{level}")
        during = answers.copy()
        await client.land(f"after-an-upgrade-{level}", files_of(14))
    assert during.keys() == {200, 202}, during
    assert (during[200] > 20, during[202] > 0) == (True, True), during
    for service in SERVICES:
        containers = system.compose.containers(service)
        after = {each.name for each in containers}
        assert len(after) == len(before[service])
        assert not after & before[service]
        # What arcwatch_build_info tells.
        assert all(f"ARCWATCH_REVISION=of-{level}" in each.inspected()["Config"]["Env"] for each in containers)


@contextlib.asynccontextmanager
async def asked_meanwhile(system: System) -> AsyncIterator[Counter[int | str]]:
    """Read and write through the proxy without a pause, each time over a new connection; yield the answers so far."""
    answers: Counter[int | str] = Counter()
    url = system.compose.url("proxy", 8080)
    headers = {"Authorization": f"Bearer {system.compose.secret('admin_token')}"}

    async def ask(method: str, path: str, pause: float) -> None:
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(url, connector=connector, headers=headers) as http:
            while True:
                try:
                    async with http.request(method, path, json={} if method == "POST" else None) as answer:
                        await answer.read()
                        answers[answer.status] += 1
                except aiohttp.ClientError as error:
                    answers[repr(error)] += 1
                await asyncio.sleep(pause)

    async with asyncio.TaskGroup() as group:
        reads = [group.create_task(ask("GET", path, 0.02)) for path in ("/api/models", "/api/tasks", "/healthz")]
        writes = group.create_task(ask("POST", "/api/admin/sync", 1.5))
        try:
            yield answers
        finally:
            for task in (*reads, writes):
                task.cancel()


def starts(system: System) -> dict[str, set[str]]:
    """Return when each container of what runs always was started."""
    return {
        service: {each.inspected()["State"]["StartedAt"] for each in system.compose.containers(service)}
        for service in (*SERVICES, "nats", "postgres", "proxy")
    }


@pytest.mark.parametrize("name", ROTATED)
async def test_a_rotated_secret_counts_and_no_message_is_lost(system: System, name: str) -> None:
    before, started = system.compose.secret(name), starts(system)
    models = {f"{name}-{number}": files_of(number) for number in range(3)}
    for model, files in models.items():
        system.publish(model, files)
    async with client_of(system) as client:
        await client.sync()
    if name == "hf_token":  # whoever rotates it has it from the Hub
        (system.compose.secrets / name).write_text(f"hf_{len(before)}")
    todo = system.compose.shell(f"sh deploy/secrets.sh rotate {name} {shlex.quote(str(system.compose.secrets))}")
    assert system.compose.secret(name) != before
    for line in todo.splitlines():
        await asyncio.to_thread(system.compose.shell, line)

    async def all_healthy() -> bool:
        return all(each.healthy for service in SERVICES for each in system.compose.containers(service))

    await eventually(all_healthy, LANDING_SECONDS)
    async with client_of(system) as client:

        async def all_there() -> bool:
            return models.keys() <= await client.models()

        await eventually(all_there, LANDING_SECONDS)
        for model, files in models.items():
            await client.landed_once(model, files)
        await client.land(f"after-{name}", files_of(9))
    now = starts(system)
    assert {service for service in started if now[service] != started[service]} == ROTATED[name]


_CHANNEL = """
[[channels]]
name = "ops"
kind = "webhook"
url = "{url}"
secret = "{secret}"
allow_private = true
digest_seconds = 0
"""


async def test_a_rotated_secret_of_the_notifier_counts_and_no_news_is_lost(
    system: System, client: Client, tmp_path: Path
) -> None:
    async with receiver(gateway()) as hook:
        channels = tmp_path / "channels.toml"
        channels.write_text(_CHANNEL.format(url=hook.url, secret=SECRET))
        channels.chmod(0o644)  # its user in the container is another one
        up = partial(system.compose, NOTIFICATIONS_FILE=str(channels), COMPOSE_PROFILES="notifications")

        async def told(model: str) -> None:
            async def is_told() -> bool:
                return any(model.encode() in body for _, body in hook.came)

            await eventually(is_told, LANDING_SECONDS, what=f"{model} is told")

        try:
            await asyncio.to_thread(up, "up", "--build", "--wait", "--no-deps", "notifier")
            await client.land("told-before", files_of(5))
            await told("told-before")
            started, name = starts(system), "database_url_notifier"
            folder = shlex.quote(str(system.compose.secrets))
            for line in system.compose.shell(f"sh deploy/secrets.sh rotate {name} {folder}").splitlines():
                await asyncio.to_thread(system.compose.shell, line)
            await client.land("told-after", files_of(6))
            await told("told-after")
            assert starts(system) == started
        finally:
            await asyncio.to_thread(up, "rm", "--stop", "--force", "notifier")
