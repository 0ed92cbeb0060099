"""Promise: with nothing but OTEL_* set, one trace leads from a sync to the view, over the real bus and processes."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.deployments import Arcwatch
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.otlp import Collector, Span, collecting
from tests.support.submissions import V2, solved, submission, tasks

TASK = tasks()[0]
TOKEN = "an-admin-s-token"
PATH = [
    ("arcwatch-query-api", "sync.requested asked for"),
    ("arcwatch-query-api", "sync.requested publish"),
    ("arcwatch-watcher", "sync.requested process"),
    ("arcwatch-watcher", "sync"),
    ("arcwatch-watcher", "model.discovered publish"),
    ("arcwatch-ingester", "model.discovered process"),
    ("arcwatch-ingester", "model.ingested publish"),
    ("arcwatch-query-api", "view update"),
]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Lend a folder that PostgreSQL's own user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="arcwatch-test-tracing-"))
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


def whole_path(collector: Collector) -> list[Span]:
    """Return the spans from a sync to the view's update; none while some are on their way."""
    for span in collector.spans:
        path = collector.path_to(span)
        if [(each.service, each.name) for each in path] == PATH:
            return path
    return []


async def test_one_trace_leads_from_the_sync_to_the_view(tmp_path: Path, data_dir: Path) -> None:
    async with TestHub(tmp_path / "hub") as hub, collecting() as collector:
        hub.commit(V2, {"README.md": b"A dataset of submissions.\n"})
        env = {
            "ADMIN_TOKEN": TOKEN,
            "HF_ENDPOINT": hub.url,
            "HF_DATASETS": V2,
            "LOG_FORMAT": "json",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        async with Arcwatch("up", "--data-dir", str(data_dir), "--port", "0", env=env) as run:
            url = await run.ready()
            hub.commit(V2, submission("some-model", {TASK: solved(TASK)}))
            async with (
                aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as http,
                http.post(f"{url}/api/admin/sync", json={}) as answer,
            ):
                assert answer.status == 202, await answer.text()
            path = await eventually(lambda: whole_path(collector), 60)
            assert await run.stop() == 0
    (trace_id,) = {span.trace_id for span in path}
    ingestions = [span for span in collector.spans if span.name == "ingestion"]
    assert [(span.service, span.trace_id) for span in ingestions] == [("arcwatch-ingester", trace_id)]
    for log, message in (("watcher", "sync.ended"), ("ingester-1", "ingestion.ended")):
        lines = [json.loads(line) for line in (data_dir / "logs" / f"{log}.log").read_text().splitlines()]
        assert [line["message"] for line in lines if line.get("trace_id") == trace_id][-1] == message
