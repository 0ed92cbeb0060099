"""Each tick runs exactly once, however many watchers there are, and nothing that was missed stays missed."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from common.database.pool import PoolOptions, open_pool
from common.hub.client import HubClient
from common.outcomes import TransientError
from common.schedule import Schedule, parse_windows
from structlog.testing import capture_logs
from watcher.metrics import Metrics
from watcher.poll import LOOK_SECONDS, RETRY_FAILED, Poller
from watcher.store.syncs import SyncRow, Syncs
from watcher.sync import Syncer

from tests.support.eventually import eventually

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
HOURLY = Schedule("0 * * * *")


@dataclass
class Mood:
    """How the Hub behaves: which datasets cannot be listed, what else happens meanwhile, and whether it answers."""

    down: set[str] = field(default_factory=set)
    listed: list[str] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None
    answers: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(eq=False)
class StillHub(HubClient):
    """A Hub whose datasets hold no model."""

    mood: Mood = field(default_factory=Mood)

    async def folders(self, dataset: str, revision: str = "main") -> dict[str, str]:
        self.mood.listed.append(dataset)
        self.mood.meanwhile()
        await self.mood.answers.wait()
        if dataset in self.mood.down:
            raise TransientError("the Hub answers 503", kind="hub_error")
        return {}


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = MIDNIGHT

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class StoppedSyncs(Syncs):
    """The syncs of a database whose clock is the test's."""

    clock: Clock = field(default_factory=Clock)

    async def now(self) -> datetime:
        return self.clock.now


@dataclass
class World:
    """A database, its clock and a Hub that any number of watchers share."""

    pool: asyncpg.Pool
    clock: Clock = field(default_factory=Clock)
    mood: Mood = field(default_factory=Mood)
    announced: list[Any] = field(default_factory=list)

    def watcher(self, schedule: Schedule = HOURLY, **options: Any) -> Poller:
        """Return a watcher that has just started."""

        async def publish(event: Any) -> bool:
            self.announced.append(event)
            return True

        hub = StillHub("http://hub.invalid", mood=self.mood)
        syncs = StoppedSyncs(self.pool, self.clock)
        return Poller(
            Syncer(("a/b", "c/d"), hub, syncs, publish, Metrics(), retry_seconds=()),
            schedule,
            **options,
        )

    async def syncs(self) -> list[tuple[str, str | None, str]]:
        """Return trigger, tick and status of each sync, in order."""
        rows = await self.pool.fetch("SELECT trigger, scheduled_for, status FROM sync_runs ORDER BY id")
        return [
            (row["trigger"], f"{row['scheduled_for']:%d-%H:%M}" if row["scheduled_for"] else None, row["status"])
            for row in rows
        ]

    async def settled(self, poller: Poller | None = None) -> Poller:
        """Return a watcher whose start is over, with the rows of the start removed."""
        poller = poller or self.watcher()
        await poller.run_once()
        await self.pool.execute("DELETE FROM sync_runs")
        return poller


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_pool(database_url, PoolOptions(max_size=6)) as pool:
        world = World(pool)
        world.mood.answers.set()
        yield world


async def test_the_first_start_syncs_at_once_and_each_tick_once(world: World) -> None:
    poller = world.watcher()
    for _ in range(9):
        await poller.run_once()
        world.clock.move(minutes=20)
    assert await world.syncs() == [
        ("startup", None, "completed"),
        ("schedule", "23-01:00", "completed"),
        ("schedule", "23-02:00", "completed"),
    ]


async def test_two_watchers_racing_for_a_hundred_ticks_run_each_once(world: World) -> None:
    chance = random.Random(4)
    watchers = [await world.settled(), await world.settled()]
    for tick in range(1, 101):
        # Their looks come a little after the tick, or a little before and again after it.
        for seconds in (*sorted(chance.uniform(-20, 20) for _ in range(2)), 21):
            world.clock.now = MIDNIGHT + timedelta(hours=tick, seconds=seconds)
            chance.shuffle(watchers)
            await asyncio.gather(*(watcher.run_once() for watcher in watchers))
    found = await world.pool.fetch("SELECT scheduled_for, count(*) FROM sync_runs GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in found] == [(MIDNIGHT + timedelta(hours=tick), 1) for tick in range(1, 101)]
    assert await world.pool.fetchval("SELECT bool_and(started_at >= scheduled_for) FROM sync_runs")


@pytest.mark.parametrize("missed", [1, 2, 50])
async def test_ticks_missed_while_nothing_ran_are_caught_up_once_at_start(world: World, missed: int) -> None:
    await world.watcher().run_once()
    world.clock.move(hours=missed, minutes=5)
    await asyncio.gather(world.watcher().run_once(), world.watcher().run_once())
    ticks = [row for row in await world.syncs() if row[0] != "startup"]
    assert ticks == [("catch_up", f"{world.clock.now:%d-%H}:00", "completed")]


async def test_ticks_missed_while_the_machine_slept_run_once(world: World) -> None:
    poller = await world.settled()
    world.clock.move(hours=30, minutes=5)
    await poller.run_once()
    await poller.run_once()
    assert await world.syncs() == [("schedule", "24-06:00", "completed")]


async def test_a_restart_that_missed_nothing_looks_once(world: World) -> None:
    await world.watcher().run_once()
    world.clock.move(minutes=5)
    await world.watcher().run_once()
    assert [row[0] for row in await world.syncs()] == ["startup", "startup"]


async def test_without_catch_up_a_missed_tick_stays_missed_and_the_next_one_runs(world: World) -> None:
    await world.watcher().run_once()
    world.clock.move(hours=3, minutes=5)
    poller = world.watcher(catch_up=False)
    await poller.run_once()
    world.clock.move(hours=1)
    await poller.run_once()
    assert (await world.syncs())[1:] == [("schedule", "23-04:00", "completed")]


async def test_without_cron_jobs_nothing_runs_by_itself(world: World) -> None:
    poller = world.watcher(enabled=False)
    for _ in range(5):
        assert await poller.run_once() == 0
        world.clock.move(hours=1)
    assert await world.syncs() == []
    assert poller.seconds_to_next_look(world.clock.now) == LOOK_SECONDS


async def test_a_tick_in_a_blackout_runs_once_at_its_end(world: World) -> None:
    schedule = Schedule("0 * * * *", parse_windows("22:00-02:30"))
    world.clock.now = MIDNIGHT + timedelta(hours=21, minutes=30)
    poller = await world.settled(world.watcher(schedule))
    for _ in range(24):
        world.clock.move(minutes=15)
        await poller.run_once()
    assert await world.syncs() == [("schedule", "24-02:00", "completed"), ("schedule", "24-03:00", "completed")]
    started = await world.pool.fetchval("SELECT min(started_at) FROM sync_runs")
    assert started == MIDNIGHT + timedelta(days=1, hours=2, minutes=30)


async def test_a_start_in_a_blackout_waits_for_its_end_too(world: World) -> None:
    poller = world.watcher(Schedule("0 * * * *", parse_windows("23:00-01:00")))
    await poller.run_once()
    assert await world.syncs() == []
    world.clock.move(hours=1)
    await poller.run_once()
    assert await world.syncs() == [("startup", None, "completed")]


async def test_a_tick_that_passes_during_a_long_sync_runs_after_it(world: World) -> None:
    poller = await world.settled()
    world.mood.meanwhile = lambda: world.clock.move(minutes=40)
    world.clock.now = MIDNIGHT + timedelta(hours=5)
    await poller.run_once()
    world.mood.meanwhile = lambda: None
    await poller.run_once()
    assert [row[1] for row in await world.syncs()] == ["23-05:00", "23-06:00"]


async def test_report_only_reaches_every_sync(world: World) -> None:
    poller = world.watcher(auto_ingest=False)
    await poller.run_once()
    world.mood.down.add("c/d")
    world.clock.move(hours=1)
    await poller.run_once()
    world.mood.down.clear()
    world.clock.now += RETRY_FAILED
    await poller.run_once()
    world.clock.move(hours=3)
    for _ in range(2):
        await world.watcher(auto_ingest=False).run_once()
    assert [row[0] for row in await world.syncs()] == ["startup", "schedule", "catch_up", "catch_up", "startup"]
    assert [event.auto_ingest for event in world.announced] == [False] * 5


async def test_a_dataset_that_failed_is_listed_again_before_the_next_tick(world: World) -> None:
    daily = Schedule("0 2 * * *")
    poller = await world.settled(world.watcher(daily))
    world.mood.down.add("c/d")
    world.clock.now = MIDNIGHT + timedelta(hours=2)
    await poller.run_once()
    world.mood.listed.clear()
    others = [world.watcher(daily), poller]
    for _ in range(30):
        world.clock.move(seconds=LOOK_SECONDS)
        await poller.run_once()
    assert world.mood.listed == []
    world.mood.down.clear()
    world.clock.now += RETRY_FAILED
    await asyncio.gather(*(watcher.run_once() for watcher in others))
    await poller.run_once()
    assert (await world.syncs())[0] == ("schedule", "23-02:00", "partial")
    assert set((await world.syncs())[1:]) <= {("catch_up", None, "completed"), ("startup", None, "completed")}
    world.clock.move(hours=2)
    world.mood.listed.clear()
    await poller.run_once()
    assert world.mood.listed == []


@pytest.mark.parametrize("days", [0, 30])
async def test_every_watcher_shows_the_last_complete_listing_of_any(world: World, days: int) -> None:
    await world.watcher().run_once()
    world.clock.move(minutes=1, days=days)
    other = world.watcher(enabled=False)
    await other.run_once()
    sample = other.syncer.metrics.registry.get_sample_value
    listed = sample("arcwatch_watcher_last_complete_listing_timestamp_seconds", {"dataset": "a/b"})
    assert listed == MIDNIGHT.timestamp()


@pytest.mark.parametrize(("enabled", "due"), [(True, MIDNIGHT + timedelta(hours=3)), (False, None)])
async def test_a_watcher_says_when_a_dataset_is_late(world: World, due: datetime | None, *, enabled: bool) -> None:
    """By the last listing of any watcher; a dataset that was never listed, by the first look."""
    world.mood.down.add("c/d")
    await world.watcher().run_once()
    world.clock.move(minutes=61)
    other = world.watcher(enabled=enabled)
    await other._update_listings(world.clock.now)
    other._update_due(world.clock.now)
    sample = other.syncer.metrics.registry.get_sample_value
    name = "arcwatch_watcher_listing_due_timestamp_seconds"
    assert sample(name, {"dataset": "a/b"}) == (due.timestamp() if due else 0)
    assert sample(name, {"dataset": "c/d"}) == (due.timestamp() + 3600 if due else 0)


async def test_a_dataset_that_is_watched_no_longer_is_shown_no_longer(world: World) -> None:
    await world.watcher().run_once()
    other = world.watcher(enabled=False)
    other.syncer = replace(other.syncer, datasets=("a/b",))
    await other.run_once()
    sample = other.syncer.metrics.registry.get_sample_value
    name = "arcwatch_watcher_last_complete_listing_timestamp_seconds"
    assert [sample(name, {"dataset": each}) for each in ("a/b", "c/d")] == [MIDNIGHT.timestamp(), None]


async def test_a_watcher_stopped_in_the_middle_is_replaced_at_the_next_look(world: World) -> None:
    poller, other = await world.settled(), await world.settled()
    world.clock.move(hours=1)
    world.mood.answers.clear()
    world.mood.listed.clear()
    syncing = asyncio.create_task(poller.run_once())
    await eventually(lambda: world.mood.listed)
    assert await world.syncs() == [("schedule", "23-01:00", "running")]
    assert await other.run_once() == 0, "its watcher lives"
    syncing.cancel()
    await asyncio.wait([syncing])
    world.mood.answers.set()
    assert await other.run_once() == 1
    assert await world.syncs() == [("schedule", "23-01:00", "completed")]


async def test_a_watcher_that_restarts_goes_on_with_its_own_sync_and_does_no_second_one(world: World) -> None:
    await world.settled()
    await world.pool.execute(
        "INSERT INTO sync_runs (scheduled_for, trigger, status, started_at) VALUES ($1, 'schedule', 'running', $1)",
        MIDNIGHT,
    )
    world.clock.move(minutes=1)
    assert await world.watcher().run_once() == 1
    assert await world.syncs() == [("schedule", "23-00:00", "completed")]


async def test_a_sync_that_a_dead_watcher_left_waits_for_the_end_of_a_blackout(world: World) -> None:
    schedule = Schedule("0 * * * *", parse_windows("23:00-01:00"))
    await world.pool.execute(
        "INSERT INTO sync_runs (scheduled_for, trigger, status, started_at) VALUES ($1, 'schedule', 'running', $1)",
        MIDNIGHT - timedelta(hours=1, minutes=1),
    )
    poller = world.watcher(schedule)
    assert await poller.run_once() == 0
    assert (await world.syncs(), world.mood.listed) == ([("schedule", "22-22:59", "running")], [])
    world.clock.move(hours=1)
    await poller.run_once()
    assert (await world.syncs())[0] == ("schedule", "22-22:59", "completed")


async def test_a_tick_runs_after_the_sync_that_a_dead_watcher_left(world: World) -> None:
    poller = await world.settled()
    await world.pool.execute(
        "INSERT INTO sync_runs (scheduled_for, trigger, status, started_at) VALUES ($1, 'schedule', 'running', $1)",
        MIDNIGHT,
    )
    world.clock.move(hours=1)
    assert await poller.run_once() == 2
    assert await world.syncs() == [("schedule", "23-00:00", "completed"), ("schedule", "23-01:00", "completed")]


async def test_each_sync_that_dead_watchers_left_is_gone_on_with_or_closed(world: World) -> None:
    poller = await world.settled()
    for trigger in ("startup", "catch_up", "manual"):
        await world.pool.execute(
            "INSERT INTO sync_runs (trigger, status, started_at) VALUES ($1, 'running', $2)", trigger, MIDNIGHT
        )
    assert await poller.run_once() == 2
    assert await world.syncs() == [
        ("startup", None, "completed"),
        ("catch_up", None, "completed"),
        ("manual", None, "failed"),
    ]
    error = await world.pool.fetchval("SELECT error FROM sync_runs WHERE status = 'failed'")
    assert error == "its watcher stopped in the middle"


@pytest.mark.parametrize(("trigger", "enabled"), [("webhook", True), ("manual", True), ("schedule", False)])
async def test_a_sync_that_no_watcher_goes_on_with_is_closed(world: World, trigger: str, *, enabled: bool) -> None:
    poller = await world.settled(world.watcher(enabled=enabled))
    await world.pool.execute(
        "INSERT INTO sync_runs (trigger, status, started_at) VALUES ($1, 'running', $2)", trigger, MIDNIGHT
    )
    await poller.run_once()
    assert await world.syncs() == [(trigger, None, "failed")]


@pytest.mark.parametrize("trigger", ["schedule", "webhook"])
async def test_a_sync_that_ended_while_we_looked_is_neither_run_again_nor_called_failed(
    world: World, monkeypatch: pytest.MonkeyPatch, trigger: str
) -> None:
    poller = await world.settled()
    await world.pool.execute(
        "INSERT INTO sync_runs (trigger, status, started_at) VALUES ($1, 'running', $2)", trigger, MIDNIGHT
    )
    seen = await poller.syncer.syncs.running()
    await world.pool.execute("UPDATE sync_runs SET status = 'completed', completed_at = now()")

    async def running(_syncs: Syncs) -> list[SyncRow]:
        return seen

    monkeypatch.setattr(Syncs, "running", running)
    world.mood.listed.clear()
    assert await poller.run_once() == 0
    assert world.mood.listed == []
    assert await world.syncs() == [(trigger, None, "completed")]


async def test_a_dataset_that_failed_is_left_to_the_sync_that_runs_just_now(world: World) -> None:
    poller = await world.settled()
    world.mood.down.add("c/d")
    world.clock.move(hours=1)
    await poller.run_once()
    world.mood.down.clear()
    world.mood.listed.clear()
    world.clock.now += RETRY_FAILED
    async with poller.syncer.syncs.begin("manual", None, world.clock.now):
        assert await poller.run_once() == 0
        assert world.mood.listed == []
    assert await poller.run_once() == 1, "its watcher stopped"
    assert world.mood.listed == ["c/d"]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            asyncpg.InterfaceError("connection is closed"),
            {
                "event": "outage.began",
                "log_level": "warning",
                "what": "database",
                "reason": "connection is closed",
                "what_next": "syncs that are due wait; asked every 15 s",
            },
        ),
        (ZeroDivisionError("a bug"), {"event": "poll.failed", "log_level": "error", "exc_info": True}),
    ],
    ids=["away", "bug"],
)
async def test_a_tick_survives_a_database_that_is_away_and_a_bug(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, line: dict[str, Any]
) -> None:
    poller = await world.settled()
    world.clock.move(hours=1)
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)
        monkeypatch.undo()
        if len(naps) > 1:
            raise asyncio.CancelledError

    async def away(*_: object) -> None:
        raise error

    poller.sleep = nap
    monkeypatch.setattr(Syncs, "running", away)
    with capture_logs() as lines, pytest.raises(asyncio.CancelledError):
        await poller.run()
    assert lines[0] == line
    assert await world.syncs() == [("schedule", "23-01:00", "completed")]
    assert naps == [LOOK_SECONDS, LOOK_SECONDS]


@pytest.mark.parametrize(
    ("minute", "seconds"), [(0, LOOK_SECONDS), (59.9, 6.0), (60, LOOK_SECONDS), (59.9999999, 0.05)]
)
async def test_a_look_comes_at_the_tick_and_never_later_than_the_next_check(
    world: World, minute: float, seconds: float
) -> None:
    world.clock.move(minutes=minute)
    assert world.watcher().seconds_to_next_look(world.clock.now) == pytest.approx(seconds)
