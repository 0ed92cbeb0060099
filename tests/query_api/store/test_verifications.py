"""A submission shows the newest verification of each kind, and first the one that differs."""

import json
from datetime import datetime, timedelta

import asyncpg
from query_api.store import submissions

from tests.support.writer import DATASET, Writer

FOUND = {"name": "wrong_score", "figure": "score", "ours": 1, "theirs": 2, "message": "score is 1, recomputed 2"}


async def verify(pool: asyncpg.Pool, at: datetime, compared_with: str, verdict: str, *found: object) -> None:
    await pool.execute(
        "INSERT INTO verifications (version_id, compared_with, verified_at, verdict, figures, disagreements)"
        " SELECT id, $2, $1, $3, 7, $4 FROM submission_versions WHERE superseded_at IS NULL AND model = 'm'",
        at,
        compared_with,
        verdict,
        json.dumps(found),
    )


async def shown(pool: asyncpg.Pool) -> tuple[str, str] | None:
    (row,) = await submissions.submissions(pool, [(DATASET, "m")])
    detail = await submissions.verification(pool, DATASET, "m")
    assert (row.verified is None) == (detail is None)
    if row.verified is None or detail is None:
        return None
    assert row.verified.model_dump() == detail.model_dump(exclude={"disagreements"})
    return row.verified.compared_with, row.verified.verdict


async def test_the_newest_of_each_kind_counts_and_one_that_differs_is_shown(pool: asyncpg.Pool, rows: Writer) -> None:
    await rows.ingest("m")
    await rows.ingest("other")
    assert await shown(pool) is None
    hour = timedelta(hours=1)
    await verify(pool, rows.now + hour, "rows", "verified")
    await verify(pool, rows.now + 2 * hour, "hub", "explained")
    assert await shown(pool) == ("hub", "explained")
    await verify(pool, rows.now + 3 * hour, "rows", "differs", FOUND)
    await verify(pool, rows.now + 4 * hour, "hub", "verified")
    assert await shown(pool) == ("rows", "differs")
    await verify(pool, rows.now + 5 * hour, "rows", "verified")
    assert await shown(pool) == ("rows", "verified")


async def test_what_was_said_before_the_last_ingestion_counts_no_more(pool: asyncpg.Pool, rows: Writer) -> None:
    await rows.ingest("m")
    await verify(pool, rows.now - timedelta(seconds=1), "rows", "verified")
    assert await shown(pool) is None


async def test_a_detail_says_what_differs_and_when(pool: asyncpg.Pool, rows: Writer) -> None:
    await rows.ingest("m")
    await verify(pool, rows.now, "rows", "differs", FOUND, "no object")
    detail = await submissions.verification(pool, DATASET, "m")
    assert detail is not None
    assert (detail.at, detail.figures) == (rows.now, 7)
    assert [each.model_dump() for each in detail.disagreements] == [
        {"name": "wrong_score", "figure": "score", "message": "score is 1, recomputed 2"}
    ]
