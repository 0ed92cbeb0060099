"""Exports say what the API says, of one instant, and never end as if they were whole where they are not."""

import asyncio
import contextlib
import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest
from pyarrow import parquet
from query_api.routes.export import sending
from query_api.routes.export.columns import TASKS

from tests.query_api.conftest import Start
from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.writer import DATASET, Writer

OTHER = "other/arc_agi_v2_public_eval"
# More than all buffers between the database and a client take: 1 kB each that no compression makes smaller than half.
MANY = """
INSERT INTO explanations (puzzle_id, pattern_description, solving_strategy, model_name, prompt_template_id, hf_dataset,
    is_prediction_correct, has_multiple_predictions, predicted_output_grid, reasoning_log)
SELECT lpad(n::text, 8, '0'), 'said', '', 'm-1-attempt1', 'external-huggingface', $1, n % 2 = 0, false, '[[1]]',
    (SELECT string_agg(md5(n::text || k), '') FROM generate_series(1, 40) AS k)
FROM generate_series(1, 25000) AS n
"""
ANSWERS = 25_000
_EXPORTS = "FROM pg_stat_activity WHERE application_name = 'arcwatch-export' AND datname = current_database()"
EXPORTING = f"SELECT count(*) {_EXPORTS}"
END_EXPORTS = f"SELECT pg_terminate_backend(pid) {_EXPORTS}"


async def text(api: Api, path: str, status: int = 200, **headers: str) -> str:
    async with api.http.get(path, headers=headers) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def json_lines(api: Api, path: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (await text(api, path)).splitlines()]


def ended(api: Api) -> dict[str, float]:
    samples = next(iter(api.metrics.exports.collect())).samples
    return {each.labels["outcome"]: each.value for each in samples if each.value and each.name.endswith("_total")}


async def exporting(pool: asyncpg.Pool, wanted: int = 1) -> bool:
    return bool(await pool.fetchval(EXPORTING) == wanted)


@pytest.fixture
async def many(writer: Writer) -> None:
    """Write a submission with many long answers."""
    await writer.ingest("m-1")
    await writer.pool.execute(MANY, DATASET)


@contextlib.asynccontextmanager
async def raw(api: Api, path: str, version: str = "1.1") -> AsyncIterator[asyncio.StreamReader]:
    """Yield what a client reads that has read the headers, and no more than a little of the body."""
    host, port = urlsplit(api.url).hostname, urlsplit(api.url).port
    reader, writer = await asyncio.open_connection(host, port, limit=2**16)
    writer.write(f"GET {path} HTTP/{version}\r\nHost: here\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.partition(b"\r\n")[0], head
    try:
        yield reader
    finally:
        writer.transport.abort()


async def to_the_end(reader: asyncio.StreamReader) -> None:
    while await reader.read(2**16):
        pass


async def test_every_format_says_what_the_api_says(start: Start, writer: Writer) -> None:
    await writer.ingest('=SUM("a"),é', score=1 / 3, tasks_submitted=60)
    await writer.ingest("m-1", OTHER, score=2 / 7, cost=0.1 + 0.2, attempts=3)
    async with start() as api:
        rows = {row["model"]: row for row in (await api.get("/api/models"))[1]["data"]}
        async with api.http.get("/export/submissions.parquet") as answer:
            table = parquet.read_table(io.BytesIO(await answer.read()))
        found = {
            "parquet": table.to_pylist(),
            "jsonl": await json_lines(api, "/export/submissions?format=jsonl"),
            "csv": [*csv.DictReader(io.StringIO(await text(api, "/export/submissions", Accept="text/csv")))],
        }
    for name, exported in found.items():
        assert [each["model"].removeprefix("'") for each in exported] == ['=SUM("a"),é', "m-1"], name
        for each in exported:
            row = rows[each["model"].removeprefix("'")]
            assert [float(each[figure]) for figure in ("score", "score_submitted", "total_cost", "score_high")] == [
                row["score"], row["scoreSubmitted"], row["totalCost"], row["scoreInterval"]["high"],
            ]  # fmt: skip
            assert (each["attempts"] if name == "jsonl" else json.loads(each["attempts"])) == row["attempts"]
            assert each["display_name"].removeprefix("'") == row["displayName"]
            assert name == "parquet" or each["landed_at"] == row["landedAt"]


async def test_filters_formats_and_refusals(start: Start, writer: Writer) -> None:
    for dataset in (DATASET, OTHER):
        await writer.ingest("m-1", dataset)
        await writer.answer("m-1-attempt1", "00000001", [True, False], dataset, cost=float("inf"), tokens=5)
    await writer.ingest("m-2")
    await writer.answers("m-2-attempt2", {"00000002": [True], "00000001": [True]})
    async with start() as api:
        rows = await json_lines(api, f"/export/attempts.jsonl?dataset={DATASET.upper()}")
        assert [
            (row["model_name"], row["attempt"], row["puzzle_id"], row["pairs"], row["correct"]) for row in rows
        ] == [
            ("m-1-attempt1", 1, "00000001", [True, False], False),
            ("m-2-attempt2", 2, "00000001", [True], True),
            ("m-2-attempt2", 2, "00000002", [True], True),
        ]
        assert (rows[0]["cost"], rows[0]["total_tokens"], rows[0]["pairs_correct"]) == (None, 5, 1)
        assert {row["dataset"] for row in await json_lines(api, "/export/submissions.jsonl?model=m-1")} == {
            DATASET,
            OTHER,
        }
        assert "provider_raw_response" not in rows[0]
        (row, *_) = await json_lines(api, "/export/attempts.jsonl?model=m-2&withText=true")
        assert (row["message"], row["reasoning"], row["provider_raw_response"]) == ("", None, None)
        names = (await text(api, "/export/tasks", Accept="text/csv")).removesuffix("\r\n").split(",")
        assert names == [each.name for each in TASKS]

        assert "there is no submission of 'm-3' in 'a/b'" in await text(api, "/export/tasks?dataset=a/b&model=m-3", 404)
        assert "?format=csv, jsonl or parquet" in await text(api, "/export/tasks", 406, Accept="image/png")
        for wrong in (
            "tasks?format=xlsx",
            "tasks.xlsx",
            "tasks?withText=true",
            "snapshot?what=runs",
            "tasks.csv?format=csv",
            "tasks?model=%00",
        ):
            await text(api, f"/export/{wrong}", 400)
        async with api.http.head("/export/snapshot") as answer:
            assert (answer.status, answer.content_type) == (200, "application/zip")
            assert answer.headers["Content-Disposition"] == 'attachment; filename="arcwatch-export.zip"'
        for accepted, encoding in (("br, gzip;q=0.5", "gzip"), ("gzip;q=0, identity", None)):
            async with api.http.head("/export/tasks", headers={"Accept-Encoding": accepted}) as answer:
                assert answer.headers.get("Content-Encoding") == encoding
        assert ended(api) == {"completed": 4}


async def test_an_archive_is_of_one_instant_and_keeps_nobody_waiting(many: None, start: Start, writer: Writer) -> None:
    path = "/export/snapshot?format=jsonl&withText=true"
    async with start(max_exports=1) as api:
        async with api.http.get(path) as answer:
            begun = await answer.content.readany()
            await eventually(lambda: exporting(writer.pool))
            await writer.pool.execute("DELETE FROM explanations WHERE puzzle_id > '00000100'")
            await writer.publish(await writer.ingest("m-2"))
            await api.until_latest("m-2")
            # What the database is asked for goes by connections that no export has.
            assert (await api.get(f"/api/models/{DATASET}/m-1"))[0] == 200
            status, problem = await api.get("/export/tasks")
            assert (status, problem["detail"]) == (503, "1 exports are running already; try again soon")
            # Where there is room for others, one address takes one place.
            api.services.export_limits.at_once = 2
            status, problem = await api.get("/export/tasks")
            assert (status, problem["status"]) == (429, 429)
            assert problem["detail"].startswith("an export to your address is running already")
            data = begun + await answer.read()
        assert await json_lines(api, "/export/tasks.jsonl") == []
        assert len(await json_lines(api, "/export/attempts.jsonl")) == 100
        assert ended(api) == {"completed": 3, "refused": 2}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        assert {file["name"]: file["rows"] for file in manifest["files"]} == {
            "submissions.jsonl": 1, "tasks.jsonl": 0, "attempts.jsonl": ANSWERS,
        }  # fmt: skip
        last = archive.read("attempts.jsonl").splitlines()[-1]
    assert json.loads(last)["puzzle_id"] == str(ANSWERS).zfill(8)
    assert [each["dataset"] for each in manifest["datasets"]] == [DATASET]
    assert manifest["taskSets"] == [
        {"source": "ARC2-Eval", "taskSetVersion": None, "rulesVersion": None, "submissions": 1}
    ]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.neighbour(
    "PostgreSQL", "ends an export's connection in the middle", "the client's connection is reset: nothing looks whole"
)
async def test_a_failure_in_the_middle_is_the_clients_too(
    many: None, start: Start, writer: Writer, version: str
) -> None:
    async with start() as api:
        async with raw(api, "/export/attempts.jsonl?withText=true", version) as reader:
            await reader.readexactly(10_000)
            await writer.pool.execute(END_EXPORTS)
            with pytest.raises(ConnectionResetError):
                await to_the_end(reader)
        await eventually(lambda: ended(api) == {"failed": 1})
        # Before the first part an error is an answer.
        await writer.pool.execute("ALTER TABLE task_results RENAME TO elsewhere")
        assert "the database does not answer" in await text(api, "/export/tasks.parquet", 503)


async def test_a_client_that_takes_nothing_or_is_gone_ends_the_transaction(
    many: None, start: Start, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/export/attempts.jsonl?withText=true"
    async with start() as api:
        async with raw(api, path):
            await eventually(lambda: exporting(writer.pool))
        await eventually(lambda: ended(api) == {"client_gone": 1})
        monkeypatch.setattr(sending, "PART_SECONDS", 0.1)
        async with raw(api, path) as reader:
            await eventually(lambda: ended(api) == {"client_gone": 2})
            await eventually(lambda: exporting(writer.pool, 0))
            with pytest.raises(ConnectionResetError):
                await to_the_end(reader)
    monkeypatch.setattr(sending, "PART_SECONDS", 60.0)
    async with start() as api:
        limits = api.services.export_limits
        limits.seconds = 0.2
        asking = asyncio.ensure_future(api.http.get(path))
        await eventually(lambda: ended(api) == {"too_long": 1})
        asking.cancel()
        await eventually(lambda: exporting(writer.pool, 0))
