"""A model's versions and their task results: which one is current, and which models have the same content."""

from dataclasses import fields

from ingester.submission.aggregate import Aggregates, TaskResult

# Of `task_results`, as COPY takes them.
TASK_RESULT_COLUMNS = ("version_id", *TaskResult._fields)

# A file that could not be used before cannot be used now: while its blob stays the same it is not fetched again.
CURRENT_VERSION = """
SELECT id, tree_oid, coalesce(listed_tree_oid, tree_oid) AS listed_tree_oid, revision, run_id, complete, rules_version,
    task_set_version, published_at, landed_at, landed_as, removed_upstream_at IS NOT NULL AS removed,
    attempts <> '[]' AS usable, (
        SELECT coalesce(jsonb_object_agg(puzzle_id, jsonb_build_array(hf_blob_oid, hf_path)), '{}')
        FROM task_results WHERE version_id = v.id
    ) AS results, (
        SELECT coalesce(jsonb_object_agg(puzzle_id, hf_blob_oid), '{}') FROM ingestion_errors e
        WHERE e.run_id = v.run_id AND fatal AND puzzle_id IS NOT NULL AND hf_blob_oid IS NOT NULL AND kind <> ALL($3)
    ) AS failures, (
        SELECT coalesce(jsonb_object_agg(puzzle_id, hf_blob_oid), '{}') FROM ingestion_errors e
        WHERE e.run_id = v.run_id AND fatal AND puzzle_id IS NOT NULL AND kind = ANY($4)
    ) AS refused
FROM submission_versions v
WHERE hf_dataset = $1 AND model = $2 AND superseded_at IS NULL
"""

# What `model.ingested` says, read back from what was committed: a redelivery announces the same.
ANNOUNCE_VERSION = """
SELECT v.run_id, v.hf_dataset AS dataset, v.model, v.source, v.revision, v.tree_oid,
    coalesce(n.display_name, v.display_name) AS display_name, v.tasks_total, v.tasks_submitted, v.score,
    v.score_submitted, v.total_cost AS cost, v.published_at, v.ingested_at,
    ARRAY(SELECT a->>'model_name' FROM jsonb_array_elements(v.attempts) AS a) AS attempts,
    r.successful, r.failed, r.skipped, r.accuracy_percent::float8 AS accuracy_percent, r.duration_ms, r.auto_triggered,
    r.trigger, r.event_sequence, v.landed_at, v.landed_at = v.ingested_at AS landed
FROM submission_versions v JOIN ingestion_runs r ON r.id = v.run_id LEFT JOIN model_names n ON n.folder = v.model
WHERE v.hf_dataset = $1 AND v.model = $2 AND v.superseded_at IS NULL
"""

# The same content under another name. Only a name without any history takes another's over.
MODELS_OF_SAME_CONTENT = """
SELECT model FROM submission_versions
WHERE hf_dataset = $1 AND coalesce(listed_tree_oid, tree_oid) = $3 AND superseded_at IS NULL
  AND NOT EXISTS (SELECT FROM submission_versions WHERE hf_dataset = $1 AND model = $2)
ORDER BY model
"""

RENAME_VERSIONS = """
UPDATE submission_versions SET model = $2, display_name = $4, removed_upstream_at = NULL,
    revision = CASE WHEN superseded_at IS NULL THEN $5 ELSE revision END, attempts = (
    SELECT coalesce(jsonb_agg(
        a || jsonb_build_object('model_name', $2 || substr(a->>'model_name', length($3) + 1))), '[]')
    FROM jsonb_array_elements(attempts) AS a)
WHERE hf_dataset = $1 AND model = $3
"""

RENAME_ROWS = """
UPDATE explanations e SET model_name = $2 || substr(e.model_name, length($3) + 1)
WHERE e.hf_dataset = $1 AND e.model_name = ANY($4)
"""

RENAME_RUNS = "UPDATE ingestion_runs SET dataset_name = $2 WHERE hf_dataset = $1 AND dataset_name = $3"

SUPERSEDE_VERSION = """
UPDATE submission_versions SET superseded_at = $3
WHERE hf_dataset = $1 AND model = $2 AND superseded_at IS NULL AND tree_oid <> $4
"""

_FIGURES = [field.name for field in fields(Aggregates)]

# What the same files of tasks came with: a report, a picture, or nothing, where the folder was gone for a while.
KEEP_VERSION = """
UPDATE submission_versions SET listed_tree_oid = nullif($2, tree_oid), removed_upstream_at = NULL, warnings = $4,
    listed_revision = CASE WHEN $2 <> tree_oid THEN $3 END
WHERE id = $1
"""

# From $5 on in the order of a VersionRow, then its totals.
UPSERT_VERSION = f"""
INSERT INTO submission_versions (hf_dataset, model, ingested_at, rules_version, tree_oid, revision,
    listed_tree_oid, listed_revision, source, display_name, published_at, landed_at, landed_as, run_id, status, errors,
    warnings, task_set_version, {", ".join(_FIGURES)})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, coalesce($12::timestamptz, $3), $13, $14, $15, $16, $17, $18,
    {", ".join(f"${place}" for place, _ in enumerate(_FIGURES, 19))})
ON CONFLICT (hf_dataset, model, tree_oid) DO UPDATE SET superseded_at = NULL, removed_upstream_at = NULL,
    listed_tree_oid = excluded.listed_tree_oid, listed_revision = excluded.listed_revision,
    landed_at = excluded.landed_at, landed_as = excluded.landed_as, ingested_at = excluded.ingested_at,
    rules_version = excluded.rules_version, revision = excluded.revision, source = excluded.source,
    display_name = excluded.display_name,
    published_at = coalesce(excluded.published_at, submission_versions.published_at),
    run_id = excluded.run_id, status = excluded.status, errors = excluded.errors,
    warnings = excluded.warnings, task_set_version = excluded.task_set_version,
    {", ".join(f"{column} = excluded.{column}" for column in _FIGURES)}
RETURNING id
"""  # noqa: S608 - made of the constants above

WANTED_TASK_RESULTS = """
SELECT DISTINCT ON (puzzle_id) puzzle_id, hf_blob_oid, pairs_total, pairs_solved FROM (
    SELECT 0 AS age, s.puzzle_id, s.hf_blob_oid, s.pairs_total, s.pairs_solved
    FROM staged_rows s JOIN wanted w USING (run_id, puzzle_id, hf_blob_oid)
    WHERE s.hf_dataset = $1 AND s.model = $2 AND s.model_name IS NULL AND s.pairs_total > 0
    UNION ALL
    SELECT 1, t.puzzle_id, t.hf_blob_oid, t.pairs_total, t.pairs_solved
    FROM task_results t JOIN wanted w USING (puzzle_id, hf_blob_oid) WHERE t.version_id = $3 AND puzzle_id = ANY($4)
) AS results
ORDER BY puzzle_id, age  -- a forced run judges the same blob anew: what was staged now counts
"""

DELETE_TASK_RESULTS = "DELETE FROM task_results WHERE version_id = $1"

# As late as can be, not the transaction's start: the latest model is the one that was committed last.
CLOCK = "SELECT clock_timestamp()"
