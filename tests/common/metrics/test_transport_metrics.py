"""Transports show as metrics whose every label is there before its first count, and follow the clock."""

from typing import get_args

from common.hub.transports import PackError, PackOutcome, Reason, Transports
from common.metrics import transport_metrics
from prometheus_client import CollectorRegistry


def test_every_label_is_there_before_its_first_count() -> None:
    registry, transports, now = CollectorRegistry(), Transports(), [0.0]
    transports.clock = lambda: now[0]
    transport_metrics.register("ingester", transports, ("a/b", "c/d"), registry)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"arcwatch_ingester_hub_{name}", labels)

    for outcome in get_args(PackOutcome):
        assert value("pack_requests_total", outcome=outcome) == 0
    for reason in get_args(Reason):
        assert value("fallbacks_total", reason=reason) == 0
    for transport in ("pack", "files"):
        assert value("files_total", transport=transport) == value("file_bytes_total", transport=transport) == 0
    assert (value("datasets", transport="pack"), value("datasets", transport="files")) == (2, 0)

    transports.count("pack", 5)
    transports.requests["ok"] += 1
    transports.avoid("a/b", PackError("stalled", "why"))
    assert (value("files_total", transport="pack"), value("file_bytes_total", transport="pack")) == (1, 5)
    assert (value("pack_requests_total", outcome="ok"), value("fallbacks_total", reason="stalled")) == (1, 1)
    assert (value("datasets", transport="pack"), value("datasets", transport="files")) == (1, 1)
    now[0] = 601.0
    assert value("datasets", transport="files") == 0
