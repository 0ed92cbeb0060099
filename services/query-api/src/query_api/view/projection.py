"""Projects events onto the view: loaded at the start, re-read where events point, reconciled as a whole on an interval.

Events only say where to look. One task reads the database and swaps the view, so what was read later always wins, and
no order, loss or doubling of events can leave a difference that the next reconciliation does not mend.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from time import monotonic

import structlog
from common.bus.stored import Message
from common.events import ModelIngested, SyncCompleted
from common.names.registry import Entries, ModelNames
from common.process import tracing
from common.process.outage import DATABASE_ERRORS, reason_of
from pydantic import ValidationError

from query_api.metrics import Metrics
from query_api.store.rows import Key, Submission
from query_api.store.submissions import Loaded
from query_api.view.comparison import Comparison
from query_api.view.snapshot import Unannounced, View
from query_api.view.stream.event_id import EventId
from query_api.view.stream.stream_event import StreamEvent, event_of
from query_api.view.stream.stream_reader import OrderedReader

log = structlog.get_logger(__name__)

# While the stream is silent or the database away, the database is asked this often.
IMPAIRED_INTERVAL_SECONDS = 5.0
# How soon a lost stream shows in the answers.
TICK_SECONDS = 1.0
DATABASE_TIMEOUT_SECONDS = 10.0
# How often a database is looked after that nothing else asks: one that hangs shows in the answers within 15 s.
WATCH_SECONDS = 5.0
# While the database takes its time, no more than this is read ahead from the stream.
MAX_PENDING = 1_000


@dataclass(frozen=True)
class State:
    """A view, and since when it may lag behind the database (None: it does not)."""

    view: View
    as_of: datetime | None = None
    database_connected: bool = True


class ViewProjector:
    """Owns this replica's view. `on_applied` gets each batch of events once the view holds what they say."""

    def __init__(
        self,
        *,
        reader: OrderedReader,
        load: Callable[[], Awaitable[Loaded]],
        reread: Callable[[Collection[Key]], Awaitable[list[Submission]]],
        comparison: Comparison,
        names: ModelNames,
        interval_seconds: float,
        metrics: Metrics,
        on_applied: Callable[[Sequence[StreamEvent]], None],
        on_joined: Callable[[EventId], None],
    ) -> None:
        self._reader = reader
        self._load = load
        self._reread = reread
        self._comparison = comparison
        self._interval = interval_seconds
        self._metrics = metrics
        self._on_applied = on_applied
        self._on_joined = on_joined
        self._joined = False
        self._pending: list[StreamEvent] = []
        self._wake = asyncio.Event()
        self._has_capacity = asyncio.Event()
        self._unannounced = Unannounced()
        self._reconcile_requested = False
        self._asked_at = float("-inf")
        """When the whole database was asked last, or an answer of it failed to come."""
        self._confirmed_at = datetime.now(UTC)
        self._database_lost = False
        self._database_time = (datetime.now(UTC), monotonic())
        self._names, self._names_set = names, 0
        self.state = State(View(names=names))
        reader.on_resumed = self.request_reconcile
        metrics.view_age.set_function(self._age_seconds)

    async def start(self) -> None:
        """Listen first, then load: what happens in between is applied on top."""
        await self._reader.start()
        began_after = self._reader.began_after
        view = await self._loaded()
        await self._comparison.read_unread(view)
        self._on_database_answer(whole=True)
        self._show(await self._ranked(view))
        self._tell_joined(began_after)

    async def complete(self) -> View:
        """Load the view, and read and compare all that takes longer: for who answers once, and does not go on."""
        await self.start()
        while not self._has_all():
            await self._go_on()
        return self.state.view

    def _tell_joined(self, began_after: EventId | None) -> None:
        """Tell, once, after which place of the stream events follow on a view that holds all before it."""
        if began_after and not self._joined:
            self._joined = True
            self._on_joined(began_after)

    def request_reconcile(self) -> None:
        """Have the whole view compared with the database soon: something may have been missed."""
        self._reconcile_requested = True
        self._wake.set()

    def show_names(self, admin: Entries) -> None:
        """Show at once what an admin has set."""
        self._names_set += 1
        self._names = self._names.with_admin(admin)
        self._show(self.state.view)
        self.request_reconcile()

    def database_failed(self) -> None:
        """Reconcile soon after a request has met a database error, unless the database is known to be away."""
        if not self._database_lost:
            self.request_reconcile()

    async def follow(self) -> None:
        """Receive events from the stream, for ever."""
        async for message in self._reader.messages():
            self._receive(message)
            if len(self._pending) >= MAX_PENDING:
                self._has_capacity.clear()
                await self._has_capacity.wait()

    def _receive(self, message: Message) -> None:
        try:
            event = event_of(message)
        except ValidationError as error:
            log.warning("event.unreadable", subject=message.subject, sequence=message.sequence, reason=str(error))
            self.request_reconcile()
            return
        self._metrics.events.labels(message.subject).inc()
        if isinstance(event, ModelIngested):
            self._unannounced.announced(event)
        elif isinstance(event, SyncCompleted):
            self._unannounced.forgive()
        place = EventId(self._reader.stream, message.sequence)
        self._pending.append(StreamEvent(place, event, message.headers))
        self._wake.set()

    async def apply(self) -> None:
        """Apply received events, and reconcile on the interval, for ever."""
        while True:
            # Many comparisons and reads are made between events, and shown as soon as they are complete.
            while not (self._has_all() or self._wake.is_set()):
                await self._go_on()
            try:
                await asyncio.wait_for(self._wake.wait(), TICK_SECONDS)
            except TimeoutError:
                self._show(self.state.view)
            if self._wake.is_set() or self._due():
                self._wake.clear()
                await self.step()

    def _has_all(self) -> bool:
        return self._comparison.complete(readable=not self._database_lost)

    async def _go_on(self) -> None:
        """Read and compare what the last step had no time for."""
        try:
            await self._comparison.read_more()
        except DATABASE_ERRORS as error:
            self._on_database_error(error)
        self._show(await self._ranked(self.state.view))

    async def watch(self, ask: Callable[[], Awaitable[object]]) -> None:
        """Notice a database that is away or hangs before the next reconciliation would, for ever."""
        while True:
            try:
                await ask()
            except DATABASE_ERRORS as error:
                self._on_database_error(error)
                self._show(self.state.view)
            await asyncio.sleep(WATCH_SECONDS)

    def _due(self) -> bool:
        pause = min(self._interval, IMPAIRED_INTERVAL_SECONDS) if self._as_of() else self._interval
        return self._reconcile_requested or monotonic() >= self._asked_at + pause

    async def step(self) -> None:
        """Apply received events, or reconcile with the whole database when that is due."""
        batch, self._pending = self._pending, []
        self._has_capacity.set()
        whole = self._due() or any(isinstance(each.event, SyncCompleted) for each in batch)
        self._reconcile_requested = False
        began_after = self._reader.began_after
        ingested = [each.event for each in batch if isinstance(each.event, ModelIngested)]
        try:
            async with asyncio.timeout(DATABASE_TIMEOUT_SECONDS):
                view = await (self._reconciled(expected=bool(batch)) if whole else self._reread_for(ingested))
                await self._comparison.read_unread(view)
        except DATABASE_ERRORS as error:
            self._on_database_error(error)
            view = reduce(View.patched, ingested, self.state.view)
        else:
            self._on_database_answer(whole=whole)
        self._show(await self._ranked(view))
        self._measure(ingested)
        if whole and not self._database_lost:
            self._tell_joined(began_after)
        if batch:
            self._on_applied(batch)
        for each in batch:
            # In the trace that began with a sync.
            tracing.record("view update", each.headers, monotonic() - each.received, subject=each.event.subject)

    async def _reconciled(self, *, expected: bool) -> View:
        before, after = self.state.view, await self._loaded()
        if not expected and not self._database_lost:
            self._unannounced.found(before.as_announced() ^ after.as_announced())
        if self._reader.silent_since:
            self._unannounced.put_off()
        self._metrics.reconciled.inc(len(self._unannounced.overdue()))
        self._metrics.reconciliations.inc()
        return after

    def _measure(self, ingested: Sequence[ModelIngested]) -> None:
        """Time how long it took from a commit to here, unless it was there before its dataset was watched."""
        since, now = self.state.view.watched_since, self.now()
        for event in ingested:
            if event.landed and event.published_at and event.published_at > since.get(event.dataset, now):
                self._metrics.landing_delay.observe(max(0.0, (now - event.published_at).total_seconds()))

    async def _loaded(self) -> View:
        set_before = self._names_set
        loaded = await self._load()
        if self._names_set == set_before:  # else what was read may be older
            self._names = self._names.with_admin(loaded.names)
        self._database_time = (loaded.read_at, monotonic())
        return View.of(loaded.submissions, loaded.last_sync, loaded.stored)

    def now(self) -> datetime:
        """Return the time by the database's clock, as of its last whole answer: what rows are compared with."""
        read_at, then = self._database_time
        return read_at + timedelta(seconds=monotonic() - then)

    async def _reread_for(self, ingested: Sequence[ModelIngested]) -> View:
        if not ingested:
            return self.state.view
        keys: set[Key] = {(event.dataset, event.model) for event in ingested}
        keys |= self.state.view.twins(keys, {event.tree_oid for event in ingested})
        return self.state.view.reread(keys, await self._reread(keys))

    async def _ranked(self, view: View) -> View:
        references = (each.key for each in view.submissions.values() if self._names.of(each.model).is_reference)
        return await self._comparison.of(view, references=set(references))

    def _show(self, view: View) -> None:
        """Make a view the state, unless that would answer the same."""
        shown = State(replace(view, names=self._names), self._as_of(), database_connected=not self._database_lost)
        if shown != self.state:
            self.state = shown
            self._metrics.submissions.set(len(view.submissions))

    def _on_database_answer(self, *, whole: bool) -> None:
        if whole:
            if self._database_lost:
                log.info("database.back")
            self._database_lost = False
            self._confirmed_at = datetime.now(UTC)
            self._asked_at = monotonic()
        elif self._database_lost:
            # Patches from events may differ from what was committed: only a whole comparison ends their time.
            self.request_reconcile()

    def _on_database_error(self, error: BaseException) -> None:
        if not self._database_lost:
            log.warning("database.lost", reason=reason_of(error))
        self._database_lost = True
        self._metrics.database_errors.inc()
        self._asked_at = monotonic()

    def _as_of(self) -> datetime | None:
        if self._database_lost:
            return self._confirmed_at
        silent = self._reader.silent_since
        return max(silent, self._confirmed_at) if silent else None

    def _age_seconds(self) -> float:
        as_of = self._as_of()
        return (datetime.now(UTC) - as_of).total_seconds() if as_of else 0.0

    async def check_stream(self) -> str | None:
        """Say what is wrong with the stream, for the metric and whoever reads /readyz."""
        silent = self._reader.silent_since
        return f"the stream has been silent since {silent:%Y-%m-%d %H:%M:%S} UTC" if silent else None
