"""Promise: `arcwatch demo` shows a user the latest model, then a newer one, and Ctrl-C ends all of it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.deployments import Arcwatch, command
from tests.support.eventually import eventually

LANDING_SECONDS = 60.0


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Lend a folder that PostgreSQL's own user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="arcwatch-test-demo-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def answer(http: aiohttp.ClientSession, path: str) -> Any:
    async with http.get(path) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def test_the_latest_model_appears_changes_and_everything_ends_with_ctrl_c(data_dir: Path) -> None:
    where = ("--data-dir", str(data_dir))
    # On IPv6, which the commands that look for the deployment must reach, too.
    async with Arcwatch("demo", *where, "--host", "[::1]", "--port", "0", "--every", "1") as run:
        url = await run.ready()
        assert "//[::1]:" in url
        async with aiohttp.ClientSession(url) as http:

            async def latest() -> str:
                found = (await answer(http, "/api/metrics/latest-model"))["data"]
                return str(found["modelName"]) if found else ""

            async def total() -> int:
                return int((await answer(http, "/api/models"))["total"])

            async def newer() -> bool:
                return await latest() not in {"", first}

            first = await eventually(latest, LANDING_SECONDS)
            assert first.endswith("-attempt1")
            # Six were there at the start; what comes after has landed while a reader looked on.
            assert await eventually(lambda: _more_than(6, total), LANDING_SECONDS)
            assert await eventually(newer)
            history = await answer(http, "/api/admin/ingestion-history")
            assert any(each["trigger"] == "webhook" and each["autoTriggered"] for each in history["runs"])
            assert {each["status"] for each in history["runs"]} <= {"completed", "partial", "running"}
        listed = await command("models", "ls", *where)
        assert listed.status == 0
        assert len(listed.out) > 7
        assert await run.stop() == 0
        assert run.left() == []


async def _more_than(number: int, total: Any) -> bool:
    return int(await total()) > number
