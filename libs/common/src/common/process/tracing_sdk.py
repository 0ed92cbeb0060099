"""The SDK's side of tracing, loaded only where traces are on: services run without OpenTelemetry installed."""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Literal

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from common.outcomes import StartupError

Value = str | int | float | bool
Kind = Literal["internal", "producer", "consumer"]

_KINDS = {"internal": SpanKind.INTERNAL, "producer": SpanKind.PRODUCER, "consumer": SpanKind.CONSUMER}
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


class SdkTracer:
    """Spans of one process."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("arcwatch")
        self._propagator = TraceContextTextMapPropagator()

    def span(
        self, name: str, kind: Kind, carrier: Mapping[str, str] | None, attributes: Mapping[str, Value]
    ) -> AbstractContextManager[object]:
        """Open a span until the block ends; `carrier` are the headers of a message, where one is handled."""
        context = None if carrier is None else self._context_of(carrier)
        return self._tracer.start_as_current_span(name, context=context, kind=_KINDS[kind], attributes=dict(attributes))

    def record(self, name: str, carrier: Mapping[str, str], started_ns: int, attributes: Mapping[str, Value]) -> None:
        """Write down a span that ends now."""
        context = self._context_of(carrier)
        self._tracer.start_span(name, context=context, start_time=started_ns, attributes=dict(attributes)).end()

    def inject(self, headers: dict[str, str]) -> None:
        """Add the context of the current span."""
        self._propagator.inject(headers)

    def current(self) -> tuple[str, str] | None:
        """Return the ids of the current trace and span."""
        found = trace.get_current_span().get_span_context()
        if not found.is_valid:
            return None
        return trace.format_trace_id(found.trace_id), trace.format_span_id(found.span_id)

    def shutdown(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def _context_of(self, carrier: Mapping[str, str]) -> Context:
        # Into an empty context: a message without a trace begins one, whatever runs around it.
        return self._propagator.extract(carrier, context=Context())


def from_environment(service: str, instance: str) -> SdkTracer:
    """Return a tracer as OTEL_* say; the exporter and the SDK read the rest of them by themselves."""
    return begin(service, instance, _processor(os.environ))


def begin(service: str, instance: str, processor: SpanProcessor) -> SdkTracer:
    """Return a tracer that hands its spans to `processor`."""
    attributes = {"service.instance.id": instance or service}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        attributes["service.name"] = f"arcwatch-{service}"
    # The process's end is ours: an atexit handler would send what `shutdown` has sent already.
    provider = TracerProvider(resource=Resource.create(attributes), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return SdkTracer(provider)


def _processor(environment: Mapping[str, str]) -> SpanProcessor:
    exporter = environment.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() or "otlp"
    if exporter == "console":
        return BatchSpanProcessor(ConsoleSpanExporter())
    if exporter != "otlp":
        raise StartupError(f"OTEL_TRACES_EXPORTER is {exporter!r}; give otlp, console or none")
    protocol = next((environment[name] for name in _PROTOCOLS if environment.get(name)), "http/protobuf")
    if protocol != "http/protobuf":
        raise StartupError(f"{_PROTOCOLS[1]} is {protocol!r}; only http/protobuf is there (port 4318 of a collector)")
    return BatchSpanProcessor(OTLPSpanExporter())
