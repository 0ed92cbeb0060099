"""Fixtures of the local Hub's tests: a running local Hub, and the official client pointed at it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from localhub import LocalHub


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[LocalHub]:
    async with LocalHub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def api(hub: LocalHub) -> HfApi:
    return HfApi(endpoint=hub.url, token=False)
