"""The bytes of an export, part by part. What takes time is done in a thread: others are answered meanwhile."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from importlib.metadata import version
from typing import Final

from common.arc.rules import RULES_VERSION

from query_api.routes.export.archive import Archive
from query_api.routes.export.columns import columns_of
from query_api.routes.export.contents import Batches, Contents
from query_api.routes.export.export_shapes import (
    ExportedColumn,
    ExportedDataset,
    ExportedFile,
    ExportedTaskSet,
    FileFormat,
    Manifest,
    SnapshotQuery,
    Table,
)
from query_api.routes.export.text_files import CsvEncoder, Encoder, JsonLinesEncoder
from query_api.schemas.problems import ProblemError
from query_api.store.exports import Listed

ARCWATCH_VERSION: Final = version("arcwatch-query-api")
Parts = AsyncGenerator[bytes, None]


async def table_parts(contents: Contents, table: Table, file_format: FileFormat, *, with_text: bool) -> Parts:
    """Yield one table as a file."""
    encoder = await encoder_of(file_format, columns_of(table, with_text=with_text), contents)
    async with aclosing(_encoded(contents.rows(table, with_text=with_text), encoder)) as parts:
        async for part in parts:
            yield part


async def archive_parts(contents: Contents, query: SnapshotQuery) -> Parts:
    """Yield several tables and their manifest as one archive."""
    with Archive(contents.snapshot.at) as archive:
        for table in _tables(query.what):
            columns = columns_of(table, with_text=query.with_text)
            encoder = await encoder_of(query.format, columns, contents)
            file = archive.open(f"{table}.{query.format}", columns, compress=query.format != "parquet")
            async with aclosing(_encoded(contents.rows(table, with_text=query.with_text), encoder)) as parts:
                async for part in parts:
                    yield await asyncio.to_thread(file.write, part)
            yield file.close(encoder.count)
        yield archive.end(_manifest(contents, query, archive.files, await contents.snapshot.listed()))


async def _encoded(batches: Batches, encoder: Encoder) -> Parts:
    yield encoder.begin()
    async with aclosing(batches):
        async for rows in batches:
            yield await asyncio.to_thread(encoder.add, rows)
    yield await asyncio.to_thread(encoder.end)


async def encoder_of(file_format: FileFormat, columns: Sequence[ExportedColumn], contents: Contents) -> Encoder:
    """Return what makes files of a format; raise a ProblemError where this server cannot make them."""
    if file_format == "csv":
        return CsvEncoder(columns)
    if file_format == "jsonl":
        return JsonLinesEncoder(columns)
    about = {
        "arcwatch.version": ARCWATCH_VERSION,
        "arcwatch.rules_version": str(RULES_VERSION),
        "arcwatch.exported_at": contents.snapshot.at.isoformat(),
    }
    return await asyncio.to_thread(_parquet, columns, about)


def _parquet(columns: Sequence[ExportedColumn], about: dict[str, str]) -> Encoder:
    try:
        from query_api.routes.export.parquet_file import ParquetEncoder  # noqa: PLC0415 - pyarrow is loaded with it

        return ParquetEncoder(columns, about)
    except ImportError as error:
        raise ProblemError(406, "this server has no pyarrow, so no Parquet; there are csv and jsonl") from error


def _tables(what: str) -> list[Table]:
    named = what.split(",")
    tables: tuple[Table, ...] = ("submissions", "tasks", "attempts")
    return [table for table in tables if table in named]


def _manifest(
    contents: Contents, query: SnapshotQuery, files: Sequence[ExportedFile], listed: dict[str, Listed]
) -> Manifest:
    datasets = Counter(each.submission.dataset for each in contents.versions)
    scored = Counter((each.submission.source, each.task_set_version, each.rules_version) for each in contents.versions)
    return Manifest(
        exported_at=contents.snapshot.at,
        arcwatch_version=ARCWATCH_VERSION,
        rules_version=RULES_VERSION,
        with_text=query.with_text,
        dataset=query.dataset,
        model=query.model,
        datasets=tuple(
            ExportedDataset(
                dataset=dataset,
                submissions=count,
                listed_at=listed.get(dataset, Listed()).listed_at,
                listed_revision=listed.get(dataset, Listed()).revision,
            )
            for dataset, count in sorted(datasets.items())
        ),
        task_sets=tuple(
            ExportedTaskSet(source=source, task_set_version=edition, rules_version=rules, submissions=count)
            for (source, edition, rules), count in sorted(scored.items(), key=str)
        ),
        files=tuple(files),
    )
