"""What the services show on their ops ports follows what happens, and is named as Prometheus wants it."""

import ast
import json
import platform
import socket
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import get_args

import aiohttp
import pytest
from common.error_kinds import ErrorKind, NoteKind
from common.events import SyncStatus, Trigger
from common.hub.responses import RequestOutcome
from common.hub.transports import PackOutcome, Reason, Transport
from common.outcomes import KINDS
from common.process import ops
from common.process.http_server import REASONS
from localhub import LocalHub
from notifier import metrics as notifier_metrics
from notifier.news.news import NewsKind
from notifier.sending.errors import KINDS as FAILURE_KINDS
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from query_api.metrics import DeliveryOutcome, ExportOutcome
from query_api.store.repair import TABLES

from tests.support import alert_rules
from tests.support.eventually import eventually
from tests.support.submissions import V2, solved, submission, tasks
from tests.support.system import System, whole

value = System.value


def promtool_says(metrics: str) -> tuple[int, str]:
    """Return promtool's exit status and all its words."""
    command = ["promtool", "check", "metrics"]
    checked = subprocess.run(command, input=metrics, capture_output=True, text=True, check=False)
    return checked.returncode, checked.stdout + checked.stderr


async def test_watcher_and_ingester_share_what_they_know_of_the_quota(
    hub: LocalHub, database_url: str, nats_url: str
) -> None:
    async with whole(hub, database_url, nats_url) as system:
        for service in ("watcher", "ingester"):
            peers = partial(value, system, service, f"arcwatch_{service}_hub_quota_peers")

            async def has_a_peer(peers: Callable[[], Awaitable[float]] = peers) -> bool:
                return await peers() == 1

            await eventually(has_a_peer)


async def test_the_figures_follow_an_ingestion_and_a_failure(hub: LocalHub, database_url: str, nats_url: str) -> None:
    hub.commit(V2, submission("good", {task: solved(task) for task in tasks()[:3]}))
    async with whole(hub, database_url, nats_url) as system:

        async def landed() -> bool:
            return await value(system, "ingester", "arcwatch_ingester_models", state="whole") == 1

        await eventually(landed, 20)
        await system.ask_for("nobody")

        async def is_dead_lettered() -> bool:
            return (
                await value(system, "ingester", "arcwatch_ingester_models", state="failing") == 1
                and await value(system, "watcher", "arcwatch_bus_dead_letters", service="ingester") == 1
            )

        await eventually(is_dead_lettered, 20)
        expected = {
            ("arcwatch_ingester_ingestions_total", ("status", "completed")): 1,
            ("arcwatch_ingester_ingestions_total", ("status", "failed")): 1,
            ("arcwatch_ingester_ingestions_total", ("status", "partial")): 0,
            ("arcwatch_ingester_failures_total", ("kind", "folder_gone")): 1,
            ("arcwatch_ingester_files_total", ("outcome", "used")): 3,
            ("arcwatch_bus_consumer_pending_events", ("durable", "ingester")): 0,
            ("arcwatch_bus_consumer_oldest_event_age_seconds", ("durable", "ingester")): 0,
            ("arcwatch_check_up", ("check", "database")): 1,
            ("arcwatch_check_up", ("check", "consumer")): 1,
        }
        found = {key: await value(system, "ingester", key[0], **dict([key[1]])) for key in expected}
        assert found == expected
        assert await value(system, "ingester", "arcwatch_ingester_last_landing_timestamp_seconds") > 1e9
        assert await value(system, "query-api", "arcwatch_query_api_view_age_seconds") == 0


@pytest.mark.debian
async def test_promtool_finds_nothing_to_say_of_the_metrics(hub: LocalHub, database_url: str, nats_url: str) -> None:
    hub.commit(V2, submission("good", {task: solved(task) for task in tasks()[:1]}))
    async with whole(hub, database_url, nats_url) as system:

        async def landed() -> bool:
            return await value(system, "ingester", "arcwatch_ingester_models", state="whole") == 1

        await eventually(landed, 20)
        for service in system.ops:
            assert promtool_says(await system.metrics(service)) == (0, ""), service


def kinds_raised() -> Iterator[str]:
    """Yield the `kind` of everything that the pipeline raises as an outcome."""
    root = Path(__file__).parents[2]
    for part in ("libs/common", "services/watcher", "services/ingester"):
        for file in (root / part / "src").rglob("*.py"):
            for call in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)):
                # An exception is made by its name, or by `super().__init__` of its own class.
                if isinstance(call.func, ast.Name) or getattr(call.func, "attr", "") == "__init__":
                    for word in call.keywords:
                        if word.arg == "kind" and isinstance(word.value, ast.Constant):
                            yield str(word.value.value)


def test_the_kinds_of_failures_are_a_closed_set() -> None:
    assert set(kinds_raised()) | {"abandoned", "connection_lost", "disk_full", "transient", "unexpected"} == KINDS


def answered() -> set[tuple[str, ...]]:
    """Return each method, route and status of the OpenAPI document, and our own faults, as the labels are sorted."""
    paths = json.loads((alert_rules.ROOT / "services/query-api/openapi.json").read_text())["paths"]
    return {
        (method.upper(), path, status)
        for path, operations in paths.items()
        for method, operation in operations.items()
        for status in (*operation["responses"], "500")
    }


SETTLED: set[tuple[str, ...]] = set(product(("done", "retry", "dead_letter"), ("false", "true")))
REQUESTED: set[tuple[str, ...]] = {(each,) for each in get_args(RequestOutcome)}
# The values of each label of each counter, by the labels' names in order. A new one has to be added here, and to be
# shown by its service from the start: a counter that appears with 1 has not increased, for Prometheus.
CLOSED: dict[str, set[tuple[str, ...]]] = {
    "arcwatch_watcher_syncs": set(product(get_args(SyncStatus), get_args(Trigger))),
    "arcwatch_watcher_deliveries": SETTLED,
    "arcwatch_watcher_hub_requests": REQUESTED,
    "arcwatch_ingester_hub_requests": REQUESTED,
    "arcwatch_query_api_hub_requests": REQUESTED,
    "arcwatch_ingester_deliveries": SETTLED,
    "arcwatch_ingester_ingestions": {
        (status,) for status in ("completed", "partial", "failed", "skipped", "cancelled")
    },
    "arcwatch_ingester_failures": {(kind,) for kind in KINDS},
    "arcwatch_ingester_files": {("used",), ("failed",), ("no_task",)},
    "arcwatch_ingester_file_errors": {(str(kind),) for kind in (*ErrorKind, *NoteKind)},
    "arcwatch_ingester_hub_files": {(each,) for each in get_args(Transport)},
    "arcwatch_ingester_hub_file_bytes": {(each,) for each in get_args(Transport)},
    "arcwatch_ingester_hub_pack_requests": {(each,) for each in get_args(PackOutcome)},
    "arcwatch_ingester_hub_fallbacks": {(each,) for each in get_args(Reason)},
    "arcwatch_verifications": set(product(("hub", "rows"), ("verified", "explained", "differs", "impossible"))),
    "arcwatch_notifier_news": {(each,) for each in get_args(NewsKind)},
    "arcwatch_notifier_failures": {(each,) for each in FAILURE_KINDS},
    "arcwatch_notifier_attempts": set(product(("team",), ("sent", "retried", "dead"))),
    "arcwatch_query_api_requests": answered(),
    "arcwatch_query_api_events": {("model.ingested",), ("model.ingestion_failed",), ("sync.completed",)},
    "arcwatch_query_api_closed_connections": {(each,) for each in REASONS},
    "arcwatch_query_api_webhook_deliveries": {(each,) for each in get_args(DeliveryOutcome)},
    "arcwatch_query_api_exports": {(each,) for each in get_args(ExportOutcome)},
    "arcwatch_query_api_repaired_rows": {(each,) for each in TABLES},
}
# Where there are more than those: files of the page, HEAD, and addresses that there are not.
OPEN_ENDED = {"arcwatch_query_api_requests"}
# An answer's time by route and status: of errors from the first one on. Alerts count requests.
LATER = {"arcwatch_query_api_request_duration_seconds"}


async def test_each_process_tells_its_name_its_version_and_every_counter_before_it_counts(
    hub: LocalHub, database_url: str, nats_url: str
) -> None:
    labelled: dict[str, set[tuple[str, ...]]] = {}
    async with whole(hub, database_url, nats_url, arcwatch_instance="eu-1") as system:
        for service in system.ops:
            families = list(text_string_to_metric_families(await system.metrics(service)))
            samples = [sample for family in families for sample in family.samples]
            assert {sample.labels["instance"] for sample in samples} == {"eu-1"}
            assert not [sample.name for sample in samples if sample.name.endswith("_created")]
            (build,) = (sample.labels for sample in samples if sample.name == "arcwatch_build_info")
            assert build == {
                "version": version("arcwatch-common"),
                "revision": "unknown",
                "python": platform.python_version(),
                "instance": "eu-1",
            }
            for family in families:
                if family.type in {"counter", "histogram"} and family.name not in LATER:
                    assert family.samples, f"{family.name} has labels, and none of their values is there"
                    labels = [sample.labels.keys() - {"instance", "le"} for sample in family.samples]
                    if any(labels):
                        labelled[family.name] = {
                            tuple(sample.labels[name] for name in sorted(names))
                            for sample, names in zip(family.samples, labels, strict=True)
                        }
    assert labelled.keys() == CLOSED.keys()
    for name, expected in CLOSED.items():
        assert expected <= labelled[name] if name in OPEN_ENDED else expected == labelled[name], name


async def test_a_process_without_a_name_is_called_by_its_host_and_port() -> None:
    registry = CollectorRegistry()
    async with (
        ops.serve("127.0.0.1", 0, checks={}, registry=registry) as port,
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        assert f'instance="{socket.gethostname()}:{port}"' in await answer.text()


def test_the_notifier_shows_every_counter_before_it_counts() -> None:
    registry = notifier_metrics.Metrics(["team"]).registry
    shown = {
        family.name: {
            tuple(value for name, value in sorted(sample.labels.items()))
            for sample in family.samples
            if sample.name.endswith("_total")
        }
        for family in registry.collect()
        if family.type in {"counter", "histogram"}
    }
    assert shown == {
        "arcwatch_notifier_news": {(each,) for each in get_args(NewsKind)},
        "arcwatch_notifier_attempts": {("team", each) for each in ("sent", "retried", "dead")},
        "arcwatch_notifier_failures": {(each,) for each in FAILURE_KINDS},
    }
