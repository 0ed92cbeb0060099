"""Fixtures for tests of the ingester: a database, and the session that holds the lock of the model m."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from ingester.store.session import Session, locked

from tests.ingester.database_rows import DATASET


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(database_url, min_size=1, max_size=3) as pool:
        yield pool


@pytest.fixture
async def session(pool: asyncpg.Pool) -> AsyncIterator[Session]:
    async with locked(pool, DATASET, "m") as session:
        yield session
