"""One model under its lock: what every group of the ingester's statements starts from."""

from dataclasses import dataclass
from typing import Any

import asyncpg

# The statements that move a whole submission get half an hour: 210 MB of text took 8 s on two busy cores.
HEAVY_SECONDS = 1_800.0

# Every attempt that this model ever had, so that one that is gone now is marked too.
_MODEL_NAMES = """
SELECT a->>'model_name' FROM submission_versions, jsonb_array_elements(attempts) AS a
WHERE hf_dataset = $1 AND model = $2
UNION
SELECT model_name FROM staged_rows WHERE hf_dataset = $1 AND model = $2 AND model_name IS NOT NULL
"""

# Two models whose names hash alike only wait for each other: 64 bits make that a curiosity.
TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended($1 || '@' || $2, 0))"

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


@dataclass(frozen=True)
class LockedModel:
    """A model, and the connection that holds its lock and commits."""

    connection: Connection
    dataset: str
    model: str

    @property
    def key(self) -> tuple[str, str]:
        """Return what names the model in every table."""
        return self.dataset, self.model

    async def row(self, statement: str, *arguments: Any) -> asyncpg.Record:
        """Return the row of a statement that always returns one."""
        row = await self.connection.fetchrow(statement, *arguments)
        if row is None:
            raise LookupError("a statement that always returns a row returned none")
        return row

    async def attempt_names(self, model: str) -> list[str]:
        """Return the name of every attempt that a model ever had."""
        return [row[0] for row in await self.connection.fetch(_MODEL_NAMES, self.dataset, model)]
