"""A Hub for the tests that look at the running system from outside, as operators do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.hub import TestHub
from tests.support.submissions import V1, V2


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[TestHub]:
    async with TestHub(tmp_path / "hub") as running:
        for dataset in (V1, V2):
            running.commit(dataset, {"README.md": b"A dataset of submissions.\n"})
        yield running
