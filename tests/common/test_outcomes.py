"""Every error has one consequence, and no message waits for ever."""

import asyncio

import asyncpg
import nats.errors
import pytest
from common.bus.topology import MAX_DELIVER
from common.outcomes import RETRY_DELAYS_SECONDS, Fail, PermanentError, Retry, TransientError, consequence
from common.process.outage import reason_of

LOST = [
    OSError("broken pipe"),
    TimeoutError(),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.ConnectionDoesNotExistError("gone"),
    asyncpg.AdminShutdownError("restart"),
    asyncpg.DeadlockDetectedError("deadlock"),
    asyncpg.TooManyConnectionsError("full"),
    asyncpg.ReadOnlySQLTransactionError("standby"),
    nats.errors.TimeoutError(),
    nats.errors.NoRespondersError(),
    asyncio.CancelledError(),
]


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
def test_a_lost_connection_is_worth_another_try(error: BaseException) -> None:
    found = consequence(error, 1)
    assert isinstance(found, Retry)
    assert (found.kind, found.unexpected) == ("connection_lost", False)
    assert found.reason


def test_a_transient_error_keeps_its_kind_and_waits_longer_each_time() -> None:
    found = [consequence(TransientError("busy", kind="lock_held"), count) for count in range(1, MAX_DELIVER)]
    assert [each.delay_seconds for each in found if isinstance(each, Retry)] == list(RETRY_DELAYS_SECONDS)
    assert {each.kind for each in found} == {"lock_held"}


def test_the_other_sides_own_word_on_when_is_kept() -> None:
    found = consequence(TransientError("slow down", retry_after_seconds=17), 1)
    assert isinstance(found, Retry)
    assert found.delay_seconds == 17


def test_an_error_without_a_kind_is_transient_and_says_its_reason() -> None:
    assert consequence(TransientError("busy"), 1) == Retry(
        RETRY_DELAYS_SECONDS[0], "transient", "busy", unexpected=False
    )


def test_only_a_bug_is_unexpected() -> None:
    assert (Retry(1, "k", "r").unexpected, Fail("k", "r").unexpected) == (False, False)
    assert consequence(PermanentError("no", kind="folder_gone"), 1) == Fail("folder_gone", "no", unexpected=False)


def test_an_error_without_words_is_named() -> None:
    found = consequence(TimeoutError(), 1)
    assert found.reason == "no answer in time"


def test_a_permanent_error_fails_for_good_at_once_with_its_reason() -> None:
    assert consequence(PermanentError("no folder m", kind="folder_gone"), 1) == Fail("folder_gone", "no folder m")


@pytest.mark.parametrize(
    "error", [*LOST, TransientError("busy"), ZeroDivisionError("a bug")], ids=lambda e: type(e).__name__
)
def test_the_last_delivery_fails_for_good_whatever_the_error(error: BaseException) -> None:
    found = consequence(error, MAX_DELIVER)
    assert isinstance(found, Fail)
    first = consequence(error, 1)
    assert isinstance(first, Retry)
    assert (found.kind, found.unexpected) == (first.kind, first.unexpected)
    assert found.reason == f"failed at delivery {MAX_DELIVER}: {reason_of(error)}"


def test_a_bug_is_told_apart_and_tried_again() -> None:
    found = consequence(ZeroDivisionError("a bug"), 1)
    assert found == Retry(RETRY_DELAYS_SECONDS[0], "unexpected", "a bug", unexpected=True)


def test_there_is_a_wait_between_any_two_deliveries() -> None:
    assert len(RETRY_DELAYS_SECONDS) == MAX_DELIVER - 1
    assert list(RETRY_DELAYS_SECONDS) == [5, 30, 2 * 60, 10 * 60, 40 * 60], "as ARCHITECTURE.md says"
    assert list(RETRY_DELAYS_SECONDS) == sorted(RETRY_DELAYS_SECONDS)
    assert all(seconds > 0 for seconds in RETRY_DELAYS_SECONDS)
