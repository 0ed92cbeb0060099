"""Rows as ingesters and watchers write them; nothing is published."""

from typing import Any, cast

import asyncpg
import pytest

from tests.support.writer import Writer


@pytest.fixture
def rows(pool: asyncpg.Pool) -> Writer:
    """Write rows; nothing is published."""
    return Writer(pool, cast("Any", None))
