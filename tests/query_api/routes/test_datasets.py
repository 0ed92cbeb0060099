"""A dataset is paused by an admin, for a time or until it is resumed; everybody sees by whom and why."""

from datetime import UTC, datetime, timedelta

import asyncpg

from tests.query_api.conftest import TOKEN
from tests.support.api import Api
from tests.support.cli import arcwatch
from tests.support.submissions import V1, V2

BEARER = {"Authorization": f"Bearer {TOKEN}"}
DATASETS = "/api/admin/datasets"


async def test_who_pauses_a_dataset_why_and_until_when_is_seen_and_it_is_resumed(api: Api, pool: asyncpg.Pool) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    status, body = await api.post(f"{DATASETS}/pause", {"dataset": V2.upper(), "reason": "an upload"}, **BEARER)
    assert (status, body["data"]["pause"]["by"], body["data"]["pause"]["until"]) == (200, "admin", None)
    assert (await api.post(f"{DATASETS}/pause", {"dataset": V2, "until": until}, **BEARER))[0] == 200
    found = {each["dataset"]: each["pause"] for each in await api.data(DATASETS)}
    assert (found[V1], found[V2]["reason"], datetime.fromisoformat(found[V2]["until"])) == (
        None, None, datetime.fromisoformat(until),
    )  # fmt: skip

    over = "UPDATE dataset_pauses SET until = clock_timestamp()"
    await pool.execute(over)
    assert [each["pause"] for each in await api.data(DATASETS)] == [None, None]
    assert (await api.post(f"{DATASETS}/pause", {"dataset": V2, "until": "2020-01-01T00:00:00Z"}, **BEARER))[0] == 422

    options = ("--url", api.url)
    run = await arcwatch("datasets", "pause", V1, "--for", "2d", *options, env={"ADMIN_TOKEN": TOKEN})
    assert (run.status, "paused" in run.out[1]) == (0, True), run
    assert (await arcwatch("datasets", "resume", V1, *options, env={"ADMIN_TOKEN": TOKEN})).status == 0
    run = await arcwatch("datasets", "ls", *options)
    assert ["paused" in line for line in run.out] == [False, False, False]
    actions = (await api.get("/api/admin/audit", **BEARER))[1]["data"]
    assert [each["action"] for each in actions] == [f"dataset.{verb}" for verb in ("resume", "pause", "pause", "pause")]


async def test_what_cannot_be_paused_is_told(api: Api, pool: asyncpg.Pool) -> None:
    assert (await api.post(f"{DATASETS}/pause", {"dataset": "not/watched"}, **BEARER))[0] == 422
    assert (await api.post(f"{DATASETS}/resume", {"dataset": V2}, **BEARER))[0] == 422
    assert (await api.post(f"{DATASETS}/pause", {"dataset": V2, "until": "soon"}, **BEARER))[0] == 400
    assert (await api.post(f"{DATASETS}/pause", {"dataset": V2}))[0] == 401
    assert await pool.fetchval("SELECT count(*) FROM dataset_pauses") == 0
    assert await pool.fetchval("SELECT count(*) FROM admin_actions") == 0
