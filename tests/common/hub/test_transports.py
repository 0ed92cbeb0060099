"""A dataset's packs are avoided for as long as their failure is worth, tried again by themselves, and told once."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from common.git.errors import Fault
from common.hub.transports import MIN_FILES, Choice, PackError, PackOutcome, Reason, Transports
from common.outcomes import KINDS
from structlog.testing import capture_logs

DATA = "owner/data"
HOUR = 3600.0
PAGE = Path(__file__).parents[3] / "docs/transport.md"
KIND: dict[Reason, str] = {
    "denied": "hub_refused",
    "not_git": "hub_error",
    "refused": "hub_error",
    "server_error": "hub_error",
    "rate_limited": "rate_limited",
    "connection_lost": "hub_unreachable",
    "stalled": "hub_unreachable",
    "incomplete": "unavailable",
    **dict.fromkeys(get_args(Fault)[:4], "integrity"),
}
DOUBLING = {"stalled", "truncated", "corrupt", "foreign", "too_large", "refused", "incomplete"}
PASSING = {"server_error", "connection_lost"}


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def transports(clock: Clock) -> Transports:
    return Transports(clock=clock)


def avoided_for(transports: Transports, clock: Clock, error: PackError) -> float:
    """Let packs fail; return after how many seconds they are tried again, which the clock shows then."""
    began = clock.now
    transports.avoid(DATA, error)
    while transports.current(DATA) == "files":
        clock.now += 10.0
    return clock.now - began


def test_the_words_are_closed_sets_that_the_page_explains() -> None:
    assert set(get_args(Reason)) == KIND.keys()
    assert set(get_args(PackOutcome)) == {"ok", *KIND}
    assert get_args(Choice) == ("auto", "files", "pack")
    explained = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.+?`) \|", PAGE.read_text(), re.MULTILINE)))
    assert KIND.keys() <= set(explained)


@pytest.mark.parametrize(("reason", "kind"), KIND.items())
def test_each_reason_is_of_a_kind_that_the_outcomes_know(reason: Reason, kind: str) -> None:
    assert kind in KINDS
    error = PackError(reason, "why", 5.0, lacks="0" * 40)
    assert (error.kind, error.reason, error.retry_after_seconds, error.lacks) == (kind, reason, 5.0, "0" * 40)
    assert PackError(reason, "why").lacks == ""


def test_what_came_is_counted_by_transport(transports: Transports) -> None:
    for size in (3, 4):
        transports.count("pack", size)
    transports.count("files", 5)
    assert (transports.files, transports.bytes) == ({"pack": 2, "files": 1}, {"pack": 7, "files": 5})


@pytest.mark.parametrize("reason", get_args(Reason))
def test_each_reason_has_its_time(transports: Transports, clock: Clock, reason: Reason) -> None:
    error = PackError(reason, "why")
    times = [avoided_for(transports, clock, error) for _ in range(12)]
    if reason in {"denied", "not_git"}:
        assert times == [HOUR] * 12
    elif reason == "rate_limited":
        assert times == [300.0] * 12
    else:
        assert reason in DOUBLING | PASSING
        first = 60.0 if reason in PASSING else 600.0
        assert times[:3] == [first, 2 * first, 4 * first]
        assert times[-1] == 6 * HOUR
    assert transports.fallbacks == {reason: 12}


def test_what_the_hub_asks_for_goes_before(transports: Transports, clock: Clock) -> None:
    assert avoided_for(transports, clock, PackError("rate_limited", "why", 120.0)) == 120.0
    assert avoided_for(transports, clock, PackError("server_error", "why", 900.0)) == 900.0


def test_a_whole_pack_ends_the_count_of_failures(transports: Transports, clock: Clock) -> None:
    stalled = PackError("stalled", "why")
    assert [avoided_for(transports, clock, stalled) for _ in range(2)] == [600.0, 1200.0]
    transports.worked(DATA)
    assert avoided_for(transports, clock, stalled) == 600.0


@pytest.mark.parametrize("reason", ["not_git", "stalled"])
def test_however_many_failures_there_were_the_next_one_has_its_time(
    transports: Transports, clock: Clock, reason: Reason
) -> None:
    for _ in range(2_000):
        transports.avoid(DATA, PackError("rate_limited", "why", 1.0))
    assert avoided_for(transports, clock, PackError(reason, "why")) == (HOUR if reason == "not_git" else 6 * HOUR)


def test_each_dataset_is_of_its_own(transports: Transports) -> None:
    transports.avoid(DATA, PackError("denied", "why"))
    assert (transports.current(DATA), transports.current("owner/other")) == ("files", "pack")


def test_changes_alone_are_told(transports: Transports, clock: Clock) -> None:
    with capture_logs() as logs:
        for _ in range(2):
            transports.worked(DATA)
        now = datetime.now(UTC)
        for reason in ("stalled", "stalled", "corrupt"):
            avoided_for(transports, clock, PackError(reason, "why"))
        for _ in range(2):
            transports.worked(DATA)
    told = [(each["log_level"], each["transport"], each["reason"]) for each in logs]
    files = [("warning", "files", "stalled"), ("warning", "files", "corrupt")]
    assert told == [("info", "pack", "ok"), *files, ("info", "pack", "ok")]
    assert all(each["event"] == "hub.transport" and each["dataset"] == DATA for each in logs)
    assert [each["retry_at"] is None for each in logs] == [True, False, False, True]
    assert (
        timedelta(0)
        <= datetime.fromisoformat(logs[1]["retry_at"]) - now - timedelta(seconds=599)
        < timedelta(minutes=1)
    )
    assert [each["detail"] for each in logs[1:3]] == ["git: why"] * 2


@pytest.mark.parametrize(
    ("choice", "blobs", "avoided", "takes"),
    [
        ("auto", MIN_FILES, False, True),
        ("auto", MIN_FILES - 1, False, False),
        ("auto", MIN_FILES, True, False),
        ("pack", 1, True, True),
        ("files", MIN_FILES, False, False),
    ],
)
def test_packs_are_taken_by_choice(choice: Choice, blobs: int, *, avoided: bool, takes: bool) -> None:
    transports = Transports(choice)
    assert transports.current(DATA) == ("files" if choice == "files" else "pack")
    if avoided:
        transports.avoid(DATA, PackError("denied", "why"))
    assert transports.takes_packs(DATA, blobs) is takes
