"""The database of the app that already owns this data: its two tables, and rows as its importer writes them.

Column names, types and constraints are those of the app; what arcwatch does not touch is left out.
"""

from datetime import datetime

import asyncpg

TABLES = """
CREATE TABLE explanations (
    id SERIAL PRIMARY KEY,
    puzzle_id VARCHAR(255) NOT NULL,
    pattern_description TEXT NOT NULL,
    solving_strategy TEXT NOT NULL,
    hints TEXT[] DEFAULT '{}',
    confidence INTEGER DEFAULT 50 CHECK (confidence >= 0 AND confidence <= 100),
    alien_meaning TEXT DEFAULT '',
    model_name VARCHAR(100) DEFAULT 'unknown',
    reasoning_log TEXT DEFAULT NULL,
    has_reasoning_log BOOLEAN DEFAULT FALSE,
    provider_response_id TEXT DEFAULT NULL,
    provider_raw_response JSONB DEFAULT NULL,
    api_processing_time_ms INTEGER DEFAULT NULL,
    predicted_output_grid JSONB DEFAULT NULL,
    is_prediction_correct BOOLEAN DEFAULT NULL,
    input_tokens INTEGER DEFAULT NULL,
    output_tokens INTEGER DEFAULT NULL,
    reasoning_tokens INTEGER DEFAULT NULL,
    total_tokens INTEGER DEFAULT NULL,
    estimated_cost FLOAT DEFAULT NULL,
    has_multiple_predictions BOOLEAN DEFAULT NULL,
    multiple_predicted_outputs JSONB DEFAULT NULL,
    multi_test_prediction_grids JSONB DEFAULT NULL,
    multi_test_results JSONB DEFAULT NULL,
    multi_test_all_correct BOOLEAN DEFAULT NULL,
    multi_test_average_accuracy FLOAT DEFAULT NULL,
    num_test_pairs INTEGER DEFAULT NULL,
    prompt_template_id VARCHAR(50) DEFAULT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE feedback (
    id SERIAL PRIMARY KEY,
    explanation_id INTEGER DEFAULT NULL REFERENCES explanations(id) ON DELETE CASCADE,
    comment TEXT DEFAULT NULL
);
CREATE TABLE ingestion_runs (
    id SERIAL PRIMARY KEY,
    dataset_name VARCHAR(255) NOT NULL,
    base_url TEXT NOT NULL,
    source VARCHAR(50),
    total_puzzles INTEGER NOT NULL,
    successful INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    duration_ms INTEGER NOT NULL,
    accuracy_percent DECIMAL(5,2),
    dry_run BOOLEAN DEFAULT FALSE,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    error_log TEXT
);
"""

COLUMNS = """
SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ANY($1)
"""


async def make(connection: asyncpg.Connection) -> None:
    """Create the app's tables."""
    await connection.execute(TABLES)


async def add_answer(
    connection: asyncpg.Connection, model_name: str, puzzle_id: str, created_at: datetime, *, correct: bool = False
) -> int:
    """Write one row as the importer does; return its id."""
    return int(
        await connection.fetchval(
            """INSERT INTO explanations (puzzle_id, model_name, pattern_description, solving_strategy, confidence,
            predicted_output_grid, is_prediction_correct, prompt_template_id, created_at)
            VALUES ($1, $2, 'from the importer', '', 50, '[[0]]', $3, 'external-huggingface', $4) RETURNING id""",
            puzzle_id,
            model_name,
            correct,
            created_at,
        )
    )


async def add_run(
    connection: asyncpg.Connection, folder: str, dataset: str, started_at: datetime, completed_at: datetime
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
