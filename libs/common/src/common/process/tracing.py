"""Traces, where OTEL_* settings turn them on: spans, and their context in the headers of events.

OpenTelemetry is an extra (`arcwatch-common[tracing]`). Where it is off, which is the default, nothing of it is loaded
and every call here returns at once. FastStream's own middleware does not fit: we publish and read past its broker.
"""

import contextlib
import importlib
import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from structlog.typing import EventDict, WrappedLogger

from common.outcomes import StartupError

if TYPE_CHECKING:
    from common.process.tracing_sdk import Kind, SdkTracer, Value

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_SDK = "common.process.tracing_sdk"


_tracer: "SdkTracer | None" = None


def wanted(environment: Mapping[str, str]) -> bool:
    """Tell whether the standard settings turn traces on: an exporter or an endpoint is named, and nothing says no."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    return exporter != "none" and bool(exporter or any(environment.get(name) for name in _ENDPOINTS))


def configure(service: str, instance: str = "") -> None:
    """Begin to trace where the environment says so; raise StartupError where it asks for what is not there."""
    if not wanted(os.environ):
        return
    try:
        sdk = importlib.import_module(_SDK)
    except ModuleNotFoundError as error:
        line = f"OTEL_* settings ask for traces, but {error.name} is not installed; install arcwatch-common[tracing]"
        raise StartupError(line) from error
    use(sdk.from_environment(service, instance))


def use(tracer: "SdkTracer | None") -> None:
    """Trace with this from now on; None: not at all."""
    global _tracer  # noqa: PLW0603 - one per process, as OpenTelemetry's own
    _tracer = tracer


def shutdown() -> None:
    """Send what is left, at the end of the process."""
    if _tracer is not None:
        _tracer.shutdown()


def span(
    name: str, *, kind: "Kind" = "internal", carrier: Mapping[str, str] | None = None, **attributes: "Value | None"
) -> AbstractContextManager[object]:
    """Open a span until the block ends, below the one that `carrier` (a message's headers) tells of, if any."""
    if _tracer is None:
        return contextlib.nullcontext()
    return _tracer.span(name, kind, carrier, _given(attributes))


def record(name: str, carrier: Mapping[str, str], seconds: float, **attributes: "Value | None") -> None:
    """Write down a span that ends now, of work done for several messages at once."""
    if _tracer is not None:
        _tracer.record(name, carrier, time.time_ns() - int(seconds * 1e9), _given(attributes))


def inject(headers: dict[str, str]) -> None:
    """Add W3C's `traceparent` of the current span to the headers of a message."""
    if _tracer is not None:
        _tracer.inject(headers)


def add_ids(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Name the trace in a log line."""
    if _tracer is not None and (ids := _tracer.current()):
        line["trace_id"], line["span_id"] = ids
    return line


def _given(attributes: Mapping[str, "Value | None"]) -> dict[str, "Value"]:
    return {name: value for name, value in attributes.items() if value is not None}
