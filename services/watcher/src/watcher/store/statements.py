"""Every SQL statement of the watcher. Of ingesters' rows it reads `submission_versions` and the view `content_runs`."""

# Versions.

CURRENT_VERSIONS = """
SELECT model, coalesce(listed_tree_oid, tree_oid) AS tree_oid, complete, removed_upstream_at IS NOT NULL AS removed
FROM submission_versions WHERE hf_dataset = $1 AND superseded_at IS NULL
"""

CONTENTS_WITHOUT_TASKS = "SELECT DISTINCT model, tree_oid FROM content_runs WHERE hf_dataset = $1 AND without_tasks"

IS_BEING_INGESTED = """
SELECT EXISTS (SELECT FROM content_runs WHERE hf_dataset = $1 AND model = $2 AND tree_oid = $3 AND running)
"""

MARK_VANISHED = """
UPDATE submission_versions SET removed_upstream_at = now()
WHERE hf_dataset = $1 AND model = ANY($2) AND superseded_at IS NULL AND removed_upstream_at IS NULL
"""

MARK_RETURNED = """
UPDATE submission_versions SET removed_upstream_at = NULL
WHERE hf_dataset = $1 AND model = ANY($2) AND superseded_at IS NULL
"""

IS_PAUSED = """
SELECT EXISTS (SELECT FROM dataset_pauses WHERE dataset = $1 AND (until IS NULL OR until > clock_timestamp()))
"""

# Syncs. Every instant in their rows is by this clock: hosts with other clocks share the rows.

DATABASE_TIME = "SELECT clock_timestamp()"

# `scheduled_for` is unique: of any number of watchers, one gets the tick.
BEGIN_SYNC = """
INSERT INTO sync_runs (scheduled_for, trigger, status, started_at, request_key) VALUES ($1, $2, 'running', $3, $4)
ON CONFLICT (scheduled_for) DO NOTHING RETURNING id
"""

# A sync that is running holds this lock on a connection; it goes with the process, however that ends.
TRY_LOCK_SYNC = "SELECT pg_try_advisory_lock(hashtextextended('sync_runs', 0) # $1)"

RUNNING_SYNCS = "SELECT id, scheduled_for, trigger FROM sync_runs WHERE status = 'running' ORDER BY id"

START_OF_RUNNING_SYNC = "SELECT started_at FROM sync_runs WHERE id = $1 AND status = 'running'"

END_SYNC = """
UPDATE sync_runs SET status = $2, completed_at = greatest($3, started_at), datasets = $4, models_seen = $5,
    new_models_found = $6, changed = $7, error = $8
WHERE id = $1
"""

ABANDON_SYNC = """
UPDATE sync_runs SET status = 'failed', completed_at = greatest(now(), started_at), error = $2 WHERE id = $1
"""

# Datasets that were synced whole for a request.
DATASETS_SYNCED_FOR_REQUEST = """
SELECT DISTINCT d->>'dataset' FROM sync_runs s, jsonb_array_elements(s.datasets) AS d
WHERE s.request_key = $1 AND s.completed_at IS NOT NULL AND d->>'error' IS NULL
"""

# Up to when the schedule is satisfied: syncs that ran by themselves cover the ticks before their start.
COVERED_UNTIL = """
SELECT max(coalesce(scheduled_for, started_at)) FROM sync_runs WHERE trigger IN ('schedule', 'catch_up', 'startup')
"""

LAST_LISTINGS = """
SELECT d->>'dataset' AS dataset,
    max((d->>'listed_at')::timestamptz) FILTER (WHERE d->>'error' IS NULL) AS listed_at,
    max(s.completed_at) FILTER (WHERE d->>'error' IS NOT NULL) AS failed_at
FROM sync_runs s, jsonb_array_elements(s.datasets) AS d
WHERE s.started_at >= $1 AND s.completed_at IS NOT NULL
GROUP BY 1
"""
