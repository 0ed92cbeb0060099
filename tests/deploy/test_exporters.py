"""PostgreSQL's own exporter starts as docker-compose.yml starts it, and reaches the database with a service's URL."""

import asyncio
import contextlib
import os
from pathlib import Path

import aiohttp
import pytest
import yaml

from tests.support.alert_rules import ROOT
from tests.support.eventually import eventually
from tests.support.ports import free_port


@pytest.mark.debian
async def test_postgres_exporter_reaches_the_database(database_url: str, tmp_path: Path) -> None:
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["postgres-exporter"]
    (script,) = service["command"]
    (tmp_path / "database_url").write_text(database_url)
    script = script.replace("$$", "$").replace("/run/secrets/", f"{tmp_path}/")
    port = free_port()
    script = script.replace(
        "exec postgres_exporter", f"exec prometheus-postgres-exporter --web.listen-address=127.0.0.1:{port}"
    )
    process = await asyncio.create_subprocess_exec(*service["entrypoint"], script, env=dict(os.environ))
    try:
        async with aiohttp.ClientSession() as http:

            async def is_up() -> bool:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                        return "\npg_up 1\n" in await answer.text()
                return False

            await eventually(is_up, 30)
    finally:
        process.terminate()
        await process.wait()
