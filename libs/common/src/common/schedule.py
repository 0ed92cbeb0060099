"""When scheduled syncs run: a cron expression in UTC, less the windows in which they wait. Pure; time is passed in.

The expression is read by cronsim, which follows Debian's cron: five fields, names, steps, and "day of month or weekday"
where both are given.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from typing import Annotated

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import BaseSettings, NoDecode

# cronsim would take a sixth field, seconds; Debian's cron has none, and ticks are looked for minute by minute.
_FIELDS = 5
_FAILING = timedelta(hours=2)
# Windows leave room every day: before more ticks than a day has minutes, one is found in which a sync could run.
_MOST_TICKS_BACK = 2 * 24 * 60
# Blackout windows come daily, and a weekday is a week away. A sparser schedule shows its gap within some ticks.
_GAPS_BACK, _GAPS_AHEAD, _GAPS_TICKS = timedelta(days=2), timedelta(days=10), 14
_WINDOW = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Window:
    """A daily window in UTC, from `start` up to but without `end`; it may cross midnight."""

    start: time
    end: time

    def holds(self, at: datetime) -> bool:
        """Tell whether an instant lies in the window."""
        clock = at.astimezone(UTC).time()
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def end_after(self, at: datetime) -> datetime:
        """Return the window's next end after an instant within it."""
        today = datetime.combine(at.astimezone(UTC).date(), self.end, tzinfo=UTC)
        return today if today > at else today + timedelta(days=1)


@dataclass(frozen=True)
class Schedule:
    """A cron expression and its blackout windows."""

    expression: str
    blackout: tuple[Window, ...] = ()

    def next_tick(self, after: datetime) -> datetime:
        """Return the first tick after an instant, blackout or not: ticks are identities, not start times."""
        return next(CronSim(self.expression, after.astimezone(UTC)))

    def last_tick(self, at: datetime) -> datetime:
        """Return the newest tick at or before an instant."""
        return next(CronSim(self.expression, _next_minute(at), reverse=True))

    def allowed_from(self, at: datetime) -> datetime:
        """Return the first instant from `at` on that lies in no blackout window."""
        for _ in self.blackout:  # each window is left once at most: together they leave room in every day
            window = next((window for window in self.blackout if window.holds(at)), None)
            if window is None:
                break
            at = window.end_after(at)
        return at

    def next_run(self, now: datetime) -> datetime:
        """Return when the next scheduled sync starts: the next tick, or the end of the window that it falls into."""
        held_back = self.allowed_from(now)
        if held_back > now and self.allowed_from(self.last_tick(held_back)) == held_back:
            return held_back
        return self.allowed_from(self.next_tick(now))

    def overdue_since(self, last_sync: datetime | None, now: datetime, patience: timedelta) -> datetime | None:
        """Return when the newest sync that should have begun by now was due; None when one began since then.

        Patience counts only while syncs may run: in a blackout window no sync is late.
        """
        ticks = CronSim(self.expression, _next_minute(now), reverse=True)
        for tick in islice(ticks, _MOST_TICKS_BACK):
            due = self.allowed_from(tick)
            patient_until = due + patience
            if (resumed := self.allowed_from(patient_until)) > patient_until:
                patient_until = resumed + patience
            if patient_until <= now:
                return due if last_sync is None or last_sync < due else None
        return None

    def listing_due(self, listed: datetime) -> datetime:
        """Return from when on a dataset that was last listed at an instant is late.

        Two scheduled syncs in a row may fail it; of a sparse schedule the next one, for two hours in which syncs may
        run: what failed is tried again all the while.
        """
        first = self.next_run(listed)
        third = self.next_run(self.next_run(first))
        patient_until = first + _FAILING
        if (resumed := self.allowed_from(patient_until)) > patient_until:
            patient_until = resumed + _FAILING
        return min(third, patient_until)

    def longest_gap(self, now: datetime) -> timedelta:
        """Return the longest time between two scheduled syncs from some days ago to some days ahead."""
        return _longest_gap(self, now.astimezone(UTC).date())


def _next_minute(at: datetime) -> datetime:
    # cronsim looks strictly before a whole minute, but counts that minute too from a fraction of a second on.
    return at.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)


@lru_cache(maxsize=8)
def _longest_gap(schedule: Schedule, today: date) -> timedelta:
    """Look at the gap that we are in, too: a night without syncs began yesterday."""
    start = datetime.combine(today - _GAPS_BACK, time(), UTC)
    end, runs = start + _GAPS_AHEAD, [schedule.allowed_from(schedule.last_tick(start))]
    for tick in CronSim(schedule.expression, start):
        runs.append(schedule.allowed_from(tick))
        if tick > end and len(runs) > _GAPS_TICKS:
            break
    return max(after - before for before, after in pairwise(runs))


def parse_expression(expression: str) -> str:
    """Return the expression, trimmed; raise ValueError that explains what is wrong."""
    text = " ".join(expression.split())
    try:
        if (found := len(text.split())) != _FIELDS:
            raise CronSimError(f"it has {found} fields")  # noqa: TRY301 - one line explains both
        next(CronSim(text, datetime.now(UTC)))
    except CronSimError as error:
        line = f"{expression!r} is no cron expression ({error}); write five fields, such as '0 2 * * *'"
        raise ValueError(line) from error
    except StopIteration:
        raise ValueError(f"{expression!r} never comes: no such day in the next fifty years") from None
    return text


def parse_windows(text: str) -> tuple[Window, ...]:
    """Read "22:00-06:00, 12:00-12:30"; raise ValueError that explains what is wrong."""
    windows = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _WINDOW.fullmatch(part)
        if not found:
            raise ValueError(f"{part!r} is no window; write HH:MM-HH:MM in UTC, several with commas")
        hour, minute, end_hour, end_minute = map(int, found.groups())
        window = Window(time(hour, minute), time(end_hour, end_minute))
        if window.start == window.end:
            raise ValueError(f"the window {part} is empty")
        windows.append(window)
    if not _leaves_room(tuple(windows)):
        raise ValueError("the windows cover the whole day: no scheduled sync could ever run")
    return tuple(windows)


def _leaves_room(windows: tuple[Window, ...]) -> bool:
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    minutes = (midnight + timedelta(minutes=minute) for minute in range(24 * 60))
    return any(not any(window.holds(minute) for window in windows) for minute in minutes)


def _windows(value: object) -> object:
    return parse_windows(value) if isinstance(value, str) else value


class ScheduleSettings(BaseSettings):
    """The schedule as the environment gives it; the watcher follows it, the query API shows it."""

    enable_cron_jobs: bool = True
    hf_sync_schedule: Annotated[str, AfterValidator(parse_expression)] = "0 2 * * *"
    hf_sync_auto_ingest: bool = True
    hf_sync_blackout: Annotated[tuple[Window, ...], NoDecode, BeforeValidator(_windows)] = ()
    hf_sync_catch_up: bool = True

    @property
    def schedule(self) -> Schedule:
        """The schedule, ready to be asked."""
        return Schedule(self.hf_sync_schedule, self.hf_sync_blackout)
