"""What a version claims, the rows behind it, and what verifications said of it."""

from ingester.submission.aggregate import Aggregates

CLAIMED_FIGURES = tuple(name for name in Aggregates.__dataclass_fields__ if name != "attempts")

# $2: kinds of errors that say nothing of a file's content, since it was not read.
CLAIM = f"""
SELECT id, hf_dataset AS dataset, model,
    coalesce(listed_tree_oid, tree_oid) AS tree_oid, coalesce(listed_revision, revision) AS revision, source,
    ingested_at, rules_version, task_set_version,
    {", ".join(CLAIMED_FIGURES)}, attempts, (
        SELECT coalesce(jsonb_object_agg(puzzle_id, jsonb_build_array(pairs_solved, pairs_total)), '{{}}')
        FROM task_results WHERE version_id = v.id
    ) AS results, ARRAY(
        SELECT DISTINCT puzzle_id FROM ingestion_errors e
        WHERE e.run_id = v.run_id AND fatal AND kind = ANY($2) AND puzzle_id IS NOT NULL
    ) AS unread
FROM submission_versions v WHERE id = $1 AND superseded_at IS NULL
"""  # noqa: S608 - made of a constant

# Of every attempt that this model ever had: the current version's rows are those that are not marked.
ANSWERS = """
SELECT puzzle_id, model_name, has_multiple_predictions, predicted_output_grid, is_prediction_correct,
    multiple_predicted_outputs, multi_test_results, multi_test_all_correct, multi_test_average_accuracy, estimated_cost,
    total_tokens, api_processing_time_ms
FROM explanations
WHERE hf_dataset = $1 AND removed_upstream_at IS NULL AND model_name IN (
    SELECT a->>'model_name' FROM submission_versions, jsonb_array_elements(attempts) AS a
    WHERE hf_dataset = $1 AND model = $2)
"""

# A version that was ingested again meanwhile is another one's verification.
STORE_VERIFICATION = """
INSERT INTO verifications (version_id, compared_with, verified_at, verdict, figures, disagreements)
SELECT id, $3, clock_timestamp(), $4, $5, $6 FROM submission_versions WHERE id = $1 AND ingested_at = $2
RETURNING verified_at
"""

# Of the datasets $2.
_OF_DATASETS = "superseded_at IS NULL AND removed_upstream_at IS NULL AND hf_dataset = ANY($2)"

# Those that were never verified since they landed come first, the latest of them before the others.
_CURRENT = """
FROM submission_versions v LEFT JOIN LATERAL (
    SELECT max(verified_at) AS at FROM verifications
    WHERE version_id = v.id AND compared_with = $1 AND verified_at >= v.ingested_at
) AS last ON true
WHERE superseded_at IS NULL AND removed_upstream_at IS NULL
"""
CURRENT_VERSIONS = f"""
SELECT v.id, v.hf_dataset AS dataset, v.model {_CURRENT}
    AND ($2::text IS NULL OR hf_dataset = $2) AND ($3::text IS NULL OR model = $3)
ORDER BY hf_dataset, model
"""

# $3: at most so many; $4: in so long; $5: but each version once in so long, where it is set.
NEXT_DUE = f"""
SELECT v.id {_CURRENT} AND hf_dataset = ANY($2)
    AND (SELECT count(*) FROM verifications WHERE compared_with = $1 AND verified_at > now() - $4::interval)
        < greatest($3, (
            SELECT ceil(count(*) * extract(epoch FROM $4::interval) / extract(epoch FROM $5::interval))
            FROM submission_versions WHERE {_OF_DATASETS}
        ))
ORDER BY last.at NULLS FIRST, v.ingested_at DESC LIMIT 1
"""  # noqa: S608 - made of a constant

# The first eight letters of "verified": one ingester at a time looks for what is due.
TRY_TURN = "SELECT pg_try_advisory_lock(x'7665726966696564'::bigint)"

COUNT_DIFFERING = """
SELECT count(*) FROM submission_versions v
WHERE superseded_at IS NULL AND removed_upstream_at IS NULL AND hf_dataset = ANY($1) AND 'differs' IN (
    SELECT DISTINCT ON (compared_with) verdict FROM verifications
    WHERE version_id = v.id AND verified_at >= v.ingested_at ORDER BY compared_with, verified_at DESC)
"""
