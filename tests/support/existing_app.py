"""The database of the app that already owns this data: its tables, what its start does to them, and rows it writes.

Column names, types, defaults and constraints are those of the app; tables that do not refer to answers are left out.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg
from common.arc.task_sets import Task

Connection: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

TABLES = """
CREATE TABLE explanations (
    id SERIAL PRIMARY KEY,
    puzzle_id VARCHAR(255) NOT NULL,
    pattern_description TEXT NOT NULL,
    solving_strategy TEXT NOT NULL,
    hints TEXT[] DEFAULT '{}',
    confidence INTEGER DEFAULT 50 CHECK (confidence >= 0 AND confidence <= 100),
    alien_meaning_confidence INTEGER CHECK (alien_meaning_confidence >= 0 AND alien_meaning_confidence <= 100),
    alien_meaning TEXT DEFAULT '',
    model_name VARCHAR(100) DEFAULT 'unknown',
    reasoning_log TEXT,
    has_reasoning_log BOOLEAN DEFAULT FALSE,
    provider_response_id TEXT,
    provider_raw_response JSONB,
    reasoning_items JSONB,
    api_processing_time_ms INTEGER,
    saturn_images JSONB,
    saturn_log JSONB,
    saturn_events JSONB,
    saturn_success BOOLEAN,
    predicted_output_grid JSONB,
    is_prediction_correct BOOLEAN,
    trustworthiness_score FLOAT,
    temperature FLOAT,
    reasoning_effort TEXT,
    reasoning_verbosity TEXT,
    reasoning_summary_type TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER,
    reasoning_tokens INTEGER,
    total_tokens INTEGER,
    estimated_cost FLOAT,
    has_multiple_predictions BOOLEAN,
    multiple_predicted_outputs JSONB,
    multi_test_prediction_grids JSONB,
    multi_test_results JSONB,
    multi_test_all_correct BOOLEAN,
    multi_test_average_accuracy FLOAT,
    num_test_pairs INTEGER,
    system_prompt_used TEXT,
    user_prompt_used TEXT,
    prompt_template_id VARCHAR(50),
    custom_prompt_text TEXT,
    rebutting_explanation_id INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE feedback (
    id SERIAL PRIMARY KEY,
    explanation_id INTEGER REFERENCES explanations(id) ON DELETE CASCADE,
    comment TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    puzzle_id VARCHAR(255),
    feedback_type VARCHAR(50) DEFAULT 'helpful'
);
CREATE TABLE elo_ratings (
    id SERIAL PRIMARY KEY,
    explanation_id INTEGER NOT NULL UNIQUE REFERENCES explanations(id) ON DELETE CASCADE,
    current_rating INTEGER DEFAULT 1500,
    games_played INTEGER DEFAULT 0
);
CREATE TABLE ingestion_runs (
    id SERIAL PRIMARY KEY,
    dataset_name VARCHAR(255) NOT NULL,
    base_url TEXT NOT NULL,
    source VARCHAR(50),
    total_puzzles INTEGER NOT NULL,
    successful INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    dry_run BOOLEAN DEFAULT FALSE,
    accuracy_percent DECIMAL(5,2),
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    error_log TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW()
);
"""

# What each of the app's starts does to the table of answers, whoever made it: columns and indexes that may be missing,
# the reference of a rebuttal, and how many pairs a row is about where it does not say.
START = """
CREATE INDEX IF NOT EXISTS idx_ingestion_runs_dataset ON ingestion_runs(dataset_name);
CREATE INDEX IF NOT EXISTS idx_ingestion_runs_started ON ingestion_runs(started_at DESC);
ALTER TABLE explanations
    ADD COLUMN IF NOT EXISTS system_prompt_used TEXT, ADD COLUMN IF NOT EXISTS user_prompt_used TEXT,
    ADD COLUMN IF NOT EXISTS prompt_template_id VARCHAR(50), ADD COLUMN IF NOT EXISTS custom_prompt_text TEXT,
    ADD COLUMN IF NOT EXISTS provider_response_id TEXT, ADD COLUMN IF NOT EXISTS provider_raw_response JSONB,
    ADD COLUMN IF NOT EXISTS reasoning_items JSONB, ADD COLUMN IF NOT EXISTS rebutting_explanation_id INTEGER,
    ADD COLUMN IF NOT EXISTS grover_iterations JSONB, ADD COLUMN IF NOT EXISTS iteration_count INTEGER,
    ADD COLUMN IF NOT EXISTS council_mode VARCHAR(20) CHECK (council_mode IN ('solve', 'assess')),
    ADD COLUMN IF NOT EXISTS num_test_pairs INTEGER;
CREATE INDEX IF NOT EXISTS idx_explanations_prompt_template ON explanations(prompt_template_id)
    WHERE prompt_template_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_explanations_predicted_grid ON explanations(id) WHERE predicted_output_grid IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_explanations_cost_model ON explanations(model_name, estimated_cost)
    WHERE estimated_cost IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_explanations_cost_date ON explanations(created_at, estimated_cost, model_name)
    WHERE estimated_cost IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_explanations_num_test_pairs ON explanations(num_test_pairs)
    WHERE num_test_pairs IS NOT NULL;
ALTER TABLE explanations DROP CONSTRAINT IF EXISTS fk_rebutting_explanation;
ALTER TABLE explanations ADD CONSTRAINT fk_rebutting_explanation
    FOREIGN KEY (rebutting_explanation_id) REFERENCES explanations(id) ON DELETE SET NULL;
UPDATE explanations SET num_test_pairs = CASE
    WHEN COALESCE(has_multiple_predictions, false) THEN COALESCE(jsonb_array_length(multi_test_results), 1)
    ELSE 1 END
WHERE num_test_pairs IS NULL;
"""

# A later migration of the app, which not every database of it has seen.
NULLABLE_ENDS = """
ALTER TABLE ingestion_runs ALTER COLUMN completed_at DROP NOT NULL, ALTER COLUMN duration_ms DROP NOT NULL;
"""

COLUMNS = """
SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ANY($1)
"""

# Every table of the app, and its rows that no importer wrote.
OWN_ROWS = """
SELECT 'explanations' AS of, to_jsonb(e) AS row FROM explanations e
WHERE prompt_template_id IS DISTINCT FROM 'external-huggingface'
UNION ALL SELECT 'feedback', to_jsonb(f) FROM feedback f
UNION ALL SELECT 'elo_ratings', to_jsonb(r) FROM elo_ratings r
UNION ALL SELECT 'ingestion_runs', to_jsonb(i) FROM ingestion_runs i WHERE base_url LIKE 'app:%'
ORDER BY 1, 2
"""
# We add columns to two of its tables.
_COLUMNS_OF_THE_APP = frozenset(re.findall(r"^    (\w+) [A-Z]", TABLES, re.MULTILINE))

TEMPLATE = "external-huggingface"


async def make(connection: Connection) -> None:
    """Create the app's tables."""
    await connection.execute(TABLES)


async def start(connection: Connection) -> None:
    """Do what a start of the app does."""
    async with connection.transaction():
        await connection.execute(START)


async def add_answer(
    connection: Connection, model_name: str, puzzle_id: str, created_at: datetime, *, correct: bool = False
) -> int:
    """Write the row of one grid to a task with one test, as the importer does; return its id."""
    row = {"predicted_output_grid": [[0]], "is_prediction_correct": correct, "has_multiple_predictions": False}
    row |= {"multi_test_prediction_grids": [], "num_test_pairs": 1, "provider_raw_response": [{"answer": [[0]]}]}
    return await _insert(connection, model_name, puzzle_id, created_at, row)


async def import_answers(
    connection: Connection, model_name: str, task: Task, answers: Sequence[Any], created_at: datetime
) -> int:
    """Write the row of one attempt's answers as the importer does, mistakes included; return its id.

    It knows no answer in text, leaves out what is no grid, and takes one answer for all there is of a task.
    """
    outputs = [[list(line) for line in pair.output] for pair in task.test]
    grids = [answer for answer in answers if isinstance(answer, list) and answer]
    right = [place < len(grids) and grids[place] == output for place, output in enumerate(outputs)]
    if len(answers) == 1:
        row: dict[str, Any] = {
            "has_multiple_predictions": False,
            "predicted_output_grid": grids[0] if grids else None,
            "is_prediction_correct": right[0],
            "multi_test_prediction_grids": [],
            "num_test_pairs": 1,
        }
    else:
        results = [
            {"index": place, "predictedGrid": grids[place] if place < len(grids) else None, "isPredictionCorrect": each}
            for place, each in enumerate(right)
        ]
        row = {
            "has_multiple_predictions": True,
            "multiple_predicted_outputs": list(answers),
            "multi_test_prediction_grids": grids,
            "multi_test_results": results,
            "multi_test_all_correct": all(right),
            "multi_test_average_accuracy": sum(right) / len(right),
            "num_test_pairs": len(right),
        }
    usage = {"estimated_cost": 9.0, "total_tokens": 9, "input_tokens": 9, "output_tokens": 0}
    raw = {"provider_raw_response": [{"answer": answer} for answer in answers]}
    return await _insert(connection, model_name, task.id, created_at, row | usage | raw)


async def add_own_rows(connection: Connection, puzzle_ids: Sequence[str], created_at: datetime) -> None:
    """Write answers of the app's own solvers to these tasks, a rebuttal, feedback, a rating, and a run."""
    for puzzle_id in puzzle_ids:
        answer = await connection.fetchval(
            """INSERT INTO explanations (puzzle_id, model_name, pattern_description, solving_strategy, confidence,
            predicted_output_grid, is_prediction_correct, has_multiple_predictions, trustworthiness_score,
            prompt_template_id, multi_test_prediction_grids, created_at)
            VALUES ($1, 'own-solver', 'a pattern', 'a way', 80, '[[1]]', false, false, 0.2, 'solver', '[]', $2)
            RETURNING id""",
            puzzle_id,
            created_at,
        )
        await connection.execute(
            """INSERT INTO explanations (puzzle_id, model_name, pattern_description, solving_strategy,
            multi_test_results, has_multiple_predictions, rebutting_explanation_id, prompt_template_id, created_at)
            VALUES ($1, 'own-solver', 'another', 'a way', '[{"correct": true, "predicted": [[1]]}]', true, $2, 'debate',
            $3)""",
            puzzle_id,
            answer,
            created_at,
        )
        await connection.execute("INSERT INTO feedback (explanation_id, comment) VALUES ($1, 'good')", answer)
        await connection.execute("INSERT INTO elo_ratings (explanation_id, games_played) VALUES ($1, 3)", answer)
    await connection.execute(
        """INSERT INTO ingestion_runs (dataset_name, base_url, total_puzzles, successful, failed, skipped, duration_ms,
        started_at, completed_at) VALUES ('another', 'app:', 1, 1, 0, 0, 5, $1, $1)""",
        created_at,
    )


async def own_rows(connection: Connection) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows that are the app's own, by table, in the columns that its tables were made with."""
    rows = [(row["of"], json.loads(row["row"])) for row in await connection.fetch(OWN_ROWS)]
    return [(of, {key: row[key] for key in row.keys() & _COLUMNS_OF_THE_APP}) for of, row in rows]


async def add_run(
    connection: Connection, folder: str, dataset: str, started_at: datetime, completed_at: datetime
) -> None:
    """Write one run as the importer does."""
    await connection.execute(
        """INSERT INTO ingestion_runs (dataset_name, base_url, source, total_puzzles, successful, failed, skipped,
        duration_ms, accuracy_percent, started_at, completed_at)
        VALUES ($1, $2, 'ARC2-Eval', 2, 2, 0, 0, 1000, 0.00, $3, $4)""",
        folder,
        f"https://huggingface.co/datasets/{dataset}/resolve/main",
        started_at,
        completed_at,
    )


async def _insert(
    connection: Connection, model_name: str, puzzle_id: str, created_at: datetime, row: Mapping[str, Any]
) -> int:
    # It writes 50 where nothing says how confident the model was.
    same: dict[str, Any] = {"puzzle_id": puzzle_id, "model_name": model_name, "pattern_description": "imported"}
    same |= {"solving_strategy": "", "confidence": 50, "prompt_template_id": TEMPLATE, "created_at": created_at}
    values = same | {key: json.dumps(value) if isinstance(value, list) else value for key, value in row.items()}
    places = ", ".join(f"${number}" for number, _ in enumerate(values, 1))
    statement = f"INSERT INTO explanations ({', '.join(values)}) VALUES ({places}) RETURNING id"
    return int(await connection.fetchval(statement, *values.values()))
