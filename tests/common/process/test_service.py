"""A service stops, whatever its loops wait for at that moment, and says in one line why it cannot start."""

import asyncio

import asyncpg
import nats.errors
import pytest
from common.outcomes import AwayError
from common.process import service
from common.process.settings import ServiceSettings

LOST = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


async def test_a_cancellation_that_comes_with_the_news_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "CANCEL_AGAIN_SECONDS", 0.01)
    news, waiting = asyncio.Event(), asyncio.Event()

    async def loop() -> None:
        while True:
            waiting.set()
            await asyncio.wait_for(news.wait(), 60)
            news.clear()

    running = asyncio.create_task(loop())
    await waiting.wait()
    await asyncio.sleep(0)  # the wait itself is a task of its own, on some Pythons
    news.set()
    await asyncio.wait_for(service.cancel_all([running]), 10)
    assert running.cancelled()


@pytest.mark.parametrize("error", [LOST, nats.errors.ConnectionClosedError(), ConnectionResetError(104, "reset")])
async def test_a_server_that_is_lost_during_the_start_is_told_in_one_line(error: Exception) -> None:
    async def run(_: ServiceSettings, __: asyncio.Event) -> None:
        raise error

    with pytest.raises(AwayError, match="a server was lost during the start: ") as raised:
        await service.until_signalled(ServiceSettings(), run)
    assert raised.value.__cause__ is error


@pytest.mark.parametrize(("error", "at_work"), [(LOST, True), (FileNotFoundError(2, "a file"), False)])
async def test_what_ends_a_service_otherwise_stays_what_it_is(error: Exception, at_work: bool) -> None:  # noqa: FBT001
    async def run(_: ServiceSettings, stopping: asyncio.Event) -> None:
        if at_work:
            waits = asyncio.create_task(stopping.wait())
            await asyncio.sleep(0)
            waits.cancel()
        raise error

    with pytest.raises(type(error)) as raised:
        await service.until_signalled(ServiceSettings(), run)
    assert raised.value is error
