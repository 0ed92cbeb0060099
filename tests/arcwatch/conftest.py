"""Fixtures of the deployment's tests: a running local Hub."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.hub import TestHub


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[TestHub]:
    async with TestHub(tmp_path / "hub") as running:
        yield running
