"""What is away is logged once, and once more when it is back; a line names the work that waits for it."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

import asyncpg
import nats.errors
import pytest
from common.bus.delivery import about
from common.process.outage import AWAY, Outage, periodically, reason_of
from structlog.testing import capture_logs


def logged(lines: list[Any]) -> list[tuple[str, str]]:
    """Return (level, event) of what an operator sees."""
    return [(line["log_level"], line["event"]) for line in lines if line["log_level"] != "debug"]


def test_an_outage_is_two_lines_however_often_it_is_met() -> None:
    outage = Outage("database", "events wait")
    with capture_logs() as lines:
        outage.worked()
        for _ in range(5):
            outage.failed(OSError("refused"))
        outage.worked()
        outage.worked()
        outage.failed(TimeoutError())
    assert logged(lines) == [("warning", "outage.began"), ("info", "outage.ended"), ("warning", "outage.began")]
    (first, last) = (line for line in lines if line["event"] == "outage.began")
    assert (first["what"], first["reason"], first["what_next"]) == ("database", "refused", "events wait")
    assert last["reason"] == "no answer in time"
    assert [line["what"] for line in lines if line["event"] == "outage.ended"] == ["database"]
    again = {"event": "outage.goes_on", "log_level": "debug", "what": "database", "reason": "refused"}
    assert [line for line in lines if line["log_level"] == "debug"] == [again] * 4


def test_a_lost_connection_is_told_by_what_was_lost() -> None:
    error = asyncpg.InterfaceError("cannot call Connection.fetch(): connection has been released back to the pool")
    assert reason_of(error) == "the connection to PostgreSQL was lost"
    assert reason_of(asyncpg.InterfaceError("pool is closing")) == "pool is closing"
    assert reason_of(ValueError("released back to the pool")) == "released back to the pool"


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (ConnectionRefusedError, True),
        (TimeoutError, True),
        (asyncpg.ConnectionDoesNotExistError, True),
        (asyncpg.InterfaceError, True),
        (asyncpg.AdminShutdownError, True),
        (asyncpg.TooManyConnectionsError, True),
        (asyncpg.SerializationError, True),
        (asyncpg.LockNotAvailableError, True),
        (asyncpg.ReadOnlySQLTransactionError, True),
        (nats.errors.ConnectionClosedError, True),
        (asyncpg.UndefinedTableError, False),
        (ValueError, False),
    ],
)
def test_what_servers_raise_while_they_are_away_is_no_fault_of_ours(error: type[Exception], *, away: bool) -> None:
    assert issubclass(error, AWAY) is away


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"dataset": "a/b", "model": "m", "force": true}', {"dataset": "a/b", "model": "m"}),
        (b'{"dataset": null}', {}),
        (b"[1]", {}),
        (b"\xff", {}),
        (b"[" * 100_000, {}),
    ],
)
def test_a_line_on_a_message_names_what_it_asks_for(body: bytes, named: dict[str, str]) -> None:
    msg = cast("Any", SimpleNamespace(subject="model.discovered", data=body))
    assert about(msg) == {"subject": "model.discovered", **named}
    assert json.dumps(about(msg))


async def test_periodic_work_outlives_an_outage_and_one_line_tells_of_it() -> None:
    calls = 0
    done = asyncio.Event()

    async def work() -> None:
        nonlocal calls
        calls += 1
        if calls <= 3:
            raise asyncpg.UndefinedTableError("no such table") if calls == 1 else OSError("refused")
        done.set()

    with capture_logs() as lines:
        running = asyncio.create_task(periodically("look", work, 0.0, Outage("database", "asked again")))
        await asyncio.wait_for(done.wait(), 20)
        running.cancel()
    assert logged(lines)[0] == ("warning", "outage.began")
    assert next(line["reason"] for line in lines if line["event"] == "outage.began") == "no such table"
    failed = {"event": "periodic.failed", "log_level": "debug", "work": "look"}
    reasons = ["no such table", "refused", "refused"]
    assert [line for line in lines if line["event"] == "periodic.failed"] == [
        {**failed, "reason": reason} for reason in reasons
    ]
    assert len([line for line in logged(lines) if line[1] == "outage.began"]) == 1
