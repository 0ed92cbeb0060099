"""What a version is computed anew from, and its figures before and after."""

from ingester.store.statements.explanations import VERDICT_COLUMNS
from ingester.submission.aggregate import Aggregates

_FIGURES = tuple(Aggregates.__dataclass_fields__)

CURRENT_MODELS = """
SELECT hf_dataset, model FROM submission_versions
WHERE superseded_at IS NULL AND ($1::text IS NULL OR hf_dataset = $1) AND ($2::text IS NULL OR model = $2)
ORDER BY hf_dataset, model
"""

SCORED_VERSION = f"""
SELECT id, source, rules_version, task_set_version, status, errors, {", ".join(_FIGURES)}
FROM submission_versions WHERE hf_dataset = $1 AND model = $2 AND superseded_at IS NULL FOR UPDATE
"""  # noqa: S608 - made of a constant

RESULTS = """
SELECT puzzle_id, hf_blob_oid, pairs_total, pairs_solved, hf_path FROM task_results WHERE version_id = $1
ORDER BY puzzle_id
"""

STORED_ANSWERS = """
SELECT id, puzzle_id, has_multiple_predictions, num_test_pairs, predicted_output_grid, multiple_predicted_outputs,
    is_prediction_correct, multi_test_results
FROM explanations WHERE hf_dataset = $1 AND model_name = ANY($2) AND removed_upstream_at IS NULL
"""

UPDATE_VERDICT = f"""
UPDATE explanations SET {", ".join(f"{column} = ${place}" for place, column in enumerate(VERDICT_COLUMNS, 2))}
WHERE id = $1
"""  # noqa: S608 - made of a constant

KEEP_SCORES = """
INSERT INTO version_scores (version_id, rules_version, task_set_version, tasks_total, tasks_submitted, tasks_solved,
    pairs_total, pairs_solved, score, score_submitted, replaced_at)
SELECT id, rules_version, task_set_version, tasks_total, tasks_submitted, tasks_solved, pairs_total, pairs_solved,
    score, score_submitted, clock_timestamp()
FROM submission_versions WHERE id = $1
"""

# They were of the figures that are replaced: the version is to be verified anew.
DELETE_VERIFICATIONS = "DELETE FROM verifications WHERE version_id = $1"

# Neither a landing nor another content: when it was ingested stays.
UPDATE_SCORES = f"""
UPDATE submission_versions SET rules_version = $2, task_set_version = $3, status = $4,
    {", ".join(f"{column} = ${place}" for place, column in enumerate(_FIGURES, 5))}
WHERE id = $1
"""  # noqa: S608 - made of a constant

UPDATE_RESULT = "UPDATE task_results SET pairs_total = $3, pairs_solved = $4 WHERE version_id = $1 AND puzzle_id = $2"
