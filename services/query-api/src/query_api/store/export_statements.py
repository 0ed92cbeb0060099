"""The SQL of exports: one version, or one attempt, at a time, in the order of an index."""

from typing import Final

# Of this transaction only, so that a pooler may stand between: a statement, and a client that takes nothing.
BOUND_TRANSACTION: Final = """
SELECT set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)
"""

TASKS_OF_VERSION: Final = """
SELECT puzzle_id, pairs_total, pairs_solved, hf_path, hf_blob_oid FROM task_results
WHERE version_id = $1 ORDER BY puzzle_id
"""

# The answers to a task's pairs as they came: of a task with one pair its only element moves where it is no grid.
_ATTEMPT = """
SELECT puzzle_id,
    CASE WHEN has_multiple_predictions AND jsonb_typeof(multi_test_results) = 'array'
        THEN ARRAY(SELECT coalesce(r.value->'isPredictionCorrect' = 'true', false)
                   FROM jsonb_array_elements(multi_test_results) WITH ORDINALITY AS r ORDER BY r.ordinality)
        ELSE ARRAY[coalesce(CASE WHEN has_multiple_predictions THEN multi_test_all_correct
                                 ELSE is_prediction_correct END, false)] END AS pairs,
    (CASE WHEN has_multiple_predictions OR multiple_predicted_outputs->0 IS NOT NULL THEN multiple_predicted_outputs
          ELSE jsonb_build_array(predicted_output_grid) END)::text AS answers,
    estimated_cost, input_tokens, output_tokens, reasoning_tokens, total_tokens, api_processing_time_ms,
    ingested_at, hf_revision, hf_blob_oid, run_id"""

_OF_ATTEMPT = """
FROM explanations WHERE hf_dataset = $1 AND model_name = $2 AND removed_upstream_at IS NULL ORDER BY puzzle_id
"""

ANSWERS_OF_ATTEMPT: Final = f"{_ATTEMPT} {_OF_ATTEMPT}"

ANSWERS_WITH_TEXT: Final = f"""
{_ATTEMPT}, pattern_description, reasoning_log, provider_raw_response::text AS provider_raw_response {_OF_ATTEMPT}
"""

# When each dataset was last compared with the database, and the commit at which it last differed: no other is pinned.
LISTED_DATASETS: Final = """
SELECT d->>'dataset' AS dataset, max(completed_at) AS listed_at,
    (array_agg(d->>'revision' ORDER BY id DESC) FILTER (WHERE d->>'revision' IS NOT NULL))[1] AS revision
FROM (
    SELECT id, datasets, completed_at FROM sync_runs
    WHERE status <> 'running' AND jsonb_typeof(datasets) = 'array' ORDER BY id DESC LIMIT 500
) AS recent, jsonb_array_elements(datasets) AS d
WHERE d->>'error' IS NULL AND d->>'dataset' IS NOT NULL GROUP BY d->>'dataset'
"""
