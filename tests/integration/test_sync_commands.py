"""`sync`, `ingest`, `dead` and `webhooks` tell people and scripts the same truth, and fail in one line."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from common.bus import bus, topology
from common.events import ModelDiscovered, ModelIngestionFailed, SyncCompleted
from common.metrics.bus_metrics import BusMetrics
from ingester import app as ingester_app
from ingester.settings import Settings as IngesterSettings
from ingester.store.session import locked
from prometheus_client import CollectorRegistry
from query_api.schemas.console.audit_shapes import AuditQuery
from query_api.store import admin_actions

from tests.support.cli import Ran, arcwatch
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.hub.faults import Status
from tests.support.pipeline import Pipeline
from tests.support.services import running
from tests.support.submissions import V1, V2, solved, submission, tasks, unsolved

TASK = tasks()[0]
Ask = Callable[..., Awaitable[Ran]]


@pytest.fixture
def environment(pipeline: Pipeline, hub: TestHub, database_url: str, nats_url: str) -> Mapping[str, str]:
    """Return what points a command to the test's servers. The pipeline has applied the topology."""
    return {
        "HF_ENDPOINT": hub.url,
        "HF_DATASETS": f"{V1},{V2}",
        "DATABASE_URL": database_url,
        "NATS_URL": nats_url,
        "HF_HUB_OFFLINE": "0",
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture
def ask(environment: Mapping[str, str]) -> Ask:
    async def run(*arguments: str, **more: str) -> Ran:
        return await arcwatch(*arguments, env={**environment, **more})

    return run


@pytest.fixture
async def ingester(environment: Mapping[str, str]) -> AsyncIterator[str]:
    names = ("HF_ENDPOINT", "HF_DATASETS", "DATABASE_URL", "NATS_URL")
    chosen: dict[str, Any] = {name.lower(): environment[name] for name in names}
    async with running(ingester_app.run, IngesterSettings(**chosen)) as url:
        yield url


def document(run: Ran) -> Any:
    return json.loads("\n".join(run.out))


async def last_event(pipeline: Pipeline, subject: str) -> dict[str, Any]:
    message = await pipeline.client.jetstream().get_last_msg(topology.STREAM, subject)
    found: dict[str, Any] = json.loads(message.data or b"")
    return found


async def audited(pipeline: Pipeline) -> list[tuple[str, dict[str, Any], str]]:
    """Return what commands did, the first first, as the audit log has it."""
    _, found = await admin_actions.read(pipeline.pool, AuditQuery())
    assert all(re.fullmatch(r"cli:[^@]+@.+", line.actor) for line in found)
    return [(line.action, line.target or {}, line.outcome) for line in reversed(found)]


async def test_a_check_shows_every_difference_and_publishes_nothing(pipeline: Pipeline, hub: TestHub, ask: Ask) -> None:
    for model in ("same", "changes", "moves", "goes"):
        hub.commit(V2, {f"{model}/{TASK.id}.json": solved(TASK) + b" " * len(model)})
    await pipeline.settle()
    hub.commit(
        V2, {f"changes/{TASK.id}.json": unsolved(TASK), "goes": None, **submission("comes", {TASK: solved(TASK)})}
    )
    hub.rename(V2, "moves", "moved")
    before = await pipeline.client.jetstream().stream_info(topology.STREAM)
    run = await ask("sync", "--check-only", "--dataset", V2)
    assert run.status == 0, run.err
    assert [line.split() for line in run.out] == [
        ["MODEL", "DATASET", "STATE", "BEFORE"],
        ["comes", V2, "new", "-"],
        ["changes", V2, "changed", "-"],
        ["moved", V2, "renamed", "moves"],
        ["goes", V2, "vanished", "-"],
        [],
        f"{V2}: 1 new, 1 changed, 1 renamed, 1 vanished, 1 ingested already; 0 sent to be ingested".split(),
    ]
    after = await pipeline.client.jetstream().stream_info(topology.STREAM)
    assert after.state.messages == before.state.messages + 1, "only sync.completed"
    completed = await last_event(pipeline, SyncCompleted.subject)
    assert (completed["trigger"], completed["auto_ingest"]) == ("manual", False)


async def test_scripts_get_json_and_an_exit_status_for_news(pipeline: Pipeline, hub: TestHub, ask: Ask) -> None:
    hub.commit(V2, {**submission("m", {TASK: solved(TASK)}), "figures/plot.png": b"png"})
    run = await ask("sync", "--auto-ingest", "--json", "--exit-code")
    assert run.status == 10
    found = document(run)
    assert [each["new"] for each in found["datasets"]] == [[], ["figures", "m"]]
    event = await last_event(pipeline, ModelDiscovered.subject)
    assert (event["trigger"], event["force"]) == ("manual", False)
    for model in ("figures", "m"):
        await pipeline.ingester.ingest(ModelDiscovered.model_validate({**event, "model": model, "force": True}))
    again = await ask("sync", "--auto-ingest", "--json", "--exit-code")
    assert again.status == 0
    (_, shown) = document(again)["datasets"]
    assert (shown["unchanged"], shown["without_tasks"]) == (["m"], ["figures"])
    verbose = await ask("sync", "--check-only", "--verbose")
    # A check changes nothing, and so has no line.
    assert await audited(pipeline) == [("sync", {"auto_ingest": True, "datasets": []}, "done")] * 2
    assert ["figures", V2, "without", "tasks", "-"] in [line.split() for line in verbose.out]
    assert verbose.out[-1].endswith("1 ingested already, 1 without tasks; 0 sent to be ingested")


async def test_a_dataset_that_fails_is_told_with_its_reason_and_fails_the_command(hub: TestHub, ask: Ask) -> None:
    hub.faults.add(Status(403), f"datasets/{V1}/tree", times=None)
    run = await ask("sync", "--check-only")
    assert run.status == 1
    (line,) = run.err
    assert line.startswith(f"{V1}: failed: ")
    assert "HF_TOKEN" in line


@pytest.mark.parametrize(
    ("arguments", "more", "status", "words"),
    [
        (("sync",), {}, 2, "say --check-only or --auto-ingest"),
        (("sync", "--check-only", "--dataset", "a/b"), {}, 1, "a/b is not watched here; HF_DATASETS holds"),
        (("sync", "--check-only"), {"HF_DATASETS": "nonsense"}, 1, "bad setting HF_DATASETS"),
        (("ingest", V2, ""), {}, 1, "bad setting MODEL"),
        (("ingest", "a/b", "m"), {}, 1, "a/b is not watched here; HF_DATASETS holds"),
        (("ingest", V2, "gpt-5"), {}, 1, f"there is no folder gpt-5 in {V2}; there is gpt-5-2-high"),
        (("rescore", "a/b"), {}, 1, "there is no dataset a/b in the database"),
        (("rescore", V2, "m"), {}, 1, f"there is no dataset {V2} in the database"),
        (("dead", "replay", "7"), {}, 1, "no dead letter 7"),
        (("dead", "replay"), {}, 2, "name the messages by their SEQ, or say --all"),
        (("dead", "rm", "7"), {}, 1, "no dead letter 7"),
        (("dead", "rm"), {}, 2, "name the messages by their SEQ, or say --all"),
        (("webhooks", "create", "--url", "https://arc.example.org"), {}, 1, "set HF_WEBHOOK_SECRET"),
        (("webhooks", "create", "--url", "arc"), {"HF_WEBHOOK_SECRET": "s", "HF_TOKEN": "t"}, 1, "public address"),
        (("webhooks", "create", "--url", "https://a.org"), {"HF_WEBHOOK_SECRET": "s"}, 1, "set HF_TOKEN"),
    ],
)
async def test_what_a_user_can_mend_is_said(
    hub: TestHub, ask: Ask, arguments: tuple[str, ...], more: dict[str, str], status: int, words: str
) -> None:
    hub.commit(V2, submission("gpt-5-2-high", {TASK: solved(TASK)}))
    run = await ask(*arguments, **more)
    assert run.status == status
    assert words in " ".join(" ".join(run.err).replace("│", " ").split())
    assert "Traceback" not in " ".join(run.err)


@pytest.mark.usefixtures("ingester")
async def test_an_ingestion_is_followed_to_its_end(hub: TestHub, ask: Ask) -> None:
    hub.commit(V2, submission("m", {TASK: solved(TASK)}))
    run = await ask("ingest", V2, "m", "--follow")
    assert run.status == 0, run.err
    assert run.out == ["m: 0.8% of the set, 100.0% of what was submitted (1 of 120 tasks)"]
    again = await ask("ingest", V2.upper(), "m", "--follow", "--json")
    assert (document(again)["event"], document(again)["dataset"], again.err) == ("model.ingested", V2, [])


@pytest.mark.usefixtures("ingester")
async def test_what_is_followed_is_the_request_and_no_other_run_of_its_model(
    pipeline: Pipeline, hub: TestHub, ask: Ask
) -> None:
    hub.commit(V2, submission("m", {TASK: solved(TASK)}))
    async with locked(pipeline.pool, V2, "m"):
        following = asyncio.ensure_future(ask("ingest", V2, "m", "--force", "--follow", "--json"))
        (request_id,) = await eventually(lambda: pipeline.pool.fetchval("SELECT request_ids FROM waiting_requests"), 30)
        failed = ModelIngestionFailed(
            dataset=V2, model="m", kind="x", reason="another's", delivery_count=6, failed_at=datetime.now(UTC)
        )
        await bus.publish(pipeline.client, failed, "test")
    await ingester_app.build_lock_queue(pipeline.ingester, pipeline.client).hand_back()
    found = document(await following)
    assert (found["event"], found["request_ids"]) == ("model.ingested", [request_id])


@pytest.mark.usefixtures("ingester")
async def test_an_ingestion_of_which_nothing_can_be_used_says_so(hub: TestHub, ask: Ask) -> None:
    hub.commit(V2, {"m/deadbeef.json": b"[]"})
    run = await ask("ingest", V2, "m", "--follow")
    assert (run.status, len(run.err)) == (0, 1)
    assert run.out == ["m: nothing in it could be used; its page says why"]


@pytest.mark.usefixtures("ingester")
async def test_a_run_that_is_skipped_is_followed_to_its_end(hub: TestHub, ask: Ask) -> None:
    hub.commit(V2, {"figures/plot.png": b"png"})
    run = await ask("ingest", V2, "figures", "--follow", "--timeout", "60")
    assert (run.status, len(run.err)) == (0, 1)
    assert run.out == ["figures was skipped: `arcwatch runs ls --status skipped` says why"]


@pytest.mark.usefixtures("ingester")
async def test_a_failed_ingestion_is_told_listed_among_the_dead_and_replayed(
    pipeline: Pipeline, hub: TestHub, ask: Ask
) -> None:
    hub.faults.add(Status(403), f"datasets/{V2}/tree", times=1)
    failed = await ask("ingest", V2, "модель", "--follow")
    assert failed.status == 1
    unverified, request, line = failed.err
    assert unverified == f"the Hub does not answer now: whether {V2} has a folder модель is not verified"
    assert (line, request.split()[0]) == (
        f"модель failed (folder_gone): {V2} has no folder модель (at commit {hub.head(V2)[:12]})",
        "request",
    )
    shown = await pipeline.pool.fetchval("SELECT request_ids FROM ingestion_runs")
    assert shown == [request.split()[1]], "what is printed is what its run is found by"

    async def listed() -> Any:
        return document(await ask("dead", "ls", "--json"))

    (dead_letter,) = await eventually(listed)
    assert (dead_letter["service"], dead_letter["kind"], dead_letter["deliveries"]) == ("ingester", "folder_gone", 1)
    hub.commit(V2, submission("модель", {TASK: solved(TASK)}))
    replayed = await ask("dead", "replay", "--all")
    assert replayed.out == [f"replayed {dead_letter['sequence']}: модель of {V2}"]
    await eventually(lambda: pipeline.pool.fetchval("SELECT 1 FROM submission_versions WHERE model = 'модель'"))
    assert (await ask("dead", "ls")).out == ["there are no dead letters"]
    asked = {"dataset": V2, "model": "модель", "force": False, "request_ids": shown}
    assert await audited(pipeline) == [
        ("ingest", asked, "done"),
        ("dead_letters.replay", {"sequences": [dead_letter["sequence"]]}, "done"),
    ]


async def test_a_message_that_no_handler_ever_settled_is_listed_and_replayed(pipeline: Pipeline, ask: Ask) -> None:
    js = pipeline.client.jetstream()
    body = json.dumps({"dataset": V2, "model": "deadly"}).encode()
    await js.publish("model.discovered", body, stream=topology.STREAM)
    puller = await js.pull_subscribe_bind("ingester", topology.STREAM)
    for _ in range(topology.MAX_DELIVER):
        await (await puller.fetch(1, timeout=3))[0].nak()
    with pytest.raises(TimeoutError):
        await puller.fetch(1, timeout=0.2)
    run = await ask("dead", "ls")
    assert run.out[1].split()[3:6] == ["ingester", "max_deliveries", "6"]
    assert await _waiting_by_the_metric(pipeline) == 1
    assert (await ask("dead", "replay", "--all")).status == 0
    assert await _waiting_by_the_metric(pipeline) == 0
    assert [message.data for message in await puller.fetch(1, timeout=3)] == [body]
    await puller.unsubscribe()


async def _waiting_by_the_metric(pipeline: Pipeline) -> float | None:
    registry = CollectorRegistry()
    await BusMetrics(registry).poll(pipeline.client.jetstream())
    return registry.get_sample_value("arcwatch_bus_dead_letters", {"service": "ingester"})


async def test_a_dead_letter_that_is_not_needed_is_removed_whoever_wrote_it(pipeline: Pipeline, ask: Ask) -> None:
    js = pipeline.client.jetstream()
    for body in (b"{}", b"no JSON", b"3"):
        await js.publish("dead.ingester", body, stream=topology.DEAD_STREAM)
    dead_letters = document(await ask("dead", "ls", "--json"))
    assert [dead_letter["kind"] for dead_letter in dead_letters] == ["unreadable"] * 3
    first, second, third = (str(dead_letter["sequence"]) for dead_letter in dead_letters)
    refused = await ask("dead", "replay", first)
    assert (refused.status, refused.out) == (1, [])
    assert f"`arcwatch dead rm {first}`" in refused.err[0]
    removed = await ask("dead", "rm", first, third, "--yes")
    assert removed.out == [f"removed {first}: ", f"removed {third}: "]
    assert await _waiting_by_the_metric(pipeline) == 1
    assert [one["sequence"] for one in document(await ask("dead", "rm", "--all", "--yes", "--json"))] == [int(second)]
    assert (await ask("dead", "rm", "--all")).out == ["there are no dead letters"]
    assert await _waiting_by_the_metric(pipeline) == 0


async def test_a_webhook_is_registered_once_for_every_dataset(hub: TestHub, ask: Ask) -> None:
    hub.access.token = "secret-token"
    more = {"HF_TOKEN": "secret-token", "HF_WEBHOOK_SECRET": "s"}
    refused = await ask("webhooks", "create", "--url", "https://a.org", **{**more, "HF_TOKEN": "wrong"})
    assert (refused.status, len(refused.err)) == (1, 1)
    assert "refuses HF_TOKEN" in refused.err[0]
    for first in (True, False):
        run = await ask("webhooks", "create", "--url", "https://arc.example.org/", "--json", **more)
        assert run.status == 0, run.err
        assert document(run)["created"] is first
    (hook,) = hub.webhooks
    assert (hook.url, hook.secret) == ("https://arc.example.org/webhooks/huggingface", "s")
    assert [(each.type, each.name) for each in hook.watched] == [("dataset", V1), ("dataset", V2)]
    assert hook.domains == ("repo",)
