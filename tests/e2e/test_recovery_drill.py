"""Everything is lost while `arcwatch up` runs: a backup brings it back, and the API answers the same bytes."""

import json
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from tests.support.deployments import Arcwatch, command
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.submissions import V2, solved, submission, tasks, unsolved

pytestmark = pytest.mark.debian

ONE = tasks()[0]
PATHS = (
    "/api/models",
    f"/api/models/{V2.replace('/', '%2F')}/a",
    "/api/metrics/latest-model",
    "/api/tasks",
    "/feed.atom",
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Lend a folder that PostgreSQL's own user can reach."""
    found = Path(tempfile.mkdtemp(prefix="arcwatch-test-drill-"))
    yield found
    shutil.rmtree(found, ignore_errors=True)


async def body(url: str, path: str) -> bytes:
    async with aiohttp.ClientSession(url) as http, http.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.read()


async def answers(url: str, models: set[str]) -> Mapping[str, bytes]:
    """Return what the API answers once it has these models."""

    async def has_them() -> bool:
        return {each["model"] for each in json.loads(await body(url, "/api/models"))["data"]} == models

    await eventually(has_them, 60)
    return {path: await body(url, path) for path in PATHS}


async def test_a_killed_deployment_whose_data_is_gone_comes_back(folder: Path, tmp_path: Path) -> None:
    where, place = ("--data-dir", str(folder / "data")), folder / "data"
    async with TestHub(tmp_path / "hub") as hub:
        hub.commit(V2, submission("a", {ONE: solved(ONE)}) | submission("b", {ONE: unsolved(ONE)}))
        env = {"HF_ENDPOINT": hub.url, "HF_DATASETS": V2, "VERIFY_ROWS_PER_HOUR": "0", "VERIFY_HUB_PER_DAY": "0"}
        async with Arcwatch("up", *where, "--port", "0", env=env) as lost:
            url = await lost.ready()
            before = await answers(url, {"a", "b"})
            made = await command("backup", f"{folder}/backups/", *where, "--json")
            assert made.status == 0, made.err
            backup = json.loads("\n".join(made.out))["file"]
            refused = await command("restore", backup, *where, "--replace", "--yes")
            assert "sessions of arcwatch use this database: stop all services first" in refused.err[-1]
            lost.send(signal.SIGKILL)
            await lost.ended()
        await eventually(lambda: lost.left() == [], 30)
        for name in ("postgres", "nats"):
            shutil.rmtree(place / name)
        restored = await command("restore", backup, *where, "--verify")
        assert restored.status == 0, restored.err
        again = await command("backup", str(folder / "again"), *where)
        assert again.status == 0, again.err
        async with Arcwatch("up", *where, "--port", "0", env={**env, "ENABLE_CRON_JOBS": "false"}) as found:
            after = await answers(await found.ready(), {"a", "b"})
            assert [path for path in PATHS if after[path] != before[path]] == []
            hub.commit(V2, submission("late", {ONE: solved(ONE)}))
            assert (await command("sync", "--auto-ingest", *where)).status == 0
            await answers(await found.ready(), {"a", "b", "late"})
