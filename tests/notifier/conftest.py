"""A database of the test's, with an outbox on it, and what ingesters write there."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from notifier.store.outbox import Outbox

from tests.notifier.ingesters import Ingester


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(database_url, min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture
def outbox(pool: asyncpg.Pool) -> Outbox:
    return Outbox(pool)


@pytest.fixture
def ingester(pool: asyncpg.Pool) -> Ingester:
    return Ingester(pool)
