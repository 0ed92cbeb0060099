"""Promise: traces cost nothing where they are off, need nothing installed then, and follow W3C where they are on."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog
from common.outcomes import StartupError
from common.process import tracing
from common.process.tracing_sdk import begin, from_environment
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.support.deployments import clean_environment

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
# A finder that comes first, and knows that OpenTelemetry is not there.
WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "opentelemetry":
            raise ModuleNotFoundError("No module named " + name, name=name)
sys.meta_path.insert(0, Absent())
"""


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.use(begin("test", "", SimpleSpanProcessor(exporter)))
    yield exporter
    tracing.shutdown()
    tracing.use(None)


def without_opentelemetry(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**clean_environment(), **env}
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("environment", "on"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "x"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
    ],
)
def test_the_standard_settings_turn_it_on(environment: dict[str, str], on: bool) -> None:  # noqa: FBT001
    assert tracing.wanted(environment) is on


@pytest.mark.parametrize("service", ["watcher", "ingester", "query_api"])
def test_services_load_without_opentelemetry(service: str) -> None:
    code = f"import {service}.app, common.process.tracing as t; t.configure('x')\nwith t.span('a'): print('works')"
    assert without_opentelemetry(code).stdout == "works\n"


def test_asking_for_traces_without_opentelemetry_says_what_to_install() -> None:
    code = "import common.process.tracing as t; t.configure('x')"
    ran = without_opentelemetry(code, OTEL_TRACES_EXPORTER="otlp")
    assert ran.returncode == 1
    assert "opentelemetry is not installed; install arcwatch-common[tracing]" in ran.stderr


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin", "give otlp, console or none"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "only http/protobuf"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(StartupError, match=words):
        from_environment("x", "")


def test_off_it_adds_nothing() -> None:
    headers: dict[str, str] = {}
    with tracing.span("work"):
        tracing.inject(headers)
        assert tracing.add_ids(logging.getLogger(), "info", {"event": "x"}) == {"event": "x"}
    tracing.record("seen", {}, 1.0)
    assert headers == {}


def test_a_message_carries_the_trace_to_whoever_handles_it(spans: InMemorySpanExporter) -> None:
    headers: dict[str, str] = {}
    with tracing.span("consumer", kind="consumer", carrier={"traceparent": PARENT}, model="m", none=None):
        line = tracing.add_ids(structlog.get_logger(), "info", {})
        tracing.inject(headers)
    tracing.record("view", headers, 2.0)
    consumer, view = spans.get_finished_spans()
    assert line == {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": headers["traceparent"].split("-")[2]}
    assert consumer.parent is not None
    assert consumer.parent.is_remote
    assert dict(consumer.attributes or {}) == {"model": "m"}
    assert view.parent is not None
    assert consumer.context is not None
    assert view.parent.span_id == consumer.context.span_id
    assert view.start_time is not None
    assert view.end_time is not None
    assert 1.9e9 < view.end_time - view.start_time < 3e9


def test_a_message_without_a_trace_begins_one(spans: InMemorySpanExporter) -> None:
    with tracing.span("outer"), tracing.span("inner", carrier={"traceparent": "nonsense"}):
        pass
    inner, outer = spans.get_finished_spans()
    assert inner.parent is None
    assert inner.context != outer.context


async def test_what_fails_inside_is_written_to_its_span(spans: InMemorySpanExporter) -> None:
    with pytest.raises(asyncio.QueueEmpty), tracing.span("work"):
        asyncio.Queue[int]().get_nowait()
    (span,) = spans.get_finished_spans()
    assert [event.name for event in span.events] == ["exception"]
