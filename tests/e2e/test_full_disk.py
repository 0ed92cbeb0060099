"""The disk under `arcwatch up` is full, for PostgreSQL and NATS alike: it says so, and goes on by itself with room."""

import json
from pathlib import Path

import aiohttp
import pytest

from tests.support.deployments import Arcwatch, command
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.small_disk import MEBIBYTE, small_disk
from tests.support.submissions import V2, solved, submission, tasks

pytestmark = pytest.mark.debian

# By when a message that was held is handled again, on a machine that is busy.
SECONDS = 120


async def has(url: str, model: str) -> bool:
    async with aiohttp.ClientSession(url) as http, http.get("/api/models") as answer:
        return model in {each["model"] for each in (await answer.json())["data"]}


async def test_a_full_disk_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    one, *many = tasks()[:40]
    with small_disk(400 * MEBIBYTE) as disk:
        where = ("--data-dir", str(disk.path / "data"))
        async with TestHub(tmp_path / "hub") as hub:
            hub.commit(V2, submission("a", {one: solved(one)}))
            env = {"HF_ENDPOINT": hub.url, "HF_DATASETS": V2, "VERIFY_ROWS_PER_HOUR": "0"}
            async with Arcwatch("up", *where, "--port", "0", env=env) as run:
                url = await run.ready()
                await eventually(lambda: has(url, "a"), SECONDS)
                disk.fill(leave=8 * 1024)
                hub.commit(V2, submission("b", {each: solved(each) for each in many}))
                await command("sync", "--auto-ingest", *where)

                async def problems() -> set[str]:
                    found = json.loads("\n".join((await command("doctor", *where, "--json")).out))
                    return {each["check"] for each in found if each["verdict"] == "problem"}

                named = {"ingester-1", "stream ARCWATCH", "stream ARCWATCH_DEAD"}

                async def all_named() -> bool:
                    return await problems() >= named

                await eventually(all_named, SECONDS)
                disk.make_room()
                await eventually(lambda: has(url, "b"), SECONDS)

                async def none_named() -> bool:
                    return not await problems() & named

                await eventually(none_named, SECONDS)
                assert (await command("dead", "ls", *where)).out == ["there are no dead letters"]
