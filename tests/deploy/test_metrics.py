"""What the services show on their ops ports follows what happens, and is named as Prometheus wants it."""

import ast
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from common.outcomes import KINDS
from localhub import LocalHub
from prometheus_client.parser import text_string_to_metric_families

from tests.support.eventually import eventually
from tests.support.submissions import V2, solved, submission, tasks
from tests.support.system import System, whole


async def value(system: System, of: str, sample: str, /, **labels: str) -> float:
    """Return one sample of a service; NaN, which equals nothing, when it is not there."""
    for family in text_string_to_metric_families(await system.metrics(of)):
        for each in family.samples:
            if each.name == sample and labels.items() <= each.labels.items():
                return each.value
    return float("nan")


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
    assert set(kinds_raised()) | {"abandoned", "connection_lost", "transient", "unexpected"} == KINDS


async def test_every_series_with_a_closed_label_is_there_before_it_counts(
    hub: LocalHub, database_url: str, nats_url: str
) -> None:
    """A counter that appears with 1 has not increased, for Prometheus."""
    async with whole(hub, database_url, nats_url) as system:
        for of, sample, labels in (
            ("ingester", "arcwatch_ingester_failures_total", {"kind": "hub_refused"}),
            ("ingester", "arcwatch_ingester_file_errors_total", {"kind": "too_complex"}),
            ("ingester", "arcwatch_ingester_files_total", {"outcome": "failed"}),
            ("ingester", "arcwatch_ingester_deliveries_total", {"outcome": "dead_letter", "redelivered": "true"}),
            ("ingester", "arcwatch_ingester_ingestions_total", {"status": "skipped"}),
            ("ingester", "arcwatch_ingester_ingestion_size_bytes_count", {}),
            ("watcher", "arcwatch_watcher_syncs_total", {"trigger": "webhook", "status": "failed"}),
            ("query-api", "arcwatch_query_api_hub_requests_total", {"outcome": "unauthorized"}),
        ):
            assert await value(system, of, sample, **labels) == 0, sample
