"""PostgreSQL's own exporter starts as docker-compose.yml starts it, and may see what it asks for with a service's URL.

NATS' has no package: its release 0.17.3, built from its sources, was run by hand as docker-compose.yml runs it.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import yaml

from tests.support.alert_rules import ROOT
from tests.support.database_users import users_of
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.support.postgres import TestPostgres

# What docs/operating.md names; Debian's release is an older one, which has these, too.
SHOWN = ("pg_stat_database_deadlocks", "pg_locks_count", "pg_database_size_bytes")
NEWER = "--no-collector.wal"  # of what Debian's has none


@pytest.fixture
async def reader_url(postgres: TestPostgres, empty_database_url: str, nats_url: str) -> AsyncIterator[str]:
    # Of the kind that deploy/secrets.sh makes: the exporter takes no quote in one.
    async with users_of(postgres, empty_database_url, "secret") as urls:
        await urls.provision(nats_url)
        yield urls.reader


@pytest.mark.debian
async def test_postgres_exporter_reaches_the_database(reader_url: str, tmp_path: Path) -> None:
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["postgres-exporter"]
    assert service["secrets"] == [{"source": "database_url_reader", "target": "database_url"}]
    (script,) = service["command"]
    (tmp_path / "database_url").write_text(reader_url)
    script = script.replace("$$", "$").replace("/run/secrets/", f"{tmp_path}/")
    port = free_port()
    ours = f"exec postgres_exporter {NEWER}"
    assert script.count(ours) == 1
    script = script.replace(ours, f"exec prometheus-postgres-exporter --web.listen-address=127.0.0.1:{port}")
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *service["entrypoint"], script, env=dict(os.environ), stderr=output
        )
    try:
        async with aiohttp.ClientSession() as http:

            async def all_there() -> bool:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                        said = await answer.text()
                    return "\npg_up 1\n" in said and all(f"\n{name}" in said for name in SHOWN)
                return False

            await eventually(all_there, 30)
    finally:
        process.terminate()
        await process.wait()
    assert "denied" not in log.read_text()
