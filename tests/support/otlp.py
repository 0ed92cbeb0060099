"""A collector of traces: what services send over OTLP/HTTP arrives here."""

import contextlib
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Span:
    """A span as it arrived; ids in hex."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str


@dataclass
class Collector:
    """Every span that came, in the order of their coming."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [
                    Span(
                        names["service.name"],
                        span.name,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                    )
                    for span in scope.spans
                ]

    def path_to(self, span: Span) -> list[Span]:
        """Return the span and those above it, the root first; what did not come yet ends it early."""
        known = {each.span_id: each for each in self.spans}
        path = [span]
        while above := known.get(path[0].parent_id):
            path.insert(0, above)
        return path


@contextlib.asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """Run one until the block ends."""
    found = Collector()

    async def receive(request: web.Request) -> web.Response:
        # aiohttp has undone the compression where the header named one.
        body = await request.read()
        found.take(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")

    app = web.Application()
    app.router.add_post("/v1/traces", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield found
    finally:
        await runner.cleanup()
