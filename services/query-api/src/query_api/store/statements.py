"""Every SQL statement of the query API. It reads what others write, and writes what admins say of models.

What S608 warns of are constants of this module.
"""

from collections.abc import Mapping
from typing import Final

from common.error_kinds import NoteKind

# Submissions and their versions.

# Of each kind the newest, of the content that is there; first those that differ.
_NEWEST_VERIFICATION = """
FROM (
    SELECT DISTINCT ON (compared_with) verdict, verified_at AS at, compared_with, figures, disagreements
    FROM verifications
    WHERE version_id = submission_versions.id AND verified_at >= submission_versions.ingested_at
    ORDER BY compared_with, verified_at DESC
) AS newest
ORDER BY (verdict = 'differs') DESC, at DESC LIMIT 1
"""

# How its ingestion ended, unless its folder is gone upstream.
_SUBMISSION = f"""hf_dataset AS dataset, model, source, tree_oid, revision, run_id, published_at,
    ingested_at, landed_at, landed_as, coalesce(listed_tree_oid, tree_oid) AS listed_tree_oid,
    score, score_submitted, tasks_total, tasks_submitted, tasks_solved, pairs_total, pairs_solved,
    attempts, total_cost, total_tokens, errors, warnings,
    CASE WHEN removed_upstream_at IS NULL THEN status ELSE 'removed' END AS status, (
        SELECT jsonb_build_object('verdict', verdict, 'at', at, 'compared_with', compared_with, 'figures', figures)
        {_NEWEST_VERIFICATION}
    ) AS verified"""

CURRENT_SUBMISSIONS: Final = f"SELECT {_SUBMISSION} FROM submission_versions WHERE superseded_at IS NULL"  # noqa: S608

# Of some models, by (dataset, model).
CURRENT_SUBMISSIONS_OF: Final = f"""
{CURRENT_SUBMISSIONS} AND (hf_dataset, model) IN (SELECT * FROM unnest($1::text[], $2::text[]))
"""  # noqa: S608

# All, or those of a dataset, of a model: with what an export says of each besides.
EXPORTED_SUBMISSIONS: Final = f"""
SELECT id, rules_version, task_set_version, total_time_ms, {_SUBMISSION} FROM submission_versions
WHERE superseded_at IS NULL AND ($1::text IS NULL OR hf_dataset = $1) AND ($2::text IS NULL OR model = $2)
"""  # noqa: S608

VERSIONS_OF_MODEL: Final = f"""
SELECT id, superseded_at, removed_upstream_at, status AS ingestion_status, rules_version, task_set_version,
    {_SUBMISSION}
FROM submission_versions WHERE hf_dataset = $1 AND model = $2
ORDER BY superseded_at DESC NULLS FIRST, ingested_at DESC LIMIT $3
"""  # noqa: S608

VERIFICATION_OF_MODEL: Final = f"""
SELECT newest.* FROM submission_versions, LATERAL (SELECT * {_NEWEST_VERIFICATION}) AS newest
WHERE hf_dataset = $1 AND model = $2 AND superseded_at IS NULL
"""  # noqa: S608

RESULTS_OF_VERSIONS: Final = """
SELECT version_id, puzzle_id, hf_blob_oid, pairs_total, pairs_solved, hf_path
FROM task_results WHERE version_id = ANY($1)
"""

# Of each version the latest first.
REPLACED_SCORES: Final = """
SELECT version_id, score, score_submitted, rules_version, task_set_version, replaced_at
FROM version_scores WHERE version_id = ANY($1) ORDER BY replaced_at DESC
"""

# The current version, and its result of one task where it has one.
ORIGIN_OF_TASK: Final = """
SELECT v.run_id, v.revision, v.rules_version, v.task_set_version,
    t.hf_blob_oid, t.pairs_total, t.pairs_solved, t.hf_path
FROM submission_versions v LEFT JOIN task_results t ON t.version_id = v.id AND t.puzzle_id = $3
WHERE v.hf_dataset = $1 AND v.model = $2 AND v.superseded_at IS NULL
"""

# Of the current versions of some models, by (dataset, model).
TASKS_OF_SUBMISSIONS: Final = """
SELECT v.hf_dataset, v.model, v.tree_oid, v.run_id, array_agg(r.puzzle_id) AS tasks,
    array_agg(r.pairs_solved) AS solved, array_agg(r.pairs_total) AS total
FROM submission_versions v JOIN task_results r ON r.version_id = v.id
WHERE v.superseded_at IS NULL AND (v.hf_dataset, v.model) IN (SELECT * FROM unnest($1::text[], $2::text[]))
    AND r.pairs_total > 0 AND r.pairs_solved BETWEEN 0 AND r.pairs_total
GROUP BY v.id
"""

# Syncs, and the database itself.

# A row from tomorrow was written by a clock that was wrong: it would be the last sync for as long.
LAST_ENDED_SYNC: Final = """
SELECT id, trigger, status, started_at, new_models_found, error
FROM sync_runs WHERE status <> 'running' AND started_at < now() + interval '1 day'
ORDER BY started_at DESC, id DESC LIMIT 1
"""

# What the watcher learned when it last listed it.
DATASET_CALLED: Final = """
SELECT d->>'dataset'
FROM (SELECT datasets FROM sync_runs WHERE completed_at IS NOT NULL ORDER BY id DESC LIMIT 500) AS recent,
    jsonb_array_elements(datasets) AS d
WHERE lower(d->>'renamed_to') = lower($1) LIMIT 1
"""

# Counting takes no row, but an entry of an index, and after many changes the table, too: of a table so large that this
# would keep the view waiting, the planner's own estimate.
STORED: Final = """
SELECT CASE WHEN reltuples < 500000 THEN (SELECT count(*) FROM explanations) ELSE reltuples::bigint END AS explanations,
    (SELECT max(started_at) FROM ingestion_runs WHERE started_at < now() + interval '1 day') AS last_run_at
FROM pg_class WHERE oid = 'explanations'::regclass
"""

DATABASE_TIME: Final = "SELECT clock_timestamp()"

# What admins say of models.

NAME_OVERRIDES: Final = """
SELECT folder, display_name, provider, family, effort, release_date, kind, set_by, set_at FROM model_names
"""

SET_NAME: Final = """
INSERT INTO model_names (folder, display_name, provider, family, effort, release_date, kind, set_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (folder) DO UPDATE SET display_name = excluded.display_name, provider = excluded.provider,
    family = excluded.family, effort = excluded.effort, release_date = excluded.release_date, kind = excluded.kind,
    set_by = excluded.set_by, set_at = excluded.set_at
RETURNING folder
"""

UNSET_NAME: Final = "DELETE FROM model_names WHERE folder = $1 RETURNING folder"

# Answers of attempts.

# Two plain conditions on the index's columns: their cost is estimated rightly, so the plan stays an index scan.
ANSWERS_OF_ATTEMPTS: Final = """
SELECT hf_dataset, model_name, puzzle_id,
    CASE WHEN has_multiple_predictions AND jsonb_typeof(multi_test_results) = 'array'
        THEN ARRAY(SELECT coalesce(r.value->'isPredictionCorrect' = 'true', false)
                   FROM jsonb_array_elements(multi_test_results) WITH ORDINALITY AS r ORDER BY r.ordinality)
        ELSE ARRAY[coalesce(CASE WHEN has_multiple_predictions THEN multi_test_all_correct
                                 ELSE is_prediction_correct END, false)] END AS pairs,
    estimated_cost AS cost, api_processing_time_ms AS time_ms, total_tokens AS tokens
FROM explanations
WHERE hf_dataset = ANY($1) AND model_name = ANY($2) AND removed_upstream_at IS NULL
"""

# $4: how much of the reasoning and the messages after it, in characters. The sentence stands where there is no message.
ANSWERS_TO_TASK: Final = r"""
SELECT hf_dataset, model_name, predicted_output_grid, is_prediction_correct, has_multiple_predictions,
    multi_test_results, multiple_predicted_outputs, estimated_cost AS cost, total_tokens AS tokens,
    api_processing_time_ms AS time_ms,
    left(concat_ws(E'\n\n', reasoning_log, CASE
        WHEN pattern_description !~ '^(The answer was given by [^\n]+[.])?$' THEN pattern_description
        END), $4) AS reasoning
FROM explanations
WHERE hf_dataset = ANY($1) AND model_name = ANY($2) AND puzzle_id = $3 AND removed_upstream_at IS NULL
ORDER BY model_name
"""

# By (dataset, model, attempt). A row of each attempt at a time, by the index: a join would be estimated wrongly.
COSTS_OF_TASKS: Final = """
SELECT wanted.dataset, wanted.model, answers.puzzle_id, sum(answers.estimated_cost) AS cost
FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (dataset, model, attempt), LATERAL (
    SELECT puzzle_id, estimated_cost FROM explanations
    WHERE hf_dataset = wanted.dataset AND model_name = wanted.attempt AND removed_upstream_at IS NULL
        AND estimated_cost IS NOT NULL OFFSET 0
) AS answers
GROUP BY 1, 2, 3
"""

# Of the superseded versions of some models, by (dataset, model).
EARLIER_SOLVES: Final = """
SELECT v.hf_dataset AS dataset, v.model, r.puzzle_id, min(coalesce(v.published_at, v.landed_at)) AS at
FROM submission_versions v JOIN task_results r ON r.version_id = v.id
WHERE v.superseded_at IS NOT NULL AND (v.hf_dataset, v.model) IN (SELECT * FROM unnest($1::text[], $2::text[]))
    AND r.pairs_total > 0 AND r.pairs_solved = r.pairs_total
GROUP BY 1, 2, 3
"""

COUNT_ANSWERS_TO_TASK: Final = """
SELECT count(*) FROM explanations WHERE hf_dataset = $1 AND model_name = ANY($2) AND puzzle_id = $3
"""

# Ingestion runs, and what was wrong with their files.

CONTENTS_WITHOUT_TASKS: Final = """
SELECT DISTINCT model, tree_oid FROM content_runs WHERE hf_dataset = $1 AND without_tasks
"""

# position() takes what is searched for as it is: % and _ are no wildcards in it.
_RUN_FILTER = """
WHERE ($1::text IS NULL OR hf_dataset = $1) AND ($2::text IS NULL OR dataset_name = $2)
  AND ($3::text IS NULL OR status = $3) AND ($4::bool IS NULL OR auto_triggered = $4)
  AND ($5::text IS NULL OR position(lower($5) IN lower(concat_ws(' ', dataset_name, hf_dataset, error_log))) > 0)
  AND ($6::int IS NULL OR id = $6)
"""

COUNT_RUNS: Final = f"SELECT count(*) FROM ingestion_runs {_RUN_FILTER}"  # noqa: S608

_RUN_COLUMNS = """id, dataset_name, base_url, source, total_puzzles, successful, failed, skipped, duration_ms,
    coalesce(dry_run, false) AS dry_run, accuracy_percent::float8 AS accuracy_percent, started_at,
    CASE WHEN status <> 'running' THEN completed_at END AS completed_at, error_log, auto_triggered, status, trigger,
    hf_dataset AS dataset, revision, tree_oid, score, delivery_count"""

_RUNS = f"SELECT {_RUN_COLUMNS} FROM ingestion_runs {_RUN_FILTER}"  # noqa: S608

# Of one request the run that goes on, else the latest.
RUN_OF_REQUEST: Final = f"""
SELECT event_sequence, {_RUN_COLUMNS} FROM ingestion_runs WHERE request_ids @> ARRAY[$1]
ORDER BY (status = 'running') DESC, id DESC LIMIT 1
"""  # noqa: S608

WAITING_REQUEST: Final = """
SELECT hf_dataset AS dataset, model, dry_run, handed_back_at IS NOT NULL AS handed_back
FROM waiting_requests WHERE $1 = ANY(request_ids)
"""

# Every folder that a run was for.
MODELS_OF_RUNS: Final = """
SELECT DISTINCT hf_dataset AS dataset, dataset_name AS model FROM ingestion_runs WHERE hf_dataset IS NOT NULL
"""

# By column and direction.
PAGE_OF_RUNS: Final[Mapping[tuple[str, str], str]] = {
    (column, order): f"{_RUNS} ORDER BY {column} {order} NULLS LAST, id {order} LIMIT $7 OFFSET $8"
    for column in ("started_at", "duration_ms", "accuracy_percent", "score", "failed")
    for order in ("asc", "desc")
}

# Why nothing could be used first, then what made a file unusable, then the worst kinds; of each what is said of the
# folder itself first. $4: kinds by severity, the worst first.
# The kinds that are wanted, NULL for all; those that are not; and a text.
_ERROR_FILTER = """($2::text[] IS NULL OR e.kind = ANY($2)) AND e.kind <> ALL($3::text[])
  AND ($4::text IS NULL OR position(lower($4) IN lower(concat_ws(' ', e.puzzle_id, e.message))) > 0)"""

ERRORS_OF_RUN: Final = f"""
SELECT puzzle_id, kind, message, fatal FROM ingestion_errors e WHERE run_id = $1 AND {_ERROR_FILTER}
ORDER BY kind = '{NoteKind.NOTHING_USABLE}' DESC, fatal DESC, array_position($7::text[], kind) NULLS LAST, kind,
    puzzle_id NULLS FIRST, id LIMIT $5 OFFSET $6
"""  # noqa: S608

COUNT_FINDINGS_OF_RUNS: Final = """
SELECT run_id, kind, count(*) FROM ingestion_errors WHERE run_id = ANY($1) GROUP BY run_id, kind
"""

# No row where there is no such run; a run without errors has one.
COUNT_ERRORS_OF_RUN: Final = f"""
SELECT count(e.id) AS total, count(e.id) FILTER (WHERE e.fatal) AS fatal
FROM ingestion_runs r LEFT JOIN ingestion_errors e ON e.run_id = r.id AND {_ERROR_FILTER} WHERE r.id = $1 GROUP BY r.id
"""  # noqa: S608
