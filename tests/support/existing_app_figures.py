"""What the existing app's pages count of rows of answers, as statements that mean the same.

$1: the tasks of a set; $2: a model's folder, or the name of one of its attempts.
"""

from dataclasses import dataclass
from typing import Any

import asyncpg

# Of each task and attempt the newest row counts.
_NEWEST = """
SELECT DISTINCT ON (puzzle_id, model_name) puzzle_id, model_name, num_test_pairs, multi_test_results,
    is_prediction_correct, is_prediction_correct OR multi_test_all_correct AS is_correct
FROM explanations
WHERE puzzle_id = ANY($1) AND model_name IN ($2 || '-attempt1', $2 || '-attempt2') AND rebutting_explanation_id IS NULL
ORDER BY puzzle_id, model_name, created_at DESC
"""
# A verdict for each pair, or the row's own, where it says either.
_PAIRS = """
LEFT JOIN LATERAL (
    SELECT r.place, r.value->'isPredictionCorrect' = 'true' AS right
    FROM jsonb_array_elements(multi_test_results) WITH ORDINALITY AS r (value, place)
    UNION ALL
    SELECT 1, {single} WHERE multi_test_results IS NULL AND {single} IS NOT NULL
) AS pair ON true
"""
# The official score: each task of the set weighs the same, also without an answer.
HARNESS = f"""
WITH scores AS (
    SELECT puzzle_id, count(DISTINCT place) FILTER (WHERE "right") AS solved,
        greatest(max(num_test_pairs), max(place), 1) AS pairs
    FROM ({_NEWEST}) AS newest {_PAIRS.format(single="is_prediction_correct")} GROUP BY puzzle_id
)
SELECT coalesce(sum(solved::float8 / pairs), 0) / cardinality($1) AS score,
    count(*) FILTER (WHERE solved = pairs) AS tasks_solved, coalesce(sum(solved), 0)::int AS pairs_solved
FROM scores
"""
# Of two compared attempts of one model: the mean over the tasks that have a verdict.
UNION = f"""
WITH scores AS (
    SELECT puzzle_id, count(DISTINCT place) FILTER (WHERE "right") AS solved, max(place) AS pairs
    FROM ({_NEWEST}) AS newest {_PAIRS.format(single="is_correct")}
    GROUP BY puzzle_id HAVING max(place) IS NOT NULL
)
SELECT count(*) AS tasks, coalesce(sum(solved), 0)::int AS pairs_solved, coalesce(sum(pairs), 0)::int AS pairs,
    avg(solved::float8 / pairs) AS score
FROM scores
"""
# Attempted is what has a grid, or a list of grids; then it is right or wrong, whatever it says.
_ATTEMPTED = "(predicted_output_grid IS NOT NULL OR multi_test_prediction_grids IS NOT NULL)"
_RIGHT = """CASE WHEN coalesce(has_multiple_predictions, false) THEN coalesce(multi_test_all_correct, false)
    ELSE coalesce(is_prediction_correct, false) END"""
PERFORMANCE = f"""
SELECT puzzle_id, is_right FROM (
    SELECT DISTINCT ON (puzzle_id) puzzle_id, {_RIGHT} AS is_right FROM explanations
    WHERE model_name ILIKE $2 AND puzzle_id = ANY($1) AND {_ATTEMPTED} ORDER BY puzzle_id, created_at DESC
) AS newest ORDER BY puzzle_id
"""
# Over every row, older ones of the same task too.
METRICS = f"""
SELECT count(*) AS count, coalesce(sum(estimated_cost), 0) AS cost, coalesce(sum(total_tokens), 0)::int AS tokens,
    coalesce(sum(api_processing_time_ms), 0)::int AS time_ms, count(*) FILTER (WHERE {_RIGHT}) AS correct
FROM explanations WHERE model_name ILIKE $2 AND puzzle_id = ANY($1) AND {_ATTEMPTED}
"""
# Averages of confidence are over rows that say one; a request failed whose description is empty.
QUALITY = """
SELECT count(confidence) AS confident, count(trustworthiness_score) AS trusted,
    count(*) FILTER (WHERE coalesce(pattern_description, '') = '') AS failed_requests
FROM explanations WHERE model_name = $2 AND puzzle_id = ANY($1)
"""
# What its page of a task reads as grids: lists that hold a list, the others are left out, and the next takes the place.
GRIDS = """
SELECT a.value FROM explanations, jsonb_array_elements(multi_test_prediction_grids) WITH ORDINALITY AS a (value, place)
WHERE model_name = $1 AND puzzle_id = $2 AND jsonb_typeof(a.value) = 'array' AND a.value->0 IS NOT NULL
ORDER BY a.place
"""


@dataclass(frozen=True)
class Harness:
    """What its page of official scores shows."""

    score: float
    tasks_solved: int
    pairs_solved: int


@dataclass(frozen=True)
class Metrics:
    """Sums over an attempt's answers."""

    count: int
    cost: float
    tokens: int
    time_ms: int
    correct: int


@dataclass(frozen=True)
class App:
    """Answers as the app does, for one task set."""

    connection: "asyncpg.Connection | asyncpg.Pool"
    puzzle_ids: list[str]

    async def harness(self, model: str) -> Harness:
        return Harness(**dict(await self._row(HARNESS, model)))

    async def union(self, model: str) -> dict[str, Any]:
        return dict(await self._row(UNION, model))

    async def performance(self, attempt: str) -> dict[str, bool]:
        """Return the tasks that are attempted, and whether they are right."""
        rows = await self.connection.fetch(PERFORMANCE, self.puzzle_ids, attempt)
        return {row["puzzle_id"]: row["is_right"] for row in rows}

    async def metrics(self, attempt: str) -> Metrics:
        return Metrics(**dict(await self._row(METRICS, attempt)))

    async def quality(self, attempt: str) -> dict[str, int]:
        return dict(await self._row(QUALITY, attempt))

    async def _row(self, statement: str, name: str) -> asyncpg.Record:
        row = await self.connection.fetchrow(statement, self.puzzle_ids, name)
        assert row is not None
        return row
