"""Promise: each answer is counted and timed under its route and status, in shapes that Prometheus adds up."""

from prometheus_client import CollectorRegistry
from query_api.meter import RequestMeter


def test_latency_is_told_by_route_and_status() -> None:
    registry = CollectorRegistry()
    meter = RequestMeter("x")
    registry.register(meter)
    observe = meter.of("/a")
    for method, status, seconds in (("GET", 200, 0.002), ("HEAD", 200, 0.2), ("GET", 503, 9.0), ("BREW", 200, 0.002)):
        observe(method, status, seconds)

    def sample(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, {"route": "/a", **labels})

    assert sample("x_requests_total", method="GET", status="200") == 1
    assert sample("x_requests_total", method="other", status="200") == 1
    assert sample("x_request_duration_seconds_count", status="200") == 3
    assert sample("x_request_duration_seconds_bucket", status="200", le="0.0025") == 2
    assert sample("x_request_duration_seconds_bucket", status="200", le="+Inf") == 3
    assert sample("x_request_duration_seconds_bucket", status="503", le="5.0") == 0
    assert sample("x_request_duration_seconds_sum", status="503") == 9.0


def test_an_answer_that_is_expected_is_there_before_the_first_of_its_kind() -> None:
    registry = CollectorRegistry()
    meter = RequestMeter("x")
    registry.register(meter)
    observe = meter.of("/a", ("GET", "HEAD"), (200, 401))

    def sample(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, {"route": "/a", **labels})

    assert sample("x_requests_total", method="GET", status="401") == 0
    assert sample("x_requests_total", method="HEAD", status="200") == 0
    assert sample("x_request_duration_seconds_count", status="200") == 0
    assert sample("x_request_duration_seconds_count", status="401") is None
    observe("GET", 401, 0.1)
    assert sample("x_requests_total", method="GET", status="401") == 1
    assert sample("x_request_duration_seconds_count", status="401") == 1
