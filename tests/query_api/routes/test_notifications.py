"""An admin sees the notifier's channels and what became of their messages, and has the notifier test one of them."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from notifier.rounds.console import Console
from notifier.store.outbox import Outbox
from notifier.store.register import Register

from tests.notifier.ingesters import Ingester
from tests.notifier.samples import SECRET, receiver, webhook
from tests.query_api.conftest import TOKEN
from tests.support.api import Api
from tests.support.cli import Ran, arcwatch
from tests.support.eventually import eventually

BEARER = {"Authorization": f"Bearer {TOKEN}"}
PATH = "/api/admin/notifications"
OPS = webhook(name="ops", events=("failure",), digest_seconds=0)
TEAM = webhook(name="team", datasets=("arcprize/*",), min_score=0.3, digest_seconds=0)


@pytest.fixture
def console(pool: asyncpg.Pool) -> Console:
    return Console((OPS, TEAM), Register(pool))


async def listed(api: Api) -> dict[str, Any]:
    status, body = await api.get(PATH, **BEARER)
    assert status == 200, body
    assert SECRET not in json.dumps(body)
    assert "127.0.0.1" not in json.dumps(body)
    return dict(body)


async def channel(api: Api, name: str = "ops") -> dict[str, Any]:
    return next(each for each in (await listed(api))["data"] if each["name"] == name)


async def test_channels_show_what_they_take_what_waits_and_how_they_fared(
    api: Api, pool: asyncpg.Pool, console: Console
) -> None:
    assert (await listed(api))["data"] == []
    await console.announce()
    outbox, ingester = Outbox(pool), Ingester(pool)
    await outbox.collect(console.channels)
    for number in range(3):
        await ingester.fails(f"m{number}")
    await outbox.collect([OPS])
    for wait in (60.0, None):
        if (claimed := await outbox.claim("ops", 60)) is not None:
            await outbox.failed(claimed, f"it answers {wait}", wait)
    if (claimed := await outbox.claim("ops", 60)) is not None:
        await outbox.sent(claimed)
    await pool.execute("UPDATE notification_messages SET channel = 'old' WHERE status = 'dead'")

    found = await listed(api)
    old, ops, team = found["data"]
    assert (ops["kind"], ops["running"], ops["waiting"], ops["dead"], ops["error"]) == (
        "webhook", True, 1, 0, "it answers None",
    )  # fmt: skip
    assert ops["failedAt"] < ops["sentAt"]
    assert (ops["filters"]["events"], team["filters"]["datasets"], team["filters"]["minScore"]) == (
        ["failure"], ["arcprize/*"], 0.3,
    )  # fmt: skip
    assert (team["sentAt"], team["failedAt"], team["lastTest"]) == (None, None, None)
    # A channel that no notifier has any more: what it left is shown.
    assert (old["kind"], old["running"], old["dead"], old["filters"]) == (None, False, 1, None)
    (dead,) = found["deadMessages"]
    assert (dead["channel"], dead["pieces"], dead["attempts"], dead["error"]) == ("old", 1, 1, "it answers None")
    assert (await api.get(PATH))[0] == 401


async def test_a_channel_that_the_file_names_no_more_is_forgotten(
    api: Api, pool: asyncpg.Pool, console: Console
) -> None:
    await console.announce()
    without = replace(console, channels=(OPS,))
    await without.announce()
    assert [each["name"] for each in (await listed(api))["data"]] == ["ops", "team"]
    await pool.execute("UPDATE notification_channels SET seen_at = now() - interval '121 seconds'")
    await without.announce()
    assert [each["name"] for each in (await listed(api))["data"]] == ["ops"]


async def test_a_test_is_sent_once_by_the_notifier_and_what_became_of_it_is_told(
    api: Api, pool: asyncpg.Pool, console: Console
) -> None:
    async with receiver() as hook:
        hook.statuses = [204, 503]
        ops = webhook(name="ops", url=hook.url)
        console = replace(console, channels=(ops, TEAM))
        await console.announce()
        status, asked = await api.post(f"{PATH}/ops/test", None, **BEARER)
        assert (status, asked["data"]["state"], asked["data"]["askedBy"]) == (202, "waiting", "admin")
        assert (await channel(api))["lastTest"] == asked["data"]
        assert [await console.send_tests() for _ in range(2)] == [1, 0]
        told = (await channel(api))["lastTest"]
        assert (told["id"], told["state"], told["reason"]) == (asked["data"]["id"], "delivered", None)
        await api.post(f"{PATH}/ops/test", None, **BEARER)
        await console.send_tests()
        told = (await channel(api))["lastTest"]
        assert (told["state"], told["kind"], told["reason"]) == ("refused", "server_error", "it answers 503")
        assert [json.loads(body)["type"] for _, body in hook.came] == ["arcwatch.test"] * 2
    # A test is no message: nothing of it waits or counts.
    found = await channel(api)
    assert (found["waiting"], found["dead"], found["sentAt"], found["failedAt"]) == (0, 0, None, None)
    deeds = (await api.get("/api/admin/audit", **BEARER))[1]["data"]
    assert [(each["action"], each["target"]) for each in deeds] == [("notifications.test", {"channel": "ops"})] * 2


async def test_the_command_lists_channels_and_has_the_notifier_test_one(api: Api, console: Console) -> None:
    env = {"ADMIN_TOKEN": TOKEN}
    async with receiver() as hook:
        hook.statuses = [204, 410]
        console = replace(console, channels=(webhook(name="ops", url=hook.url), TEAM))
        await console.announce()

        async def tested() -> Ran:
            run = asyncio.create_task(arcwatch("notify", "test", "ops", "--by-notifier", "--url", api.url, env=env))
            await eventually(console.send_tests, 60)
            return await run

        taken = await tested()
        assert (taken.status, taken.out) == (0, ["ops took the message"]), taken
        refused = await tested()
        assert (refused.status, refused.err) == (
            1, ["arcwatch: ops did not take the message (gone): it answers 410: it wants no more messages"],
        )  # fmt: skip
    listed = await arcwatch("notify", "channels", "--url", api.url, env=env)
    assert ["runs" in line for line in listed.out] == [False, True, True]
    assert "refused: it answers 410" in listed.out[1]


async def test_a_notifier_that_does_not_run_sends_no_test_and_none_is_sent_late(
    api: Api, pool: asyncpg.Pool, console: Console
) -> None:
    async def ask(name: str = "ops") -> tuple[int, str]:
        status, body = await api.post(f"{PATH}/{name}/test", None, **BEARER)
        return status, body.get("detail", "")

    assert (await ask())[0] == 404
    await console.announce()
    assert await ask("opps") == (404, "there is no channel opps in the notifier's file; there are ops, team")
    assert (await ask())[0] == 202
    await pool.execute("UPDATE notification_tests SET asked_at = now() - interval '121 seconds'")
    assert (await channel(api))["lastTest"]["state"] == "expired"
    assert await console.send_tests() == 0
    assert (await ask())[0] == 202
    await pool.execute("UPDATE notification_tests SET begun_at = now()")
    assert (await channel(api))["lastTest"]["state"] == "sending"
    await pool.execute("UPDATE notification_tests SET begun_at = now() - interval '121 seconds'")
    assert (await channel(api))["lastTest"]["state"] == "unknown"

    await pool.execute("UPDATE notification_channels SET seen_at = now() - interval '61 seconds'")
    assert not (await channel(api))["running"]
    before = await pool.fetchval("SELECT count(*) FROM notification_tests")
    status, said = await ask()
    assert (status, said[:29]) == (422, "the notifier does not run: it")
    assert await pool.fetchval("SELECT count(*) FROM notification_tests") == before
    assert (await pool.fetchval("SELECT count(*) FROM admin_actions")) == 2
