"""Fixtures of the deployment's tests: a running local Hub."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from localhub import LocalHub


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[LocalHub]:
    async with LocalHub(tmp_path / "hub") as running:
        yield running
