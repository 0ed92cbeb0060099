"""A schedule runs when Debian's cron would in UTC, waits for its blackout windows, and explains what it cannot read."""

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from common.schedule import Schedule, ScheduleSettings, Window, parse_expression, parse_windows
from hypothesis import given
from hypothesis import strategies as st


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# 2026-11-23 is a Monday.
@pytest.mark.parametrize(
    ("expression", "after", "ticks"),
    [
        ("0 2 * * *", "2026-11-23T02:00", ["2026-11-24T02:00", "2026-11-25T02:00"]),
        ("0 2 * * *", "2026-11-23T01:59:59.999999", ["2026-11-23T02:00"]),
        ("*/25 * * * *", "2026-11-23T00:30", ["2026-11-23T00:50", "2026-11-23T01:00", "2026-11-23T01:25"]),
        ("5/20 * * * *", "2026-11-23T00:00", ["2026-11-23T00:05", "2026-11-23T00:25", "2026-11-23T00:45"]),
        ("0 0 29 2 *", "2026-11-23T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("0 0 29 2 *", "2097-01-01T00:00", ["2104-02-29T00:00"]),
        ("0 0 31 * *", "2026-11-23T00:00", ["2026-12-31T00:00", "2027-01-31T00:00", "2027-03-31T00:00"]),
        ("0 0 L * *", "2027-02-01T00:00", ["2027-02-28T00:00", "2027-03-31T00:00"]),
        ("0 0 * * 0", "2026-11-23T00:00", ["2026-11-29T00:00"]),
        ("0 0 * * 7", "2026-11-23T00:00", ["2026-11-29T00:00"]),
        ("0 0 * * mon-fri", "2026-11-27T00:00", ["2026-11-30T00:00"]),
        ("0 0 13 * 5", "2026-11-23T00:00", ["2026-11-27T00:00", "2026-12-04T00:00", "2026-12-11T00:00"]),
        ("0 0 */2 * 5", "2026-11-23T00:00", ["2026-11-27T00:00", "2026-12-11T00:00"]),
        ("59 23 31 dec *", "2026-12-31T23:59", ["2027-12-31T23:59"]),
        ("0 0 1 1,JUL *", "2026-11-23T00:00", ["2027-01-01T00:00", "2027-07-01T00:00"]),
    ],
)
def test_ticks_come_when_debians_cron_has_them(expression: str, after: str, ticks: list[str]) -> None:
    schedule = Schedule(parse_expression(expression))
    for before, tick in pairwise([after, *ticks]):
        assert schedule.next_tick(at(before)) == at(tick)


@pytest.mark.parametrize(
    ("now", "tick"),
    [
        ("2026-11-23T02:00", "2026-11-23T02:00"),
        ("2026-11-23T02:00:00.000001", "2026-11-23T02:00"),
        ("2026-11-23T01:59:59.999999", "2026-11-22T02:00"),
        ("2026-11-23T01:59:00.5", "2026-11-22T02:00"),
        ("2026-11-23T02:00:59.999999", "2026-11-23T02:00"),
        ("2026-11-23T23:59:59", "2026-11-23T02:00"),
    ],
)
def test_the_last_tick_is_the_one_at_or_before_an_instant(now: str, tick: str) -> None:
    assert Schedule("0 2 * * *").last_tick(at(now)) == at(tick)


EXPRESSIONS = st.sampled_from(
    ["* * * * *", "*/7 3-5 * * *", "0 0 29 2 *", "30 2 * * 1,3", "0 0 13 * 5", "15 */5 L * *"]
)
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2034, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


@given(EXPRESSIONS, INSTANTS)
def test_no_tick_lies_between_the_last_and_the_next_one(expression: str, now: datetime) -> None:
    schedule = Schedule(expression)
    last, following = schedule.last_tick(now), schedule.next_tick(now)
    assert last <= now < following
    assert schedule.next_tick(last) == following
    assert schedule.last_tick(following) == following


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("", "0 fields"),
        ("0 2 * *", "4 fields"),
        ("0 0 2 * * *", "6 fields"),
        ("60 2 * * *", "minute"),
        ("0 24 * * *", "hour"),
        ("0 2 32 * *", "day-of-month"),
        ("0 2 * 13 *", "month"),
        ("0 2 * * 8", "day-of-week"),
        ("0 2 * * fun", "day-of-week"),
        ("*/0 * * * *", "minute"),
        ("5-3 * * * *", "minute"),
        ("@daily", "1 fields"),
        ("0 0 30 2 *", "day-of-month"),
        ("every day at 2 pm", "minute"),
        ("² 2 * * *", "minute"),
    ],
)
def test_a_wrong_expression_is_explained(expression: str, why: str) -> None:
    with pytest.raises(ValueError, match="is no cron expression") as caught:
        parse_expression(expression)
    assert why in str(caught.value)
    assert "0 2 * * *" in str(caught.value)


def test_an_expression_that_no_day_ever_fits_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'0 0 \*/30 2 5#5' never comes"):
        parse_expression("0 0 */30 2 5#5")


def test_spaces_around_and_between_fields_do_not_matter() -> None:
    assert parse_expression("  0  2\t* * * ") == "0 2 * * *"


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("12:00-12:30", ["12:00", "12:29:59.999"], ["11:59:59", "12:30"]),
        ("22:00-06:00", ["22:00", "23:59:59", "00:00", "05:59"], ["06:00", "21:59:59", "12:00"]),
        ("9:00-10:00, 0:00-1:00", ["09:30", "00:00"], ["10:00", "01:00", "23:59"]),
        ("21:15-21:45", ["21:15", "21:44:59"], ["21:00", "21:14:59", "21:45"]),
        ("00:00-23:59", ["00:00", "12:00", "23:58:59"], ["23:59", "23:59:59"]),
    ],
)
def test_a_window_holds_its_start_and_not_its_end(text: str, inside: list[str], outside: list[str]) -> None:
    windows = parse_windows(text)
    assert all(any(window.holds(at(f"2026-11-23T{clock}")) for window in windows) for clock in inside)
    assert not any(window.holds(at(f"2026-11-23T{clock}")) for window in windows for clock in outside)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("22-06", "write HH:MM-HH:MM"),
        ("22:00", "write HH:MM-HH:MM"),
        ("24:00-06:00", "write HH:MM-HH:MM"),
        ("22:60-06:00", "write HH:MM-HH:MM"),
        ("06:00-06:00", "is empty"),
        ("00:00-12:00,12:00-00:00", "^the windows cover the whole day: no scheduled sync could ever run$"),
    ],
)
def test_a_wrong_window_is_explained(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_windows(text)


@pytest.mark.parametrize(
    ("windows", "now", "start"),
    [
        ("", "2026-11-23T01:00", "2026-11-23T02:00"),
        ("12:00-13:00", "2026-11-23T12:30", "2026-11-24T02:00"),
        ("01:00-03:30", "2026-11-23T00:30", "2026-11-23T03:30"),
        ("01:00-03:30", "2026-11-23T01:30", "2026-11-23T03:30"),
        ("01:00-03:30", "2026-11-23T02:30", "2026-11-23T03:30"),
        ("01:00-03:30", "2026-11-23T03:30", "2026-11-24T03:30"),
        ("22:00-06:00", "2026-11-23T21:00", "2026-11-24T06:00"),
        ("22:00-06:00", "2026-11-23T23:00", "2026-11-24T06:00"),
        ("22:00-06:00", "2026-11-24T05:00", "2026-11-24T06:00"),
        ("01:00-03:00,03:00-04:00", "2026-11-23T00:30", "2026-11-23T04:00"),
        ("01:00-03:00,02:30-04:00", "2026-11-23T02:45", "2026-11-23T04:00"),
        ("01:00-02:00", "2026-11-23T01:30", "2026-11-23T02:00"),
    ],
)
def test_the_next_run_is_the_next_tick_or_the_end_of_the_window_that_it_falls_into(
    windows: str, now: str, start: str
) -> None:
    assert Schedule("0 2 * * *", parse_windows(windows)).next_run(at(now)) == at(start)


@pytest.mark.parametrize(
    ("windows", "now", "start"),
    [
        ("", "2026-11-23T23:30", "2026-11-23T23:30"),
        ("22:00-06:00", "2026-11-23T23:00", "2026-11-24T06:00"),
        ("22:00-06:00", "2026-11-24T05:59:59", "2026-11-24T06:00"),
        ("22:00-06:00", "2026-11-24T06:00", "2026-11-24T06:00"),
        ("22:00-00:00", "2026-11-30T23:00", "2026-12-01T00:00"),
        ("03:00-04:00,02:00-03:00,04:00-05:00", "2026-11-23T02:30", "2026-11-23T05:00"),
        ("05:00-01:00,01:00-02:00", "2026-11-23T06:00", "2026-11-24T02:00"),
    ],
)
def test_a_sync_that_is_held_back_may_start_when_every_window_has_ended(windows: str, now: str, start: str) -> None:
    assert Schedule("0 2 * * *", parse_windows(windows)).allowed_from(at(now)) == at(start)


def test_a_schedule_has_no_blackout_unless_it_is_given_one() -> None:
    assert Schedule("0 2 * * *").allowed_from(at("2026-11-23T02:00")) == at("2026-11-23T02:00")


def test_ticks_and_windows_are_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = Schedule("0 2 * * *", parse_windows("01:00-03:00"))
    now = datetime.fromisoformat("2026-11-23T06:30:00+05:00")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "America/New_York")
        time.tzset()
        found = schedule.next_tick(now), schedule.last_tick(now), schedule.allowed_from(now)
    time.tzset()
    assert found == (at("2026-11-23T02:00"), at("2026-11-22T02:00"), at("2026-11-23T03:00"))


def test_a_window_ends_on_its_day_in_utc_where_it_is_tomorrow_already(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = Schedule("0 2 * * *", parse_windows("19:00-21:00"))
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        found = schedule.allowed_from(at("2026-11-23T20:00"))
    time.tzset()
    assert found == at("2026-11-23T21:00")


def test_settings_make_the_schedule_that_they_say() -> None:
    settings = ScheduleSettings(hf_sync_schedule=" 0  3 * * * ", hf_sync_blackout=parse_windows("01:00-02:00"))
    assert settings.schedule == Schedule("0 3 * * *", parse_windows("01:00-02:00"))


def test_a_window_in_another_time_zone_is_still_utc() -> None:
    window = Window(at("2026-01-01T01:00").time(), at("2026-01-01T03:00").time())
    assert window.holds(datetime.fromisoformat("2026-11-23T07:30:00+05:30"))
    assert not window.holds(datetime.fromisoformat("2026-11-23T02:00:00+05:30"))


MINUTES = st.integers(0, 24 * 60 - 1)


@given(st.lists(st.tuples(MINUTES, MINUTES), min_size=1, max_size=4), INSTANTS)
def test_whatever_the_windows_a_run_starts_outside_of_all_and_within_a_day_of_a_tick(
    bounds: list[tuple[int, int]], now: datetime
) -> None:
    text = ",".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in bounds)
    try:
        schedule = Schedule("0 2 * * *", parse_windows(text))
    except ValueError:
        return
    start = schedule.next_run(now)
    assert start > now
    assert not any(window.holds(start) for window in schedule.blackout)
    assert start - now <= timedelta(days=2)


TICK = datetime(2026, 11, 20, 2, tzinfo=UTC)
PATIENCE = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("last", "now", "overdue"),
    [
        (TICK, TICK + timedelta(hours=5), None),
        (TICK + timedelta(minutes=4), TICK + timedelta(hours=23), None),
        (TICK - timedelta(hours=3), TICK + timedelta(minutes=10), None),
        (TICK - timedelta(hours=3), TICK + timedelta(minutes=31), TICK),
        (None, TICK + timedelta(hours=1), TICK),
    ],
)
def test_a_sync_is_overdue_once_patience_ends(last: datetime | None, now: datetime, overdue: datetime | None) -> None:
    assert Schedule("0 2 * * *").overdue_since(last, now, PATIENCE) == overdue


NIGHT = parse_windows("22:00-06:00")
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)


def hours(of: float) -> datetime:
    return MIDNIGHT + timedelta(hours=of)


@pytest.mark.parametrize(
    ("last", "now", "overdue"),
    [
        # All night long no watcher may sync, and at its end there is patience again.
        (-3, -1.9, None),
        (-3, 3, None),
        (-3, 6.49, None),
        (-3, 6.5, 6),
        (6.1, 6.5, None),
        # The tick of 21:00 was missed: an hour's patience of which the night takes the rest.
        (-4, -2.5, -3),
        # Who was silent before the night is so in it, too.
        (-4, 3, -3),
        (-4, 6.5, 6),
        (-30, 3, -3),
        (None, 12, 11),
    ],
)
def test_in_a_blackout_no_watcher_is_late(last: float | None, now: float, overdue: float | None) -> None:
    found = Schedule("0 * * * *", NIGHT).overdue_since(None if last is None else hours(last), hours(now), PATIENCE)
    assert found == (None if overdue is None else hours(overdue))


def test_patience_that_a_blackout_cuts_short_begins_again_after_it() -> None:
    schedule = Schedule("45 21 * * *", NIGHT)
    asked = [schedule.overdue_since(hours(-10), hours(at), PATIENCE) for at in (-2.1, 3, 6.4, 6.5)]
    assert asked == [None, None, None, hours(-2.25)]


@pytest.mark.parametrize("at", [0, 3, 7, 12, 21.5])
@pytest.mark.parametrize(
    ("expression", "windows", "gap"),
    [
        ("0 * * * *", NIGHT, 9),
        ("* * * * *", NIGHT, 8 + 1 / 60),
        ("0 2 * * *", (), 24),
        ("0 9-17 * * 1-5", (), 64),
        ("0 0 1 * *", (), 31 * 24),
    ],
)
def test_the_longest_gap_is_the_same_at_any_hour(
    expression: str, windows: tuple[Window, ...], gap: float, at: float
) -> None:
    """A night without syncs must not look like silence, neither before it nor in it."""
    assert Schedule(expression, windows).longest_gap(hours(at)) == timedelta(hours=gap)


# 2026-11-27 is a Friday.
@pytest.mark.parametrize(
    ("schedule", "listed", "due"),
    [
        (Schedule("0 * * * *"), "2026-11-27T01:00:02", "2026-11-27T04:00"),
        (Schedule("0 2 * * *"), "2026-11-27T02:00:02", "2026-11-28T04:00"),
        (Schedule("*/15 8-18 * * 1-5"), "2026-11-27T12:00:02", "2026-11-27T12:45"),
        (Schedule("*/15 8-18 * * 1-5"), "2026-11-27T18:45:02", "2026-11-30T08:30"),
        (Schedule("0 * * * *", parse_windows("07:00-19:00")), "2026-11-27T06:00:02", "2026-11-27T21:00"),
        (Schedule("0 2 * * *", parse_windows("03:00-19:00")), "2026-11-27T02:00:02", "2026-11-28T21:00"),
    ],
)
def test_a_dataset_is_late_by_its_schedule_whatever_the_hour(schedule: Schedule, listed: str, due: str) -> None:
    assert schedule.listing_due(at(listed)) == at(due)


@given(
    st.sampled_from(["*/15 8-18 * * 1-5", "0 2 * * *", "0 * * * *", "0 9 * * 1"]),
    st.sampled_from(["", "07:00-19:00", "22:00-06:00,12:00-12:30"]),
    INSTANTS,
)
def test_a_dataset_is_never_late_while_syncs_run_as_scheduled(expression: str, windows: str, listed: datetime) -> None:
    """Nor where one of them fails, and its repetition succeeds within the quarter of an hour."""
    schedule = Schedule(expression, parse_windows(windows))
    due = schedule.listing_due(listed)
    assert due > schedule.next_run(listed) + timedelta(minutes=15)
    assert due <= schedule.next_run(listed) + timedelta(hours=16)
