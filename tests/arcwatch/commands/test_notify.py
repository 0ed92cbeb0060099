"""`arcwatch notify` tests a channel, and shows, replays and removes what a receiver did not take."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
from arcwatch.doctor import database_checks
from notifier.store.outbox import Outbox
from standardwebhooks import Webhook

from tests.notifier.ingesters import Ingester
from tests.notifier.samples import SECRET, receiver, webhook
from tests.support.cli import arcwatch


async def test_a_channel_is_tried_once(tmp_path: Path) -> None:
    async with receiver() as hook:
        file = tmp_path / "notifications.toml"
        file.write_text(
            f'[[channels]]\nname = "ops"\nkind = "webhook"\nurl = "{hook.url}/hook"\nsecret = "{SECRET}"\n'
            "allow_private = true\n"
        )
        good = await arcwatch("notify", "test", "ops", "--file", str(file))
        assert (good.status, good.out, good.err) == (0, ["ops took the message"], [])
        [(headers, body)] = hook.came
        assert Webhook(SECRET).verify(body, headers)["type"] == "arcwatch.test"
        hook.statuses = [503, 503]
        bad = await arcwatch("notify", "test", "ops", env={"NOTIFICATIONS_FILE": str(file)})
        assert (bad.status, bad.err) == (1, ["arcwatch: ops did not take the message (server_error): it answers 503"])
        told = await arcwatch("notify", "test", "ops", "--file", str(file), "--json")
        assert told.status == 1
        assert json.loads("\n".join(told.out))["reason"] == "it answers 503"
        file.write_text(file.read_text().replace("allow_private = true", "").replace("http:", "https:"))
        private = await arcwatch("notify", "test", "ops", "--file", str(file))
        assert "(private_address): 127.0.0.1 is no address" in private.err[0]
        other = await arcwatch("notify", "test", "opps", "--file", str(file))
        assert (other.status, "ops" in other.err[0]) == (1, True)
        none = await arcwatch("notify", "test", "ops")
        assert "NOTIFICATIONS_FILE" in none.err[0]
        broken = await arcwatch("notify", "test", "ops", "--file", str(tmp_path / "absent.toml"))
        assert "absent.toml cannot be read: No such file" in broken.err[0]


async def test_dead_messages_are_shown_replayed_and_removed(database_url: str) -> None:
    where = ("--database-url", database_url)
    channel = webhook(name="each", digest_seconds=0)
    async with asyncpg.create_pool(database_url, min_size=1, max_size=2) as pool:
        outbox = Outbox(pool)
        assert (await arcwatch("notify", "ls", *where)).out == ["no message waits, and none is dead"]
        await outbox.collect([channel])
        for model in ("m", "n"):
            await Ingester(pool).lands(model)
        await outbox.collect([channel])
        for _ in range(2):
            claimed = await outbox.claim("each", 60)
            assert claimed is not None
            await outbox.failed(claimed, "it answers 410", None)
        listed = json.loads("\n".join((await arcwatch("notify", "ls", *where, "--json")).out))
        assert [(row["status"], row["error"]) for row in listed] == [("dead", "it answers 410")] * 2
        assert "it answers 410" in (await arcwatch("notify", "ls", *where)).out[1]
        assert (await arcwatch("notify", "replay", *where)).status == 2
        findings = [each async for each in _findings(database_url)]
        assert ("notifications to each", "warning", "0 wait, 2 are dead") in findings
        replayed = await arcwatch("notify", "replay", listed[0]["id"], *where)
        assert replayed.out == [f"{listed[0]['id']} will be sent"]
        assert (await arcwatch("notify", "rm", "--all", *where)).status == 1
        removed = await arcwatch("notify", "rm", "--all", "--yes", *where)
        assert removed.out == [f"{listed[1]['id']} removed"]
        assert (await arcwatch("notify", "rm", "--all", "--yes", *where)).out == ["there is no such message"]
        assert [row["status"] for row in await outbox.unsent()] == ["waiting"]
        deeds = await pool.fetch("SELECT action, outcome FROM admin_actions WHERE ends IS NOT NULL ORDER BY id")
        assert [tuple(row) for row in deeds] == [
            ("notifications.replay", "done"),
            ("notifications.drop", "done"),
            ("notifications.drop", "done"),
        ]


async def _findings(url: str) -> AsyncIterator[tuple[str, str, str]]:
    for each in await database_checks.database(url):
        yield each.check, each.verdict, each.found


async def test_a_secret_is_new_each_time() -> None:
    made = [(await arcwatch("notify", "secret")).out for _ in range(2)]
    assert made[0] != made[1]
    assert all(len(lines) == 1 and lines[0].startswith("whsec_") for lines in made)
