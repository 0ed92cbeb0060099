"""Exported files hold every value as it is, whatever it is, and memory does not grow with them."""

import csv
import hashlib
import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet
from query_api.routes.export import parquet_file
from query_api.routes.export.archive import Archive
from query_api.routes.export.columns import TABLES, TEXT
from query_api.routes.export.export_shapes import ColumnType, ExportedColumn, Manifest
from query_api.routes.export.negotiation import negotiated
from query_api.routes.export.parquet_file import ParquetEncoder
from query_api.routes.export.text_files import CsvEncoder, Encoder, JsonLinesEncoder, Row
from query_api.schemas.problems import ProblemError

AT = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
KINDS: tuple[ColumnType, ...] = ("text", "integer", "number", "boolean", "booleans", "instant", "date", "json")
COLUMNS = [ExportedColumn(name=kind, type=kind, about="") for kind in KINDS]
HOSTILE = (
    "",
    "a,b",
    'say "a"',
    "two\r\nlines\n",
    "=1+1",
    "-2",
    "'=1",
    "\t@x",
    "\uff1dA1",
    "é\u2028\U0001f600",
    " x ",
    "NULL",
)
ROWS: list[Row] = [
    *((text, 2**63 - 1, 0.1 + 0.2, True, [True, False], AT, date(2026, 1, 2), '[["a", 1e400]]') for text in HOSTILE),
    ("x", -(2**63), 5e-324, False, [], datetime(1, 1, 2, tzinfo=UTC), date.max, "null"),
    (None,) * len(KINDS),
]
MAKERS: dict[str, Callable[[list[ExportedColumn]], Encoder]] = {
    "csv": CsvEncoder,
    "jsonl": JsonLinesEncoder,
    "parquet": lambda columns: ParquetEncoder(columns, {"a": "b"}),
}


def made(encoder: Encoder, rows: Sequence[Row] = tuple(ROWS)) -> bytes:
    return b"".join([encoder.begin(), *(encoder.add([row]) for row in rows), encoder.end()])


def test_csv_keeps_every_value_and_no_spreadsheet_takes_one_for_a_formula() -> None:
    text = made(CsvEncoder(COLUMNS)).decode()
    names, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert names == [*KINDS]
    assert [line[0] for line in lines if line[0][:1] in set("=+-@\t\r\uff1d")] == []
    assert tuple(line[0].removeprefix("'") for line in lines[:-2]) == HOSTILE
    assert lines[4][1:] == [
        str(2**63 - 1), "0.30000000000000004", "true", "[true,false]", "2026-03-01T12:00:00.000005Z", "2026-01-02",
        '[["a", 1e400]]',
    ]  # fmt: skip
    assert lines[-2][1:3] == [str(-(2**63)), "5e-324"]
    # What is not known is nothing, and an empty text is not.
    assert text.splitlines()[-1] == "," * (len(KINDS) - 1)
    assert text.splitlines()[1].startswith('"",')


def test_json_lines_keep_every_value() -> None:
    lines = made(JsonLinesEncoder(COLUMNS)).decode().removesuffix("\n").split("\n")
    found = [json.loads(line) for line in lines]
    assert tuple(each["text"] for each in found[:-2]) == HOSTILE
    assert found[0] | {"text": None} == {
        "text": None, "integer": 2**63 - 1, "number": 0.1 + 0.2, "boolean": True, "booleans": [True, False],
        "instant": "2026-03-01T12:00:00.000005Z", "date": "2026-01-02", "json": [["a", float("inf")]],
    }  # fmt: skip
    assert lines[0].endswith('"json":[["a", 1e400]]}')
    assert set(found[-1].values()) == {None}


def test_parquet_keeps_every_value(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    file.write_bytes(made(ParquetEncoder(COLUMNS, {"a": "b"})))
    assert [tuple(each.values()) for each in parquet.read_table(file).to_pylist()] == [
        (*row[:4], row[4], *row[5:]) for row in ROWS
    ]
    assert parquet.read_schema(file).metadata[b"a"] == b"b"
    kinds = duckdb.execute(f"SELECT column_type FROM (DESCRIBE FROM '{file}')").fetchall()
    assert [kind for (kind,) in kinds] == [
        "VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "BOOLEAN[]", "TIMESTAMP WITH TIME ZONE", "DATE", "VARCHAR",
    ]  # fmt: skip


def _archive(at: datetime = AT) -> tuple[bytes, bytes]:
    content = made(CsvEncoder(COLUMNS))
    with Archive(at) as archive:
        file = archive.open("a.csv", COLUMNS, compress=True)
        parts = [file.write(content[:100]), file.write(content[100:]), file.close(len(ROWS))]
        manifest = Manifest(
            exported_at=at, arcwatch_version="1", rules_version=2, with_text=False, dataset=None, model=None,
            datasets=(), task_sets=(), files=tuple(archive.files),
        )  # fmt: skip
        parts.append(archive.end(manifest))
    return b"".join(parts), content


def test_an_archive_holds_its_files_and_a_manifest_of_them() -> None:
    data, content = _archive()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.read("a.csv") == content
        assert archive.getinfo("a.csv").date_time == (2026, 3, 1, 12, 0, 0)
        assert archive.getinfo("a.csv").external_attr >> 16 == 0o644
        (file,) = json.loads(archive.read("manifest.json"))["files"]
    assert (file["rows"], file["bytes"]) == (len(ROWS), len(content))
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    # A clock that is wrong costs no export.
    assert zipfile.ZipFile(io.BytesIO(_archive(datetime(1, 1, 2, tzinfo=UTC))[0])).testzip() is None


def test_an_archive_that_was_cut_off_cannot_be_opened() -> None:
    data, _ = _archive()
    for length in (0, 100, len(data) // 2, len(data) - 1):
        with pytest.raises(zipfile.BadZipFile):
            zipfile.ZipFile(io.BytesIO(data[:length]))


def _many(count: int) -> Iterator[list[Row]]:
    for number in range(count):
        text = f"{number} " * 100
        yield [(text, number, number / 7, True, [True], AT, None, text)] * 20


@pytest.mark.parametrize("kind", MAKERS)
def test_memory_stays_flat(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "GROUP_BYTES", 256 * 1024)
    encoder = MAKERS[kind](COLUMNS)
    written = 0
    tracemalloc.start()
    try:
        with Archive(AT) as archive:
            file = archive.open("a", COLUMNS, compress=True)
            for rows in _many(1_000):
                data = encoder.add(rows)
                written += len(data)
                file.write(data)
            written += len(encoder.end())
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # 20,000 rows of 0.9 kB; of Parquet what is left after compression.
    assert written > (300_000 if kind == "parquet" else 16_000_000)
    assert peak < 2_500_000


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", "csv"),
        ("*/*", "csv"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "csv"),
        ("text/csv;q=0.1, application/vnd.apache.parquet", "parquet"),
        ("Application/X-NDJSON; charset=utf-8", "jsonl"),
        ("application/jsonl, */*;q=0.1", "jsonl"),
        ("text/csv;q=0, application/*", "jsonl"),
        ("text/csv;q=0, */*;q=0.5", "csv"),
    ],
)
def test_the_format_is_what_a_client_wants_most(accept: str, wanted: str) -> None:
    assert negotiated(accept) == wanted


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "text/csv;q=much", ","])
def test_a_client_that_takes_no_format_is_told_which_there_are(accept: str) -> None:
    with pytest.raises(ProblemError, match=r"text/csv, application/x-ndjson, application/vnd\.apache\.parquet") as told:
        negotiated(accept)
    assert told.value.status == 406


@pytest.mark.one_python
def test_the_documentation_names_every_column_and_its_type() -> None:
    page = (Path(__file__).parents[3] / "docs/export.md").read_text()
    for name, columns in [*TABLES.items(), ("text", TEXT)]:
        section = page.partition(f"\n### {name}\n")[2].partition("\n### ")[0].partition("\n## ")[0]
        rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", section, re.MULTILINE)
        assert rows == [(each.name, each.type, each.about) for each in columns], name
