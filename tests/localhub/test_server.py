"""The server starts and stops, and starts again at its address."""

import aiohttp
import pytest

from tests.support.hub import TestHub
from tests.support.hub.asked import INFO, REPO, fetch


async def test_a_stopped_hub_refuses_connections_and_comes_back_at_the_same_address(
    hub: TestHub, web: aiohttp.ClientSession
) -> None:
    url = hub.url
    await hub.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await fetch(web, INFO)
    hub.commit(REPO, {"other/1.json": b"[]"})
    await hub.start()
    assert hub.url == url
    assert b"other/1.json" in (await fetch(web, INFO))[1]
