"""A model's lock and names, counts over all models, and what a connection needs to know and to set."""

# Every attempt that this model ever had, so that one that is gone now is marked too; and both that the existing app
# may have of it: where attempt_1 is null it takes the second for the first, so it has one that no file ever had.
ATTEMPT_NAMES = """
SELECT a->>'model_name' FROM submission_versions, jsonb_array_elements(attempts) AS a
WHERE hf_dataset = $1 AND model = $2
UNION
SELECT model_name FROM staged_rows WHERE hf_dataset = $1 AND model = $2 AND model_name IS NOT NULL
UNION
SELECT $2 || '-attempt' || number FROM generate_series(1, 2) AS number
"""

# Two models whose names hash alike only wait for each other: 64 bits make that a curiosity.
TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended($1 || '@' || $2, 0))"

# The existing app's start locks the table of runs, then that of answers. With the other order here, both may wait for
# each other; where PostgreSQL ends the app's transaction, its schema stays as it was, and its admin pages are empty.
LOCK_RUNS_FIRST = "LOCK TABLE ingestion_runs IN ROW EXCLUSIVE MODE"

# `failing`: the last run ended in failure, recently. The daily sync tries again what should be there, so a model that
# really fails stays in; a mistyped name leaves with time.
COUNT_MODELS = """
SELECT
    (SELECT count(*) FROM (
        SELECT DISTINCT ON (hf_dataset, dataset_name) status FROM ingestion_runs
        WHERE hf_dataset = ANY($1) AND started_at > now() - $2::interval AND NOT dry_run
            AND status IN ('completed', 'partial', 'failed')
        ORDER BY hf_dataset, dataset_name, id DESC) AS last
     WHERE status = 'failed') AS failing,
    count(*) FILTER (WHERE status = 'partial') AS partial,
    count(*) FILTER (WHERE status <> 'partial') AS whole,
    max(landed_at) AS last_landing,
    (SELECT count(*) FROM waiting_requests) AS waiting
FROM submission_versions
WHERE hf_dataset = ANY($1) AND superseded_at IS NULL AND removed_upstream_at IS NULL
"""

# Half the time of pglz for texts of the same size, where the server's build has it.
COMPRESS_WITH_LZ4 = """
SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings
WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)
"""

# Databases of the existing app have narrower columns than ours; nothing of theirs is changed.
COLUMN_TYPES = """
SELECT column_name, data_type, character_maximum_length FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = 'explanations'
"""
