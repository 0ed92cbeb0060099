"""Promises: a seed is the same plan each time, what bugs leave behind is found, and a short run finds nothing."""

import random
from pathlib import Path

import asyncpg
import pytest

from tests.soak.faults import Breaker
from tests.soak.plan import FAULTS, UPLOADS, plan
from tests.soak.run import checker_of, settled, soak, started
from tests.soak.upstream import Upstream
from tests.soak.world import world
from tests.support.eventually import eventually

# In these seconds NATS is killed, PostgreSQL, a watcher and two connections are frozen, and the Hub hangs up.
SHORT_SEED, SHORT_SECONDS = 7, 15.0
# What an engineer may get wrong in a day: an ingester that tells of every other version only, and that counts a pair
# too many.
PLANTED = """
import common.bus.bus as bus, itertools
right, count = bus.publish, itertools.count()
async def publish(client, event, *arguments, **options):
    if event.subject != "model.ingested" or next(count) % 2:
        return await right(client, event, *arguments, **options)
bus.publish = publish
import ingester.submission.scoring as scoring
pairs_solved = scoring.pairs_solved
scoring.pairs_solved = lambda judged: pairs_solved(judged) or 1
"""


def test_a_seed_is_the_same_plan_each_time_and_another_one_another() -> None:
    assert plan(1, 60) == plan(1, 60)
    assert plan(1, 60) != plan(2, 60)
    # A longer run begins as a shorter one.
    assert plan(1, 120)[: len(plan(1, 30)) - 2] == plan(1, 30)[:-2]
    steps = plan(5, 60)
    assert [step.at for step in steps] == sorted(step.at for step in steps)


def test_whatever_a_plan_names_can_be_done() -> None:
    steps = [step for seed in range(50) for step in plan(seed, 60)]
    assert {step.kind for step in steps} == {"upload", *FAULTS}
    assert {step.target for step in steps if step.kind == "upload"} == set(UPLOADS)
    assert [kind for kind in FAULTS if not hasattr(Breaker, f"_{kind}")] == []
    assert [kind for kind in set(UPLOADS) if not hasattr(Upstream, f"_{kind}")] == []


@pytest.mark.debian
async def test_what_bugs_and_broken_data_leave_behind_is_found(tmp_path: Path) -> None:
    async with world(tmp_path, {"ingester": PLANTED}) as made, checker_of(made, 1) as checker:
        checker.upstream.pick = random.Random(4)
        await started(made)
        for _ in range(4):
            checker.upstream.upload("new")
        connection = await asyncpg.connect(made.postgres.url())

        async def landed() -> bool:
            return bool(await connection.fetchval("SELECT count(*) = 4 FROM submission_versions"))

        await eventually(landed, 90)
        await connection.execute(
            "INSERT INTO sync_runs (trigger, status, started_at) VALUES ('manual', 'running', now())"
        )
        found = "\n".join(await settled(checker, lambda _: None, calm_seconds=0))
        await connection.close()
    assert "other rows or results than its files have" in found
    assert "no event tells of the versions of runs" in found
    assert "the page was not told of runs" in found
    assert "syncs that still run" in found


@pytest.mark.debian
@pytest.mark.timeout(600)
async def test_a_short_run_ends_with_all_of_them_saying_the_same(tmp_path: Path) -> None:
    said: list[str] = []
    assert await soak(SHORT_SEED, SHORT_SECONDS, tmp_path, said.append) == [], "\n".join(said)
