"""Rows of answers: staged while a run goes on, brought into `explanations` when it ends."""

from collections.abc import AsyncIterable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingester.store.locked_model import HEAVY_SECONDS, LockedModel
from ingester.store.statements import explanations as sql
from ingester.submission.aggregate import AttemptSums
from ingester.submission.staged_row import StagedRow


@dataclass(frozen=True)
class RowStatements(LockedModel):
    """Staging, and the rows of the version that is committed."""

    async def drop_staged(self, run_id: int) -> None:
        """Delete what was fetched for this run."""
        await self.connection.execute(sql.DROP_STAGED, *self.key, run_id)

    async def staged(self, run_id: int) -> set[tuple[str, str]]:
        """Return task id and blob oid of the files already fetched by an earlier delivery of this run."""
        rows = await self.connection.fetch(sql.STAGED_FILES, *self.key, run_id)
        return {(row["puzzle_id"], row["hf_blob_oid"]) for row in rows}

    async def stage(self, rows: Iterable[StagedRow] | AsyncIterable[StagedRow]) -> None:
        """Write rows of fetched files by COPY, so that they survive this delivery."""
        await self.connection.copy_records_to_table("staged_rows", records=rows, columns=sql.STAGED_COLUMNS)

    async def has_rows(self) -> bool:
        """Tell whether there are rows of a model that has no version: the existing app's, or of one deleted by hand."""
        found: bool = await self.connection.fetchval(sql.HAS_ROWS, *self.key)
        return found

    async def instants(self) -> Sequence[datetime]:
        """Return what a new submission's rows have as ingested_at and created_at."""
        (instants,) = await self.connection.fetch(sql.INSTANTS)
        return tuple(instants)

    async def copy_answers(self, rows: Iterable[StagedRow], revision: str, instants: Sequence[datetime]) -> None:
        """Write rows of a new submission's answers into `explanations` by COPY, as `write_rows` would.

        The transaction's own statements see them, and nobody else before its end.
        """
        records = (sql.copied(row, revision, *instants) for row in rows)
        await self.connection.copy_records_to_table(
            "explanations", records=records, columns=sql.COPIED_COLUMNS, timeout=HEAVY_SECONDS
        )

    async def create_wanted(self, run_id: int, files: dict[str, str]) -> None:
        """Name the files (task id -> blob oid) of the version being committed; the first step of the transaction."""
        await self.connection.execute(sql.CREATE_WANTED, run_id, list(files), list(files.values()))

    async def staged_tasks(self, path: str) -> int | None:
        """Return how many tasks a wanted file for all tasks has staged rows of; None where it could not be used."""
        found: int | None = await self.connection.fetchval(sql.STAGED_TASKS, *self.key, path)
        return found

    async def test_ids(self, names: Collection[str], most: int) -> list[str]:
        """Return what the rows of these attempts say of which model they are, in the order of names."""
        rows = await self.connection.fetch(sql.TEST_IDS, self.dataset, list(names), most, timeout=HEAVY_SECONDS)
        return [row["test_id"] for row in rows]

    async def answers_change(self, names: Collection[str]) -> bool:
        """Tell whether what was staged of the wanted files has other answers than the rows of these attempts."""
        arguments = (*self.key, list(names))
        changes: bool = await self.connection.fetchval(sql.ANSWERS_CHANGE, *arguments, timeout=HEAVY_SECONDS)
        return changes

    async def write_rows(self, run_id: int, revision: str, names: Collection[str]) -> None:
        """Bring what was staged of the wanted files into `explanations`; adopt the app's rows of these attempts."""
        await self.connection.execute(sql.ADOPT_ROWS, *self.key, list(names), timeout=HEAVY_SECONDS)
        await self.connection.execute(sql.UPSERT_ROWS, *self.key, run_id, revision, timeout=HEAVY_SECONDS)

    async def mark_removed(self, used: Mapping[str, str], names: Collection[str]) -> None:
        """Mark the rows of these attempts that are no answer of the current version, and no others.

        `used` holds task id -> blob oid of the files that could be used.
        """
        arguments = (self.dataset, list(names), list(used), list(used.values()))
        await self.connection.execute(sql.MARK_REMOVED_ROWS, *arguments, timeout=HEAVY_SECONDS)

    async def attempt_sums(self, names: Collection[str]) -> list[AttemptSums]:
        """Return each attempt's sums over the model's current rows."""
        rows = await self.connection.fetch(sql.SUM_ATTEMPTS, self.dataset, list(names), timeout=HEAVY_SECONDS)
        return [AttemptSums(*row) for row in rows]
