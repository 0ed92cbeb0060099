"""Whatever is sent, the API answers as its OpenAPI document says, and never with a 5xx of its own fault."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import AnyHttpUrl

from tests.query_api.conftest import SECRET, TOKEN, Start
from tests.support.api import Api
from tests.support.hub import TestHub
from tests.support.submissions import solved, tasks
from tests.support.writer import DATASET, Writer

# Few, so that the suite stays fast; they find what is commonly wrong. A stateful example is a dozen calls.
EXAMPLES = {"examples,coverage,fuzzing": 6, "stateful": 2}
SECONDS = 180

# What a schema cannot say: that a dataset is watched here, or that two names differ. And names that are there.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 422, 429]

# A body past the cap is refused before it is read.
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]

# The sister routes get random names; these get names that are there, and so reach the database.
[[operations]]
include-path = "/api/model-dataset/metrics/{model}/{dataset}"
parameters = { "path.model" = "m-1-attempt1", "path.dataset" = "evaluation2" }

[[operations]]
include-path-regex = "^/api/models/.owner."
parameters = { "path.owner" = "arcprize", "path.name" = "arc_agi_v2_public_eval", "path.model" = "m-1" }

[[operations]]
include-path = "/api/accuracy/harness"
parameters = { "query.baseModelName" = "m-1" }

[[operations]]
include-path = "/api/metrics/compare"
parameters = { "query.model1" = "m-1-attempt1", "query.model2" = "m-1-attempt2", "query.dataset" = "evaluation2" }
"""


@pytest.fixture
async def full_api(start: Start, writer: Writer, tmp_path: Path) -> AsyncIterator[Api]:
    """Lend a server with a Hub, submissions, answers and runs."""
    task = tasks()[0]
    await writer.publish(await writer.ingest("m-1"), await writer.ingest("m-2", failed=1), await writer.sync())
    for attempt in ("m-1-attempt1", "m-1-attempt2", "m-2-attempt1"):
        await writer.answer(attempt, task.id, [True], cost=0.1, tokens=5, time_ms=9)
    async with TestHub(tmp_path / "hub") as hub:
        hub.commit(DATASET, {f"m-1/{task.id}.json": solved(task)})
        changes = {"hf_endpoint": AnyHttpUrl(hub.url), "hf_datasets": (DATASET,), "admin_requests_per_minute": 10**9}
        async with start(**changes) as api:
            yield api


@pytest.mark.parametrize("phases", EXAMPLES)
async def test_every_answer_is_documented(full_api: Api, phases: str, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        f"--config-file={config}",
        "run",
        f"{full_api.url}/openapi.json",
        f"--phases={phases}",
        f"--max-examples={EXAMPLES[phases]}",
        "--checks=all",
        "--exclude-path=/api/events",  # it never ends; tests/query_api/routes/test_live.py covers it
        "--request-timeout=20",
        "--suppress-health-check=all",
        "--seed=1",
        "--no-color",
        f"--header=Authorization: Bearer {TOKEN}",
        f"--header=X-Webhook-Secret: {SECRET}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
