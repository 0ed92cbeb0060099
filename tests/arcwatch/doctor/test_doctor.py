"""Promise: `arcwatch doctor` finds what is wrong with each part that is needed, and says what to do about each."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import web
from arcwatch.doctor.checks import Verdict, clock
from arcwatch.doctor.database_checks import database
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.ports import check_free
from common.arc.task_sets import load_task_set
from common.bus import bus, topology
from common.events import ModelDiscovered
from localhub.quota import Quota

from tests.support import relays
from tests.support.deployments import command
from tests.support.hub import TestHub, faults
from tests.support.ports import free_port

# A name with "private" in it would tell of a task set whose tasks nobody has.
OPEN, PRIVATE, GATED = (f"arcprize/arc_agi_v2_{name}_eval" for name in ("public", "closed", "gated"))
TOKEN = "hf_right"
NOW = datetime(2026, 11, 2, 8, 5, tzinfo=UTC)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[TestHub]:
    async with TestHub(tmp_path / "hub", token=TOKEN, private=[PRIVATE], gated=[GATED]) as running:
        for repo in (OPEN, PRIVATE, GATED):
            running.commit(repo, {"model/1.json": b"[]"})
        yield running


class Diagnosis:
    """What one run of the command found, by what was looked at."""

    def __init__(self, status: int | None, findings: list[dict[str, Any]]) -> None:
        self.status = status
        self.text = json.dumps(findings)
        self._findings = {each["check"]: each for each in findings}

    def __getitem__(self, check: str) -> tuple[str, str]:
        return self._findings[check]["verdict"], self._findings[check]["found"]

    def advice(self, check: str) -> str:
        return str(self._findings[check]["advice"])

    def worse_than_ok(self) -> set[str]:
        return {check for check, each in self._findings.items() if each["verdict"] != "ok"}

    def problems(self) -> set[str]:
        return {check for check, each in self._findings.items() if each["verdict"] == "problem"}


@asynccontextmanager
async def alertmanager() -> AsyncIterator[str]:
    """Stand in for an Alertmanager with a receiver; the real one is in tests/deploy."""

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/metrics":
            return web.Response(text='alertmanager_notifications_failed_total{integration="slack"} 0\n')
        return web.json_response({"config": {"original": "receivers:\n- name: a\n  slack_configs:\n  - channel: b\n"}})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def diagnosed(folder: Path, endpoint: str, *arguments: str, **env: str) -> Diagnosis:
    given = {"HF_ENDPOINT": endpoint, "HF_DATASETS": OPEN, "PORT": str(free_port()), **env}
    async with alertmanager() as url:
        given = {"ALERTMANAGER_URL": url, **given}
        run = await command("doctor", "--data-dir", str(folder), *arguments, "--json", env=given)
    assert run.err == []
    found = Diagnosis(run.status, json.loads("\n".join(run.out)))
    assert all(found.advice(check) for check in found.worse_than_ok())
    return found


async def test_where_all_is_well_it_says_so_and_exits_with_0(
    tmp_path: Path, hub: TestHub, database_url: str, nats_url: str
) -> None:
    async with bus.connect(nats_url, "test") as client:
        await topology.apply(client.jetstream())
    servers = ("--database-url", database_url, "--nats-url", nats_url)
    found = await diagnosed(tmp_path, hub.url, *servers, HF_TOKEN=TOKEN)
    assert (found.status, found.worse_than_ok()) == (0, set())
    assert found["HF_TOKEN"] == ("ok", "is that of local")
    assert found["alerts"] == ("ok", "reach people by slack")
    assert found[f"Hub: {OPEN}"][1].startswith("readable")
    assert found["clock of the Hub"] == found["clock of the database"] == ("ok", "agrees with ours")
    assert found["durable ingester"] == ("ok", "0 wait, 0 delivered and not settled, 0 of them more than once")
    assert found["stream ARCWATCH"] == ("ok", "0.0 of 256 MiB used (0%)")


@pytest.mark.parametrize(
    ("choice", "fault", "verdict", "text"),
    [
        ("auto", None, "ok", "packs, with HF_TRANSPORT=auto: one request of git brought model/1.json"),
        ("files", None, "ok", "one request for each file, as HF_TRANSPORT=files says"),
        ("auto", faults.Status(404), "warning", "packs do not come: git: the Hub answers 404"),
        ("pack", faults.Status(404), "problem", "packs do not come: git: the Hub answers 404"),
    ],
)
async def test_how_files_come_is_told_and_why(
    tmp_path: Path, hub: TestHub, choice: str, fault: faults.Fault | None, verdict: str, text: str
) -> None:
    if fault:
        hub.faults.add(fault, "git-upload-pack")
    found = await diagnosed(tmp_path, hub.url, HF_TOKEN=TOKEN, HF_TRANSPORT=choice)
    assert found[f"transport: {OPEN}"] == (verdict, text)
    assert hub.requests.count("git-upload-pack") == (choice != "files")
    assert found.problems() == ({f"transport: {OPEN}"} if verdict == "problem" else set())


async def test_a_dataset_without_files_has_nothing_to_ask_for(tmp_path: Path, hub: TestHub) -> None:
    hub.commit(OPEN, {"model/1.json": None, "README.md": b"x"})
    found = await diagnosed(tmp_path, hub.url, HF_TOKEN=TOKEN)
    assert found[f"transport: {OPEN}"] == ("ok", "HF_TRANSPORT=auto; there is no file yet to be asked for by pack")


async def test_wrong_settings_and_empty_servers(tmp_path: Path, empty_database_url: str, nats_url: str) -> None:
    unreachable = f"http://127.0.0.1:{free_port()}"
    env = {"HF_DATASETS": "owner/unknown", "HF_SYNC_SCHEDULE": "whenever", "NOTIFICATIONS_FILE": "absent.toml"}
    found = await diagnosed(tmp_path, unreachable, "--database-url", empty_database_url, "--nats-url", nats_url, **env)
    assert found.status == 1
    assert found.problems() == {
        "settings of watcher",
        "settings of notifier",
        "settings of query-api",
        "owner/unknown",
        "Hub",
        "NATS",
        "dead letters",
        "database",
    }
    assert found.advice("database") == "arcwatch migrate"
    assert found.advice("dead letters") == "arcwatch topology apply"


async def test_a_database_that_refuses_a_statement_is_a_finding(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("REVOKE ALL ON notification_messages FROM CURRENT_USER")
    await connection.close()
    (finding,) = await database(database_url)
    assert finding.verdict == "problem"
    assert finding.found.endswith("permission denied for table notification_messages")


def write_set(tasks_dir: Path, source: str, output: int) -> str:
    """Write a set of one task into a folder; return its edition."""
    (tasks_dir / source).mkdir()
    content = {"train": [], "test": [{"input": [[1]], "output": [[output]]}]}
    (tasks_dir / source / "00000000.json").write_text(json.dumps(content))
    return load_task_set(source, tasks_dir).version


async def test_where_each_task_set_comes_from_is_told_with_its_edition(tmp_path: Path, hub: TestHub) -> None:
    bundled = load_task_set("ARC2-Eval").version
    found = await diagnosed(tmp_path, hub.url, HF_TOKEN=TOKEN)
    assert found[OPEN] == ("ok", f"scored by ARC2-Eval, 120 tasks, edition {bundled}")

    (sets := tmp_path / "sets").mkdir()
    closed = "arcprize/arc_agi_v2_semi_private_eval"
    given = {"HF_TOKEN": TOKEN, "ARC_TASKS_DIR": str(sets), "HF_DATASETS": f"{OPEN},{closed}"}
    replaced, private = write_set(sets, "ARC2-Eval", 1), write_set(sets, "ARC2-Semi-Private", 2)
    (sets / "arc1-eval").mkdir()
    found = await diagnosed(tmp_path, hub.url, **given)
    other = f"edition {replaced} from ARC_TASKS_DIR, in place of the bundled one, edition {bundled}"
    assert found[OPEN] == ("ok", f"scored by ARC2-Eval, 1 tasks, {other}")
    assert found[closed] == ("ok", f"scored by ARC2-Semi-Private, 1 tasks, edition {private} from ARC_TASKS_DIR")
    assert found["ARC_TASKS_DIR"] == ("warning", "not read: arc1-eval")


@pytest.mark.parametrize(
    ("name", "source"), [("semi_private_eval", "ARC2-Semi-Private"), ("private_eval", "ARC2-Private")]
)
async def test_a_set_that_is_not_public_asks_for_its_tasks(
    tmp_path: Path, hub: TestHub, name: str, source: str
) -> None:
    dataset = f"arcprize/arc_agi_v2_{name}"
    found = await diagnosed(tmp_path, hub.url, HF_TOKEN=TOKEN, HF_DATASETS=dataset)
    assert found[dataset] == ("problem", f"no tasks of {source}")
    advice = f"set ARC_TASKS_DIR to a directory that holds {source}/<task id>.json"
    assert advice in found.advice(dataset)


async def test_a_refused_token_is_told_from_a_dataset_that_it_may_not_read(tmp_path: Path, hub: TestHub) -> None:
    datasets = f"{OPEN},{PRIVATE},{GATED}"
    wrong = await diagnosed(tmp_path, hub.url, HF_TOKEN="hf_wrong", HF_DATASETS=datasets)
    assert wrong["HF_TOKEN"] == ("problem", "the Hub answers 401: the token is wrong, expired or revoked")
    assert wrong.advice(f"Hub: {OPEN}") == "the Hub refuses HF_TOKEN: replace it (see above)"
    assert "hf_wrong" not in wrong.text
    none = await diagnosed(tmp_path, hub.url, HF_DATASETS=datasets)
    assert none.problems() == {f"Hub: {PRIVATE}", f"Hub: {GATED}"}
    assert "set HF_TOKEN" in none.advice(f"Hub: {PRIVATE}")
    assert "accept its terms" in none.advice(f"Hub: {GATED}")
    right = await diagnosed(tmp_path, hub.url, HF_TOKEN=TOKEN, HF_DATASETS=f"{PRIVATE},{GATED}")
    assert right.status == 0


async def test_a_token_that_no_header_can_carry_is_said_to_be_wrong_without_being_shown(
    tmp_path: Path, hub: TestHub
) -> None:
    found = await diagnosed(tmp_path, hub.url, HF_TOKEN="hf_two words")
    assert found["settings of ingester"][1].startswith("HF_TOKEN:")
    assert "two words" not in found.text


async def test_a_hub_behind_a_proxy_and_an_authority_of_ones_own(tmp_path: Path, hub: TestHub) -> None:
    seen: list[str] = []
    async with relays.tls(hub.url) as url, relays.proxy(url, seen) as proxy:
        way = {"HTTPS_PROXY": proxy, "NO_PROXY": "", "HF_TOKEN": TOKEN}
        trusting = await diagnosed(tmp_path, url, SSL_CERT_FILE=str(relays.CA), **way)
        assert (trusting.status, trusting["HF_TOKEN"]) == (0, ("ok", "is that of local"))
        assert f"CONNECT {url.removeprefix('https://')}" in seen
        doubting = await diagnosed(tmp_path, url, **way)
        assert doubting.problems() == {"Hub"}
        assert "name the authority's file in SSL_CERT_FILE" in doubting["Hub"][1]
        lost = await diagnosed(tmp_path, url, SSL_CERT_FILE="/nowhere", **way)
        assert lost["Hub"][1].startswith("SSL_CERT_FILE: /nowhere holds no certificates")


async def test_what_the_hub_answers_tells_what_to_do(tmp_path: Path, hub: TestHub) -> None:
    hub.faults.add(faults.Status(404), f"datasets/{OPEN}", times=None)
    assert "mend its name" in (await diagnosed(tmp_path, hub.url, HF_TOKEN=TOKEN)).advice(f"Hub: {OPEN}")
    hub.faults.clear()
    hub.limit(Quota(api=2))
    limited = await diagnosed(tmp_path, hub.url, HF_TOKEN=TOKEN, HF_DATASETS=f"{OPEN},{PRIVATE}")
    assert limited.problems() == {f"Hub: {OPEN}"} or limited.problems() == {f"Hub: {PRIVATE}"}
    (check,) = limited.problems()
    assert limited.advice(check).startswith("the quota is used up")


@asynccontextmanager
async def late_hub(by: timedelta) -> AsyncIterator[str]:
    """Run a Hub whose clock is behind."""

    async def anything(_: web.Request) -> web.Response:
        date = (datetime.now(UTC) - by).strftime("%a, %d %b %Y %H:%M:%S GMT")
        return web.json_response([], headers={"Date": date})

    app = web.Application()
    app.router.add_get("/{path:.*}", anything)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_clock_that_is_off_shows_in_the_hub_s_answer(tmp_path: Path) -> None:
    async with late_hub(timedelta(minutes=10)) as url:
        found = await diagnosed(tmp_path, url)
    verdict, text = found["clock of the Hub"]
    assert verdict == "problem"
    assert text in {f"ours is {seconds} s ahead of it" for seconds in range(598, 603)}
    assert "NTP" in found.advice("clock of the Hub")


@pytest.mark.parametrize(
    ("ahead", "verdict"), [(0.0, Verdict.OK), (4.9, Verdict.OK), (-6.0, Verdict.WARNING), (61.0, Verdict.PROBLEM)]
)
def test_clocks_may_differ_by_seconds_only(ahead: float, verdict: Verdict) -> None:
    assert clock("x", NOW, NOW + timedelta(seconds=ahead)).verdict is verdict


async def test_what_differs_waits_and_fills_on_nats_is_named(tmp_path: Path, hub: TestHub, nats_url: str) -> None:
    async with bus.connect(nats_url, "test") as client:
        js = client.jetstream()
        await topology.apply(js)
        event = ModelDiscovered(dataset=OPEN, model="some-model")
        await bus.publish(client, event, "test")
        await js.publish("dead.ingester", b"{}", stream=topology.DEAD_STREAM)
        config = (await js.stream_info(topology.STREAM)).config
        config.max_bytes, config.max_age = 400, 3600.0
        await js.update_stream(config)
    found = await diagnosed(tmp_path, hub.url, "--nats-url", nats_url, HF_TOKEN=TOKEN)
    assert found.status == 1
    assert found.problems() == {"NATS"}
    assert found["stream ARCWATCH"][0] == "warning"
    assert found["durable ingester"][1].startswith("1 wait,")
    assert found.advice("durable ingester") == "no process takes them: start the ingester, or look into its log"
    assert "max_age" in found.text


async def test_a_cluster_s_replicas_are_no_drift_where_the_setting_names_them(
    tmp_path: Path, hub: TestHub, nats_url: str
) -> None:
    async with bus.connect(nats_url, "test") as client:
        await topology.apply(client.jetstream())
    found = await diagnosed(tmp_path, hub.url, "--nats-url", nats_url, HF_TOKEN=TOKEN, NATS_REPLICAS="3")
    assert found.problems() == {"NATS"}
    assert "NATS_REPLICAS" in found.advice("NATS")


async def test_a_port_that_is_taken_is_named(tmp_path: Path, hub: TestHub, nats_server: NatsServer) -> None:
    port = nats_server.url().rpartition(":")[2]
    found = await diagnosed(tmp_path, hub.url, HF_TOKEN=TOKEN, PORT=port)
    assert (found.status, found.problems()) == (1, {"PORT"})
    assert f"port {port} on 127.0.0.1 is in use" in found.advice("PORT")


async def test_a_parameter_that_cannot_be_honoured_is_named(tmp_path: Path, hub: TestHub, nats_url: str) -> None:
    servers = ("--database-url", "postgresql://me:secret@127.0.0.1/x?gssencmode=require", "--nats-url", nats_url)
    found = await diagnosed(tmp_path, hub.url, *servers, HF_TOKEN=TOKEN)
    assert "gssencmode=require cannot be honoured" in found["database"][1]
    assert "secret" not in found.text


async def test_servers_that_do_not_answer_are_problems(tmp_path: Path, hub: TestHub) -> None:
    port = free_port()
    check_free(port)
    servers = (
        "--database-url",
        f"postgresql://me:secret@127.0.0.1:{port}/x",
        "--nats-url",
        f"nats://me:secret@127.0.0.1:{port}",
    )
    found = await diagnosed(tmp_path, hub.url, *servers, HF_TOKEN=TOKEN)
    assert (found.status, found.problems()) == (1, {"NATS", "database"})
    assert "secret" not in found.text
