"""A pipeline of real parts for each test: a local Hub, a NATS server, a database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from arcwatch.embedded.postgres import PostgresServer
from common.hub.transports import Choice

from tests.support import pipeline as support
from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline
from tests.support.postgres import own_server
from tests.support.submissions import V1, V2


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[TestHub]:
    async with TestHub(tmp_path / "hub") as running:
        for dataset in (V1, V2):
            running.commit(dataset, {"README.md": b"A dataset of submissions.\n"})
        yield running


@pytest.fixture
def transport() -> Choice:
    """Say how files come. Where a test has single ones fail, they are to come one by one."""
    return "auto"


@pytest.fixture
async def pipeline(hub: TestHub, database_url: str, nats_url: str, transport: Choice) -> AsyncIterator[Pipeline]:
    async with support.build(hub, database_url, nats_url, hf_transport=transport) as built:
        yield built


@pytest.fixture
async def server() -> AsyncIterator[PostgresServer]:
    """Lend a PostgreSQL of the test's own, migrated."""
    async with own_server() as server:
        yield server
