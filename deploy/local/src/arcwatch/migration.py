"""Brings a database up to date, waiting for one that is still starting."""

import asyncio
import time

import asyncpg
from common.database import migrate

from arcwatch.errors import DeploymentError
from arcwatch.explain import without_password

_PAUSE_SECONDS = 0.2


async def migrated(url: str, *, patience_seconds: float = 0.0) -> list[str]:
    """Return the migrations applied; raise DeploymentError when the database cannot be reached in time."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return await migrate(url)
        except (OSError, asyncpg.CannotConnectNowError) as error:
            if time.monotonic() > deadline:
                raise DeploymentError(f"cannot reach the database at {without_password(url)}: {error}") from error
        except ValueError as error:
            raise DeploymentError(f"DATABASE_URL is not a PostgreSQL URL: {error}") from error
        await asyncio.sleep(_PAUSE_SECONDS)
