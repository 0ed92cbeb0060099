"""A Hub with one dataset, and a client without patience, for the tests of the client's parts."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import stamina

from tests.support.hub import TestHub

FILES = {"README.md": b"x", "a/1.json": b"[1]", "b/1.json": b"[2]", "b/deep/2.json": b"[3]"}


@pytest.fixture(autouse=True)
def _impatient() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[TestHub]:
    """Lend a Hub that holds `owner/data`."""
    async with TestHub(tmp_path / "hub") as running:
        running.commit("owner/data", FILES)
        yield running
