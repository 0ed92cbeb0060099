"""Fixtures of the local Hub's tests: a running local Hub, and the official client pointed at it."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from huggingface_hub import HfApi

from tests.support.hub import TestHub
from tests.support.hub.asked import CONTENT, REPO


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[TestHub]:
    async with TestHub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def api(hub: TestHub) -> HfApi:
    return HfApi(endpoint=hub.url, token=False)


@pytest.fixture
async def web(hub: TestHub) -> AsyncIterator[aiohttp.ClientSession]:
    hub.commit(REPO, {"model/1.json": CONTENT})
    async with aiohttp.ClientSession(hub.url, auto_decompress=False) as session:
        yield session
