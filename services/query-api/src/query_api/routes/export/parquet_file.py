"""Parquet, one row group at a time. pyarrow is loaded with this module: when the first such file is asked for."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from query_api.routes.export.byte_sink import ByteSink
from query_api.routes.export.export_shapes import ColumnType, ExportedColumn
from query_api.routes.export.text_files import Encoder, Row

# Of a row group, as Python holds it: so much is kept until it is written.
GROUP_BYTES: Final = 16 * 1024 * 1024
GROUP_ROWS: Final = 100_000
# A value that is no text, and its part of the row.
_VALUE_BYTES: Final = 40
_TYPES: Final[Mapping[ColumnType, Any]] = {
    "text": pa.string(),
    "json": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "booleans": pa.list_(pa.bool_()),
    "instant": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
}
_TEXTS: Final = frozenset({"text", "json"})


class ParquetEncoder(Encoder):
    """Parquet, compressed by Zstandard; its schema's metadata says of which instant it is."""

    def __init__(self, columns: Sequence[ExportedColumn], metadata: Mapping[str, str]) -> None:
        self._schema = pa.schema(
            [pa.field(each.name, _TYPES[each.type], metadata={"about": each.about}) for each in columns],
            metadata=dict(metadata),
        )
        self._texts = [index for index, each in enumerate(columns) if each.type in _TEXTS]
        self._waiting: list[Row] = []
        self._bytes = 0
        self._sink = ByteSink()
        self._writer = parquet.ParquetWriter(self._sink, self._schema, compression="zstd")

    def _encoded(self, rows: Sequence[Row]) -> bytes:
        for row in rows:
            self._waiting.append(row)
            self._bytes += len(row) * _VALUE_BYTES + sum(len(row[index] or "") for index in self._texts)
            if self._bytes >= GROUP_BYTES or len(self._waiting) >= GROUP_ROWS:
                self._write_group()
        return self._sink.taken()

    def end(self) -> bytes:
        if self._waiting:
            self._write_group()
        self._writer.close()
        return self._sink.taken()

    def _write_group(self) -> None:
        values = zip(*self._waiting, strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(values, self._schema, strict=True)]
        self._waiting, self._bytes = [], 0
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
