"""The admin's validation reads a file whole, by its hash: over a slow TLS connection, and through a proxy."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from common.bus import bus, topology
from localhub import LocalHub

from tests.support import relays
from tests.support.deployments import clean_environment
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.support.submissions import V2, solved, tasks

TOKEN = "the-admin-token"
TASK = tasks()[0]
LARGE = 5 * 1024 * 1024


def large_file() -> bytes:
    """Return a task's answers of 5 MB, as of a model that reasons at length."""
    pairs = json.loads(solved(TASK))
    pairs[0]["attempt_1"]["metadata"] = {"reasoning": "because " * (LARGE // 8)}
    return json.dumps(pairs).encode()


@asynccontextmanager
async def query_api(database_url: str, nats_url: str, log: Path, **environment: str) -> AsyncIterator[str]:
    """Run a query API as a process of its own: what certificates it trusts, it reads once."""
    async with bus.connect(nats_url, "test") as client:
        await topology.apply(client.jetstream())
    port, ops_port = free_port(), free_port()
    env = clean_environment() | {
        "PORT": str(port), "OPS_PORT": str(ops_port), "ADMIN_TOKEN": TOKEN, "DATABASE_URL": database_url,
        "NATS_URL": nats_url, "HF_DATASETS": V2, **environment,
    }  # fmt: skip
    with log.open("wb") as output:
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "query_api", env=env, stdout=output, stderr=output
        )
    try:
        await eventually(lambda: _ready(ops_port), 60, what="ready")
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        await asyncio.wait_for(running.wait(), 60)


async def _ready(port: int) -> bool:
    try:
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False


async def validated(api: str, folder: str) -> Any:
    body = {"datasetName": folder, "baseUrl": V2}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{api}/api/admin/validate-ingestion", json=body, headers=headers) as answer,
    ):
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_five_megabytes_over_slow_tls(hub: LocalHub, database_url: str, nats_url: str, tmp_path: Path) -> None:
    hub.commit(V2, {f"m/{TASK.id}.json": large_file()})
    async with relays.tls(hub.url, relays.BREATH_SECONDS) as url:
        settings = {"HF_ENDPOINT": url, "SSL_CERT_FILE": str(relays.CA)}
        async with query_api(database_url, nats_url, tmp_path / "log", **settings) as api:
            found = await validated(api, "m")
    assert found["errors"] == []
    assert found["checks"]["samplePuzzle"] == {
        "id": TASK.id, "hasData": True, "testCases": len(TASK.test), "existingEntries": 0,
    }  # fmt: skip


async def test_through_the_environment_s_proxy(hub: LocalHub, database_url: str, nats_url: str, tmp_path: Path) -> None:
    hub.commit(V2, {f"m/{TASK.id}.json": solved(TASK)})
    seen: list[str] = []
    async with relays.proxy(hub.url, seen) as url:
        # Only the proxy knows where this is.
        settings = {"HF_ENDPOINT": "http://hub.invalid:80", "HTTP_PROXY": url, "http_proxy": url}
        async with query_api(database_url, nats_url, tmp_path / "log", **settings) as api:
            found = await validated(api, "m")
    assert found["errors"] == []
    assert any("/resolve/" in each for each in seen), seen
