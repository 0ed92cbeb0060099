"""What ingesters commit is news. A notifier that is killed at any step loses none, and its twins are alike."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from common.events import ModelDiscovered
from ingester.store.runs import Origin, end_event
from notifier.store.outbox import Outbox

from tests.notifier.ingesters import Ingester
from tests.notifier.samples import SECRET, receiver, webhook
from tests.support.eventually import eventually
from tests.support.pipeline import Pipeline
from tests.support.service_process import service_process
from tests.support.submissions import V2, solved, submission, tasks

# Waits are short, and the process ends at a step as it would by a power cut.
_QUICKLY = """
import os, signal
import notifier.app, notifier.rounds.deliver
from notifier.sending import webhook
from notifier.store import outbox
notifier.app.LOOK_SECONDS = notifier.app.SEND_SECONDS = 0.05
notifier.rounds.deliver.LEASE_SECONDS = 0.3

def dies(owner, name, *, after):
    step = getattr(owner, name)

    async def dying(*arguments):
        if after:
            await step(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, dying)
"""
STEPS = {
    "news found, not committed": "dies(outbox, '_add', after=True)",
    "committed": "dies(outbox.Outbox, 'collect', after=True)",
    "claimed": "dies(outbox.Outbox, 'claim', after=True)",
    "message made": "dies(outbox.Outbox, 'keep', after=True)",
    "taken, not marked": "dies(webhook, 'post', after=True)",
    "marked": "dies(outbox.Outbox, 'sent', after=True)",
}


@pytest.fixture
async def ingester(database_url: str) -> AsyncIterator[Ingester]:
    async with asyncpg.create_pool(database_url, min_size=1, max_size=2) as pool:
        yield Ingester(pool)


@pytest.mark.neighbour(
    "A webhook's receiver",
    "the notifier is killed at each step of finding, making, sending and marking a message",
    "each piece of news comes; what comes twice has the same id and body",
)
async def test_killed_at_each_step_it_loses_nothing_and_twins_can_be_told(
    database_url: str, ingester: Ingester, tmp_path: Path
) -> None:
    async with receiver() as hook:
        file = tmp_path / "notifications.toml"
        file.write_text(
            f'[[channels]]\nname = "ops"\nkind = "webhook"\nurl = "{hook.url}"\nsecret = "{SECRET}"\n'
            "allow_private = true\ndigest_seconds = 0\n"
        )
        environment = {"DATABASE_URL": database_url, "NOTIFICATIONS_FILE": str(file)}
        await ingester.pool.execute("INSERT INTO notification_reader VALUES (true, now(), now())")
        for number, (step, code) in enumerate(STEPS.items()):
            await ingester.lands(f"model-{number}")
            async with service_process("notifier", tmp_path / "log", _QUICKLY + code, **environment) as dying:
                status = await asyncio.wait_for(dying.process.wait(), 60)
            assert status == -signal.SIGKILL, (step, (tmp_path / "log").read_text())
        async with service_process("notifier", tmp_path / "log", _QUICKLY, **environment) as living:
            sent = "SELECT count(*) FROM notification_messages WHERE status = 'sent'"

            async def all_sent() -> bool:
                assert living.process.returncode is None, (tmp_path / "log").read_text()
                return bool(await ingester.pool.fetchval(sent) == len(STEPS))

            await eventually(all_sent, 60)
    bodies: dict[str, set[bytes]] = {}
    for headers, body in hook.came:
        bodies.setdefault(headers["webhook-id"], set()).add(body)
    assert all(len(found) == 1 for found in bodies.values())
    told = [json.loads(body)["data"]["news"][0]["model"] for found in bodies.values() for body in found]
    assert sorted(told) == [f"model-{number}" for number in range(len(STEPS))]
    assert len(hook.came) > len(bodies)


async def test_what_an_ingester_commits_is_news(pipeline: Pipeline) -> None:
    outbox, channel = Outbox(pipeline.pool), webhook()
    await outbox.collect([channel])
    one, other = tasks()[:2]
    pipeline.hub.commit(V2, submission("m", {one: solved(one)}))
    await pipeline.settle()
    [landed] = await outbox.collect([channel])
    assert (landed.kind, landed.model, landed.score) == ("landing", "m", 1 / 120)
    pipeline.hub.commit(V2, {"m/README.md": b"Beside the answers.\n"})
    await pipeline.settle()
    assert await outbox.collect([channel]) == []
    pipeline.hub.commit(V2, submission("m", {one: solved(one), other: solved(other)}))
    await pipeline.settle()
    [changed] = await outbox.collect([channel])
    assert (changed.score, changed.detail["previousScore"]) == (2 / 120, 1 / 120)
    event = ModelDiscovered(dataset=V2, model="nobody")
    await end_event(pipeline.pool, Origin(event, 7, 1, "test"), "failed", "there is no such folder")
    [failed] = await outbox.collect([channel])
    assert (failed.kind, failed.model, failed.detail["reason"]) == ("failure", "nobody", "there is no such folder")
