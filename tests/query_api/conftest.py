"""A query API on a real database and a real NATS, and a writer that does to them what the services do."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import nats
import pytest
from common.bus import topology
from nats.aio.client import Client
from pydantic import SecretStr
from query_api.app import serving
from query_api.settings import Settings

from tests.support.api import Api
from tests.support.hub import TestHub
from tests.support.writer import Writer

TOKEN = "the-admin-token"
SECRET = "the-webhook-secret"


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Client]:
    """Lend a connection to a NATS on which the topology is applied."""
    client = await nats.connect(nats_url)
    await topology.apply(client.jetstream())
    yield client
    await client.close()


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[TestHub]:
    """Lend a Hub without datasets."""
    async with TestHub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Lend a pool of the test's own."""
    async with asyncpg.create_pool(database_url, min_size=1, max_size=2) as pool:
        yield pool


@pytest.fixture
def writer(pool: asyncpg.Pool, bus: Client) -> Writer:
    """Lend what writes rows and publishes events."""
    return Writer(pool, bus)


@pytest.fixture
def settings(database_url: str, nats_url: str) -> Settings:
    """Return settings for a server of the test's own."""
    return Settings(
        database_url=SecretStr(database_url),
        nats_url=SecretStr(nats_url),
        port=0,
        ops_port=0,
        admin_token=SecretStr(TOKEN),
        hf_webhook_secret=SecretStr(SECRET),
        log_level="error",
    )


Start = Callable[..., AbstractAsyncContextManager[Api]]


@pytest.fixture
def start(settings: Settings, bus: Client) -> Start:
    """Return what starts a server, with other settings where they are given."""

    @asynccontextmanager
    async def starting(**changes: Any) -> AsyncIterator[Api]:
        async with (
            serving(settings.model_copy(update=changes)) as (url, services, metrics),
            aiohttp.ClientSession(url, headers={"X-Request-Id": "test"}) as http,
        ):
            yield Api(url, http, services, metrics)

    return starting


@pytest.fixture
async def api(start: Start) -> AsyncIterator[Api]:
    """Lend a running server."""
    async with start() as api:
        yield api
