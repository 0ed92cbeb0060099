"""Promises: a seed is the same plan each time, what bugs leave behind is found, and a short run finds nothing."""

import random
from pathlib import Path

import asyncpg
import pytest

from tests.soak.faults import Breaker
from tests.soak.plan import FAULTS, TARGETS, UPLOADS, plan
from tests.soak.planted import BUGS, code_of
from tests.soak.run import checker_of, soak, started
from tests.soak.upstream import Upstream
from tests.soak.world import world
from tests.support.eventually import eventually

PATIENCE_SECONDS = 600.0
# In these seconds both disks are full and PostgreSQL ends for it, NATS, an ingester and the notifier are killed,
# PostgreSQL and an ingester are frozen, and the Hub limits requests.
SHORT_SEED, SHORT_SECONDS = 97, 15.0
# What met a full disk is tried again sooner: a run would mostly wait.
SOON = "import common.process.outage as outage; outage.ROOM_PAUSE_SECONDS = 5.0"
LEFT_BEHIND = {
    "runs that still run": """
        INSERT INTO ingestion_runs (dataset_name, base_url, total_puzzles, successful, failed, skipped, duration_ms,
            started_at, completed_at, status)
        VALUES ('m', '', 0, 0, 0, 0, 0, now(), now(), 'running')""",
    "syncs that still run": "INSERT INTO sync_runs (trigger, status, started_at) VALUES ('manual', 'running', now())",
    "staged rows": "INSERT INTO staged_rows (hf_dataset, model, hf_blob_oid, puzzle_id) VALUES ('d', 'm', 'o', 'p')",
    "requests that wait": """
        INSERT INTO waiting_requests (hf_dataset, model, dry_run, id, behind, force, trigger)
        VALUES ('d', 'm', false, 'i', 'm', false, 'manual')""",
}


def test_a_seed_is_the_same_plan_each_time_and_another_one_another() -> None:
    assert plan(1, 60) == plan(1, 60)
    assert plan(1, 60) != plan(2, 60)
    # A longer run begins as a shorter one.
    assert plan(1, 120)[: len(plan(1, 30)) - 2] == plan(1, 30)[:-2]
    # Without some kind of fault it is the rest of the same.
    assert plan(1, 60, {"mood"}) == [step for step in plan(1, 60) if step.kind != "mood"]
    steps = plan(5, 60)
    assert [step.at for step in steps] == sorted(step.at for step in steps)


def test_whatever_a_plan_names_can_be_done() -> None:
    steps = [step for seed in range(100) for step in plan(seed, 60)]
    assert {step.kind for step in steps} == {"upload", *FAULTS}
    assert {step.target for step in steps if step.kind == "upload"} == set(UPLOADS)
    assert [kind for kind in FAULTS if not hasattr(Breaker, f"_{kind}")] == []
    assert {(step.kind, step.target) for step in steps} >= {(kind, each) for kind in TARGETS for each in TARGETS[kind]}
    assert [kind for kind in set(UPLOADS) if not hasattr(Upstream, f"_{kind}")] == []


@pytest.mark.debian
@pytest.mark.timeout(1_800)
async def test_what_bugs_and_broken_data_leave_behind_is_found(tmp_path: Path) -> None:
    wanted = {words for bug in BUGS for words in bug.says} | {*LEFT_BEHIND}
    async with world(tmp_path, lambda _: None, code_of(BUGS)) as made, checker_of(made, 1) as checker:
        checker.upstream.pick = random.Random(4)
        await started(made, checker.listener)
        made.receiver.moods.append("forgets")
        for _ in range(4):
            checker.upstream.upload("new")
        connection = await asyncpg.connect(made.servers.postgres.url())

        async def landed() -> bool:
            return bool(await connection.fetchval("SELECT count(*) = 3 FROM submission_versions"))

        await eventually(landed, PATIENCE_SECONDS)
        checker.upstream.upload("removed")
        for statement in LEFT_BEHIND.values():
            await connection.execute(statement)
        await connection.close()
        seen: set[str] = set()

        async def all_found() -> bool:
            found = "\n".join(await checker.problems())
            seen.update(words for words in wanted if words in found)
            return seen == wanted

        await eventually(all_found, PATIENCE_SECONDS, what=f"{len(wanted)} kinds of problems")
    assert seen == wanted


@pytest.mark.debian
@pytest.mark.timeout(1_800)
async def test_a_short_run_ends_with_all_of_them_saying_the_same(tmp_path: Path) -> None:
    said: list[str] = []
    soon = dict.fromkeys(("watcher", "ingester"), SOON)
    assert await soak(SHORT_SEED, SHORT_SECONDS, tmp_path, said.append, planted=soon) == [], "\n".join(said)
