"""The requests that wait for a model's lock, one row per model."""

# Copies collapse. What they do not agree on, the Hub is asked for: an old event must not bring old content back.
JOIN_WAITING = """
INSERT INTO waiting_requests AS w
    (hf_dataset, model, dry_run, id, behind, force, trigger, requested_by, revision, tree_oid, published_at,
    request_ids)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (hf_dataset, model, dry_run) DO UPDATE SET
    id = excluded.id, behind = excluded.behind, force = w.force OR excluded.force, handed_back_at = NULL,
    trigger = CASE WHEN w.force AND NOT excluded.force THEN w.trigger ELSE excluded.trigger END,
    requested_by = CASE WHEN w.force AND NOT excluded.force THEN w.requested_by ELSE excluded.requested_by END,
    revision = CASE WHEN w.tree_oid = excluded.tree_oid THEN excluded.revision END,
    tree_oid = CASE WHEN w.tree_oid = excluded.tree_oid THEN excluded.tree_oid END,
    published_at = CASE WHEN w.tree_oid = excluded.tree_oid THEN excluded.published_at END,
    request_ids = (excluded.request_ids || ARRAY(
        SELECT each FROM unnest(w.request_ids) WITH ORDINALITY AS ids(each, place)
        WHERE each <> ALL (excluded.request_ids) ORDER BY place))[:$13]
"""

_REQUEST = """
SELECT id, hf_dataset AS dataset, model, dry_run, force, trigger, requested_by, revision, tree_oid, published_at,
    request_ids, CASE WHEN event_for = id THEN event_sequence END AS event_sequence
FROM waiting_requests
"""
REQUEST_BY_ID = f"{_REQUEST} WHERE id = $1"
REQUEST_BY_MODEL = f"{_REQUEST} WHERE hf_dataset = $1 AND model = $2 AND dry_run = $3"

# The key is models.TRY_LOCK's. Only looked at: taking the lock would turn others away.
_HELD = """
EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32) | objid::bigint = hashtextextended(hf_dataset || '@' || behind, 0))
"""
FREE_REQUESTS = f"{_REQUEST} WHERE handed_back_at IS NULL AND NOT {_HELD}"

REQUESTS_HANDED_BACK_BEFORE = f"{_REQUEST} WHERE handed_back_at < now() - $1::interval"

MARK_HANDED_BACK = """
UPDATE waiting_requests SET handed_back_at = now(), event_sequence = $2, event_for = id WHERE id = $1
"""

# What fails for good takes what it answers with it. Where a run goes on for it, that run's end tells of these requests.
FAIL_REQUEST = """
WITH gone AS (DELETE FROM waiting_requests WHERE id = $1 RETURNING *)
INSERT INTO ingestion_runs (hf_dataset, dataset_name, dry_run, status, error_log, event_sequence, trigger,
    auto_triggered, request_ids, base_url, total_puzzles, started_at, completed_at, duration_ms, successful, failed,
    skipped)
SELECT hf_dataset, model, dry_run, 'failed', $2, $3, trigger, trigger <> 'manual', request_ids, '', 0, now(), now(), 0,
    0, 0, 0
FROM gone WHERE NOT request_ids <@ $4 AND NOT EXISTS (
    SELECT FROM ingestion_runs r WHERE r.request_ids && gone.request_ids AND r.status = 'running')
"""

DELETE_REQUEST = "DELETE FROM waiting_requests WHERE id = $1"
