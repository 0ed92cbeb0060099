"""The view equals the database after any sequence of events: lost, doubled, reordered, late, or while it is away."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from common.bus.stored import Message
from common.events import ModelIngested, SyncCompleted
from common.names.fields import Entry, NameFields
from common.names.registry import ModelNames
from hypothesis import given
from hypothesis import strategies as st
from query_api.metrics import Metrics
from query_api.store.rows import Key, Solves, Submission, VersionTasks
from query_api.store.submissions import Loaded
from query_api.view import comparison, projection
from query_api.view.by_task.outcomes import OutcomeTable
from query_api.view.comparison import Comparison
from query_api.view.projection import State, ViewProjector
from query_api.view.snapshot import LATE_EVENT_SECONDS, Unannounced, View
from query_api.view.standings import Standings
from query_api.view.stream.event_id import EventId
from query_api.view.stream.stream_event import StreamEvent
from query_api.view.task_sets import TaskIndex

from tests.support.eventually import eventually
from tests.support.writer import DATASET, START, submission

MODELS = ("a", "b", "c")
TASK_SETS = {
    "evaluation2": TaskIndex("evaluation2", "ARC2-Eval", dict.fromkeys((f"{n:08x}" for n in range(120)), 1), "v1")
}


def version_tasks(of: Submission) -> VersionTasks:
    """Return as many solved tasks as the score says."""
    solved = round(of.score * len(TASK_SETS["evaluation2"].pairs))
    return VersionTasks(
        of.tree_oid, of.run_id, [(task, int(n < solved), 1) for n, task in enumerate(TASK_SETS["evaluation2"].pairs)]
    )


def solves(submissions: Collection[Submission]) -> dict[Key, Solves]:
    """Return costs by which the runs can be told apart."""
    return {each.key: Solves(dict.fromkeys(TASK_SETS["evaluation2"].pairs, each.run_id)) for each in submissions}


class FakeReader:
    """A stream that is there, and on which the test puts the messages itself."""

    silent_since: datetime | None = None
    stream = 1
    began_after: EventId | None = EventId(1, 0)

    async def start(self, after: int | None = None) -> None:
        """Begin at once."""


@dataclass
class World:
    """A database in memory, the events that it gave rise to, and a projector that watches both."""

    rows: dict[Key, Submission] = field(default_factory=dict)
    names: dict[str, Entry] = field(default_factory=dict)
    events: list[ModelIngested] = field(default_factory=list)
    away: bool = False
    runs: int = 0
    applied: list[StreamEvent] = field(default_factory=list)
    joined: list[EventId] = field(default_factory=list)
    # What is written, and announced, between a read of the database and its answer's arrival.
    meanwhile: list[tuple[str, Any, Any]] = field(default_factory=list)
    projector: ViewProjector = field(init=False)

    def __post_init__(self) -> None:
        self.projector = ViewProjector(
            reader=FakeReader(),  # type: ignore[arg-type] # a plain stand-in, see above
            load=self.load,
            reread=self.reread,
            comparison=Comparison(
                read_tasks=self.read_tasks,
                standings=Standings(TASK_SETS),
                outcomes=OutcomeTable(TASK_SETS, self.read_solves),
            ),
            names=ModelNames(),
            interval_seconds=1e9,
            metrics=Metrics(),
            on_applied=self.applied.extend,
            on_joined=self.joined.append,
        )

    @property
    def truth(self) -> View:
        view, standings = View.of(self.rows.values(), None), Standings(TASK_SETS)
        unread = standings.unread(view.submissions.values())
        standings.learn(unread, {each.key: version_tasks(each) for each in unread})
        outcomes = OutcomeTable(TASK_SETS, self.read_solves)
        outcomes.learn(unread, {each.key: version_tasks(each) for each in unread})
        outcomes.learn_solves(unread, solves(unread))
        return replace(
            view,
            standings=standings.of(view.submissions.values()),
            outcomes=outcomes.of(view.submissions.values()),
        )

    async def load(self) -> Loaded:
        self._answer()
        found = Loaded(list(self.rows.values()), None, datetime.now(UTC), self.names)
        await self._go_on()
        return found

    async def reread(self, keys: Collection[Key]) -> list[Submission]:
        self._answer()
        found = [self.rows[key] for key in keys if key in self.rows]
        await self._go_on()
        return found

    async def read_tasks(self, keys: Collection[Key]) -> dict[Key, VersionTasks]:
        self._answer()
        return {key: version_tasks(self.rows[key]) for key in keys if key in self.rows}

    async def read_solves(self, submissions: Collection[Submission]) -> dict[Key, Solves]:
        self._answer()
        return solves(submissions)

    async def _go_on(self) -> None:
        await asyncio.sleep(0)
        if self.meanwhile:
            known = len(self.events)
            await _play(self, [self.meanwhile.pop()])
            for event in self.events[known:]:
                self.deliver(event)

    def _answer(self) -> None:
        if self.away:
            raise ConnectionRefusedError("the database is away")

    def ingest(self, model: str, content: int) -> None:
        self.runs += 1
        made = submission(model, content, self.runs)
        self.rows[made.key] = made
        self.events.append(_event(made))

    def rename(self, old: str, new: str) -> None:
        if (DATASET, old) in self.rows and (DATASET, new) not in self.rows:
            moved = self.rows.pop((DATASET, old))
            attempts = tuple(each.model_copy(update={"model_name": f"{new}-attempt1"}) for each in moved.attempts)
            renamed = moved.model_copy(update={"model": new, "attempts": attempts})
            self.rows[renamed.key] = renamed
            self.events.append(_event(renamed))

    def remove(self, model: str) -> None:
        if known := self.rows.get((DATASET, model)):
            self.rows[known.key] = known.model_copy(update={"status": "removed"})

    def deliver(self, event: ModelIngested | SyncCompleted) -> None:
        self.projector._receive(
            Message(1 + len(self.applied), event.subject, event.model_dump_json().encode(), START, 0, {})
        )


def _event(of: Submission) -> ModelIngested:
    shared: dict[str, Any] = {
        name: getattr(of, name)
        for name in ModelIngested.model_fields
        if name in Submission.model_fields and name != "attempts"
    }
    return ModelIngested(
        **shared,
        display_name="M",
        attempts=tuple(each.model_name for each in of.attempts),
        successful=120,
        failed=0,
        skipped=0,
        accuracy_percent=1.0,
        cost=of.total_cost,
        duration_ms=1,
        auto_triggered=True,
        trigger="schedule",
    )


MODEL = st.sampled_from(MODELS)
WRITES = st.one_of(
    st.tuples(st.just("ingest"), MODEL, st.integers(1, 4)),
    st.tuples(st.just("rename"), MODEL, MODEL),
)
ANYTHING = st.one_of(
    WRITES,
    st.tuples(st.just("remove"), MODEL, st.none()),
    st.tuples(st.just("deliver"), st.integers(0, 20), st.none()),
    st.tuples(st.just("away"), st.booleans(), st.none()),
    st.tuples(st.just("step"), st.none(), st.none()),
)


async def _play(world: World, steps: Collection[tuple[str, Any, Any]]) -> None:
    for name, first, second in steps:
        if name == "deliver":
            if world.events:
                world.deliver(world.events[first % len(world.events)])
        elif name == "away":
            world.away = first
        elif name == "step":
            await world.projector.step()
        elif name == "remove":
            world.remove(first)
        else:
            getattr(world, name)(first, second)


@given(st.lists(ANYTHING, max_size=30))
def test_one_reconciliation_mends_whatever_happened(steps: list[tuple[str, Any, Any]]) -> None:
    async def run() -> None:
        world = World()
        await world.projector.start()
        await _play(world, steps)
        world.away = False
        world.projector.request_reconcile()
        await world.projector.step()
        assert world.projector.state.view == world.truth
        assert world.projector.state.as_of is None

    asyncio.run(run())


@given(st.lists(WRITES, max_size=12), st.randoms(use_true_random=False), st.lists(st.integers(0, 99), max_size=6))
def test_events_that_all_arrive_are_enough_in_any_order(
    writes: list[tuple[str, Any, Any]], random: Any, doubled: list[int]
) -> None:
    async def run() -> None:
        world = World()
        await world.projector.start()
        await _play(world, writes)
        arriving = [*world.events, *(world.events[index % len(world.events)] for index in doubled if world.events)]
        random.shuffle(arriving)
        for event in arriving:
            world.deliver(event)
            if random.random() < 0.5:
                await world.projector.step()
        await world.projector.step()
        assert world.projector.state.view == world.truth

    asyncio.run(run())


@given(st.lists(WRITES, max_size=8), st.lists(WRITES, max_size=8))
def test_what_happens_while_the_database_is_read_is_not_lost(
    before: list[tuple[str, Any, Any]], meanwhile: list[tuple[str, Any, Any]]
) -> None:
    async def run() -> None:
        world = World()
        await _play(world, before)
        world.meanwhile = meanwhile
        await world.projector.start()
        while world.meanwhile or world.projector._pending:
            world.projector._reconcile_requested = bool(world.meanwhile)
            await world.projector.step()
        assert world.projector.state.view == world.truth

    asyncio.run(run())


@given(st.lists(ANYTHING, max_size=30))
def test_every_event_heard_is_told_once_and_in_order(steps: list[tuple[str, Any, Any]]) -> None:
    async def run() -> None:
        world = World()
        await world.projector.start()
        heard: list[int] = []
        for step in steps:
            before = len(world.projector._pending)
            await _play(world, [step])
            heard += [each.place.sequence for each in world.projector._pending[before:]]
        await world.projector.step()
        assert [each.place.sequence for each in world.applied] == heard

    asyncio.run(run())


async def test_while_the_database_is_away_events_speak_for_themselves() -> None:
    world = World()
    await world.projector.start()
    before = datetime.now(UTC)
    world.ingest("a", 3)
    world.away = True
    world.deliver(world.events[0])
    await world.projector.step()
    found = world.projector.state.view.submissions[DATASET, "a"]
    assert (found.score, found.tasks_solved, found.attempts[0].accuracy_percent) == (0.3, None, None)
    assert world.projector.state.as_of is not None
    assert world.projector.state.as_of <= before
    assert not world.projector.state.database_connected
    world.away = False
    world.projector.request_reconcile()
    await world.projector.step()
    assert world.projector.state == State(world.truth, None)


async def test_an_event_with_figures_that_cannot_be_is_believed_as_far_as_it_can_be() -> None:
    world = World()
    await world.projector.start()
    world.ingest("a", 3)
    world.away = True
    world.deliver(world.events[0].model_copy(update={"score": 7.0, "tasks_total": -1, "score_submitted": -2.0}))
    await world.projector.step()
    found = world.projector.state.view.submissions[DATASET, "a"]
    assert (found.score, found.tasks_total, found.score_submitted) == (0, 0, None)


async def test_an_unreadable_event_has_the_whole_database_read() -> None:
    world = World()
    await world.projector.start()
    world.ingest("a", 1)
    world.projector._receive(Message(1, ModelIngested.subject, b'{"run_id": "?"}', START, 0, {}))
    await world.projector.step()
    assert world.projector.state.view == world.truth


class EndlessReader(FakeReader):
    """Has always one more event."""

    def __init__(self) -> None:
        self.read = 0

    async def messages(self) -> AsyncIterator[Message]:
        while True:
            self.read += 1
            event = _event(submission("m", 1, self.read))
            yield Message(self.read, event.subject, event.model_dump_json().encode(), START, 0, {})


def _has_read(reader: EndlessReader, count: int) -> bool:
    return reader.read >= count


async def test_the_tasks_of_many_submissions_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "READ_AT_ONCE", 2)
    world, asked = World(), []
    for number in range(5):
        row = submission(f"m{number}", number, number)
        world.rows[row.key] = row
    read_tasks = world.projector._comparison._read_tasks

    async def counted(keys: Collection[Key]) -> Mapping[Key, VersionTasks]:
        asked.append(len(keys))
        return await read_tasks(keys)

    monkeypatch.setattr(world.projector._comparison, "_read_tasks", counted)
    await world.projector.start()
    assert asked == [2, 2, 1]
    assert world.projector.state.view == world.truth


async def test_tasks_that_were_read_before_the_database_went_away_are_there_once_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    await world.projector.start()
    row = submission("a", 1, 1)
    world.rows[row.key] = row

    async def away(_: Collection[Submission]) -> dict[Key, Solves]:
        raise ConnectionError

    with monkeypatch.context() as context:
        context.setattr(world.projector._comparison._outcomes, "_read", away)
        world.projector.request_reconcile()
        await world.projector.step()
        await world.projector._go_on()  # as while standings are compared
    world.projector.request_reconcile()
    await world.projector.step()
    assert world.projector.state.view == world.truth


async def test_no_more_is_read_ahead_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "MAX_PENDING", 10)
    world, reader = World(), EndlessReader()
    world.projector._reader = reader  # type: ignore[assignment] # a plain stand-in, see above
    following = asyncio.create_task(world.projector.follow())
    try:
        for rounds in (1, 2):
            await eventually(partial(_has_read, reader, 10 * rounds))
            await asyncio.sleep(0)
            assert reader.read == 10 * rounds
            await world.projector.step()
            assert len(world.applied) == 10 * rounds
    finally:
        following.cancel()


async def test_what_an_admin_sets_is_shown_at_once_and_no_older_read_takes_it_back() -> None:
    world = World()
    world.rows = {each.key: each for each in [submission("a", 1, 1)]}
    await world.projector.start()
    named = {"a": Entry(NameFields(display_name="Alpha"), {})}

    async def set_meanwhile() -> Loaded:
        found = await world.load()  # without the name: read before it was set
        world.projector.show_names(named)
        return found

    world.projector.show_names(named)
    assert world.projector.state.view.names.of("a").display_name == "Alpha", "before anything is read"
    world.projector.show_names({})
    world.projector._load = set_meanwhile
    world.projector.request_reconcile()
    await world.projector.step()
    assert world.projector.state.view.names.of("a").display_name == "Alpha"
    world.projector._load = world.load
    await world.projector.step()  # asked for: now the database has the last word
    assert world.projector.state.view.names.of("a").display_name == "A"


async def test_people_and_baselines_have_no_rank_and_take_none() -> None:
    world = World()
    world.rows = {each.key: each for each in [submission("human-panel", 9, 1), submission("a", 5, 2)]}
    await world.projector.start()

    def ranks() -> dict[str, int | None]:
        view = world.projector.state.view
        return {each.model: view.row(each).rank for each in view.submissions.values()}

    assert ranks() == {"human-panel": None, "a": 1}
    world.projector.show_names({"a": Entry(NameFields(kind="baseline"), {})})
    assert ranks() == {"human-panel": None, "a": None}, "before anything is compared anew"
    world.projector.show_names({"human-panel": Entry(NameFields(kind="system"), {})})
    world.names = {"human-panel": Entry(NameFields(kind="system"), {})}
    await world.projector.step()
    assert ranks() == {"human-panel": 1, "a": 2}


@pytest.mark.parametrize(
    ("told", "silent_since", "counted"),
    [("nothing", None, 1), ("late", None, 0), ("renamed", None, 0), ("sync", None, 0), ("nothing", START, 0)],
    ids=["no event", "a late event", "a rename", "a sync", "while the stream is silent"],
)
async def test_a_difference_counts_when_no_event_has_told_of_it_in_time(
    monkeypatch: pytest.MonkeyPatch, told: str, silent_since: datetime | None, counted: int
) -> None:
    """An ingester that dies after its commit announces it late: nobody wrote past the bus."""
    world, now = World(), [0.0]
    monkeypatch.setattr(world.projector, "_unannounced", Unannounced(lambda: now[0]))
    await world.projector.start()
    sample = partial(
        world.projector._metrics.registry.get_sample_value, "arcwatch_query_api_reconciled_submissions_total"
    )

    async def reconcile() -> float | None:
        world.projector.request_reconcile()
        await world.projector.step()
        return sample()

    world.ingest("a", 3)
    if told == "renamed":
        await reconcile()
        world.rename("a", "b")
    assert await reconcile() == 0, "its event may still come"
    if told in {"late", "renamed"}:
        world.deliver(world.events[-1])
    if told == "sync":
        counts = dict.fromkeys(("sync_id", "models_seen", "new_models_found", "changed"), 1)
        instants = dict.fromkeys(("started_at", "completed_at"), START)
        world.deliver(SyncCompleted(trigger="schedule", status="completed", datasets=(), **counts, **instants))
    now[0] = LATE_EVENT_SECONDS
    monkeypatch.setattr(world.projector._reader, "silent_since", silent_since)
    await world.projector.step()
    assert await reconcile() == counted
    assert await reconcile() == counted, "counted twice"


async def test_how_long_a_landing_took_is_measured_where_its_dataset_was_watched_before() -> None:
    world = World()
    value, name = world.projector._metrics.registry.get_sample_value, "arcwatch_query_api_landing_delay_seconds"
    sample = partial(value, f"{name}_count")
    await world.projector.start()
    world.ingest("old", 1)
    world.deliver(world.events[0])
    await world.projector.step()
    assert sample() == 0, "it lay there before anybody looked"
    world.ingest("new", 2)
    key = (DATASET, "new")
    committed = datetime.now(UTC) - timedelta(minutes=3)
    world.rows[key] = world.rows[key].model_copy(update={"published_at": committed})
    for landed in (True, False):
        world.deliver(_event(world.rows[key]).model_copy(update={"landed": landed}))
    await world.projector.step()
    assert sample() == 1
    assert [value(f"{name}_bucket", {"le": le}) for le in ("60.0", "300.0")] == [0, 1]
