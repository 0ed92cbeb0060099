"""A service stops, whatever its loops wait for at that moment."""

import asyncio

import pytest
from common.process import service


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
